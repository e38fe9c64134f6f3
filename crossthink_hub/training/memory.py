"""What lies in a GPU's memory during each phase of a training step; docs/training.md has the formulas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crossthink_hub.training.assumptions import GB, assumptions
from crossthink_hub.training.recipe import Recipe
from crossthink_hub.training.shapes import BF16, ModelShape

FP32 = 4
ADAM = 8
"""Bytes of Adam's two moments of a parameter."""
SETUP = "reference model made"
GENERATION = "generation"
REFERENCE = "reference log-probs"
TRAINING = "forward and backward"
FUSED_HEAD_TOKENS = 4096
"""Tokens whose logits TRL's fused LM head computes at once, over a part of the vocabulary."""
PREFETCHED = 2
"""Layers whose weights are gathered at a time: the one at work and the next."""


@dataclass(frozen=True)
class Part:
    """Something that lies in memory: its bytes, and how they are counted."""

    name: str
    bytes: int
    formula: str


@dataclass(frozen=True)
class Phase:
    """All that lies in a GPU's memory at a time."""

    name: str
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        """How much that is."""
        return sum(part.bytes for part in self.parts)


@dataclass(frozen=True)
class World:
    """A recipe on a machine.

    Attributes:
        recipe: what is trained, and how.
        shape: of the model.
        gpus: that train.
        memory: of each, in bytes.
        accumulation: micro-batches for one update.
    """

    recipe: Recipe
    shape: ModelShape
    gpus: int
    memory: int
    accumulation: int

    @property
    def sharding(self) -> str:
        """How the model is spread; not at all over one GPU that has no sharding."""
        return self.recipe.sharding

    @property
    def shards(self) -> int:
        """Over how many GPUs each parameter is spread."""
        return 1 if self.sharding == "none" else self.gpus

    @property
    def has_reference(self) -> bool:
        """Whether there is a second model, for the KL term."""
        return bool(self.recipe.argument("beta", 0.0))

    @property
    def vllm(self) -> str | None:
        """Where vLLM runs: `colocate`, `server`, or None without it."""
        return (
            str(self.recipe.argument("vllm_mode", "colocate")) if self.recipe.argument("use_vllm") else None
        )

    @property
    def tensor_parallel(self) -> int:
        """Over how many GPUs vLLM spreads a copy of the model."""
        return int(self.recipe.argument("vllm_tensor_parallel_size", 1)) if self.vllm == "colocate" else 1

    @property
    def per_device(self) -> int:
        """Sequences of a micro-batch."""
        return self.recipe.for_world(self.gpus)["per_device_train_batch_size"]

    @property
    def micro_batch_tokens(self) -> int:
        """The most tokens of a micro-batch."""
        return self.per_device * self.recipe.context

    @property
    def kv_budget(self) -> int:
        """Bytes that vLLM has for its KV cache on each GPU; below 0 if the weights leave nothing."""
        share = int(self.memory * float(self.recipe.argument("vllm_gpu_memory_utilization", 0.3)))
        weights = self.shape.parameters * BF16 // self.tensor_parallel
        return share - weights - int(assumptions().vllm_working_gb * GB)

    @property
    def syncs_each_batch(self) -> bool:
        """Whether gradients are spread over the GPUs after each micro-batch, not only after the last."""
        config = self.recipe.argument("accelerator_config", {})
        kwargs = config.get("gradient_accumulation_kwargs") if isinstance(config, Mapping) else None
        return bool(kwargs and kwargs.get("sync_each_batch"))


def phases(world: World) -> tuple[Phase, ...]:
    """Return the phases in which memory may run out."""
    held = (*_states(world), _reserve())
    vllm = tuple(_vllm(world))
    resting = () if world.recipe.argument("vllm_enable_sleep_mode") else vllm
    generation = Phase(GENERATION, (*held, *vllm, *_generating(world)))
    training = Phase(TRAINING, (*held, *resting, *_gathered(world), *_activations(world)))
    if not world.has_reference:
        return (generation, training)
    reference = Phase(REFERENCE, (*held, *resting, *_reference_pass(world)))
    if world.sharding != "fsdp2":
        return (generation, reference, training)
    whole = Part("reference, whole", world.shape.parameters * FP32, "4 N, until it is sharded")
    return (Phase(SETUP, (whole, *resting, _reserve())), generation, reference, training)


