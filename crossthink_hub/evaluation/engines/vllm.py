"""vLLM on this machine: a copy of the model for each group of GPUs, each in a process of its own."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Protocol

import orjson

from crossthink_hub.errors import EngineError, UsageError
from crossthink_hub.evaluation.generation import Finish, Generation, Request
from crossthink_hub.training.sampling import VLLM_LOGS

Tokens = Sequence[int]
LOG = "engine.log"
STARTING = 3600.0
"""Seconds that loading a model may take: 32B from a slow disk, and its graphs."""
ENDING = 20.0
ERROR = re.compile(r"\w*(?:Error|Exception)\b.*:")
BELOW = 2
"""Lines after an error that often say more of it."""
LONGEST = 500
FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH}


class Prompter(Protocol):
    """What turns a conversation into the tokens that the model goes on with."""

    def tokens(self, messages: Sequence[Mapping[str, str]]) -> Tokens:
        """Return them."""


@dataclass(frozen=True, kw_only=True)
class VllmSettings:
    """How vLLM loads a model.

    Attributes:
        model: a folder, or a name on the Hub.
        revision: on the Hub.
        context: tokens of prompt and answer together.
        stop: texts that end an answer.
        stop_token_ids: tokens that do.
        dtype: of the weights, as vLLM has it.
        tensor_parallel: GPUs that share a copy.
        data_parallel: copies; 0 for as many as there are GPUs for.
        gpu_memory: share of a GPU's memory.
        batch_invariant: whether answers are not to depend on what is computed beside them.
        trust_remote_code: whether to run code that comes with the model.
        seed: of the engine; each request has its own besides.
        timeout: seconds in which at least one answer has to be done.
    """

    model: str
    revision: str | None
    context: int
    stop: tuple[str, ...]
    stop_token_ids: tuple[int, ...]
    dtype: str = "auto"
    tensor_parallel: int = 1
    data_parallel: int = 0
    gpu_memory: float = 0.9
    batch_invariant: bool = False
    trust_remote_code: bool = False
    seed: int = 0
    timeout: float = 1800.0


def check_vllm() -> None:
    """Say whether vLLM is installed.

    Raises:
        UsageError: it is not.
    """
    if find_spec("vllm") is None:
        raise UsageError(
            "vLLM is not installed",
            where="evaluation",
            fix="Install it (docs/evaluation.md), or let a server answer: --endpoint URL.",
        )


def replicas(settings: VllmSettings, gpus: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the GPUs of each copy of the model; one copy without any where there are none.

    Raises:
        UsageError: there are not enough.

    Example:
        >>> needed = {"model": "m", "revision": None, "context": 1, "stop": (), "stop_token_ids": ()}
        >>> of = VllmSettings(**needed, tensor_parallel=2)
        >>> replicas(of, ["0", "1", "2", "3", "4"]), replicas(of, [])
        ([('0', '1'), ('2', '3')], [()])
    """
    if not gpus:
        return [()] * max(1, settings.data_parallel)
    fit = len(gpus) // settings.tensor_parallel
    asked = settings.data_parallel or fit
    if not fit or asked > fit:
        needed = max(asked, 1) * settings.tensor_parallel
        raise UsageError(f"{needed} GPUs are asked for, and {len(gpus)} are here", where="evaluation")
    each = settings.tensor_parallel
    return [tuple(gpus[start : start + each]) for start in range(0, asked * each, each)]


