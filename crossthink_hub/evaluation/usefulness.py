"""The paper's data usefulness: a blend that weighs each source by what a model trained on it alone scores."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isfinite

import yaml

from crossthink_hub.errors import UsageError
from crossthink_hub.recipe.configs import configs
from crossthink_hub.recipe.custom import schema
from crossthink_hub.recipe.paper import source_facts

TITLE = "by average benchmark score"
DECIMALS = 6
"""So many decimals of a score count, and are written."""


def usefulness(averages: Mapping[str, float]) -> dict[str, Fraction]:
    """Return the weight of each source: its model's average score over the sum of all (paper: section 4).

    Args:
        averages: by source, the average score of the model trained on it alone; all over the same benchmarks,
            all in percent or all as shares.

    Returns:
        exact weights that sum to 1, in the order of table 1; a source whose model scores nothing has none.

    Raises:
        UsageError: a name is no source, a number is no score, or nothing scores anything.

    Example:
        >>> {source: float(weight) for source, weight in usefulness({"numina_math": 60, "mmlu": 40}).items()}
        {'mmlu': 0.4, 'numina_math': 0.6}
    """
    scores = {source: Fraction(text) for source, text in _texts(averages).items()}
    total = sum(scores.values())
    return {source: one / total for source, one in scores.items()}


def blend_yaml(
    name: str, averages: Mapping[str, float], *, title: str = TITLE, over: Sequence[str] = ()
) -> str:
    """Return the YAML of the blend of `usefulness`, as `crossthink build --blend` reads it.

    Args:
        name: of the blend, none of the paper's own.
        averages: by source, as for `usefulness`.
        title: of the blend, for people.
        over: the benchmarks that were averaged, to be named in the file.

    Raises:
        UsageError: as for `usefulness`; or the name or title can't be a blend's.

    Example:
        >>> print(blend_yaml("my_score", {"mmlu": 34.78, "numina_math": 53.06}, over=["mmlu", "amc23"]))
        # Each source weighs what the model trained on it alone scores, on average over mmlu, amc23.
        # Only the ratio counts; behind each score stands the share of the blend.
        name: my_score
        title: by average benchmark score
        weights:
          mmlu: 34.78  # 0.3959
          numina_math: 53.06  # 0.6041
        <BLANKLINE>
    """
    _check("name", name)
    _check("title", title)
    if name in configs():
        raise UsageError(f"{name!r} is the name of another config", fix=f"Choose another, such as my_{name}.")
    texts, weights = _texts(averages), usefulness(averages)
    unused = [
        f"# {source} has no weight: its model scores nothing." for source in averages if source not in texts
    ]
    average = f"on average over {', '.join(over)}" if over else "on average"
    head = {"name": name, "title": title}
    lines = [
        f"# Each source weighs what the model trained on it alone scores, {average}.",
        "# Only the ratio counts; behind each score stands the share of the blend.",
        *unused,
        yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=1_000).rstrip("\n"),
        "weights:",
        *(f"  {source}: {text}  # {float(weights[source]):.4f}" for source, text in texts.items()),
    ]
    return "\n".join(lines) + "\n"


def _texts(averages: Mapping[str, float]) -> dict[str, str]:
    """Return the scores above 0 as they are written, in the order of table 1."""
    for source, score in averages.items():
        if source not in source_facts():
            raise UsageError(f"{source!r} is no source", fix=f"Sources are {', '.join(source_facts())}.")
        if not (isfinite(score) and 0 <= score <= 100):
            raise UsageError(f"{score} is no score", where=source, fix="Give percent, or shares from 0 to 1.")
    written = {source: _written(averages[source]) for source in source_facts() if source in averages}
    found = {source: text for source, text in written.items() if Fraction(text)}
    if not found:
        fix = "Give the average of at least one model trained on a single source."
        raise UsageError("no source has a score above 0", fix=fix)
    return found


def _written(score: float) -> str:
    """Return a score as a plain decimal: 45.65, 44.752857."""
    whole, _, decimals = f"{score:.{DECIMALS}f}".partition(".")
    return f"{whole}.{decimals.rstrip('0')}".rstrip(".")


def _check(key: str, value: str) -> None:
    from jsonschema import Draft202012Validator

    said = schema()["properties"][key]
    if not Draft202012Validator(said).is_valid(value):
        raise UsageError(f"{key} is {value!r}", fix=f"Give {said['description']}.")
