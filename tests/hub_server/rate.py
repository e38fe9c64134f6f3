"""A line of limited speed, shared by all who use it."""

import threading
import time

CHUNK = 1 << 20


class Rate:
    """So many bytes a second; without a number, no limit."""

    def __init__(self, bytes_per_second: float | None) -> None:
        self.bytes_per_second = bytes_per_second
        self.chunk = CHUNK if not bytes_per_second else max(1, min(CHUNK, int(bytes_per_second / 20)))
        self._free = 0.0
        self._lock = threading.Lock()

    def wait(self, size: int) -> None:
        """Wait as long as the line takes for so many bytes after those before them."""
        if not self.bytes_per_second:
            return
        with self._lock:
            self._free = max(self._free, time.monotonic()) + size / self.bytes_per_second
            pause = self._free - time.monotonic()
        time.sleep(max(pause, 0))
