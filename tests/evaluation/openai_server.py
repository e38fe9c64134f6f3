"""A small OpenAI-compatible server on loopback, around a real model or a plain function.

To try things on by hand: `python tests/evaluation/openai_server.py MODEL_FOLDER [--port 8000]`.
"""

import argparse
import json
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self

Body = Mapping[str, Any]
OPENAI_FIELDS = {
    *("model", "messages", "prompt", "temperature", "top_p", "presence_penalty", "frequency_penalty"),
    *("max_tokens", "max_completion_tokens", "seed", "n", "stream", "stop"),
}
OTHER_FIELDS = {
    *("top_k", "min_p", "repetition_penalty", "stop_token_ids", "include_stop_str_in_output"),
    "chat_template_kwargs",
}
STEP = 0.02
"""Seconds between two looks at a connection that hangs."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request for a reply.

    Attributes:
        kind: `status` answers `status` with `body` after `seconds`; `drop` closes the connection without a
            word; `hang` says nothing for `seconds`, then replies; `die` closes the whole server.
        status: of HTTP.
        body: of the answer.
        retry_after: its header.
        seconds: how long a reply hangs.
    """

    kind: Literal["status", "drop", "hang", "die"] = "status"
    status: int = 200
    body: str = '{"error": {"message": "made up"}}'
    retry_after: str | None = None
    seconds: float = 0


@dataclass
class Written:
    """What a model wrote.

    Attributes:
        message: fields of the message.
        reason: the finish reason.
        tokens: of it.
        prompt_tokens: of the prompt.
    """

    message: dict[str, Any]
    reason: str | None = "stop"
    tokens: int | None = 1
    prompt_tokens: int | None = 1


class Function:
    """Stands in for a model: a function from messages (or a prompt) to a text, or to what was written."""

    def __init__(self, reply: Callable[[Any], "str | Written"]) -> None:
        self.reply = reply

    def count(self, body: Body) -> int:
        """Count words."""
        text = body.get("prompt") or " ".join(turn["content"] for turn in body["messages"])
        return len(text.split())

    def write(self, body: Body, most: int) -> Written:
        found = self.reply(body.get("messages", body.get("prompt")))
        if isinstance(found, Written):
            return found
        words = found.split()
        text = found if len(words) <= most else " ".join(words[:most])
        reason = "stop" if len(words) <= most else "length"
        return Written({"content": text}, reason, min(len(words), most), self.count(body))


