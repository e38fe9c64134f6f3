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


def overlap(benchmarks: Mapping[str, Iterable[Item]], training: Iterable[str], name: str) -> dict[str, Any]:
    """Return which questions of benchmarks stand among training questions, as `run.json` keeps it.

    Args:
        benchmarks: questions of each; they are read once, and not kept.
        training: bare questions; neither are they.
        name: of the training rows.

    Returns:
        `benchmarks`: a `Seen` of each, as JSON; `ids`: of the questions that were found, by benchmark.

    Example:
        >>> overlap({}, ["What is 2+2?"], "gpr_up")
        {'benchmarks': {}, 'ids': {}}
    """
    asked = [
        (plain(one.question), name_, one.id, one.task)
        for name_, questions in benchmarks.items()
        for one in questions
    ]
    found = {digest for digest, *_ in asked}.intersection(map(plain, training))
    seen: dict[str, list[tuple[str, str]]] = {name_: [] for name_ in benchmarks}
    for digest, benchmark, id, task in asked:
        if digest in found:
            seen[benchmark].append((id, task))
    return {
        "benchmarks": {benchmark: asdict(_seen(name, ones)) for benchmark, ones in seen.items()},
        "ids": {benchmark: [id for id, _ in ones] for benchmark, ones in seen.items() if ones},
    }


def _seen(name: str, questions: Sequence[tuple[str, str]]) -> Seen:
    return Seen(name, len(questions), dict(sorted(Counter(task for _, task in questions).items())))
