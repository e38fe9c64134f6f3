"""Progress bars on standard error: rate and time left on a terminal, nothing elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_threads(
    work: Callable[[Task], Result], tasks: Sequence[Task], workers: int, description: str
) -> list[Result]:
    """Return the result of each task, in order, done by so many threads under a progress bar.

    Raises:
        Exception: what the first task that fails raises; tasks not yet begun are not done.

    Example:
        >>> in_threads(str, [1, 2, 3], workers=2, description="Counting")
        ['1', '2', '3']
    """
    pool = ThreadPoolExecutor(workers)
    try:
        return list(_shown(pool.map(work, tasks), len(tasks), description))
    finally:
        pool.shutdown(cancel_futures=True)


def _shown(results: Iterator[Result], total: int, description: str) -> Iterator[Result]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task(description, total=total, rate="")
        for result in results:
            yield result
            speed = progress.tasks[bar].speed
            progress.update(bar, advance=1, rate=f"{speed:.1f}/s" if speed else "")
