"""vLLM on this machine: a copy of the model for each group of GPUs, each in a process of its own."""

import queue
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from crossthink_hub.errors import EngineError
from crossthink_hub.evaluation.engines.vllm_copy import Copy
from crossthink_hub.evaluation.engines.vllm_settings import VllmSettings, replicas, visible_gpus
from crossthink_hub.evaluation.generation import Finish, Generation, Request

Tokens = Sequence[int]
LOG = "engine.log"
STARTING = 3600.0
"""Seconds that loading a model may take: 32B from a slow disk, and its graphs."""
FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH}


class Prompter(Protocol):
    """What turns a conversation into the tokens that the model goes on with."""

    def tokens(self, messages: Sequence[Mapping[str, str]]) -> Tokens:
        """Return them."""


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
    _copies: list[Copy] = field(default_factory=list, init=False)
    _said: "queue.Queue[tuple[Copy, Any]]" = field(default_factory=queue.Queue, init=False)

    def __post_init__(self) -> None:
        gpus = visible_gpus()
        for number, own in enumerate(replicas(self.settings, gpus)):
            log = self.log if number == 0 else self.log.with_suffix(f".{number}.log")
            self._copies.append(Copy(self.settings, own, log, self._said))

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

    def generate(self, requests: Iterator[Request]) -> Generator[Generation]:
        """Yield what came of each request as it is done; see `generation.Engine`.

        Raises:
            EngineError: a copy of the model ended, or nothing has come for too long.
        """
        self._wait_until_ready()
        more = True
        while True:
            while more and (copy := self._free()):
                request = next(requests, None)
                more = request is not None
                if request is not None and (unfit := self._ask(copy, request)):
                    yield unfit
            if not any(copy.asked for copy in self._copies):
                return
            copy, said = self._next(self.settings.timeout, self._copies[0])
            yield _generation(*copy.asked.pop(said["id"]), said)

    def _free(self) -> Copy | None:
        """Return the copy that has the fewest requests in hand; None if all have as many as they may."""
        copy = min(self._copies, key=lambda one: len(one.asked))
        return copy if len(copy.asked) < copy.ready["window"] else None

    def _ask(self, copy: Copy, request: Request) -> Generation | None:
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

    def _next(self, seconds: float, waiting: Copy) -> tuple[Copy, Any]:
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


def _generation(request: Request, prompt_tokens: int, said: Mapping[str, Any]) -> Generation:
    finish = FINISHES.get(said["finish"])
    if finish is None:
        raise EngineError(f"ended an answer by {said['finish']!r}", where="vLLM", fix="Run it again.")
    return Generation(request.key, said["text"], said["tokens"], prompt_tokens, finish)
