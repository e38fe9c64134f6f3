"""Decide which problems each config takes, from their hashes alone.

The plan sees two numbers for each kept problem, its digest and its rank, and more only of equal ones: it
fits in memory for any source. It does not depend on the order in which problems arrive.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.errors import SourceError, UsageError
from crossthink_hub.identity import UInt64, ids, ranks
from crossthink_hub.recipe.configs import AS_IS, Config
from crossthink_hub.recipe.quotas import largest_size, quotas, weights
from crossthink_hub.texts import Mask

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Details = Callable[[Int64], tuple[UInt64, UInt64]]
TEST_SHARE = 100
"""One problem in so many is held out for the test split,"""
MOST_TEST = 200
"""up to this many of a source."""
HELD_OUT = -1
"""The position of a problem that stands in the test split."""
UNUSABLE = -2
"""The position of a problem that can't be asked in that form."""
NO_SOURCE = "none of its sources is there"
GIVE = "Give a folder that has one."


@dataclass(frozen=True)
class SourcePlan:
    """What becomes of each kept problem of a source, in the order they were read.

    Attributes:
        ordinals: which of equal problems it is, from 0.
        positions: by form, its place by rank among the train problems, or `HELD_OUT` or `UNUSABLE`.
    """

    ordinals: Int32
    positions: Mapping[str, Int32]

    def held_out(self, form: str) -> int:
        """Return how many problems the test split has."""
        return int((self.positions[form] == HELD_OUT).sum())

    def available(self, form: str, most: int | None) -> int:
        """Return how many train problems there are, at most so many with those of the test split."""
        there = int((self.positions[form] >= 0).sum())
        return there if most is None else max(0, min(there, most - self.held_out(form)))


@dataclass(frozen=True)
class Taking:
    """How a config takes from a source: so many rows of so many problems, those of lowest rank first."""

    form: str
    quota: int
    available: int

    @property
    def passes(self) -> tuple[int, int]:
        """How often every problem is taken, and how many of lowest rank once more."""
        return divmod(self.quota, max(self.available, 1))

    def times(self, positions: Int32) -> Int32:
        """Return how often each problem is taken, by its position."""
        whole, rest = self.passes
        there = (positions >= 0) & (positions < self.available)
        return np.where(there, whole + (positions < rest), 0).astype(np.int32)


@dataclass(frozen=True)
class ConfigPlan:
    """What a config takes: exact quotas of its train split, and its sources (for the test split)."""

    config: Config
    weights: Mapping[str, float]
    takings: Mapping[str, Taking]

    @property
    def quotas(self) -> dict[str, int]:
        """Rows of the train split by source."""
        return {source: taking.quota for source, taking in self.takings.items()}

    @property
    def rows(self) -> int:
        """Rows of the train split."""
        return sum(self.quotas.values())


@dataclass(frozen=True)
class Plan:
    """The whole build, decided; `left_out` are configs of which no source is there, with the reason."""

    sources: Mapping[str, SourcePlan]
    configs: Mapping[str, ConfigPlan]
    left_out: Mapping[str, str]


