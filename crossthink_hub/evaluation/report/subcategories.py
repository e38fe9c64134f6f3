"""Right answers by sub-category of MMLU-Pro, AGIEval and SuperGPQA, as figures 5 to 7 count them."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from crossthink_hub.evaluation.published import published
from crossthink_hub.evaluation.report.blocks import Cell, Table
from crossthink_hub.evaluation.report.cells import TITLES, nothing
from crossthink_hub.evaluation.report.runs import asked_alike, base_run, main_scores, only_mr_run
from crossthink_hub.evaluation.results import Part, Results

FIGURES: Mapping[str, int] = {"mmlu_pro": 5, "agieval": 6, "supergpqa": 7}
"""Of the paper, by benchmark."""
MATH, NOT_MATH, GAIN = "math", "not_math", "gain_percent"


def parts(run: Results, benchmark: str) -> Mapping[str, Part]:
    """Return the sub-categories of a run's answers; none without a score."""
    scores = main_scores(run, benchmark)
    return scores.subcategories if scores else {}


def all_parts(runs: Sequence[Results], benchmark: str) -> tuple[str, ...]:
    """Return the sub-categories that any of the runs has, sorted."""
    return tuple(sorted({name for run in runs for name in parts(run, benchmark)}))


def reference(run: Results, runs: Sequence[Results], benchmark: str) -> Results | None:
    """Return what a run's counts are held against: only_mr as in the paper, else our base run; None without.

    A run that was asked other questions is none: counts of them say nothing. Nor is a run its own.
    """
    other = only_mr_run(run, runs) or base_run(run, runs)
    both = other and benchmark in other.benchmarks and benchmark in run.benchmarks
    if other is None or not both or other.name == run.name or not asked_alike(run, other, benchmark):
        return None
    return other


def gain(run: Results, other: Results, benchmark: str, part: str) -> float | None:
    """Return how many percent more right answers a run has than another; None where the other has none.

    Args:
        run: that gains.
        other: over which.
        benchmark: name of it.
        part: a sub-category, or `not_math` for the mean gain over all but math.
    """
    mine, theirs = parts(run, benchmark), parts(other, benchmark)
    if part == NOT_MATH:
        each = [gain(run, other, benchmark, name) for name in mine if name != MATH]
        known = [one for one in each if one is not None]
        return fmean(known) if known else None
    if part not in mine or part not in theirs or not theirs[part].right:
        return None
    return 100 * (mine[part].right / theirs[part].right - 1)


def subcategory_table(runs: Sequence[Results], benchmark: str) -> Table | None:
    """Return right answers of each run by sub-category, and gains, beside those of the paper's text.

    None if no run has a score.
    """
    names = all_parts(runs, benchmark)
    if not names:
        return None
    number = FIGURES[benchmark]
    printed = published().figure(number).values
    own = [run for run in runs if parts(run, benchmark)]
    shown = [*names, *([NOT_MATH] if MATH in names and len(names) > 1 and NOT_MATH in printed else [])]
    rows = tuple(
        (
            Cell(name.replace("_", " ")),
            *(_count(run, reference(run, runs, benchmark), benchmark, name) for run in own),
            *([_printed(printed.get(name))] if printed else []),
        )
        for name in shown
    )
    columns = ("sub-category", *(run.name for run in own), *(["paper's gain"] if printed else []))
    title = f"{TITLES[benchmark]}: right answers by sub-category"
    return Table(f"figure_{number}_counts", title, columns, rows, tuple(_notes(runs, own, benchmark)))


def _count(run: Results, other: Results | None, benchmark: str, name: str) -> Cell:
    more = gain(run, other, benchmark, name) if other else None
    below = "" if more is None else f"{more:+.2f} %"
    if name == NOT_MATH:
        return Cell(below) if below else nothing()
    found = parts(run, benchmark).get(name)
    return Cell(f"{_whole(found.right)} of {found.questions:,}", below) if found else nothing("not asked")


def _whole(right: float) -> str:
    return f"{right:,.0f}" if right == round(right) else f"{right:,.1f}"


def _printed(values: Mapping[str, float] | None) -> Cell:
    return Cell(f"{values[GAIN]:+.2f} %") if values and GAIN in values else nothing()


def _notes(runs: Sequence[Results], own: Sequence[Results], benchmark: str) -> Iterator[str]:
    number = FIGURES[benchmark]
    yield (
        f"Counts, as figure {number}: {published().figure(number).shows}. Below them the percentage of right "
        "answers more than another run's."
    )
    if NOT_MATH in published().figure(number).values:
        yield "not math: the mean of the gains of all sub-categories but math."
    held = {run.name: reference(run, runs, benchmark) for run in own}
    for run in own:
        other = held[run.name]
        if other:
            kind = "trained on math alone, as the paper's" if other.model.config else "the base model"
            yield f"{run.name}: gains are over {other.name} ({kind})."
        elif run not in held.values():
            yield f"{run.name}: no run to gain over was asked the same questions."
