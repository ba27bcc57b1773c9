"""Weight of every page, and how long a browser takes from opening it on disk to showing something.

Run ``python benchmarks/bench_pages.py`` after ``make``. The limits: the front page weighs at most 1.5 MB, any
other 3 MB; something is shown within a second. Each time is the median of several openings in a profile of
its own, and is printed as a share of the limit.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys

from playwright.sync_api import Browser, sync_playwright
from retorsion.project import REPORTS

LIMITS, PAINT_MS, RUNS = {"index.html": 1_500_000}, 1000.0, 5
PAINT = """() => new Promise((done) => {
  const seen = new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime));
  seen.observe({type: "paint", buffered: true});
})"""


def first_paint(browser: Browser, address: str) -> float:
    """Milliseconds until the first content is painted."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    found = float(page.evaluate(PAINT))
    context.close()
    return found


def main() -> None:
    path = os.environ.get("RETORSION_CHROMIUM") or shutil.which("chromium")
    if path is None:
        sys.exit("no Chromium on this machine: install the package `chromium`, or set RETORSION_CHROMIUM")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for page in sorted(REPORTS.rglob("*.html")):
            size = page.stat().st_size
            limit = LIMITS.get(page.name, 3_000_000)
            paint = statistics.median(first_paint(browser, page.as_uri()) for _ in range(RUNS))
            print(
                f"{page.relative_to(REPORTS)!s:28} {size / 1e6:5.2f} MB ({size / limit:4.0%} of the limit)   "
                f"first paint {paint:5.0f} ms ({paint / PAINT_MS:4.0%})"
            )
        browser.close()


if __name__ == "__main__":
    main()
