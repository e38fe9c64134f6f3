"""Work that waits for the network, done beside the rest of the program."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from queue import SimpleQueue
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
Work = Coroutine[Any, Any, Result]

CLOSING = 2.0
"""Seconds that what is cancelled has, to end."""


class Background:
    """An event loop in a thread of its own.

    What waits in it can be cancelled at any moment, and its connections are closed with it. A thread that
    waits for a reply can't: the program would end when the reply has come.

    Example:
        >>> async def doubled(number: int) -> int:
        ...     return 2 * number
        >>> background = Background()
        >>> sorted(background.in_any_order(doubled, iter(range(5)), most=2))
        [0, 2, 4, 6, 8]
        >>> background.close()
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._end: asyncio.Event

    def run(self, work: Work[Result]) -> Result:
        """Return the result of some work; it is cancelled if the program is interrupted meanwhile.

        Raises:
            Exception: what the work raises.
        """
        future = self._begin(work)
        try:
            return future.result()
        finally:
            future.cancel()

    def in_any_order(
        self, work: Callable[[Task], Work[Result]], tasks: Iterable[Task], most: int
    ) -> Generator[Result]:
        """Yield the result of each task as it is done; so many at a time are under way.

        Tasks are taken as there is room. When this is closed, or a task fails, the others are cancelled.

        Raises:
            Exception: what a task raises, after the results that were there by then.
        """
        done: SimpleQueue[Future[Result]] = SimpleQueue()
        running: set[Future[Result]] = set()
        waiting = iter(tasks)

        def begin() -> None:
            for task in islice(waiting, most - len(running)):
                future = self._begin(work(task))
                running.add(future)
                future.add_done_callback(done.put)

        try:
            begin()
            while running:
                ready = sorted(_taken(done), key=_failed)
                running.difference_update(ready)
                if not _failed(ready[-1]):
                    begin()
                for future in ready:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()

    def close(self) -> None:
        """Cancel what is under way, and end the thread."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(CLOSING)
            self._thread = None

    def _begin(self, work: Work[Result]) -> Future[Result]:
        if self._thread is None:
            self._ready.clear()
            self._thread = threading.Thread(target=asyncio.run, args=(self._live(),), daemon=True)
            self._thread.start()
            self._ready.wait()
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _live(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._end.wait()


def _taken(done: "SimpleQueue[Future[Result]]") -> Iterator["Future[Result]"]:
    """Yield what is done: one, waited for, and all others that are there."""
    yield done.get()
    while not done.empty():
        yield done.get()


def _failed(future: "Future[Any]") -> bool:
    return future.cancelled() or future.exception() is not None
