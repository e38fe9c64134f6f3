"""What is said on standard error while something goes on: lines, and progress bars on a terminal."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_threads(
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    workers: int,
    description: str,
    *,
    shown: bool = True,
) -> list[Result]:
    """Return the result of each task, in order, done by so many threads under a progress bar if it is shown.

    Raises:
        Exception: what the first task that fails raises; tasks not yet begun are not done.

    Example:
        >>> in_threads(str, [1, 2, 3], workers=2, description="Counting")
        ['1', '2', '3']
    """
    pool = ThreadPoolExecutor(workers)
    try:
        results = pool.map(work, tasks)
        return list(tracked(results, len(tasks), description) if shown else results)
    finally:
        pool.shutdown(cancel_futures=True)


def tracked(results: Iterator[Result], total: int, description: str) -> Iterator[Result]:
    """Yield results under a progress bar with rate and remaining time; quiet where there is no terminal."""
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


def say(*lines: str) -> None:
    """Print lines to standard error, on a terminal and elsewhere."""
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    for line in lines:
        console.print(line)


def size(count: int) -> str:
    """Return a number of bytes as a person reads it.

    Example:
        >>> size(353_793_822)
        '353.8 MB'
    """
    return decimal(count)
