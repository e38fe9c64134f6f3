"""What scores would be by other rules: other ways to compare answers, and other means over tasks."""

from collections.abc import Iterator, Sequence

from crossthink_hub.evaluation.published import published
from crossthink_hub.evaluation.report.blocks import Cell, Table, Tone
from crossthink_hub.evaluation.report.cells import TITLES, nothing, percent, scored
from crossthink_hub.evaluation.report.runs import main_pass, main_scores
from crossthink_hub.evaluation.results import PassResult, Results, Scores
from crossthink_hub.evaluation.statistics import Estimate
from crossthink_hub.evaluation.verdicts import MODES

AGIEVAL = "agieval"
BY_SUBJECT = ("mmlu", "mmlu_pro")


def modes_table(runs: Sequence[Results]) -> Table | None:
    """Return scores by each way to compare answers, and what else decides whether one counts.

    None if no run has a score.
    """
    columns = ("run", "benchmark", *MODES, "format rate", "ungradable", "without cut off")
    rows = [
        (Cell(run.name), Cell(TITLES[name]), *_by_mode(run, found))
        for run in runs
        for name in TITLES
        if (found := main_pass(run, name))
    ]
    notes = (
        "Equivalent: equal in meaning; paper: the same string; letter: the same option, of multiple choice.",
        "Format rate: answers that are one thought in its tags, then a box. Scores do not ask for it.",
        "Ungradable: answers to questions whose ground truth can't be graded; no score counts them.",
        "Without cut off: the score over the answers that ended by themselves. It is no fairer: hard "
        "questions have long answers.",
        *(f"{run.name}: its tables show the mode {run.mode}." for run in runs),
    )
    return Table("modes", "Ways to compare answers", columns, tuple(rows), notes) if rows else None


def _by_mode(run: Results, found: PassResult) -> Iterator[Cell]:
    main = found.modes[run.mode]
    for mode in MODES:
        yield scored(found.modes[mode].score if mode in found.modes else None, "not graded by it")
    yield nothing() if main.format_rate is None else Cell(percent(main.format_rate))
    yield Cell(f"{main.ungradable:,}", tone=Tone.PLAIN if main.ungradable else Tone.MUTED)
    yield scored(main.without_truncated, "all answers were cut off")


def agieval_table(runs: Sequence[Results]) -> Table | None:
    """Return AGIEval as its four numbers; None if no run has a score on it."""
    columns = ("run", "English, macro", "English, pooled", "all, macro", "all, pooled")
    rows = tuple(
        (Cell(run.name), *_four_numbers(scores)) for run in runs if (scores := main_scores(run, AGIEVAL))
    )
    notes = (
        "Macro: each task weighs the same; pooled: each question does. The score tables show macro over all "
        "tasks, which the paper's numbers are likeliest to be.",
        published().findings["agieval_macro"].says,
    )
    return Table("agieval", "AGIEval as four numbers", columns, rows, notes) if rows else None


def _four_numbers(scores: Scores) -> Iterator[Cell]:
    for name in ("macro", "pooled"):
        yield scored(scores.english.get(name), "not told apart from the others")
    yield scored(scores.macro)
    yield scored(scores.pooled)


def subjects_table(runs: Sequence[Results]) -> Table | None:
    """Return MMLU and MMLU-Pro pooled, as in the score tables, and macro; None if no run has a score."""
    columns = ("run", *(f"{TITLES[name]}, {kind}" for name in BY_SUBJECT for kind in ("pooled", "macro")))
    rows = []
    for run in runs:
        found = [main_scores(run, name) for name in BY_SUBJECT]
        if any(found):
            pairs: list[Estimate | None] = [
                one for scores in found for one in ((scores.pooled, scores.macro) if scores else (None, None))
            ]
            rows.append((Cell(run.name), *(scored(one, "no score") for one in pairs)))
    notes = ("Pooled: each question weighs the same, as in the score tables; macro: each subject does.",)
    title = "MMLU and MMLU-Pro by question and by subject"
    return Table("subjects", title, columns, tuple(rows), notes) if rows else None
