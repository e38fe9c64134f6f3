"""Faults that tests order: which request goes wrong, how, and how often."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from hub_server.records import Record

Kind = Literal[
    "die_before", "die_during", "die_after", "status", "lost", "slow", "truncate", "corrupt", "wrong_etag"
]


@dataclass
class Fault:
    """One fault, struck by each request that matches until it is spent.

    Attributes:
        kind: what happens.
            `die_before`: the server closes everything without a reply, and the request has no effect;
            `die_during`: the same, after half of the request's body was read;
            `die_after`: the request takes effect, then the server closes everything without a reply;
            `status`: the answer is `status`, without effect;
            `lost`: the same, after it took effect;
            `slow`: `seconds` pass before the request is handled, and bodies move at `bytes_per_second`;
            `truncate`: the connection ends after the share `keep` of the body;
            `corrupt`: the body is other bytes of the same length;
            `wrong_etag`: the ETag is that of another content.
            The last three pass over answers that have no such thing, such as a redirect.
        path: a regular expression found in the path asked for.
        method: the HTTP method, any if not given.
        request: the number of the request since the server was made, from 1; any if not given.
        times: how often it strikes; None for always.
        skip: how many matching requests pass before the first.
        status: the HTTP status.
        message: what the error says; by default what HTTP calls the status.
        code: its `X-Error-Code`.
        retry_after: the seconds in its `Retry-After`.
        seconds: how long a slow request waits.
        bytes_per_second: how fast a slow body moves.
        keep: the share of the body before a truncation.
        struck: how often it has struck.
        passed: how many matching requests came before the first.
    """

    kind: Kind
    path: str = ""
    method: str | None = None
    request: int | None = None
    times: int | None = 1
    skip: int = 0
    status: int = 500
    message: str = ""
    code: str = ""
    retry_after: float | None = None
    seconds: float = 0
    bytes_per_second: float | None = None
    keep: float = 0.5
    struck: int = field(default=0, init=False)
    passed: int = field(default=0, init=False)

    def strikes(self, record: Record) -> bool:
        """Return whether this request is struck, and count it."""
        if not self.matches(record) or (self.times is not None and self.struck >= self.times):
            return False
        if self.passed < self.skip:
            self.passed += 1
            return False
        self.struck += 1
        return True

    def matches(self, record: Record) -> bool:
        return (
            self.method in (None, record.method)
            and self.request in (None, record.number)
            and re.search(self.path, record.path) is not None
        )


def striking(faults: Iterable[Fault], record: Record, kinds: Iterable[Kind]) -> dict[Kind, Fault]:
    """Return the faults of some kinds that strike a request: of each kind the first."""
    found: dict[Kind, Fault] = {}
    for fault in faults:
        if fault.kind in kinds and fault.kind not in found and fault.strikes(record):
            found[fault.kind] = fault
    return found
