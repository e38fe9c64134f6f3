"""What an endpoint is asked before the first generation: what it serves, and what it takes."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from crossthink_hub.errors import EngineError, UsageError
from crossthink_hub.evaluation.engines.asking import Asking, Served
from crossthink_hub.evaluation.engines.endpoint_settings import EndpointSettings
from crossthink_hub.evaluation.engines.http import Limits, NoReplyError, RefusedError
from crossthink_hub.evaluation.generation import Sampling

PROBE = ({"role": "user", "content": "What is 1 + 2?"},)
SOON = Limits(timeout=120.0, patience=10.0)
"""Shorter than in a run: whoever mistyped the address waits for the answer."""
AT_ONCE = Limits(timeout=10.0, patience=0.0)
SHOWN = 10
PLAIN = "An endpoint that takes only the fields of OpenAI's own API is asked with plain."


async def examined(asking: Asking, samplings: Iterable[Sampling]) -> Served:
    """Return what an endpoint tells of itself, after it has replied once with each sampling.

    Raises:
        UsageError: it does not serve the model, or refuses a field of a sampling.
        EngineError: it can't be reached, is no such endpoint, or refuses the key.
    """
    settings = asking.settings
    models = await _models(asking)
    if settings.model not in models:
        raise _not_served(settings, list(models))
    prompt = asking.fields.prompt(PROBE)
    version = await _version(asking)
    count = await _count(asking, prompt)
    for sampling in dict.fromkeys(replace(sampling, max_tokens=1) for sampling in samplings):
        await _probe(asking, prompt, sampling)
    # Of a model with an adapter vLLM tells the context only where it counts.
    context = models[settings.model] or (count[1] if count else None)
    return Served(tuple(models), context, version, counts=count is not None)


async def _models(asking: Asking) -> dict[str, int | None]:
    try:
        return await asking.line.ask(f"{asking.settings.base}/models", None, _read_models, _soon(asking))
    except RefusedError as error:
        raise EngineError(
            f"is no OpenAI-compatible endpoint: it has no list of models ({error.message})",
            where=error.where,
            fix="Check the address: that of the API, such as http://host:8000/v1.",
        ) from error


def _read_models(found: Mapping[str, Any]) -> dict[str, int | None]:
    match found:
        case {"data": list(cards)}:
            known = (card for card in cards if isinstance(card, dict) and isinstance(card.get("id"), str))
            return {card["id"]: _length(card) for card in known}
    raise NoReplyError("answers without a list of models")


def _length(card: Mapping[str, Any]) -> int | None:
    found = card.get("max_model_len")
    return found if isinstance(found, int) else None


def _not_served(settings: EndpointSettings, models: list[str]) -> UsageError:
    near = difflib.get_close_matches(settings.model, models, n=1)
    some = ", ".join(models[:SHOWN]) + ", …" * (len(models) > SHOWN)
    return UsageError(
        f"serves no model {settings.model!r}",
        where=settings.shown,
        fix=f"Did you mean {near[0]!r}?" if near else f"It serves {some or 'none'}.",
    )


def _soon(asking: Asking) -> Limits:
    asked = asking.limits
    return Limits(min(SOON.timeout, asked.timeout), min(SOON.patience, asked.patience))


async def _version(asking: Asking) -> str | None:
    def read(found: Mapping[str, Any]) -> str | None:
        version = found.get("version")
        return version if isinstance(version, str) else None

    try:
        return await asking.line.ask(f"{asking.settings.root}/version", None, read, AT_ONCE)
    except EngineError:  # no part of OpenAI's API: whatever else stands there is no trouble
        return None


async def _count(asking: Asking, prompt: Mapping[str, Any]) -> tuple[int, int | None] | None:
    try:
        return await asking.count(prompt, AT_ONCE)
    except EngineError:  # as above
        return None


async def _probe(asking: Asking, prompt: Mapping[str, Any], sampling: Sampling) -> None:
    settings = asking.settings
    try:
        await asking.reply(prompt, sampling, 0, _soon(asking))
    except RefusedError as error:
        raise UsageError(
            f"{error.message}: a probe of one token with all fields of the sampling",
            where=error.where,
            fix="Change what it names." if settings.plain else f"Change what it names. {PLAIN}",
        ) from error
