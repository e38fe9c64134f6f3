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
from crossthink_hub.recipe.configs import Config, config
from crossthink_hub.recipe.quotas import largest_size, quotas, weights

Int64 = npt.NDArray[np.int64]
TEST_SHARE = 100
"""One problem in so many is held out for the test split,"""
MOST_TEST = 200
"""up to this many of a source."""
HELD_OUT = -1
"""The position of a problem that stands in the test split."""


@dataclass(frozen=True)
class SourcePlan:
    """What becomes of each kept problem of a source, in the order they were read.

    Attributes:
        ordinals: which of equal problems it is, from 0.
        positions: its place by rank among the source's train problems, or `HELD_OUT`.
    """

    ordinals: Int64
    positions: Int64

    @property
    def available(self) -> int:
        """How many problems the train split can take without repeating one."""
        return int((self.positions != HELD_OUT).sum())

    @property
    def held_out(self) -> int:
        """How many problems the test split takes."""
        return int((self.positions == HELD_OUT).sum())

    def passes(self, quota: int) -> tuple[int, int]:
        """Return how often a quota takes every train problem, and how many of lowest rank once more."""
        return divmod(quota, max(self.available, 1))

    def times(self, quota: int) -> Int64:
        """Return how often a quota takes each problem; never for those held out."""
        whole, rest = self.passes(quota)
        return np.where(self.positions == HELD_OUT, 0, whole + (self.positions < rest))


@dataclass(frozen=True)
class ConfigPlan:
    """What a config takes: exact quotas of its train split, and its sources (for the test split)."""

    config: Config
    weights: Mapping[str, float]
    quotas: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Rows of the train split."""
        return sum(self.quotas.values())


@dataclass(frozen=True)
class Plan:
    """The whole build, decided."""

    sources: Mapping[str, SourcePlan]
    configs: Mapping[str, ConfigPlan]


def plan_source(
    name: str, digests: UInt64, rank: UInt64, details_of: Callable[[Int64], UInt64], seed: int
) -> SourcePlan:
    """Give equal problems their ordinals, hold out the test split and put the rest in order of rank.

    Args:
        name: the source.
        digests: of each kept problem.
        rank: of each problem's id without an ordinal.
        details_of: gives digests that tell equal problems apart, for the indices of some.
        seed: of the ranks.
    """
    ordinals = _ordinals(digests, details_of)
    again = ordinals > 0
    rank_of_id = rank.copy()
    rank_of_id[again] = ranks(ids(name, digests[again], ordinals[again]), seed)
    # Equal problems share the rank without ordinal: they are held out together, or the test would leak.
    distinct = rank[~again]
    test = min(len(distinct) // TEST_SHARE, MOST_TEST) or int(len(distinct) > 1)
    held_out = rank < np.partition(distinct, test)[test] if test else np.zeros(len(rank), bool)
    positions = np.full(len(rank), HELD_OUT)
    train = np.flatnonzero(~held_out)
    by_rank = train[np.lexsort((digests[train], rank_of_id[train]))]
    positions[by_rank] = np.arange(len(by_rank))
    return SourcePlan(ordinals, positions)


def _ordinals(digests: UInt64, details_of: Callable[[Int64], UInt64]) -> Int64:
    """Return which of equal problems each is; only those that have an equal are looked at closely."""
    by_digest = np.argsort(digests, kind="stable")
    same = digests[by_digest][1:] == digests[by_digest][:-1]
    equals = by_digest[np.r_[same, False] | np.r_[False, same]] if len(same) else by_digest[:0]
    equals = equals[np.lexsort((details_of(equals), digests[equals]))]
    starts = np.flatnonzero(np.r_[True, digests[equals][1:] != digests[equals][:-1]][: len(equals)])
    ordinals = np.zeros(len(digests), np.int64)
    ordinals[equals] = np.arange(len(equals)) - np.repeat(starts, np.diff(np.r_[starts, len(equals)]))
    return ordinals


def plan_config(name: str, sources: Mapping[str, SourcePlan], settings: BuildSettings) -> ConfigPlan:
    """Return a config's quotas over the sources there are.

    Raises:
        SourceError: none of its sources is there.
        UsageError: the size asked for repeats rows, and oversampling was not asked for.
    """
    chosen = config(name)
    share = weights(chosen.blend, [source for source, plan in sources.items() if plan.available])
    if not share:
        raise SourceError(f"none of the sources of {name} has a row", fix="Give a folder that has one.")
    most = largest_size(share, {source: sources[source].available for source in share})
    size = settings.size or most
    if not size:
        raise SourceError(f"{name} has no row", fix="Its sources are too small for its weights.")
    if size > most and not settings.oversample:
        raise UsageError(
            f"{name} has at most {most:,} rows without repeating one, {size:,} were asked for",
            fix="Ask for a smaller size, or for rows to be repeated in whole passes (--oversample).",
        )
    return ConfigPlan(
        chosen, {source: float(weight) for source, weight in share.items()}, quotas(share, size)
    )
