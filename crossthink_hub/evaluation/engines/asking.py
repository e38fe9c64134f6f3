"""How an endpoint is asked for a generation, so that prompt and answer fit into its context."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from crossthink_hub.errors import EngineError
from crossthink_hub.evaluation.engines.endpoint_settings import EndpointSettings
from crossthink_hub.evaluation.engines.fields import Fields
from crossthink_hub.evaluation.engines.http import Limits, Line, NoReplyError, RefusedError
from crossthink_hub.evaluation.engines.replies import (
    Reply,
    is_filtered,
    is_of_context,
    is_of_max_tokens,
    read_reply,
)
from crossthink_hub.evaluation.generation import Finish, Generation, Request, Sampling


@dataclass(frozen=True)
class Served:
    """What an endpoint tells of itself.

    Attributes:
        models: the names that it serves.
        context: the tokens that prompt and answer may have together; None if it does not tell.
        version: of the server; None if it does not tell.
        counts: whether it counts the tokens of prompts.
    """

    models: tuple[str, ...]
    context: int | None
    version: str | None
    counts: bool


@dataclass(frozen=True)
class Asking:
    """An endpoint, and how it is asked.

    Attributes:
        settings: where it is.
        fields: how a request is written down.
        line: the connections to it.
    """

    settings: EndpointSettings
    fields: Fields
    line: Line

    @property
    def limits(self) -> Limits:
        """How long the answers of a run are waited for."""
        return Limits(self.settings.timeout, self.settings.patience)

    async def generation(self, served: Served, request: Request) -> Generation:
        """Return the generation of a request.

        Args:
            served: by the endpoint.
            request: the request.

        Raises:
            EngineError: there is none.
            UsageError: the request can't be written down.
        """
        prompt = self.fields.prompt(request.messages)
        count = await self.count(prompt, self.limits) if served.counts else None
        tokens = count[0] if count else None
        room = None if tokens is None or served.context is None else served.context - tokens
        if room is not None and room <= 0:
            return Generation(request.key, None, 0, tokens, Finish.PROMPT_TOO_LONG)
        most = min(request.sampling.max_tokens, room or request.sampling.max_tokens)
        sampling = replace(request.sampling, max_tokens=most)
        try:
            reply = await self.reply(prompt, sampling, request.seed, self.limits)
        except RefusedError as refused:
            finish = await self._why(refused, prompt, sampling)
            return Generation(request.key, None, 0, tokens, finish)
        counted = tokens if reply.prompt_tokens is None else reply.prompt_tokens
        return Generation(request.key, reply.text, reply.tokens, counted, reply.finish)

    async def reply(self, prompt: Mapping[str, Any], sampling: Sampling, seed: int, limits: Limits) -> Reply:
        """Return the reply to a prompt.

        Raises:
            EngineError: there is none.
            UsageError: the request can't be written down.
        """
        return await self.line.ask(
            f"{self.settings.base}/{self.fields.path}",
            self.fields.body(prompt, sampling, seed),
            partial(read_reply, most=sampling.max_tokens),
            limits,
        )

    async def count(self, prompt: Mapping[str, Any], limits: Limits) -> tuple[int, int | None] | None:
        """Return the tokens of a prompt and the context; None where the endpoint does not count.

        Raises:
            EngineError: it does not answer.
        """
        options = self.fields.template_options
        body = {"model": self.settings.model, **prompt}
        body |= {"chat_template_kwargs": dict(options)} if options else {}
        try:
            return await self.line.ask(f"{self.settings.root}/tokenize", body, _read_count, limits)
        except RefusedError:
            return None

    async def _why(self, refused: RefusedError, prompt: Mapping[str, Any], sampling: Sampling) -> Finish:
        """Return how a refused request ends.

        A server that does not count has the same words for a prompt that is too long and for too many tokens
        asked for. It is asked for one token: if that is too many as well, it is the prompt.
        """
        if is_filtered(refused):
            return Finish.FILTERED
        if not (is_of_context(refused) or is_of_max_tokens(refused)):
            raise refused
        try:
            await self.reply(prompt, replace(sampling, max_tokens=1), 0, self.limits)
        except RefusedError as again:
            if is_of_context(again):
                return Finish.PROMPT_TOO_LONG
            raise
        raise EngineError(
            f"{refused.message}; it takes the prompt, but no answer of up to {sampling.max_tokens} tokens",
            where=refused.where,
            fix="Set --max-tokens lower.",
        ) from refused


def _read_count(found: Mapping[str, Any]) -> tuple[int, int | None]:
    match found:
        case {"count": int(count), "max_model_len": int(context)}:
            return count, context
        case {"count": int(count)}:
            return count, None
    raise NoReplyError("answers without a count")
