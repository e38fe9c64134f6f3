"""What a trainer dies of, in plain words with what to change."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from crossthink_hub.errors import OutputError, TrainingError
from crossthink_hub.training.recipe import Recipe

NO_MEMORY = re.compile(r"out of memory|can't allocate memory|Cannot allocate memory|not enough memory", re.I)
NO_PROBABILITY = "probability tensor contains"
"""What sampling says when the model's output is no number."""
FULL_DISK = 28


@contextmanager
def explained(recipe: Recipe) -> Iterator[None]:
    """Say what happened and what to change, where that is known.

    Raises:
        TrainingError: there was no memory, or the model's output is no number.
        OutputError: the disk is full.
    """
    try:
        yield
    except MemoryError as error:
        raise _no_memory(recipe, "out of memory") from error
    except RuntimeError as error:  # torch.OutOfMemoryError is one
        if NO_MEMORY.search(str(error)):
            raise _no_memory(recipe, str(error).splitlines()[0]) from error
        if NO_PROBABILITY in str(error):
            raise _no_probability(recipe) from error
        raise
    except OSError as error:
        if error.errno == FULL_DISK:
            raise OutputError(
                "the disk is full",
                where=error.filename or recipe.argument("output_dir"),
                fix="`crossthink train --plan` says what checkpoints take; free some and go on with "
                "resume_from_checkpoint=latest.",
            ) from error
        raise


def _no_memory(recipe: Recipe, said: str) -> TrainingError:
    per_device = int(recipe.argument("per_device_train_batch_size", 8))
    ways = [
        f"a smaller per_device_train_batch_size (now {per_device}; accumulation follows)"
        if per_device > 1
        else "",
        "gradient_checkpointing=true" if not recipe.argument("gradient_checkpointing", True) else "",
        "a lower vllm_gpu_memory_utilization, or vllm_enable_sleep_mode=true"
        if recipe.argument("use_vllm", False)
        else "",
        "a shorter max_completion_length",
        "more GPUs",
    ]
    return TrainingError(
        f"no memory left ({said})",
        where=recipe.name,
        fix=f"Try, one at a time: {'; '.join(filter(None, ways))}. `crossthink train --plan` counts what "
        "a run needs. Then go on from the last checkpoint: resume_from_checkpoint=latest.",
    )


def _no_probability(recipe: Recipe) -> TrainingError:
    return TrainingError(
        "the model's output is no number, so nothing can be sampled from it",
        where=recipe.name,
        fix="At the first step, the model's weights are damaged, or its dtype is float16: set "
        "model_init_kwargs={dtype: float32}. Later, lower learning_rate and go on from the last checkpoint: "
        "resume_from_checkpoint=latest.",
    )
