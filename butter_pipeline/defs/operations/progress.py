"""The progress of history as a person sees it: a bar per asset, fed from the outcomes as they are written.

What belongs here: showing. What does not: making (`history`).
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from butter_pipeline.market.sessions import sessions_between

if TYPE_CHECKING:
    from rich.console import Console

    from butter_pipeline.store import Store


@contextmanager
def shown_progress(
    store: "Store", console: "Console", assets: Sequence[str], ranges: Sequence[tuple[date, date]]
) -> Iterator[None]:
    """A bar per asset while its sessions are made; nothing where nobody watches."""
    if not ranges or not console.is_terminal:
        yield
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    total = sum(len(sessions_between(first, last)) for first, last in ranges)
    columns = (TextColumn("{task.description:<28}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks = {asset: progress.add_task(asset, total=total) for asset in assets}

        def show(counts: dict[str, int]) -> None:
            for asset, count in counts.items():
                progress.update(tasks[asset], completed=count)

        with _polling(show, store, assets):
            yield


@contextmanager
def _polling(show: Callable[[dict[str, int]], None], store: "Store", assets: Sequence[str]) -> Iterator[None]:
    from butter_pipeline.store import outcomes

    since, done = datetime.now(UTC), threading.Event()

    def poll() -> None:
        while not done.wait(0.4):
            show(outcomes.count_since(store, assets, since))

    watcher = threading.Thread(target=poll, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        show(outcomes.count_since(store, assets, since))
