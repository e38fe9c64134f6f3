"""How the sequences of an update are divided among GPUs: arithmetic, before any model is loaded."""

from collections.abc import Iterator

from crossthink_hub.errors import UsageError

MOST_GPUS_NAMED = 64


def accumulation(sequences: int, gpus: int, per_device: int, where: object) -> int:
    """Return how many micro-batches each GPU adds up for one update of so many sequences.

    Raises:
        UsageError: the sequences can't be divided so; the message says what would divide.

    Example:
        >>> accumulation(1024, gpus=8, per_device=4, where="gpr_up_7b.yaml")
        32
        >>> accumulation(1024, gpus=6, per_device=4, where="gpr_up_7b.yaml")
        Traceback (most recent call last):
        crossthink_hub.errors.UsageError: gpr_up_7b.yaml: 1,024 sequences an update (mini_batch_prompts x \
num_generations) can't be divided among 6 GPUs x 4 sequences (per_device_train_batch_size): 16 are left over
        Use 1, 2, 4, 8, 16, 32 or 64 GPUs.
    """
    at_once = gpus * per_device
    if sequences % at_once == 0:
        return sequences // at_once
    left = f"{sequences % at_once:,} are left over" if sequences > at_once else "there are too few"
    raise UsageError(
        f"{sequences:,} sequences an update (mini_batch_prompts x num_generations) can't be divided among "
        f"{gpus} GPUs x {per_device} sequences (per_device_train_batch_size): {left}",
        where=where,
        fix=" ".join(_ways(sequences, gpus, per_device)),
    )


def _ways(sequences: int, gpus: int, per_device: int) -> Iterator[str]:
    """Say which batch sizes divide with so many GPUs, and which numbers of GPUs with that batch size."""
    smaller = [n for n in range(1, per_device) if sequences % (gpus * n) == 0]
    others = [n for n in range(1, MOST_GPUS_NAMED + 1) if sequences % (n * per_device) == 0]
    if smaller:
        yield f"With {gpus} GPUs, set per_device_train_batch_size to {_listed(smaller)}."
    if others:
        yield f"{'Or use' if smaller else 'Use'} {_listed(others)} GPUs."
    if not (smaller or others):
        yield f"Set per_device_train_batch_size to a divisor of {sequences:,}."


def _listed(numbers: list[int]) -> str:
    """Return numbers as prose has them.

    Example:
        >>> _listed([1, 2, 4])
        '1, 2 or 4'
    """
    *most, last = map(str, numbers)
    return f"{', '.join(most)} or {last}" if most else last
