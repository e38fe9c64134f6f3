"""How vLLM loads a model, and on which GPUs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import takewhile

from crossthink_hub.errors import UsageError


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
        # CUDA reads up to the first that is none.
        names = map(str.strip, named.split(","))
        return list(takewhile(lambda name: bool(name) and not name.startswith("-"), names))
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]
