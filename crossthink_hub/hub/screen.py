"""What is shown while the Hub is spoken to: bytes as they go, and every wait as a countdown."""

import logging
import re
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from crossthink_hub.progress import say

if TYPE_CHECKING:
    from rich.progress import TaskID

CLIENT_LOG = "huggingface_hub.utils._http"
"""Where the Hub's client says that it waits, before it does."""


class Screen:
    """Bars on a terminal; elsewhere a line for each wait, and nothing else."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._terminal = console.is_terminal
        self._lock = threading.Lock()
        self._shown = self._inside = 0
        self._reasons: set[str] = set()
        self._hush = ExitStack()
        sizes = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        columns = (TextColumn("{task.description}"), *map(_WhereCounted, sizes))
        self._progress = Progress(*columns, console=console, disable=not self._terminal, transient=True)

    @contextmanager
    def bytes(self, description: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar of bytes; gives what to call with how many more have gone."""
        with self._row(description, total) as task:
            yield lambda more: self._progress.update(task, advance=more)

    def wait(self, why: str, seconds: float) -> None:
        """Wait, and count down the seconds on a terminal; of waits for one reason at once, one is shown."""
        with self._lock:
            shown = why not in self._reasons
            self._reasons.add(why)
        try:
            if shown:
                self._count_down(why, seconds)
            else:
                time.sleep(seconds)
        finally:
            if shown:
                self._reasons.discard(why)

    def _count_down(self, why: str, seconds: float) -> None:
        if not self._terminal:
            say(f"{why}: waiting {seconds:.0f} s")
            time.sleep(seconds)
            return
        with self._row("", None) as task:
            for left in range(round(seconds), 0, -1):
                self._progress.update(task, description=f"[yellow]{why}: again in {left} s")
                time.sleep(1)

    @contextmanager
    def client_hushed(self) -> Iterator[None]:
        """Show the waits of the Hub's client as ours; it would print the addresses of its requests.

        Any number of threads may be in it: the first changes the client's settings, the last restores them.
        """
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._hush.enter_context(_hushed(self))
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._hush.close()

    @contextmanager
    def _row(self, description: str, total: int | None) -> Iterator["TaskID"]:
        with self._lock:
            self._shown += 1
            self._progress.start()
        task = self._progress.add_task(description, total=total)
        try:
            yield task
        finally:
            self._progress.remove_task(task)
            with self._lock:
                self._shown -= 1
                if not self._shown:
                    self._progress.stop()


class _WhereCounted(ProgressColumn):
    """A column for rows that have a total; a countdown has none."""

    def __init__(self, column: ProgressColumn) -> None:
        super().__init__()
        self._column = column

    def render(self, task: Task) -> RenderableType:
        """Return the column's own text, or none."""
        return "" if task.total is None else self._column.render(task)


@contextmanager
def _hushed(screen: Screen) -> Iterator[None]:
    """Keep the Hub's client from drawing bars and from printing warnings, and watch for its waits."""
    import huggingface_hub.utils

    bars: Any = huggingface_hub.utils
    every, waits = logging.getLogger("huggingface_hub"), logging.getLogger(CLIENT_LOG)
    before = (every.level, waits.level, bars.are_progress_bars_disabled())
    watcher = _Watcher(screen)
    every.setLevel(logging.ERROR)
    waits.setLevel(logging.WARNING)
    waits.addFilter(watcher)
    bars.disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"huggingface_hub\.")  # a full disk is an error soon
            yield
    finally:
        every.setLevel(before[0])
        waits.setLevel(before[1])
        waits.removeFilter(watcher)
        if not before[2]:
            bars.enable_progress_bars()


class _Watcher(logging.Filter):
    """Takes what the client logs of its retries; a thread counts down while the client sleeps."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen
        self._why = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep a record from being printed, and show it our way if it says how long the client waits."""
        text = record.getMessage()
        if found := re.match(r"HTTP Error (\d+)", text):
            self._why.text = f"the Hub answers HTTP {found[1]}"
        elif "thrown while requesting" in text:
            self._why.text = "the connection to the Hub failed"
        if found := re.search(r"(?:Retrying in|Waiting) ([\d.]+)s", text):
            why = getattr(self._why, "text", "the Hub asks to wait")
            threading.Thread(target=self._screen.wait, args=(why, float(found[1])), daemon=True).start()
        return record.levelno < logging.WARNING