def visible_gpus() -> list[str]:
    """Return the GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name for name in named.split(",") if name.strip()]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


@dataclass
class Vllm:
    """The engine; see `generation.Engine`. Its copies start at once, and are waited for at the first request.

    Args:
        settings: how to load the model.
        prompter: makes tokens of conversations.
        log: the file that vLLM's own words go to.
    """

    settings: VllmSettings
    prompter: Prompter
    log: Path
    _copies: "list[_Copy]" = field(default_factory=list, init=False)
    _said: "queue.Queue[tuple[_Copy, Any]]" = field(default_factory=queue.Queue, init=False)

    def __post_init__(self) -> None:
        gpus = visible_gpus()
        for number, own in enumerate(replicas(self.settings, gpus)):
            log = self.log if number == 0 else self.log.with_suffix(f".{number}.log")
            self._copies.append(_Copy(self.settings, own, log, self._said))

    def facts(self) -> dict[str, Any]:
        """Return what decides its output."""
        self._wait_until_ready()
        first = self._copies[0].ready
        return {
            "name": "vllm",
            "version": first["version"],
            "dtype": first["dtype"],
            "device": first["device"],
            "context": self.settings.context,
            "tensor_parallel": self.settings.tensor_parallel,
            "batch_invariant": self.settings.batch_invariant,
            "~data_parallel": len(self._copies),
        }

    def _wait_until_ready(self) -> None:
        while waiting := [copy for copy in self._copies if not copy.ready]:
            copy, said = self._next(STARTING, waiting[0])
            copy.ready = said

    def generate(self, requests: Iterator[Request]) -> Iterator[Generation]:
        """Yield what came of each request as it is done; see `generation.Engine`.

        Raises:
            EngineError: a copy of the model ended, or nothing has come for too long.
        """
        self._wait_until_ready()
        more = True
        while True:
            for copy in self._copies:
                while more and len(copy.asked) < copy.ready["window"]:
                    request = next(requests, None)
                    more = request is not None
                    if request is not None and (unfit := self._ask(copy, request)):
                        yield unfit
            if not any(copy.asked for copy in self._copies):
                return
            copy, said = self._next(self.settings.timeout, self._copies[0])
            yield _generation(*copy.asked.pop(said["id"]), said)

    def _ask(self, copy: "_Copy", request: Request) -> Generation | None:
        """Send a request; or return that its prompt does not fit."""
        tokens = list(self.prompter.tokens(request.messages))
        room = self.settings.context - len(tokens)
        if room < 1:
            return Generation(request.key, None, 0, len(tokens), Finish.PROMPT_TOO_LONG)
        sampling = {
            **vars(request.sampling),
            "max_tokens": min(request.sampling.max_tokens, room),
            "seed": request.seed,
            "stop": list(self.settings.stop),
            "stop_token_ids": list(self.settings.stop_token_ids),
            "include_stop_str_in_output": bool(self.settings.stop),
        }
        copy.ask(request, tokens, sampling)
        return None

    def _next(self, seconds: float, waiting: "_Copy") -> "tuple[_Copy, Any]":
        """Return the next thing that a copy says.

        Raises:
            EngineError: one has ended, or none says anything.
        """
        try:
            copy, said = self._said.get(timeout=seconds)
        except queue.Empty:
            raise EngineError(
                f"has said nothing for {seconds:,.0f} s",
                where="vLLM",
                fix=f"Its own words are in {waiting.log}. The same command goes on where it stopped.",
            ) from None
        if said is None:
            raise copy.ended()
        return copy, said

    def close(self) -> None:
        """End every copy."""
        for copy in self._copies:
            copy.close()


class _Copy:
    """A copy of the model in a process."""

    def __init__(
        self, settings: VllmSettings, gpus: tuple[str, ...], log: Path, said: "queue.Queue[Any]"
    ) -> None:
        self.log = log
        self.ready: dict[str, Any] = {}
        self.asked: dict[str, tuple[Request, int]] = {}
        self._count = 0
        with log.open("ab") as words:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "crossthink_hub.evaluation.engines.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                env={**os.environ, **_environment(settings, gpus)},
                start_new_session=True,  # Ctrl-C is for us: we end it, children and all
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin: IO[bytes] = self._process.stdin
        threading.Thread(target=self._read, args=(self._process.stdout, said), daemon=True).start()
        self._write(_arguments(settings, gpus))

    def _read(self, stream: IO[bytes], said: "queue.Queue[Any]") -> None:
        for line in stream:
            said.put((self, orjson.loads(line)))
        said.put((self, None))

    def _write(self, value: Mapping[str, Any]) -> None:
        with suppress(BrokenPipeError):  # that it ended is read from its output
            self._stdin.write(orjson.dumps(value) + b"\n")
            self._stdin.flush()

    def ask(self, request: Request, tokens: list[int], sampling: Mapping[str, Any]) -> None:
        """Send a request."""
        self._count += 1
        name = str(self._count)
        self.asked[name] = (request, len(tokens))
        self._write({"id": name, "prompt": tokens, "sampling": sampling})

    def ended(self) -> EngineError:
        """Return what to say of a copy that has ended before its time."""
        code = self._process.wait()
        last = _last_words(self.log)
        return EngineError(
            f"ended with exit code {code}" + (f": {last}" if last else ""),
            where="vLLM",
            fix=f"All that it said is in {self.log}. The same command goes on where it stopped.",
        )

    def close(self) -> None:
        """End it: by the end of its input, or by force, what it started too."""
        with suppress(BrokenPipeError):
            self._stdin.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDING)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _generation(request: Request, prompt_tokens: int, said: Mapping[str, Any]) -> Generation:
    finish = FINISHES.get(said["finish"])
    if finish is None:
        raise EngineError(f"ended an answer by {said['finish']!r}", where="vLLM", fix="Run it again.")
    return Generation(request.key, said["text"], said["tokens"], prompt_tokens, finish)


def _arguments(settings: VllmSettings, gpus: tuple[str, ...]) -> dict[str, Any]:
    """Return the arguments of `vllm.LLM`."""
    alone = {"max_num_seqs": 1, "enable_prefix_caching": False}
    return {
        "model": settings.model,
        "revision": settings.revision,
        "tokenizer_revision": settings.revision,
        "dtype": settings.dtype,
        "max_model_len": settings.context,
        "tensor_parallel_size": settings.tensor_parallel if gpus else 1,
        "gpu_memory_utilization": settings.gpu_memory,
        "trust_remote_code": settings.trust_remote_code,
        "seed": settings.seed,
        "generation_config": "vllm",  # nothing is taken from the model's files without being said
        **(alone if settings.batch_invariant and not gpus else {}),
    }


def _environment(settings: VllmSettings, gpus: tuple[str, ...]) -> dict[str, str]:
    words = {key: os.environ.get(key, value) for key, value in VLLM_LOGS.items()}
    if gpus:
        invariant = {"VLLM_BATCH_INVARIANT": "1"} if settings.batch_invariant else {}
        return {**words, **invariant, "CUDA_VISIBLE_DEVICES": ",".join(gpus)}
    return {**words, "VLLM_CPU_KVCACHE_SPACE": os.environ.get("VLLM_CPU_KVCACHE_SPACE", "1")}


def _last_words(log: Path) -> str:
    """Return what a log last says is wrong: a line, and what is set off below it."""
    lines = [line.strip() for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    places = [place for place, line in enumerate(lines) if ERROR.search(line)]
    last = places[-1] if places else len(lines) - 1
    return " ".join(lines[max(last, 0) : last + 1 + BELOW])[:LONGEST]
