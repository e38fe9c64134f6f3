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
import warnings
from collections import deque
from functools import cache

from crossthink_hub.grading.limits import ALGEBRA_SECONDS, MAX_WORKERS, START_SECONDS, WORKER_BYTES


class AlgebraTimeoutError(Exception):
    """The algebra was not done in time."""


class Worker:
    """One process that does algebra; it starts while others go on."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "crossthink_hub.grading.worker", str(WORKER_BYTES)],
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
            self.wait()
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps([gold, answer]).encode() + b"\n")
        except BrokenPipeError:
            raise AlgebraTimeoutError from None
        equal: bool | None = json.loads(self.line(ALGEBRA_SECONDS))
        return equal

    def wait(self) -> None:
        """Wait until the process has started.

        Raises:
            AlgebraTimeoutError: it has not; a warning says what became of it.
        """
        try:
            self.line(START_SECONDS)
        except AlgebraTimeoutError:
            try:
                state = f"ended as it started (exit code {self.process.wait(timeout=1)})"
            except subprocess.TimeoutExpired:
                state = "did not start"
            warnings.warn(f"a process that does algebra {state}: some answers are not graded", stacklevel=2)
            raise
        self.ready = True

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
        self.close()

    def close(self) -> None:
        """Let go of the pipes; the process ends when all who hold them have."""
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
            worker, kept = self.idle.pop(), None
            try:
                worker = worker or Worker()
                equal = worker.ask(gold, answer)
                kept = worker
            except AlgebraTimeoutError:
                kept = _started()
                raise
            finally:  # a slot is never lost, whatever happens
                if kept is worker and worker:
                    self.idle.append(worker)
                else:
                    self.idle.appendleft(kept)
                    if worker:
                        worker.kill()
            return equal

    def close(self) -> None:
        """End the processes that are idle."""
        for _ in range(len(self.idle)):
            worker = self.idle.pop()
            self.idle.appendleft(None)
            if worker:
                worker.kill()


def _started() -> Worker | None:
    """Return a process that is starting, None if there can't be one now."""
    try:
        return Worker()
    except OSError:
        return None


def algebra() -> Algebra:
    """Return the algebra of this process: as many workers as this rank's share of the cores."""
    with _LOCK:
        return _algebra()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _algebra() -> Algebra:
    ranks = os.environ.get("LOCAL_WORLD_SIZE", "")
    found = Algebra(min(MAX_WORKERS, max(1, cores() // max(1, int(ranks) if ranks.isdecimal() else 1))))
    atexit.register(found.close)
    return found


def _forget() -> None:
    """Leave the workers to the process that was forked: this one asks workers of its own."""
    if _algebra.cache_info().currsize:
        for worker in _algebra().idle:
            if worker:
                worker.close()
        _algebra().idle.clear()
    _algebra.cache_clear()
    _LOCK.release()


_LOCK = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_forget)
