"""Requests to an endpoint over HTTP: what passes is waited out, and the rest is said in words."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from crossthink_hub.errors import EngineError
from crossthink_hub.evaluation.engines.endpoint_settings import KEY_VARIABLES, EndpointSettings
from crossthink_hub.evaluation.engines.waiting import PassingError, Waiting
from crossthink_hub.hub.endpoint import first_line

if TYPE_CHECKING:
    import httpx2

Read = TypeVar("Read")
Body = Mapping[str, Any]

SHOWN = 200
"""Characters of an answer that an error shows."""
OK, UNAUTHORIZED, FORBIDDEN, SERVER_ERROR = 200, 401, 403, 500
PASSING = frozenset({408, 425, 429})
CHECK = "Check the address, and that the endpoint is up and not overloaded."


class NoReplyError(ValueError):
    """An answer is nonsense, which may pass."""


class RefusedError(EngineError):
    """The endpoint understood a request and does not do it.

    Args:
        settings: of the endpoint.
        status: of HTTP.
        text: the answer.
    """

    def __init__(self, settings: EndpointSettings, status: int, text: str) -> None:
        self.said, self.code = _said(text)
        self.status = status
        super().__init__(f"refuses a request ({_shown(settings, status, text)})", where=settings.shown)


@dataclass(frozen=True)
class Limits:
    """How long an answer is waited for.

    Attributes:
        timeout: the seconds that it may take.
        patience: the seconds to go on for where the endpoint is away or overloaded; with none, nonsense is
            not asked for again either.
    """

    timeout: float
    patience: float


class Line:
    """The connections to an endpoint.

    Args:
        settings: where it is, and how it is asked.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        import httpx2

        self._settings = settings
        # One limit for the whole of a reply is set where it is asked for: one that began may still hang.
        self._client = httpx2.AsyncClient(
            headers=dict(settings.headers()),
            timeout=httpx2.Timeout(None, connect=settings.connect_timeout),
            limits=httpx2.Limits(max_connections=settings.concurrency),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(
        self, url: str, body: Body | None, read: Callable[[dict[str, Any]], Read], limits: Limits
    ) -> Read:
        """Return what is read in the answer, which is a JSON object.

        Args:
            url: what is asked.
            body: what is sent; None to get rather than to post.
            read: raises NoReplyError where it finds nonsense.
            limits: of the wait.

        Raises:
            RefusedError: the endpoint refuses it.
            EngineError: it can't be reached, takes too long, refuses the key, or keeps talking nonsense.
        """
        waiting = Waiting(limits.patience)
        while True:
            try:
                return await self._tried(url, body, read, limits.timeout)
            except PassingError as error:
                waiting.count(error)
                delay = waiting.delay(error.asked_to_wait)
                if delay is None:
                    raise EngineError(f"{error}{waiting}", where=self._settings.shown, fix=CHECK) from error
            await asyncio.sleep(delay)

    async def _tried(
        self, url: str, body: Body | None, read: Callable[[dict[str, Any]], Read], timeout: float
    ) -> Read:
        import httpx2

        try:
            answer = await self._once(url, body, timeout)
        except httpx2.RequestError as error:
            raise PassingError(_broken(error)) from error
        self._check(answer)
        try:
            return read(_object(answer))
        except NoReplyError as error:
            shown = _shown(self._settings, answer.status_code, answer.text)
            raise PassingError(f"{error} ({shown})", nonsense=True) from error

    async def _once(self, url: str, body: Body | None, timeout: float) -> "httpx2.Response":
        content = None if body is None else orjson.dumps(body)
        try:
            async with asyncio.timeout(timeout):
                return await self._client.request(
                    "GET" if body is None else "POST",
                    url,
                    content=content,
                    headers={"Content-Type": "application/json"},
                )
        except TimeoutError as error:
            raise EngineError(
                f"gave no reply in {timeout:g} s",
                where=self._settings.shown,
                fix="Look whether the endpoint hangs. If it is only slow, ask for less at a time.",
            ) from error

    def _check(self, answer: "httpx2.Response") -> None:
        settings, status = self._settings, answer.status_code
        if status == OK:
            return
        shown = _shown(settings, status, answer.text)
        if status in PASSING or status >= SERVER_ERROR:
            wait = _seconds(answer.headers.get("Retry-After"))
            raise PassingError(f"has no reply for now ({shown})", asked_to_wait=wait)
        if status in (UNAUTHORIZED, FORBIDDEN):
            raise EngineError(
                f"{'refuses the key' if settings.api_key else 'asks for a key'} ({shown})",
                where=settings.shown,
                fix=f"Set {' or '.join(KEY_VARIABLES)} to a key that it takes.",
            )
        raise RefusedError(settings, status, answer.text)


def _object(answer: "httpx2.Response") -> dict[str, Any]:
    try:
        found = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        found = _lenient(answer.content)
    if not isinstance(found, dict):
        raise NoReplyError("answers with what is no JSON object")
    return found


def _lenient(content: bytes) -> Any:
    r"""Return JSON in which half a character, as a model may write one, stands for none.

    Example:
        >>> _lenient(b'{"text": "a\\ud800"}'), _lenient(b"<html>")
        ({'text': 'a�'}, None)
    """
    try:
        found = json.loads(content)
        halves = json.dumps(found, ensure_ascii=False).encode("utf-16", "surrogatepass")
        return json.loads(halves.decode("utf-16", "replace"))
    except ValueError:
        return None


def _seconds(retry_after: str | None) -> float | None:
    """Return what Retry-After says; None where it says it as a date, which needs clocks that agree."""
    return float(retry_after) if retry_after and re.fullmatch(r"\d+(\.\d+)?", retry_after) else None


def _broken(error: "httpx2.RequestError") -> str:
    import httpx2

    away = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
    what = "can't be reached" if away else "broke the connection off"
    return f"{what} ({first_line(error)})"


def _said(text: str) -> tuple[str, str | None]:
    """Return an error's words and its code, as OpenAI and those who follow it have them.

    Example:
        >>> _said('{"error": {"message": "too long", "code": "context_length_exceeded"}}')
        ('too long', 'context_length_exceeded')
        >>> _said('{"object": "error", "message": "too long"}'), _said("<html>")
        (('too long', None), ('<html>', None))
    """
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text, None
    error = found.get("error", found) if isinstance(found, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("message"), str):
        return text, None
    code = error.get("code")
    return error["message"], code if isinstance(code, str) else None


def _shown(settings: EndpointSettings, status: int, text: str) -> str:
    said = " ".join(settings.without_key(_said(text)[0]).split())
    return f"HTTP {status}: {said[:SHOWN]}{'…' * (len(said) > SHOWN)}" if said else f"HTTP {status}"
