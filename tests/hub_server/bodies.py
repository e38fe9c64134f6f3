"""Bodies of requests as they come, and of replies as they go."""

import io
import tempfile
from collections.abc import Callable, Iterator
from socket import socket
from typing import IO, BinaryIO

from hub_server.rate import CHUNK, Rate
from hub_server.records import Record
from hub_server.replies import Part

OTHER_BYTES = bytes(byte ^ 1 for byte in range(256))


class Body:
    """The body of a request, read once."""

    def __init__(self, source: BinaryIO, length: int | None, record: Record, rate: Rate) -> None:
        """Begin.

        Args:
            source: the connection.
            length: in bytes; None if it comes in pieces that say their length.
            record: where to count the bytes.
            rate: of the line.
        """
        self.record, self.rate, self.length = record, rate, length
        self.half_read: Callable[[], None] | None = None
        self._source = source
        self._chunks = self._exactly(length) if length is not None else self._pieces()

    def chunks(self) -> Iterator[memoryview]:
        """Yield what comes; what was yielded before is overwritten."""
        for chunk in self._chunks:
            self.record.received += len(chunk)
            self.rate.wait(len(chunk))
            if self.half_read and self.record.received * 2 >= (self.length or 0):
                self.half_read()
            yield chunk

    def read(self) -> bytes:
        return b"".join(bytes(chunk) for chunk in self.chunks())

    def spooled(self) -> IO[bytes]:
        """Return the body as a file, on disk if it is not small."""
        file = tempfile.SpooledTemporaryFile(max_size=CHUNK)  # noqa: SIM115
        for chunk in self.chunks():
            file.write(chunk)
        file.seek(0, io.SEEK_SET)
        return file

    def drain(self) -> None:
        """Read what nobody read: clients are answered only after they sent everything."""
        for _ in self.chunks():
            pass

    def _exactly(self, size: int) -> Iterator[memoryview]:
        buffer = memoryview(bytearray(min(size, self.rate.chunk)))
        while size:
            count = self._source.readinto(buffer[: min(size, len(buffer))])  # type: ignore[attr-defined]
            if not count:
                raise ConnectionResetError("the body ended early")
            size -= count
            yield buffer[:count]

    def _pieces(self) -> Iterator[memoryview]:
        while size := int(self._source.readline().split(b";")[0] or b"0", 16):
            yield from self._exactly(size)
            self._source.readline()
        while self._source.readline().strip():
            pass


def send_bytes(connection: socket, data: bytes, rate: Rate) -> None:
    for start in range(0, len(data), rate.chunk):
        chunk = data[start : start + rate.chunk]
        rate.wait(len(chunk))
        connection.sendall(chunk)


def send_part(connection: socket, part: Part, size: int, rate: Rate, corrupt: bool) -> None:
    """Send the first bytes of a part of a file.

    Args:
        connection: where to.
        part: what.
        size: how many bytes.
        rate: of the line.
        corrupt: whether to send other bytes instead.
    """
    with part.path.open("rb") as file:
        if not (rate.bytes_per_second or corrupt):
            if size:
                connection.sendfile(file, part.start, size)
            return
        file.seek(part.start)
        while size and (chunk := file.read(min(size, rate.chunk))):
            size -= len(chunk)
            rate.wait(len(chunk))
            connection.sendall(chunk.translate(OTHER_BYTES) if corrupt else chunk)
