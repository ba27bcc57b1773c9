"""What axe-core is asked of a page, and how."""

# ruff: noqa: E501 - JavaScript in a string

from __future__ import annotations

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: What axe is asked for; colours are judged in each scheme, the rest once on a desk and once on a phone.
RUNS = {
    "desk": {"runOnly": {"type": "tag", "values": WCAG}, "rules": {"target-size": {"enabled": True}}},
    "dark": {"runOnly": ["color-contrast"]},
    "phone": {
        "runOnly": {"type": "tag", "values": WCAG},
        "rules": {"color-contrast": {"enabled": False}, "target-size": {"enabled": True}},
    },
}
#: Rows of one table, entries of one list and the like are made alike, so axe reads the first ones; of a drawing
#: that is one image to readers it reads the name. The page gets everything back afterwards.
AXE = """async (options) => {
  const taken = [];
  const take = (parent, parts) => {
    taken.push(parts.map((part) => [parent, part, part.nextSibling]));
    for (const part of parts) part.remove();
  };
  for (const image of document.querySelectorAll("svg[role=img]")) {
    take(image, [...image.children].filter((part) => !["title", "desc"].includes(part.tagName)));
  }
  const alike = "tbody, dl, ol, ul, tr, pre code, .record";
  for (const parent of document.querySelectorAll(alike)) if (parent.children.length > 16) take(parent, [...parent.children].slice(12));
  const records = Map.groupBy(document.querySelectorAll("main .record, main .table"), (part) => part.parentNode);
  for (const [parent, parts] of records) take(parent, parts.slice(12));
  try {
    const found = await axe.run(document, {resultTypes: ["violations"], ...options});
    return found.violations.filter((rule) => ["serious", "critical"].includes(rule.impact)).map((rule) =>
      `${rule.id}: ${rule.help}: ${rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ")}`);
  } finally {
    for (const parts of taken.reverse()) for (const [parent, part, next] of parts.reverse()) parent.insertBefore(part, next);
  }
}"""
