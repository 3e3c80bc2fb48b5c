"""Takes the pictures of the documentation from a running house: `python docs/pictures.py`.

Needs `butter up` with the sample history, and Chromium. What belongs here: where to go in the UI and what
to wait for. The test of the UI walks the same way.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).with_name("pictures")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
PATIENCE_MS = 60_000


def chromium() -> str | None:
    """The browser's program, if the machine has one."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


@contextmanager
def page() -> Iterator[Page]:
    """A page of a headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        made = browser.new_page(viewport={"width": 1400, "height": 800})
        made.set_default_timeout(PATIENCE_MS)
        yield made
        browser.close()


def show_lineage(page: Page, address: str) -> None:
    """The graph of the market stage with its statuses."""
    page.goto(f"{address}/asset-groups")
    page.get_by_text("chains", exact=True).last.wait_for()
    page.get_by_text("1 / 1 Passed").first.wait_for()
    page.wait_for_timeout(1500)  # the graph moves into place


def show_partitions(page: Page, address: str, asset: str, session: str) -> None:
    """One session of an asset, with its metadata, below the bar of all sessions."""
    page.goto(f"{address}/assets/market/{asset}?view=partitions&partition={session}")
    page.get_by_text("content_hash").wait_for()


def show_chart(page: Page, address: str, asset: str, session: str) -> None:
    """The picture that the last session of a run carries."""
    show_partitions(page, address, asset, session)
    page.get_by_role("row").filter(has_text="plot").get_by_text("[Show Markdown]").click()
    image = page.locator("img[src^='data:image/png']").first
    image.wait_for()
    page.wait_for_function("document.querySelector(\"img[src^='data:image/png']\").naturalWidth > 0")


def main(address: str = "http://127.0.0.1:3000", session: str = "2026-10-30") -> None:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    with page() as shown:
        show_lineage(shown, address)
        shown.screenshot(path=FOLDER / "lineage.png")
        show_partitions(shown, address, "bars", session)
        shown.screenshot(path=FOLDER / "partitions.png")
        show_chart(shown, address, "chains", session)
        shown.screenshot(path=FOLDER / "chart.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