class Model:
    """A causal language model of Transformers; one request at a time, so that none depends on another."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder).eval()
        self._lock = threading.Lock()

    def _ids(self, body: Body) -> list[int]:
        if "prompt" in body:
            return list(self.tokenizer(body["prompt"])["input_ids"])
        chat = self.tokenizer.apply_chat_template(
            body["messages"], add_generation_prompt=True, tokenize=True, return_dict=True
        )
        return list(chat["input_ids"])

    def count(self, body: Body) -> int:
        return len(self._ids(body))

    def write(self, body: Body, most: int) -> Written:
        import torch

        prompt = self._ids(body)
        stops = body.get("stop", ())

        def is_stopped(ids: Any, _: Any) -> Any:
            text = self.tokenizer.decode(ids[0, len(prompt) :], skip_special_tokens=True)
            return torch.tensor([any(stop in text for stop in stops)])

        ends = [self.tokenizer.eos_token_id, *body.get("stop_token_ids", ())]
        with self._lock, torch.inference_mode():
            torch.manual_seed(body.get("seed") or 0)
            out = self.model.generate(
                torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
                max_new_tokens=most, eos_token_id=ends, pad_token_id=self.tokenizer.pad_token_id,
                stopping_criteria=[is_stopped], **_drawn(body),
            )  # fmt: skip
        ids = out[0, len(prompt) :].tolist()
        text = self.tokenizer.decode(ids, skip_special_tokens=True)
        found = [(text.index(stop), stop) for stop in stops if stop in text]
        if found:
            place, stop = min(found)
            text = text[: place + len(stop) * bool(body.get("include_stop_str_in_output"))]
        ended = bool(found) or ids[-1] in ends
        return Written({"content": text}, "stop" if ended else "length", len(ids), len(prompt))


def _drawn(body: Body) -> dict[str, Any]:
    """Return the sampling as Transformers has it; its defaults count for nothing."""
    common = {"repetition_penalty": body.get("repetition_penalty", 1.0)}
    if not body["temperature"]:
        return {**common, "do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    names = ("temperature", "top_p", "top_k", "min_p")
    return {**common, "do_sample": True, "top_k": 0, **{name: body[name] for name in names if name in body}}


@dataclass
class Asked:
    """A request that came.

    Attributes:
        path: without the host.
        body: None where there is none.
        authorization: the header.
        at: when, in seconds.
    """

    path: str
    body: Body | None
    authorization: str | None
    at: float = field(default_factory=time.monotonic)


class OpenAIServer:
    """A server on loopback, from `with` to the end of its block.

    Args:
        model: what replies: a function, or a model's folder.
        name: the model is served under.
        context: the tokens of prompt and answer together.
        tells: whether it tells context, tokens and version, as vLLM does.
        strict: whether it refuses the fields that OpenAI's own API has not.
        key: that it asks for.
        most: tokens that an answer may have.
        port: 0 for any that is free.

    Attributes:
        faults: each request for a reply takes one; or a function of its number, from 1.
        asked: the requests, in order.
        at_once: the most requests for a reply that were under way together.
        cancelled: how many clients went away while their reply hung.
    """

    def __init__(
        self, model: Callable[[Any], str | Written] | Path, *, name: str = "tiny", context: int = 4096,
        tells: bool = True, strict: bool = False, key: str | None = None, most: int | None = None,
        port: int = 0,
    ) -> None:  # fmt: skip
        self.model = Model(model) if isinstance(model, Path) else Function(model)
        self.name, self.context, self.tells, self.strict = name, context, tells, strict
        self.key, self.most, self.port = key, most, port
        self.faults: Iterator[Fault | None] | Callable[[int], Fault | None] = iter(())
        self.asked: list[Asked] = []
        self.replies, self.under_way, self.at_once, self.cancelled = 0, 0, 0, 0
        self.lock = threading.Lock()
        self.dead = threading.Event()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def bodies(self) -> list[Body]:
        """What was sent to ask for replies."""
        return [one.body or {} for one in self.asked if one.path.endswith("completions")]

    def order(self, faults: Iterable[Fault | None] | Callable[[int], Fault | None]) -> None:
        """Have the next requests for a reply go wrong; what came before is forgotten."""
        self.faults = faults if callable(faults) else iter(list(faults))
        self.asked, self.replies, self.at_once, self.cancelled = [], 0, 0, 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    def start(self) -> None:
        """Begin, or begin again at the same port."""
        self.dead.clear()
        self._server = _Server(self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def die(self) -> None:
        """Close everything without a word more."""
        server, self._server = self._server, None
        self.dead.set()
        if server:
            server.shutdown()
            server.close_all()

    def fault(self) -> Fault | None:
        """Return what goes wrong with the next request for a reply."""
        with self.lock:
            self.replies += 1
            return self.faults(self.replies) if callable(self.faults) else next(self.faults, None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, owner: OpenAIServer) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", owner.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_all(self) -> None:
        self.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # closed meanwhile
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = None

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: Body | None) -> None:
        owner = self.server.owner
        authorization = self.headers.get("Authorization")
        with owner.lock:
            owner.asked.append(Asked(self.path, body, authorization))
        if owner.key and authorization != f"Bearer {owner.key}":
            self._refuse(401, f"Incorrect API key provided: {authorization}")
        elif self.path == "/v1/models":
            told = {"max_model_len": owner.context} if owner.tells else {}
            self._send(200, {"object": "list", "data": [{"id": owner.name, "object": "model", **told}]})
        elif self.path == "/version" and owner.tells:
            self._send(200, {"version": "0.31.0"})
        elif self.path == "/tokenize" and owner.tells and body:
            self._send(200, {"count": owner.model.count(body), "max_model_len": owner.context, "tokens": []})
        elif self.path in ("/v1/chat/completions", "/v1/completions") and body:
            self._reply(body)
        else:
            self._refuse(404, "Not Found")

    def _reply(self, body: Body) -> None:
        owner = self.server.owner
        with owner.lock:
            owner.under_way += 1
            owner.at_once = max(owner.at_once, owner.under_way)
        try:
            fault = owner.fault()
            if fault is None or self._go_wrong(fault):
                self._write(body)
        finally:
            with owner.lock:
                owner.under_way -= 1

    def _go_wrong(self, fault: Fault) -> bool:
        """Do what a fault says; return whether a reply follows."""
        owner = self.server.owner
        if fault.kind == "status":
            time.sleep(fault.seconds)
            self._send(fault.status, fault.body, fault.retry_after)
        elif fault.kind == "drop":
            self.close_connection = True
        elif fault.kind == "die":
            owner.die()
            self.close_connection = True
        else:
            return self._hang(fault.seconds)
        return False

    def _hang(self, seconds: float) -> bool:
        owner, until = self.server.owner, time.monotonic() + seconds
        while time.monotonic() < until and not owner.dead.wait(STEP):
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                with owner.lock:
                    owner.cancelled += 1
                self.close_connection = True
                return False
        return not owner.dead.is_set()

    def _write(self, body: Body) -> None:
        owner = self.server.owner
        if problem := self._problem(body):
            self._refuse(*problem)
            return
        most = body.get("max_completion_tokens") or body["max_tokens"]
        written = owner.model.write(body, most)
        usage = {"prompt_tokens": written.prompt_tokens, "completion_tokens": written.tokens}
        said = (
            {"message": {"role": "assistant", **written.message}}
            if "messages" in body
            else {"text": written.message["content"]}
        )
        choice = {"index": 0, **said, "finish_reason": written.reason}
        self._send(200, {"object": "made up", "model": owner.name, "choices": [choice], "usage": usage})

    def _problem(self, body: Body) -> tuple[int, str] | tuple[int, str, str] | None:
        owner = self.server.owner
        known = OPENAI_FIELDS if owner.strict else OPENAI_FIELDS | OTHER_FIELDS
        if unknown := sorted(set(body) - known):
            return 400, f"Unrecognized request argument supplied: {unknown[0]}"
        if body["model"] != owner.name:
            return 404, f"The model `{body['model']}` does not exist."
        most = body.get("max_completion_tokens") or body["max_tokens"]
        if owner.most and most > owner.most:
            return 400, f"max_tokens is too large: {most}. This model supports at most {owner.most}."
        if (count := owner.model.count(body)) + most > owner.context:
            return (
                400,
                f"This model's maximum context length is {owner.context} tokens. However, you requested "
                f"{most} output tokens and your prompt contains {count} input tokens.",
                "context_length_exceeded",
            )
        return None

    def _refuse(self, status: int, message: str, code: str | None = None) -> None:
        self._send(status, {"error": {"message": message, "type": "made_up", "code": code}})

    def _send(self, status: int, answer: Any, retry_after: str | None = None) -> None:
        content = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status, HTTPStatus(status).phrase)
        kind = "text/html" if content.startswith(b"<") else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    """Serve a model until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Serve a small model at an OpenAI-compatible endpoint.")
    parser.add_argument("model", type=Path, help="folder with a model and its tokenizer")
    parser.add_argument("--port", type=int, default=8000)
    asked = parser.parse_args()
    with OpenAIServer(asked.model, name=asked.model.name, port=asked.port) as server:
        print(f"{server.url} serves {server.name}")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
