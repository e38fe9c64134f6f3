"""How many rows of each source a blend takes: weights from the blend's rule, quotas from the weights."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from math import floor

from crossthink_hub.recipe.paper import Blend, source_facts

Weights = Mapping[str, Fraction]


def weights(blend: Blend, present: Collection[str] | None = None) -> dict[str, Fraction]:
    """Return the exact weight of each source in a blend; they sum to 1 (paper: tables 1, 2 and 8).

    Where sources are missing, the blend's rule is applied to those present: `gpr_up` without a source
    is still two thirds general-purpose. A group of which no source is present leaves its share to the others.

    Args:
        blend: the blend.
        present: the sources there are; all by default.

    Returns:
        by source, in the order of table 1, without the sources of weight 0; empty if none is left.

    Example:
        >>> from crossthink_hub.recipe.paper import blends
        >>> {source: round(float(w), 4) for source, w in weights(blends()["only_mr"]).items()}
        {'numina_math': 0.446, 'persona_math': 0.5105, 'hendrycks_math': 0.0435}
    """
    facts = {name: f for name, f in source_facts().items() if present is None or name in present}
    sizes: dict[str, int] = {}
    for fact in facts.values():
        sizes[blend.group(fact)] = sizes.get(blend.group(fact), 0) + fact.samples
    raw = {
        name: blend.weights.get(name, Fraction(0))
        or blend.shares.get(blend.group(fact), Fraction(0)) * fact.samples / sizes[blend.group(fact)]
        for name, fact in facts.items()
    }
    total = sum(raw.values())
    return {name: weight / total for name, weight in raw.items() if weight}


def quotas(weights: Weights, rows: int) -> dict[str, int]:
    """Return how many of `rows` each source gives: largest remainder, the earlier source first at a tie.

    Each quota is less than one row away from weight times rows, and they sum to `rows`. From one size
    to the next a quota can shrink by one (the method's known paradox), so a blend contains every
    smaller one whose size differs by at least two over the smallest weight.

    Example:
        >>> quotas({"a": Fraction(2, 3), "b": Fraction(1, 3)}, 10)
        {'a': 7, 'b': 3}
    """
    exact = {name: weight * rows for name, weight in weights.items()}
    counts = {name: floor(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: rows - sum(counts.values())]:
        counts[name] += 1
    return counts


def largest_size(weights: Weights, available: Mapping[str, int]) -> int:
    """Return the largest number of rows for which no source gives more than it has.

    Example:
        >>> largest_size({"a": Fraction(2, 3), "b": Fraction(1, 3)}, {"a": 100, "b": 10})
        31
    """
    if not weights:
        return 0
    size = min(floor((available[name] + 1) / weight) for name, weight in weights.items())
    while size and any(count > available[name] for name, count in quotas(weights, size).items()):
        size -= 1
    return size
