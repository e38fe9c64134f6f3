"""Algebra on formulas, done in processes that can be killed.

A computer algebra system can't be trusted with a clock: big numbers hold the interpreter, so that no thread
and no signal gets through. So each question goes over a pipe to a process of its own
(`crossthink_hub.grading.worker`), and one that does not answer in time is killed and replaced. Plain
processes, not a pool of `multiprocessing`: those may not be started in a DataLoader's worker, and would be
forked from whatever holds the GPU.
"""

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections import deque
from functools import cache

from crossthink_hub.grading.limits import ALGEBRA_SECONDS, START_SECONDS, WORKER_BYTES


class AlgebraTimeoutError(Exception):
    """The algebra was not done in time."""


class Worker:
    """One process that does algebra; it starts while others go on."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crossthink_hub.grading.worker", str(WORKER_BYTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the process that asked
        )
        self.ready = False

    def ask(self, gold: str, answer: str) -> bool | None:
        """Return whether two formulas are equal; None if the algebra does not understand one.

        Raises:
            AlgebraTimeoutError: it was not done in time, or the process died of it.
        """
        if not self.ready:
            self.line(START_SECONDS)
            self.ready = True
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps([gold, answer]).encode() + b"\n")
        except BrokenPipeError:
            raise AlgebraTimeoutError from None
        equal: bool | None = json.loads(self.line(ALGEBRA_SECONDS))
        return equal

    def line(self, seconds: float) -> bytes:
        """Return the next line the process writes.

        Raises:
            AlgebraTimeoutError: there is none in this time.
        """
        assert self.process.stdout is not None
        output, end, line = self.process.stdout.fileno(), time.monotonic() + seconds, b""
        poll = select.poll()
        poll.register(output, select.POLLIN)
        while not line.endswith(b"\n"):
            left = end - time.monotonic()
            read = os.read(output, 4096) if left > 0 and poll.poll(left * 1000) else b""
            if not read:
                raise AlgebraTimeoutError
            line += read
        return line

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


def _environment() -> dict[str, str]:
    """Return the environment of a worker: it finds this package, and starts no threads of its own."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"}


class Algebra:
    """Processes that do algebra, started when they are needed, for any number of threads.

    Args:
        size: how many there are at most.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.turns = threading.Semaphore(size)
        self.idle: deque[Worker | None] = deque([None] * size)
        """Warm ones at the right end, those that are starting at the left."""

    def __call__(self, gold: str, answer: str) -> bool | None:
        r"""Return whether two formulas are equal; None if that can't be told.

        Raises:
            AlgebraTimeoutError: it was not done in time.

        Example:
            >>> algebra()(r"x^2 < 4", "(-2, 2)")
            True
        """
        with self.turns:
            worker = self.idle.pop() or Worker()
            try:
                equal = worker.ask(gold, answer)
            except BaseException as error:
                worker.kill()
                self.idle.appendleft(Worker() if isinstance(error, AlgebraTimeoutError) else None)
                raise
            self.idle.append(worker)
            return equal

    def close(self) -> None:
        """End the processes that are idle."""
        for _ in range(len(self.idle)):
            worker = self.idle.pop()
            self.idle.appendleft(None)
            if worker:
                worker.kill()


@cache
def algebra() -> Algebra:
    """Return the algebra of this process: as many workers as this rank's share of the cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found = Algebra(max(1, cores // max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1") or 1))))
    atexit.register(found.close)
    return found


if hasattr(os, "register_at_fork"):  # a forked process asks workers of its own
    os.register_at_fork(after_in_child=algebra.cache_clear)
