"""What a build is asked for."""

import os
from dataclasses import dataclass

from crossthink_hub.errors import UsageError
from crossthink_hub.recipe.configs import config


def rows_asked(size: int | str | None) -> int | None:
    """Return a size as a number of rows, or None for `max`.

    Raises:
        UsageError: it is neither.

    Example:
        >>> rows_asked("10_000"), rows_asked("max")
        (10000, None)
    """
    if size in (None, "max"):
        return None
    try:
        return int(size)
    except ValueError:
        raise UsageError(f"size is {size!r}", fix="Give a number of rows, or `max`.") from None


@dataclass(frozen=True)
class BuildSettings:
    """What a build is asked for, checked.

    Attributes:
        configs: names of the configs to build.
        seed: of `rank` and `order`; any integer of 64 bits.
        size: rows of the train split of each config; None for the most that repeats no row.
        oversample: whether a size above that may repeat rows.
        allow_missing: whether to build without sources that are not there.
        workers: threads, 0 for one a core; the output does not depend on it.

    Raises:
        UsageError: an unknown config, or a number out of range.
    """

    configs: tuple[str, ...]
    seed: int = 0
    size: int | None = None
    oversample: bool = False
    allow_missing: bool = False
    workers: int = 0

    def __post_init__(self) -> None:
        if not self.configs:
            raise UsageError("no config named", fix="Name one, such as gpr_up.")
        for name in self.configs:
            config(name)
        if len(set(self.configs)) < len(self.configs):
            raise UsageError(f"a config is named twice: {', '.join(self.configs)}")
        if self.size is not None and self.size < 1:
            raise UsageError(f"size is {self.size}", fix="Give at least 1, or `max`.")
        if self.oversample and self.size is None:
            raise UsageError(
                "oversampling has no largest size", fix="Give --size N with --oversample, or leave it out."
            )
        if self.workers < 0:
            raise UsageError(
                f"workers is {self.workers}", fix="Give a number of threads, or 0 for one a core."
            )

    @property
    def threads(self) -> int:
        """How many threads to work with."""
        return self.workers or os.cpu_count() or 1
