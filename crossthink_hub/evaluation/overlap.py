"""Benchmark questions that a model has seen in training: word for word, white space aside."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from xxhash import xxh3_128_digest

from crossthink_hub.evaluation.item import Item
from crossthink_hub.evaluation.results import Seen


def plain(question: str) -> bytes:
    """Return what two questions have in common that differ in white space alone.

    Example:
        >>> plain("What  is\\n2 + 2?") == plain(" What is 2+2? "), plain("2+2") == plain("2-2")
        (True, False)
    """
    return xxh3_128_digest("".join(question.split()).encode("utf-8", "surrogatepass"))


def overlap(benchmarks: Mapping[str, Sequence[Item]], training: Iterable[str], name: str) -> dict[str, Any]:
    """Return which questions of benchmarks stand among training questions, as `run.json` keeps it.

    Args:
        benchmarks: questions of each.
        training: bare questions; they are read once, and not kept.
        name: of the training rows.

    Returns:
        `benchmarks`: a `Seen` of each, as JSON; `ids`: of the questions that were found, by benchmark.

    Example:
        >>> overlap({}, ["What is 2+2?"], "gpr_up")
        {'benchmarks': {}, 'ids': {}}
    """
    wanted = {plain(one.question) for questions in benchmarks.values() for one in questions}
    found = wanted.intersection(map(plain, training))
    seen = {
        benchmark: [one for one in questions if plain(one.question) in found]
        for benchmark, questions in benchmarks.items()
    }
    return {
        "benchmarks": {benchmark: asdict(_seen(name, ones)) for benchmark, ones in seen.items()},
        "ids": {benchmark: [one.id for one in ones] for benchmark, ones in seen.items() if ones},
    }


def _seen(name: str, questions: Sequence[Item]) -> Seen:
    return Seen(name, len(questions), dict(sorted(Counter(one.task for one in questions).items())))
