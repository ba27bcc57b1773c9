"""Every figure of every page as a reader sees it: words inside the picture, none on another, sides in their colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from browsing import DESK, PHONE, Opened, name_of
from retorsion.figures.style import SIDES
from retorsion.project import CASES, REPORTS, case
from retorsion.sources.states import state_name

pytestmark = [pytest.mark.browser, pytest.mark.data]

DRAWN = [page for page in sorted(REPORTS.rglob("*.html")) if 'class="figure' in page.read_text("utf-8")]
#: What is wrong with the words of each picture, by units of the drawing. The box of a word is as high as its line;
#: letters fill the middle of it.
WRONG_WORDS = """() => {
  const wrong = [];
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  for (const svg of document.querySelectorAll("figure.figure svg")) {
    if (!svg.checkVisibility()) continue;
    const frame = svg.getBoundingClientRect(), scale = frame.width / svg.viewBox.baseVal.width;
    const say = (words) => wrong.push(`${svg.querySelector("title").textContent}: ${words}`);
    const boxes = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim()).map((text) => {
      const box = text.getBoundingClientRect();
      const isUpright = box.height > box.width && text.textContent.length > 2;
      const x = isUpright ? 0.1 * box.width : 0, y = isUpright ? 0 : 0.1 * box.height;
      return {words: text.textContent, left: box.left + x, right: box.right - x, top: box.top + y, end: box.bottom - y};
    });
    boxes.forEach((box, place) => {
      const out = Math.max(frame.left - box.left, box.right - frame.right, frame.top - box.top, box.end - frame.bottom);
      if (out > scale) say(`"${box.words}" runs ${(out / scale).toFixed(1)} over the edge`);
      for (const other of boxes.slice(place + 1)) {
        const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
        const down = Math.min(box.end, other.end) - Math.max(box.top, other.top);
        if (Math.min(across, down) > scale) say(`"${box.words}" lies on "${other.words}"`);
      }
    });
  }
  return wrong;
}"""


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("page", DRAWN, ids=name_of)
def test_words_lie_inside_the_picture_and_none_on_another(
    page: Path, screen: dict[str, int], visit: Callable[..., Opened]
) -> None:
    assert visit(name_of(page), viewport=screen).run(WRONG_WORDS) == []


def test_words_over_the_edge_and_on_each_other_are_seen(visit: Callable[..., Opened]) -> None:
    opened = visit(name_of(DRAWN[0]))
    before = opened.run(WRONG_WORDS)
    opened.run("""() => {
      const svg = [...document.querySelectorAll("figure.figure svg")].find((one) => one.checkVisibility());
      const word = svg.querySelector("text");
      svg.append(word.cloneNode(true));
      const outside = word.cloneNode(true);
      outside.setAttribute("x", -20), outside.removeAttribute("transform");
      svg.append(outside);
    }""")
    said = opened.run(WRONG_WORDS)
    assert any("over the edge" in one for one in said)
    assert len(said) >= len(before) + 2


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.yaml")))
def test_coloured_words_that_begin_with_a_side_have_its_colour(name: str) -> None:
    pair = case(name).pair
    colours = dict(zip(map(state_name, pair), SIDES, strict=True))
    wrong, seen = [], 0
    for path in sorted((REPORTS / name / "figures").rglob("*.svg")):
        for text in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text"):
            words, style = "".join(text.itertext()), text.get("style", "")
            side = next((one for one in colours if words.startswith(one)), None)
            has_colour = any(f"fill:{colour}" in style for colour in SIDES)
            if side is not None and has_colour:
                seen += 1
                if f"fill:{colours[side]}" not in style:
                    wrong.append(f"{path.stem}: {words}")
    assert seen
    assert wrong == []
