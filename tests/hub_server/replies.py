"""What the server answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Part:
    """A range of a file on disk.

    Attributes:
        path: where it is.
        start: the first byte.
        size: how many bytes.
        name: by which it is counted as sent.
    """

    path: Path
    start: int
    size: int
    name: str


@dataclass(frozen=True)
class Reply:
    """An answer, with bytes or a part of a file as its body.

    Attributes:
        status: the HTTP status.
        body: the bytes, if no part is given.
        headers: without the length.
        part: of a file.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    part: Part | None = None

    @property
    def size(self) -> int:
        return self.part.size if self.part else len(self.body)

    def having(self, **headers: str) -> "Reply":
        """Return it with more headers; `_` in a name stands for `-`."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})


class Refusal(Exception):  # noqa: N818
    """An answer that is an error, with the header by which clients tell errors apart."""

    def __init__(self, status: int, message: str, code: str = "", **more: Any) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.more = status, message, code, more

    def reply(self) -> Reply:
        headers = {"X-Error-Message": " ".join(self.message.split()).encode("ascii", "replace").decode()}
        if self.code:
            headers["X-Error-Code"] = self.code
        return in_json({"error": self.message, **self.more}, self.status).having(**headers)


def in_json(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json; charset=utf-8"})
