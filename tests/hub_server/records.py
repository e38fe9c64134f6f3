"""What was asked of the server."""

from dataclasses import dataclass


@dataclass
class Record:
    """A request.

    Attributes:
        number: how many came up to it, from 1.
        method: the HTTP method.
        path: decoded, without the query.
        repo: the repository that it is about, if it is about one.
        received: how many bytes of its body were read.
        status: of the answer; None if it was not answered.
    """

    number: int
    method: str
    path: str
    repo: str | None = None
    received: int = 0
    status: int | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
