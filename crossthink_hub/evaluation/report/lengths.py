"""Tokens of right and wrong answers: the paper's table 9, and by benchmark what figures 3 and 4 show."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean

from crossthink_hub.evaluation.published import Row, published
from crossthink_hub.evaluation.report.blocks import Cell, Table
from crossthink_hub.evaluation.report.cells import TITLES, nothing
from crossthink_hub.evaluation.report.runs import main_pass, matches
from crossthink_hub.evaluation.results import Lengths, Results

KINDS = CORRECT, WRONG = "correct", "wrong"
CATEGORIES: Mapping[str, str] = {"gpr": "general-purpose", "mr": "math"}
TABLE, FIGURE = 9, 4
"""Of the paper."""
FINDINGS = ("task_means", "more_benchmarks")
"""What is known of the paper's means."""
ALL, TIMES = "all", "times_longer_if_incorrect"
"""Where its text says how much longer wrong answers are."""


def lengths(run: Results, benchmark: str, kind: str) -> Lengths | None:
    """Return the tokens of `correct` or `wrong` answers in the pass of the tables; None without any."""
    found = main_pass(run, benchmark)
    return found.lengths.get(kind) if found else None


def mean_lengths(run: Results, category: str, kind: str) -> Mapping[str, float]:
    """Return `min`, `max` and `mean`: means over the benchmarks of a category of each one's.

    Empty if no benchmark of it has such answers.
    """
    there = list(_of_category(run, category, kind))
    if not there:
        return {}
    columns = {"min": "shortest", "max": "longest", "mean": "mean"}
    return {name: fmean(getattr(one, source) for one in there) for name, source in columns.items()}


def _of_category(run: Results, category: str, kind: str) -> Iterator[Lengths]:
    for name in TITLES:
        if published().benchmarks[name] == category and (found := lengths(run, name, kind)):
            yield found


def table_9(runs: Sequence[Results]) -> Table | None:
    """Return the paper's table 9 with the runs below the rows that they correspond to, others at its end.

    None if the tokens of no answer are known.
    """
    if not any(
        mean_lengths(run, category, kind) for run in runs for category in CATEGORIES for kind in KINDS
    ):
        return None
    table = published().table(TABLE)
    rows: list[tuple[Cell, ...]] = []
    for category, heading in CATEGORIES.items():
        placed: set[str] = set()
        for key, row in table.rows.items():
            if key.startswith(f"{category}/"):
                beside = [run for run in runs if matches(run, row)]
                rows.append(_printed(row, heading))
                rows += [_own(run, category, CORRECT, row) for run in beside]
                placed |= {run.name for run in beside}
        rows += [_own(run, category, CORRECT, None) for run in runs if run.name not in placed]
        rows += [_own(run, category, WRONG, None) for run in runs]
    notes = (
        "Means over benchmarks of each one's shortest, longest and mean; in brackets how many percent more "
        "than the paper's.",
        *(published().findings[name].says for name in FINDINGS),
    )
    columns = ("run", "tasks", "answers", "min", "max", "mean")
    return Table("table_9", f"Table 9: {table.title}; and of wrong ones", columns, tuple(rows), notes)


def _printed(row: Row, heading: str) -> tuple[Cell, ...]:
    key = row.key.partition("/")[2]
    cells = (Cell(f"{row.cells[name].value:,.2f}") for name in ("min", "max", "mean"))
    return (Cell(key, "paper"), Cell(heading), Cell(CORRECT), *cells)


def _own(run: Results, category: str, kind: str, row: Row | None) -> tuple[Cell, ...]:
    found = mean_lengths(run, category, kind)
    over = len(list(_of_category(run, category, kind)))
    head = (
        Cell(run.name, "this run"),
        Cell(CATEGORIES[category], f"over {over}" if over else ""),
        Cell(kind),
    )
    if not found:
        return (*head, *[nothing("no such answers")] * 3)
    printed = {name: cell.value for name, cell in row.cells.items()} if row else {}
    return (*head, *(_beside(found[name], printed.get(name)) for name in ("min", "max", "mean")))


def _beside(tokens: float, printed: float | None) -> Cell:
    text = f"{tokens:,.2f}"
    return Cell(f"{text} ({100 * (tokens / printed - 1):+.1f} %)" if printed else text)


def lengths_table(runs: Sequence[Results]) -> Table | None:
    """Return the tokens of right and wrong answers by benchmark, and how many times longer wrong ones are.

    None if no run has a score.
    """
    columns = ("run", "benchmark", "correct", "wrong", "times longer if wrong")
    rows = [
        (Cell(run.name), Cell(TITLES[name]), *_both(run, name))
        for run in runs
        for name in TITLES
        if main_pass(run, name)
    ]
    return (
        Table("lengths", "Tokens by benchmark", columns, tuple(rows), (_times_note(runs),)) if rows else None
    )


def _both(run: Results, name: str) -> Iterator[Cell]:
    right, wrong = (lengths(run, name, kind) for kind in KINDS)
    yield _lengths(right)
    yield _lengths(wrong)
    yield Cell(f"{wrong.mean / right.mean:.2f}") if right and wrong and right.mean else nothing()


def _lengths(found: Lengths | None) -> Cell:
    if found is None:
        return nothing("no such answers, or their tokens are not known")
    below = f"{found.shortest:,} to {found.longest:,}, {found.answers:,} answers"
    return Cell(f"{found.mean:,.1f}", below)


def _times_note(runs: Iterable[Results]) -> str:
    printed = published().figure(FIGURE).values[ALL][TIMES]
    return (
        "Mean, below it the shortest and the longest. Answers that were cut off count with the tokens that "
        f"they have. The paper says that wrong answers are {printed:g} times as long; here, on average over "
        f"benchmarks: {'; '.join(map(_times, runs))}."
    )


def _times(run: Results) -> str:
    pairs = ([lengths(run, name, kind) for kind in KINDS] for name in TITLES)
    times = [wrong.mean / right.mean for right, wrong in pairs if right and wrong and right.mean]
    return f"{run.name} {fmean(times):.2f}" if times else f"{run.name} not known"
