"""What a build is asked for."""

import os
from dataclasses import dataclass

from crossthink_hub.errors import UsageError
from crossthink_hub.recipe.configs import Config, config
from crossthink_hub.recipe.quotas import weights


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
        commercial_only: whether to leave out the sources that may not be sold.
        strict: whether to drop questions whose gold label does not name the option of the gold text.
        blends: further configs, of one's own.
        workers: threads, 0 for one a core; the output does not depend on it.

    Raises:
        UsageError: an unknown config, or a number out of range.
    """

    configs: tuple[str, ...]
    seed: int = 0
    size: int | None = None
    oversample: bool = False
    allow_missing: bool = False
    commercial_only: bool = False
    strict: bool = False
    blends: tuple[Config, ...] = ()
    workers: int = 0

    def __post_init__(self) -> None:
        names = [chosen.name for chosen in self.chosen]
        if not names:
            raise UsageError("no config named", fix="Name one, such as gpr_up, or all of them (--all).")
        if len(set(names)) < len(names):
            raise UsageError(f"a config is named twice: {', '.join(names)}")
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
    def chosen(self) -> tuple[Config, ...]:
        """The configs to build."""
        return (*map(config, self.configs), *self.blends)

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms of the configs, each once."""
        return tuple(dict.fromkeys(chosen.form for chosen in self.chosen))

    def forms_of(self, source: str) -> tuple[str, ...]:
        """Return the forms of the configs that take from a source."""
        takers = (chosen for chosen in self.chosen if source in weights(chosen.blend))
        return tuple(dict.fromkeys(chosen.form for chosen in takers))

    @property
    def threads(self) -> int:
        """How many threads to work with."""
        return self.workers or os.cpu_count() or 1