def _states(world: World) -> Iterator[Part]:
    """Yield what lies there all the time: weights, gradients, optimizer, reference."""
    count, over = world.shape.parameters, world.shards
    yield Part("weights, fp32", count * FP32 // over, "4 N / G")
    yield Part("gradients, fp32", count * FP32 // over, "4 N / G")
    yield Part("Adam's moments, fp32", count * ADAM // over, "8 N / G")
    if world.sharding != "fsdp2":
        yield Part("weights, bf16 copy", count * BF16 // over, "2 N / G")
    if world.has_reference:
        size = BF16 if world.sharding == "zero3" else FP32
        yield Part("reference model", count * size // over, f"{size} N / G")
    if world.sharding == "fsdp2" and world.accumulation > 1 and not world.syncs_each_batch:
        yield Part("gradients, not yet spread", count * BF16, "2 N")


def _reserve() -> Part:
    return Part("CUDA, NCCL, fragments", int(assumptions().reserve_gb * GB), "assumed")


def _vllm(world: World) -> Iterator[Part]:
    if world.vllm != "colocate":
        return
    weights = world.shape.parameters * BF16 // world.tensor_parallel
    yield Part("vLLM weights, bf16", weights, f"2 N / {world.tensor_parallel}")
    yield Part("vLLM at work", int(assumptions().vllm_working_gb * GB), "assumed")
    yield Part("vLLM KV cache", max(world.kv_budget, 0), "what is left of its share")


def _generating(world: World) -> Iterator[Part]:
    """Yield what generation takes beside the states and vLLM."""
    shape = world.shape
    if world.vllm:
        yield Part("a weight on its way", shape.embedding_parameters * FP32, "4 V H, the largest")
        return
    yield from _gathered(world)
    sequences = world.recipe.sequences_per_step // world.gpus
    cache = sequences * world.recipe.context * shape.kv_bytes
    yield Part("KV cache", cache, f"{sequences:,} sequences x {world.recipe.context:,} x {shape.kv_bytes:,}")


def _gathered(world: World) -> Iterator[Part]:
    """Yield the weights that are gathered for the pass at work."""
    if world.shards > 1:
        shape = world.shape
        count = PREFETCHED * shape.layer_parameters + 2 * shape.embedding_parameters
        yield Part("gathered weights", count * BF16, "2 (2 layers + embedding + head)")


def _reference_pass(world: World) -> Iterator[Part]:
    if world.sharding == "fsdp2":
        yield Part("reference, gathered whole", world.shape.parameters * BF16, "2 N")
    else:
        yield from _gathered(world)
    one_layer = world.micro_batch_tokens * world.shape.layer_activations * BF16
    yield Part("activations of a layer", one_layer, "2 T A")


def _activations(world: World) -> Iterator[Part]:
    """Yield what forward and backward leave: checkpoints, the layer at work with its gradients, the head."""
    shape, tokens = world.shape, world.micro_batch_tokens
    one_layer = tokens * shape.layer_activations * BF16
    if world.recipe.argument("gradient_checkpointing", True):
        kept = shape.num_hidden_layers * tokens * shape.hidden_size * BF16
        yield Part("kept activations", kept, "2 L T H")
        yield Part("layer at work", 2 * one_layer, "2 x 2 T A, with gradients")
    else:
        yield Part("kept activations", shape.num_hidden_layers * one_layer, "2 L T A")
        yield Part("layer at work", one_layer, "2 T A, gradients")
    head = shape.embedding_parameters * FP32 + tokens * shape.hidden_size * FP32
    yield Part("LM head's gradients", head, "4 V H + 4 T H")
    tile = min(tokens, FUSED_HEAD_TOKENS) * shape.vocab_size * BF16
    yield Part("logits, in tiles", tile, f"2 V x {min(tokens, FUSED_HEAD_TOKENS):,} at most")