def plan_source(
    name: str,
    digests: UInt64,
    rank: UInt64,
    usable: Mapping[str, Mask],
    details_of: Details,
    seed: int,
) -> SourcePlan:
    """Give equal problems their ordinals, hold out the test split and put the rest in order of rank.

    Args:
        name: the source.
        digests: of each kept problem.
        rank: of each problem's id without an ordinal.
        usable: by form, which of them can be asked so; `as_is` at least.
        details_of: tells equal problems apart: for the indices of some, digests to sort by.
        seed: of the ranks.
    """
    ordinals = _ordinals(digests, usable[AS_IS], details_of)
    again = ordinals > 0
    rank_of_id = rank.copy()
    rank_of_id[again] = ranks(ids(name, digests[again], ordinals[again]), seed)
    # The same problems in every config: those of the form that every other is made from. Equal problems
    # share the rank without ordinal: they are held out together, or the test would leak.
    distinct = rank[~again & usable[AS_IS]]
    test = min(len(distinct) // TEST_SHARE, MOST_TEST) or int(len(distinct) > 1)
    lowest = (
        usable[AS_IS] & (rank < np.partition(distinct, test)[test]) if test else np.zeros(len(rank), bool)
    )
    held_out = np.isin(digests, digests[lowest])
    by_rank = np.lexsort((digests, rank_of_id))
    return SourcePlan(ordinals, {form: _positions(by_rank, mask, held_out) for form, mask in usable.items()})


def _positions(by_rank: Int64, usable: Mask, held_out: Mask) -> Int32:
    positions = np.where(held_out & usable, HELD_OUT, UNUSABLE).astype(np.int32)
    train = by_rank[(usable & ~held_out)[by_rank]]
    positions[train] = np.arange(len(train), dtype=np.int32)
    return positions


def _ordinals(digests: UInt64, as_is: Mask, details_of: Details) -> Int32:
    """Return which of equal problems each is; only those that have an equal are looked at closely.

    Those that can be asked as they are come first: their ids must not depend on others, read for other forms.
    """
    by_digest = np.argsort(digests, kind="stable")
    same = digests[by_digest][1:] == digests[by_digest][:-1]
    equals = by_digest[np.r_[same, False] | np.r_[False, same]] if len(same) else by_digest[:0]
    details, released = details_of(equals)
    equals = equals[np.lexsort((released, details, ~as_is[equals], digests[equals]))]
    starts = np.flatnonzero(np.r_[True, digests[equals][1:] != digests[equals][:-1]][: len(equals)])
    ordinals = np.zeros(len(digests), np.int32)
    ordinals[equals] = np.arange(len(equals)) - np.repeat(starts, np.diff(np.r_[starts, len(equals)]))
    return ordinals


def plan_configs(sources: Mapping[str, SourcePlan], settings: BuildSettings) -> Plan:
    """Return what every config takes.

    A config of which no source is there is left out where sources may be missing and others are left.

    Raises:
        SourceError: no source of a config is there.
        UsageError: the size asked for repeats rows, and oversampling was not asked for.
    """
    planned: dict[str, ConfigPlan] = {}
    left_out: dict[str, str] = {}
    for config in settings.chosen:
        if not any(_available(config, sources).values()) and settings.allow_missing:
            left_out[config.name] = NO_SOURCE
        else:
            planned[config.name] = plan_config(config, sources, settings)
    if not planned:
        raise SourceError(f"none of the sources of {', '.join(left_out)} has a row", fix=GIVE)
    return Plan(sources, planned, left_out)


def _available(config: Config, sources: Mapping[str, SourcePlan]) -> dict[str, int]:
    return {
        source: sources[source].available(config.form, config.most(source))
        for source in weights(config.blend)
        if source in sources
    }


def plan_config(config: Config, sources: Mapping[str, SourcePlan], settings: BuildSettings) -> ConfigPlan:
    """Return a config's quotas over the sources there are.

    Raises:
        SourceError: none of its sources is there.
        UsageError: the size asked for repeats rows, and oversampling was not asked for.
    """
    available = _available(config, sources)
    share = weights(config.blend, [source for source, rows in available.items() if rows])
    if not share:
        raise SourceError(f"none of the sources of {config.name} has a row", fix=GIVE)
    most = largest_size(share, available)
    size = settings.size or most
    if not size:
        raise SourceError(f"{config.name} has no row", fix="Its sources are too small for its weights.")
    if size > most and not settings.oversample:
        raise UsageError(
            f"{config.name} has at most {most:,} rows without repeating one, {size:,} were asked for",
            fix="Ask for a smaller size, or for rows to be repeated in whole passes (--oversample).",
        )
    return ConfigPlan(
        config,
        {source: float(weight) for source, weight in share.items()},
        {
            source: Taking(config.form, quota, available[source])
            for source, quota in quotas(share, size).items()
        },
    )
