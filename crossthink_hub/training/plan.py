"""What a run needs, counted before anyone has a GPU: memory, tokens, hours, disk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from crossthink_hub.errors import UsageError
from crossthink_hub.training.assumptions import GB, Assumptions, assumptions
from crossthink_hub.training.memory import ADAM, FP32, Phase, World, phases
from crossthink_hub.training.recipe import Recipe
from crossthink_hub.training.shapes import BF16, model_shape

MOST_GPUS = 128
"""So many GPUs at most are looked at when fewer do not do."""


@dataclass(frozen=True)
class StepSeconds:
    """How long the parts of a step take, in seconds."""

    generation: float
    training: float
    weights: float

    @property
    def total(self) -> float:
        """How long a step takes."""
        return self.generation + self.training + self.weights


@dataclass(frozen=True)
class TrainingPlan:
    """What a recipe needs on a machine.

    Attributes:
        recipe: what is planned.
        gpus: that train.
        gpu_memory: of each, in bytes.
        parameters: of the model.
        batch: TRL's arguments of it for these GPUs.
        phases: what lies in a GPU's memory in each phase.
        problems: what does not fit, in words; empty if all does.
        advice: what to change, each of which is enough by itself.
        kv_sequences: of full length that fit into a copy of vLLM at once; None without vLLM on these GPUs.
        tokens_per_step: prompts and completions of mean length.
        most_tokens_per_step: if every sequence were as long as it may be.
        steps: of the run.
        seconds: of a step.
        checkpoint: bytes of one, with optimizer.
        checkpoints: how many lie on disk at a time, the one being written included.
        host_memory: bytes of a node's own memory while the model is loaded; None if not known.
        assumed: what all this takes for granted.
    """

    recipe: Recipe
    gpus: int
    gpu_memory: int
    parameters: int
    batch: Mapping[str, int]
    phases: tuple[Phase, ...]
    problems: tuple[str, ...]
    advice: tuple[str, ...]
    kv_sequences: int | None
    tokens_per_step: int
    most_tokens_per_step: int
    steps: int | None
    seconds: StepSeconds
    checkpoint: int
    checkpoints: int | None
    host_memory: int | None
    assumed: Assumptions

    @property
    def fits(self) -> bool:
        """Whether nothing is in the way."""
        return not self.problems

    @property
    def peak(self) -> Phase:
        """The phase that takes most memory."""
        return max(self.phases, key=lambda phase: phase.bytes)

    @property
    def hours(self) -> float | None:
        """How long the run takes."""
        return None if self.steps is None else self.steps * self.seconds.total / 3600


def plan(recipe: Recipe, gpus: int, gpu_memory_gb: float) -> TrainingPlan:
    """Return what a recipe needs on so many GPUs of so much memory; no torch, no GPU.

    Args:
        recipe: what to train.
        gpus: that train; in server mode those of the server are not among them.
        gpu_memory_gb: of each, in units of 10^9 bytes.

    Raises:
        UsageError: the batch can't be divided among the GPUs, or the shape of the model is not known.

    Example:
        >>> from crossthink_hub.training.recipe import read_recipe
        >>> seven = plan(read_recipe("gpr_up_7b"), gpus=8, gpu_memory_gb=80)
        >>> seven.fits, round(seven.checkpoint / GB)
        (True, 91)
        >>> plan(read_recipe("gpr_up_32b"), gpus=8, gpu_memory_gb=80).fits
        False
    """
    if gpu_memory_gb <= 0:
        raise UsageError(f"a GPU of {gpu_memory_gb} GB can't train", where="GPU memory")
    world = _world(recipe, gpus, gpu_memory_gb)
    found = phases(world)
    problems = tuple(_problems(world, found))
    sequences, steps = recipe.sequences_per_step, int(recipe.argument("max_steps", -1))
    keep = recipe.argument("save_total_limit")
    mean = assumptions().mean_prompt_tokens + min(
        assumptions().mean_completion_tokens, recipe.completion_tokens
    )
    return TrainingPlan(
        recipe=recipe,
        gpus=gpus,
        gpu_memory=world.memory,
        parameters=world.shape.parameters,
        batch=MappingProxyType(recipe.for_world(gpus)),
        phases=found,
        problems=problems,
        advice=tuple(_advice(recipe, gpus, gpu_memory_gb)) if problems else (),
        kv_sequences=_kv_sequences(world),
        tokens_per_step=sequences * mean,
        most_tokens_per_step=sequences * world.recipe.context,
        steps=steps if steps > 0 else None,
        seconds=_seconds(world),
        checkpoint=_checkpoint(world),
        checkpoints=None if keep is None else int(keep) + 1,
        host_memory=_host_memory(world),
        assumed=assumptions(),
    )


def _world(recipe: Recipe, gpus: int, gpu_memory_gb: float) -> World:
    if recipe.sharding == "none" and gpus > 1:
        raise UsageError(
            f"sharding is none, so each of {gpus} GPUs would hold the whole model",
            where=recipe.name,
            fix="Set sharding to fsdp2 or zero3.",
        )
    accumulation = recipe.for_world(gpus)["gradient_accumulation_steps"]
    return World(recipe, model_shape(recipe.model), gpus, int(gpu_memory_gb * GB), accumulation)


# What does not fit, and what to do.


def _problems(world: World, found: tuple[Phase, ...]) -> Iterator[str]:
    fullest = max(found, key=lambda phase: phase.bytes)
    if fullest.bytes > world.memory:
        alone = world.shape.parameters * (FP32 + FP32 + ADAM) // world.shards
        over = (fullest.bytes - world.memory) / GB
        yield (
            f"{fullest.name} takes {fullest.bytes / GB:.1f} GB a GPU, {over:.1f} GB more than there are; "
            f"weights, gradients and Adam in fp32 alone take {alone / GB:.1f} GB"
        )
    one = world.recipe.context * world.shape.kv_bytes // world.tensor_parallel
    if world.vllm == "colocate" and world.kv_budget < one:
        yield (
            f"vLLM's share leaves {world.kv_budget / GB:.1f} GB for the KV cache; one sequence of "
            f"{world.recipe.context:,} tokens takes {one / GB:.1f} GB"
        )
    if heads := _undivided_heads(world):
        yield f"vllm_tensor_parallel_size {world.tensor_parallel} does not divide {heads} attention heads"


def _undivided_heads(world: World) -> int:
    heads = world.shape.num_attention_heads
    return heads if heads % world.tensor_parallel else 0


def _advice(recipe: Recipe, gpus: int, gpu_memory_gb: float) -> Iterator[str]:
    """Yield each single change with which the run fits."""
    for words, ways in _changes(recipe):
        for value, changed in ways.items():
            if _fits(changed, gpus, gpu_memory_gb):
                yield f"{value}: {words}"
                break
    node = assumptions().gpus_per_node
    for more in range(gpus // node * node + node, MOST_GPUS + 1, node):
        if _fits(recipe, more, gpu_memory_gb):
            yield f"{more} GPUs, on nodes of {node}"
            return


def _changes(recipe: Recipe) -> Iterator[tuple[str, Mapping[str, Recipe]]]:
    """Yield what may be changed, with what that does, and the settings to try, the mildest first."""
    shardings = [one for one in ("fsdp2", "zero3") if recipe.sharding not in ("none", one)]
    yield "with its launch file", {f"sharding={one}": replace(recipe, sharding=one) for one in shardings}
    if recipe.argument("use_vllm") and recipe.argument("vllm_mode", "colocate") == "colocate":
        sleep = {"vllm_enable_sleep_mode=true": _with(recipe, vllm_enable_sleep_mode=True)}
        yield "vLLM frees its memory while the model trains", sleep
        share = float(recipe.argument("vllm_gpu_memory_utilization", 0.3))
        shares = sorted((n / 20 for n in range(1, 20)), key=lambda other: abs(other - share))
        yield (
            "another share for vLLM",
            {
                f"vllm_gpu_memory_utilization={n}": _with(recipe, vllm_gpu_memory_utilization=n)
                for n in shares
            },
        )
    batches = range(int(recipe.argument("per_device_train_batch_size", 8)) - 1, 0, -1)
    yield (
        "smaller micro-batches, and more of them",
        {f"per_device_train_batch_size={n}": _with(recipe, per_device_train_batch_size=n) for n in batches},
    )
    if recipe.argument("beta", 0.0):
        yield "no reference model, and no longer the paper's loss", {"beta=0.0": _with(recipe, beta=0.0)}


def _with(recipe: Recipe, **arguments: Any) -> Recipe:
    return replace(recipe, trl_arguments=MappingProxyType({**recipe.trl_arguments, **arguments}))


def _fits(recipe: Recipe, gpus: int, gpu_memory_gb: float) -> bool:
    try:
        world = _world(recipe, gpus, gpu_memory_gb)
    except UsageError:  # its batch can't be divided among so many
        return False
    return not any(_problems(world, phases(world)))


# How long it takes, and how much it leaves.


def _kv_sequences(world: World) -> int | None:
    if world.vllm != "colocate":
        return None
    return max(world.kv_budget, 0) * world.tensor_parallel // (world.recipe.context * world.shape.kv_bytes)


def _seconds(world: World) -> StepSeconds:
    assumed, count = assumptions(), world.shape.parameters
    passes = 6 + (2 if world.recipe.argument("gradient_checkpointing", True) else 0)
    flops = (passes + (2 if world.has_reference else 0)) * count
    mean = assumed.mean_prompt_tokens + min(assumed.mean_completion_tokens, world.recipe.completion_tokens)
    tokens = world.recipe.sequences_per_step * mean * assumed.padding
    speed = world.gpus * assumed.peak_tflops * 1e12 * assumed.model_flops_utilization
    return StepSeconds(
        generation=_generation_seconds(world),
        training=tokens * flops / speed,
        weights=count * FP32 / (assumed.weight_sync_gb_s * GB) if world.vllm else 0.0,
    )


def _generation_seconds(world: World) -> float:
    """Return how long decoding takes: by memory bandwidth, and at least as long as the longest completion."""
    assumed, parallel = assumptions(), world.tensor_parallel
    bandwidth = assumed.memory_bandwidth_gb_s * GB * assumed.memory_bandwidth_utilization * parallel
    weights = world.shape.parameters * BF16
    completion = min(assumed.mean_completion_tokens, world.recipe.completion_tokens)
    sequence = (assumed.mean_prompt_tokens + completion / 2) * world.shape.kv_bytes
    share = world.recipe.sequences_per_step * parallel / world.gpus
    room = max(world.kv_budget, 0) * parallel / sequence if world.vllm == "colocate" else share
    at_once = max(min(share, room), 1.0)
    together = share / at_once * completion * (weights + at_once * sequence) / bandwidth
    return max(together, world.recipe.completion_tokens * (weights + sequence) / bandwidth)


def _checkpoint(world: World) -> int:
    """Return the bytes of weights and moments; ZeRO-3 adds the weights in bf16."""
    extra = BF16 if world.sharding == "zero3" else 0
    return world.shape.parameters * (FP32 + ADAM + extra)


def _host_memory(world: World) -> int | None:
    """Return what a node's processes load before they share: with FSDP2 each loads every model whole."""
    if world.sharding != "fsdp2":
        return None
    processes = min(world.gpus, assumptions().gpus_per_node)
    return processes * world.shape.parameters * FP32 * (2 if world.has_reference else 1)
