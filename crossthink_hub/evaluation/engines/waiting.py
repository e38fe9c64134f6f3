"""What passes is waited out, ever longer, as long as patience lasts."""

import time

MOST_NONSENSE = 3
"""How often in all a request is made whose answer is nonsense."""
FIRST_DELAY, LONGEST_DELAY = 0.25, 30.0


class PassingError(Exception):
    """What may be otherwise at the next try.

    Args:
        trouble: what there was.
        asked_to_wait: the seconds that the endpoint asks for.
        nonsense: whether it is an answer that makes no sense.
    """

    def __init__(self, trouble: str, *, asked_to_wait: float | None = None, nonsense: bool = False) -> None:
        super().__init__(trouble)
        self.asked_to_wait, self.nonsense = asked_to_wait, nonsense


class Waiting:
    """How long to wait before a request is repeated, and whether to.

    Args:
        patience: the seconds for which it is repeated.

    Example:
        >>> waiting = Waiting(patience=60)
        >>> tries = []
        >>> for asked_to_wait in (None, None, None, 7, 3600):
        ...     waiting.count(PassingError("HTTP 503"))
        ...     tries.append(waiting.delay(asked_to_wait))
        >>> tries, str(waiting)
        ([0.25, 0.5, 1.0, 7, None], ', 5 times; it asks to wait 3600 s')
    """

    def __init__(self, patience: float) -> None:
        self._patience, self._tries, self._nonsense = patience, 0, 0
        self._end: float | None = None
        self._refused_wait = 0.0

    def count(self, error: PassingError) -> None:
        """Count a try that failed; patience begins to run out at the first."""
        if self._end is None:
            self._end = time.monotonic() + self._patience
        self._tries += 1
        self._nonsense += error.nonsense

    def delay(self, asked_to_wait: float | None) -> float | None:
        """Return the seconds until the next try, the last at the end of patience; None for no more."""
        left = (self._end or 0) - time.monotonic()
        if left <= 0 or self._nonsense == MOST_NONSENSE:
            return None
        if asked_to_wait and asked_to_wait > left:
            self._refused_wait = asked_to_wait
            return None
        return min(left, asked_to_wait or min(LONGEST_DELAY, FIRST_DELAY * 2 ** (self._tries - 1)))

    def __str__(self) -> str:
        times = f", {self._tries} times" if self._tries > 1 else ""
        return times + (f"; it asks to wait {self._refused_wait:g} s" if self._refused_wait else "")
