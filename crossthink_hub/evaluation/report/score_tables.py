"""The paper's tables 3 to 7, each row of theirs with the runs of the same model and config right below it."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from crossthink_hub.evaluation.published import OWN, PERCENT, QUOTED, published
from crossthink_hub.evaluation.published import Cell as Printed
from crossthink_hub.evaluation.published import Row as PrintedRow
from crossthink_hub.evaluation.published import Table as PrintedTable
from crossthink_hub.evaluation.report.blocks import Cell, Table, Tone
from crossthink_hub.evaluation.report.cells import (
    TITLES,
    difference,
    interval,
    nothing,
    percent,
    points,
    shown,
    tone,
)
from crossthink_hub.evaluation.report.remarks import remarks
from crossthink_hub.evaluation.report.runs import (
    estimates,
    lacking,
    main_pass,
    matches,
    part_of,
    tables_of,
)
from crossthink_hub.evaluation.results import Results
from crossthink_hub.evaluation.statistics import Estimate, average, mean_of, wilson

COLUMNS = ("run", *TITLES.values(), "average")
READING = (
    "Scores in percent, below them 95 % intervals; in brackets the points above or below the paper's number.",
    "Marked as better or worse than the paper's number is what chance does not explain (95 %), both taken as "
    "answers to different draws of questions, one answer each.",
)


def score_tables(runs: Sequence[Results], *, every: bool = False) -> tuple[Table, ...]:
    """Return the paper's tables of scores that runs have a row in.

    A run of an untrained model, which several tables have a row of, stands in those that other runs are in;
    in all of them if there is none.

    Args:
        runs: with different names.
        every: also the tables that no run has a row in.
    """
    tables = [table for table in published().tables.values() if table.unit == PERCENT]
    drawn = set(published().tables) if every else _with_runs(runs)
    return tuple(_table(table, runs) for table in tables if table.number in drawn)


def not_drawn(runs: Sequence[Results], *, every: bool = False) -> str:
    """Return which of the paper's tables of scores are left out, in words; nothing if none is."""
    drawn = {table.key for table in score_tables(runs, every=every)}
    tables = [table for table in published().tables.values() if table.unit == PERCENT]
    left = [f"table {one.number} ({one.title})" for one in tables if f"table_{one.number}" not in drawn]
    return f"No run is of a row of {'; '.join(left)}." if left else ""


def other_runs_table(runs: Sequence[Results]) -> Table | None:
    """Return the table of the runs that the paper has no row of; None if there is no such run."""
    others = [run for run in runs if not tables_of(run)]
    if not others:
        return None
    rows = tuple(_own_row(run, None) for run in others)
    notes = ("Scores in percent, below them 95 % intervals.", *remarks(others))
    return Table("other_runs", "Scores", COLUMNS, rows, notes)


def _with_runs(runs: Sequence[Results]) -> set[int]:
    trained = {number for run in runs if run.model.config is not None for number in tables_of(run)}
    alone = [run for run in runs if run.model.config is None and not trained.intersection(tables_of(run))]
    return trained | {number for run in alone for number in tables_of(run)}


def _table(table: PrintedTable, runs: Sequence[Results]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    own: list[Results] = []
    for row in table.rows.values():
        beside = [run for run in runs if matches(run, row)]
        rows += [_printed_row(row), *(_own_row(run, row) for run in beside)]
        own += beside
    notes = (*(READING if own else ()), *_findings(table), *remarks(own))
    return Table(f"table_{table.number}", f"Table {table.number}: {table.title}", COLUMNS, tuple(rows), notes)


# The paper's.


def _printed_row(row: PrintedRow) -> tuple[Cell, ...]:
    cells = [_printed(cell) for cell in row.cells.values()]
    if row.average is None:
        return (Cell(row.key, "paper"), *cells, nothing())
    if any(cell.origin != OWN for cell in row.cells.values()):
        last = Cell(f"{row.average:.2f}", tone=Tone.QUOTED, why="Cells that are marked are in it: no target.")
    else:
        exact = f"{float(row.mean()):.2f}"
        printed = f"{row.average:.2f}"
        last = Cell(printed, why=f"Its columns give {exact}." if exact != printed else "")
    return (Cell(row.key, "paper"), *cells, last)


def _printed(cell: Printed) -> Cell:
    finding = published().findings[cell.finding].says if cell.finding else ""
    text = f"{cell.value:.2f}"
    if cell.origin == OWN:
        return Cell(text, why=finding)
    doubt = "Quoted" if cell.origin == QUOTED else "Not sure to be measured for the paper"
    return Cell(text, tone=Tone.QUOTED, why=f"{doubt}, so no target. {finding}".strip())


def _findings(table: PrintedTable) -> Iterator[str]:
    """Yield what is to know about numbers that are targets all the same."""
    own = (cell for row in table.rows.values() for cell in row.cells.values() if cell.origin == OWN)
    for name in dict.fromkeys(cell.finding for cell in own if cell.finding):
        yield f"{published().findings[name].says} (confidence: {published().findings[name].confidence})"


# Ours.


def _own_row(run: Results, row: PrintedRow | None) -> tuple[Cell, ...]:
    printed = row.cells if row else {}
    cells = (_own(run, name, printed.get(name)) for name in TITLES)
    return (Cell(run.name, "this run"), *cells, _own_average(run, row))


def _own(run: Results, name: str, printed: Printed | None) -> Cell:
    found = estimates(run).get(name)
    if found is None:
        return nothing(lacking(run, name))
    part, below = part_of(run, name), interval(found) + _repeated(run, name)
    if printed is None or printed.origin != OWN:
        return _muted(Cell(percent(found.value), below), part)
    text = f"{percent(found.value)} ({points(shown(found.value), printed.exact)})"
    gain = difference(found, _as_estimate(printed, run.benchmarks[name].published))
    return _muted(Cell(text, below, tone(gain)), part)


def _repeated(run: Results, name: str) -> str:
    found = main_pass(run, name)
    return f", avg@{found.samples}" if found and found.samples > 1 else ""


def _muted(cell: Cell, part: str) -> Cell:
    """Return the cell of a score, of less weight if it is of a part of the benchmark."""
    return Cell(cell.text, cell.below, Tone.MUTED, part) if part else cell


def _as_estimate(printed: Printed, questions: int) -> Estimate:
    """Return a printed score with the interval that one answer to each question gives it."""
    if printed.count is not None and printed.n is not None:
        return wilson(printed.count, printed.n)
    return wilson(round(printed.exact * questions / 100), questions)


def _own_average(run: Results, row: PrintedRow | None) -> Cell:
    found = estimates(run)
    if not found:
        return nothing("no benchmark has a score")
    mean = average(found, list(TITLES))
    below = f"{interval(mean.estimate)}, {mean.words}"
    parts = [TITLES[name] for name in mean.over if part_of(run, name)]
    said = f"of parts of {', '.join(parts)}" if parts else ""
    cell = Cell(percent(mean.estimate.value), below)
    if row is None or any(row.cells[name].origin != OWN for name in mean.over):
        return _muted(cell, said)
    text = f"{cell.text} ({points(shown(mean.estimate.value), _average_target(row, mean.over))})"
    theirs = mean_of([_as_estimate(row.cells[name], run.benchmarks[name].published) for name in mean.over])
    return _muted(Cell(text, below, tone(difference(mean.estimate, theirs))), said)


def _average_target(row: PrintedRow, over: Sequence[str]) -> Fraction:
    """Return the paper's average as printed, or over fewer benchmarks as its cells give it."""
    if row.average is not None and len(over) == len(row.cells):
        return Fraction(str(row.average))
    return round(row.mean(over), 2)
