"""One connection: reads requests, lets routes answer them, and does what the faults say."""

import contextlib
import time
import traceback
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from hub_server.bodies import Body, send_bytes, send_part
from hub_server.call import Call
from hub_server.faults import Fault, Kind, striking
from hub_server.rate import Rate
from hub_server.records import Record
from hub_server.replies import Refusal, Reply
from hub_server.routes import find_route

if TYPE_CHECKING:
    from hub_server.server import Server


class Death(ConnectionError):  # noqa: N818
    """The server is dead: nothing more is to be done."""


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of a connection."""

    server: "Server"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 1 << 16

    def handle(self) -> None:
        """Answer until the connection ends, from whichever side."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def version_string(self) -> str:
        return "hub"

    def answer(self) -> None:
        """Answer a request."""
        hub = self.server.hub
        record = hub.record(self.command, unquote(urlsplit(self.path).path))
        call = Call(hub, record, self.path, self.headers, self._body(record))
        if call.credential:
            hub.seen.add(call.credential)
        self._tell(record)
        before = self._striking(record, "slow", "die_before", "die_during", "status")
        outgoing = hub.outgoing
        if slow := before.get("slow"):
            time.sleep(slow.seconds)
            outgoing = call.body.rate = Rate(slow.bytes_per_second)
        if "die_before" in before:
            self._die()
        if "die_during" in before:
            call.body.half_read = self._die
        reply = self._refused(before["status"]) if "status" in before else self._routed(call)
        call.body.drain()
        after = self._striking(record, "die_after", "lost")
        if "die_after" in after:
            self._die()
        if "lost" in after:
            reply = self._refused(after["lost"])
        self._check_alive()
        self._send(self._spoiled(reply, record), record, outgoing)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815

    def _tell(self, record: Record) -> None:
        if tell := self.server.hub.on_request:
            try:
                tell(record)
            except Exception:
                self.server.hub.errors.append(f"{record}\n{traceback.format_exc()}")
                raise

    def _body(self, record: Record) -> Body:
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "")
        length = None if chunked else int(self.headers.get("Content-Length") or 0)
        return Body(self.rfile, length, record, self.server.hub.incoming)

    def _striking(self, record: Record, *kinds: Kind) -> dict[Kind, Fault]:
        with self.server.hub.lock:
            return striking(self.server.hub.faults, record, kinds)

    def _die(self) -> None:
        self.server.die()
        raise Death

    def _check_alive(self) -> None:
        if self.server.dead:
            raise Death

    def _refused(self, fault: Fault) -> Reply:
        reply = Refusal(fault.status, fault.message or HTTPStatus(fault.status).phrase, fault.code).reply()
        return reply if fault.retry_after is None else reply.having(Retry_After=f"{fault.retry_after:g}")

    def _routed(self, call: Call) -> Reply:
        self._check_alive()
        try:
            route, arguments = find_route(self.command, urlsplit(self.path).path)
            call.record.repo = arguments.get("repo")
            return route(call, **arguments)
        except Refusal as refusal:
            return refusal.reply()
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001
            self.server.hub.errors.append(f"{call.record}\n{traceback.format_exc()}")
            return Refusal(500, "the server of the tests is wrong").reply()

    def _spoiled(self, reply: Reply, record: Record) -> Reply:
        etag = next((name for name in ("X-Linked-Etag", "ETag") if name in reply.headers), None)
        if etag is None or not self._striking(record, "wrong_etag"):
            return reply
        wrong = "".join(reversed(reply.headers[etag]))
        tags = {name: wrong for name in ("X-Linked-Etag", "ETag") if name in reply.headers}
        return replace(reply, headers={**reply.headers, **tags})

    def _send(self, reply: Reply, record: Record, rate: Rate) -> None:
        has_body = reply.size > 0 and record.method != "HEAD"
        faults = self._striking(record, "truncate", "corrupt") if has_body and reply.status < 300 else {}
        cut = faults.get("truncate")
        size = int(reply.size * cut.keep) if cut else reply.size
        record.status = reply.status
        self._send_head(reply, close=cut is not None)
        if has_body:
            self._send_body(reply, size, rate, corrupt="corrupt" in faults)
        self.close_connection |= cut is not None

    def _send_head(self, reply: Reply, close: bool) -> None:
        self.send_response(reply.status)
        headers = {"Content-Length": str(reply.size), **reply.headers}
        for name, value in ({**headers, "Connection": "close"} if close else headers).items():
            self.send_header(name, value)
        self.end_headers()

    def _send_body(self, reply: Reply, size: int, rate: Rate, corrupt: bool) -> None:
        if reply.part:
            with self.server.hub.lock:
                self.server.hub.sent[reply.part.name] += size
            send_part(self.connection, reply.part, size, rate, corrupt)
        else:
            data = bytes(byte ^ 1 for byte in reply.body) if corrupt else reply.body
            send_bytes(self.connection, data[:size], rate)
