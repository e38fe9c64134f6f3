"""Contamination: scores with and without the questions that stand in the model's own training rows."""

from collections.abc import Iterator, Sequence

from crossthink_hub.evaluation.report.blocks import Cell, Table
from crossthink_hub.evaluation.report.cells import TITLES, counted_by, nothing, points, scored, shown
from crossthink_hub.evaluation.report.runs import main_scores
from crossthink_hub.evaluation.results import Results, Scores, Seen

COLUMNS = ("run", "benchmark", "asked", "in training", "score", "without them", "difference", "by task")


def seen_table(runs: Sequence[Results]) -> Table | None:
    """Return what scores are without questions from training, of the runs whose training rows are known.

    None if they are known of none.
    """
    rows = [
        (Cell(run.name), Cell(TITLES[name]), Cell(f"{result.asked:,}"), *_cells(result.seen, scores))
        for run in runs
        for name, result in run.benchmarks.items()
        if result.seen and (scores := main_scores(run, name))
    ]
    notes = (
        "Questions that stand in the training rows word for word, but for white space; a reworded one is not "
        "found.",
    )
    title = "With and without questions from training"
    return Table("seen", title, COLUMNS, tuple(rows), notes) if rows else None


def _cells(seen: Seen, scores: Scores) -> tuple[Cell, ...]:
    less = scores.without_seen
    return (
        Cell(f"{seen.questions:,}"),
        scored(scores.score),
        scored(less, "no question is left"),
        Cell(points(shown(less.value), shown(scores.score.value))) if less else nothing(),
        Cell(counted_by(seen.by_task, most=3)) if seen.questions else nothing(),
    )


def searched(runs: Sequence[Results]) -> Iterator[str]:
    """Yield for each run which training rows were looked through, or why none were."""
    for run in runs:
        trained = {result.seen.training for result in run.benchmarks.values() if result.seen}
        if trained:
            yield f"{run.name}: looked for in {', '.join(sorted(trained))}."
        elif run.model.config is None:
            yield f"{run.name}: not trained on a config, so there are no training rows to look through."
        else:
            yield f"{run.name}: its training rows are not known, so they could not be looked through."
