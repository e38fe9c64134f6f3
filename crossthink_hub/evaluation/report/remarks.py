"""What a reader of scores has to know of the runs, in words: nothing is left out silently."""

from collections.abc import Iterable, Iterator, Mapping

from crossthink_hub.evaluation.report.cells import TITLES, counted_by
from crossthink_hub.evaluation.report.runs import estimates, main_pass
from crossthink_hub.evaluation.results import PassResult, Results

KINDS: Mapping[str, str] = {
    "truncated": "answers cut off before their end",
    "prompt_too_long": "questions that do not fit into the context, and count as not right",
    "missing": "answers still to be made, so that scores are over the others",
    "filtered": "answers withheld by the endpoint",
}
"""What is counted of a pass, and never silent."""


def remarks(runs: Iterable[Results]) -> tuple[str, ...]:
    """Return a line for everything that a run's scores lack or that they count as wrong."""
    return tuple(line for run in runs for line in _remarks(run))


def _remarks(run: Results) -> Iterator[str]:
    there = [run.benchmarks[name] for name in estimates(run)]
    asked, kept = sum(one.asked for one in there), sum(one.kept for one in there)
    if asked < kept:
        yield f"{run.name}: a sample, {asked:,} questions of {kept:,}."
    for benchmark, reason in run.skipped.items():
        yield f"{run.name}: no {TITLES.get(benchmark, benchmark)} ({reason})."
    for kind, meaning in KINDS.items():
        counts = {TITLES[name]: _count(main_pass(run, name), kind) for name in estimates(run)}
        if any(counts.values()):
            yield f"{run.name}: {meaning}: {counted_by(counts)}."


def _count(found: PassResult | None, kind: str) -> int:
    return getattr(found, kind, 0)
