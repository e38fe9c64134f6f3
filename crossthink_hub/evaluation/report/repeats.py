"""What several answers to each question say: how far the repeats of a run lie apart, and pass@k."""

from collections.abc import Iterator, Sequence

from crossthink_hub.evaluation.report.blocks import Cell, Table
from crossthink_hub.evaluation.report.cells import TITLES, nothing, percent, scored
from crossthink_hub.evaluation.results import PassResult, Results, Scores

NOTES = (
    "Score: avg@k, the mean over k answers to each question; below it the 95 % interval, errors clustered by "
    "question.",
    "Spread: the best repeat less the worst, in points.",
    "pass@k: the chance that one of k answers is right, without bias.",
)


def repeats_table(runs: Sequence[Results]) -> Table | None:
    """Return every benchmark and pass with several answers to each question; None if there is none."""
    found = list(_repeated(runs))
    if not found:
        return None
    ks = sorted({int(k) for *_, scores in found for k in scores.pass_at})
    columns = ("run", "benchmark", "pass", "score", "standard error", "spread", "each repeat")
    rows = tuple(
        (
            Cell(run.name),
            Cell(TITLES[name]),
            Cell(kind, f"temperature {one.sampling['temperature']:g}"),
            *_of_repeats(one, scores),
            *(_pass_at(scores, k) for k in ks),
        )
        for run, name, kind, one, scores in found
    )
    passes = (f"pass@{k}" for k in ks)
    return Table("repeats", "Several answers to each question", (*columns, *passes), rows, NOTES)


def _repeated(runs: Sequence[Results]) -> Iterator[tuple[Results, str, str, PassResult, Scores]]:
    for run in runs:
        for name in TITLES:
            result = run.benchmarks.get(name)
            for kind, one in (result.passes if result else {}).items():
                if one.samples > 1 and run.mode in one.modes:
                    yield run, name, kind, one, one.modes[run.mode]


def _of_repeats(one: PassResult, scores: Scores) -> tuple[Cell, ...]:
    mean = scored(scores.score)
    each = ", ".join(percent(score) for score in scores.each)
    return (
        Cell(mean.text, f"avg@{one.samples}, {mean.below}"),
        Cell(percent(scores.score.error)),
        Cell(percent(max(scores.each) - min(scores.each))) if scores.each else nothing(),
        Cell(each) if each else nothing(),
    )


def _pass_at(scores: Scores, k: int) -> Cell:
    return scored(scores.pass_at.get(str(k)), "not as many answers to each question")
