"""Photograph a build's report in Chromium, for docs/.

    python -m benchmarks.screenshots runs/several docs

Writes `report.png`, the head of the page as it opens, and `report-solution.png`, a solution on
which annotators differ with the evidence of its first error open, in the dark. The last line is
JSON: the bytes of each.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

WIDTH, HEIGHT = 1120, 1180
COLOURS = 64
"""Of a picture: a third of the bytes, and no eye tells."""
SOLUTION = ".solution[data-kinds*='annotators differ']:not([data-outcome=unknown])"


def opened(browser: Browser, path: Path, *, dark: bool) -> Page:
    """Open a page at the size of a picture."""
    page = browser.new_page(
        color_scheme="dark" if dark else "light", viewport={"width": WIDTH, "height": HEIGHT}
    )
    page.goto(path.resolve().as_uri())
    return page


def photograph(browser: Browser, report: Path, folder: Path) -> dict[str, int]:
    """Write the pictures; return how many bytes each has."""
    head, reading = folder / "report.png", folder / "report-solution.png"
    opened(browser, report, dark=False).screenshot(path=head)
    page = opened(browser, report, dark=True)
    solution = page.locator(SOLUTION).first
    solution.locator("> summary").click()
    evidence = solution.locator(".step.first-error .evidence > summary")
    if evidence.count():
        evidence.first.click()
    solution.screenshot(path=reading)
    for picture in (head, reading):
        Image.open(picture).convert("RGB").quantize(COLOURS).save(picture, optimize=True)
    return {picture.name: picture.stat().st_size for picture in (head, reading)}


def main() -> None:
    """Photograph and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="folder of a finished build")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    given = parser.parse_args()
    program = shutil.which("chromium")
    if program is None:
        sys.exit("There is no chromium: install Debian's package of that name.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        sizes = photograph(browser, given.build / "report.html", given.folder)
        browser.close()
    print(json.dumps(sizes))


if __name__ == "__main__":
    main()
