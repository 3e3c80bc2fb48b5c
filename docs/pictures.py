"""Takes the pictures of the documentation from a running house: `python docs/pictures.py`.

Needs `butter up` with the sample history, and Chromium; `python docs/pictures.py drawn` makes those that need neither.
What belongs here: where to go in the UI and what to wait for, and made-up examples. The test of the UI walks the same
way.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from playwright.sync_api import FloatRect, Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).with_name("pictures")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
PATIENCE_MS = 60_000

USUAL: ViewportSize = {"width": 1400, "height": 800}
LARGE: ViewportSize = {"width": 2400, "height": 2700}
GRAPH: FloatRect = {"x": 545, "y": 230, "width": 1855, "height": 2280}
"""Where the graph stands on a large page."""

CHARTS = {
    "chart": ("market/chains", "plot"),
    "surface": ("features/surface", "surface"),
    "smiles": ("market/surfaces", "surface"),
    "density": ("market/surfaces", "density"),
    "coverage": ("marts/session_coverage", "missing_sessions"),
    "drift": ("drift/report", "drift"),
    "calibration": ("learning/success", "reliability"),
    "equity": ("marts/arm_performance", "equity"),
}
"""By the picture's file: the asset that carries it, and its name among the metadata."""


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
        made = browser.new_page(viewport=USUAL)
        made.set_default_timeout(PATIENCE_MS)
        yield made
        browser.close()


def show_lineage(page: Page, address: str) -> None:
    """The whole graph, every stage unfolded, as large as the page."""
    page.goto(f"{address}/asset-groups")
    page.get_by_text("market", exact=True).last.wait_for()
    page.keyboard.press("Alt+e")  # unfolds every group, and writes them into the address
    page.get_by_text("chains", exact=True).last.wait_for()
    page.reload()  # fits the unfolded graph into the page
    page.get_by_text("chains", exact=True).last.wait_for()
    page.wait_for_timeout(10_000)  # the graph moves into place, and the statuses arrive


def show_partitions(page: Page, address: str, asset: str, session: str) -> None:
    """One session of an asset, with its metadata, below the bar of all; a bare name is one of the market's."""
    key = asset if "/" in asset else f"market/{asset}"
    page.goto(f"{address}/assets/{key}?view=partitions&partition={session}")
    page.get_by_text("content_hash").wait_for()


def show_chart(page: Page, address: str, asset: str, session: str, picture: str = "plot") -> None:
    """A picture that the last session of a run carries."""
    show_partitions(page, address, asset, session)
    page.get_by_role("row").filter(has_text=picture).get_by_text("[Show Markdown]").click()
    image = page.locator("img[src^='data:image/png']").first
    image.wait_for()
    page.wait_for_function("document.querySelector(\"img[src^='data:image/png']\").naturalWidth > 0")


def draw_split() -> bytes:
    """A made-up share that is cut into seven, as quoted and on one basis."""
    import numpy as np
    import pyarrow as pa

    from butter_pipeline.market.actions.adjust import adjusted_bars
    from butter_pipeline.market.actions.pictures import raw_and_adjusted
    from butter_pipeline.market.frames import ACTIONS, BARS
    from butter_pipeline.market.instruments import Policy
    from butter_pipeline.market.sessions import as_of, open_at, sessions_between

    days, random, ratio = sessions_between(date(2024, 3, 1), date(2024, 8, 30)), np.random.default_rng(7), 7.0
    ex = days[70]
    worth = 640.0 * np.exp(np.cumsum(0.012 * random.standard_normal(len(days))))
    by = np.where(np.array(days) >= ex, ratio, 1.0)
    volume = 9e6 * np.exp(0.25 * random.standard_normal(len(days))) * by
    prices = [worth / by] * 4
    known = pa.array([as_of(day) for day in days], BARS.schema.field("available_at").type)
    raw = pa.table([pa.array(days), pa.array(["DEMO"] * len(days)), *prices, volume, known], schema=BARS.schema)
    told = {"session": ex, "symbol": "DEMO", "kind": "split", "ratio": ratio, "available_at": open_at(ex)}
    split = pa.Table.from_pylist([dict.fromkeys(ACTIONS.schema.names) | told], ACTIONS.schema)
    adjusted = adjusted_bars(raw, split, as_of(days[-1]), Policy())
    return raw_and_adjusted(raw, adjusted, f"A split of seven for one, from {ex} on")


def draw() -> None:
    """The pictures that need no house."""
    FOLDER.joinpath("split.png").write_bytes(draw_split())


def main(address: str = "http://127.0.0.1:3000", session: str = "2026-10-30") -> None:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    draw()
    with page() as shown:
        shown.set_viewport_size(LARGE)
        show_lineage(shown, address)
        shown.screenshot(path=FOLDER / "lineage.png", clip=GRAPH)
        shown.set_viewport_size(USUAL)
        show_partitions(shown, address, "bars", session)
        shown.screenshot(path=FOLDER / "partitions.png", animations="disabled")
        for name, (asset, picture) in CHARTS.items():
            show_chart(shown, address, asset, session, picture)
            shown.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    draw() if sys.argv[1:] == ["drawn"] else main(*sys.argv[1:])
