"""What training gained: over our own run of the base model, beside what the paper's rows differ by."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from crossthink_hub.evaluation.published import OWN, Row, published
from crossthink_hub.evaluation.report.blocks import Cell, Table, Tone
from crossthink_hub.evaluation.report.cells import TITLES, difference, interval, nothing, points, shown, tone
from crossthink_hub.evaluation.report.runs import (
    asked_alike,
    base_run,
    estimates,
    main_pass,
    part_of,
    untrained_name,
)
from crossthink_hub.evaluation.results import Results
from crossthink_hub.evaluation.statistics import Estimate, average

COLUMNS = ("run", *TITLES.values(), "average")
READING = (
    "Points of percent above our own run of the base model, never above a printed number; below them 95 % "
    "intervals, both runs taken as independent. They were asked the same questions, so a paired comparison "
    "is sharper: crossthink report --compare RUN BASE.",
    "The paper's rows are its trained row less its base row; marked ones have a base score that it did not "
    "measure.",
)


def gains_table(runs: Sequence[Results]) -> Table | None:
    """Return what each trained run gained over that of its base model; None if no run has one.

    Args:
        runs: all of the report, with different names.
    """
    rows: list[tuple[Cell, ...]] = []
    printed_already: set[tuple[str, str | None]] = set()
    for run in sorted(runs, key=lambda run: str(run.model.config)):
        base = base_run(run, runs)
        if base is None:
            continue
        row = published().reported(untrained_name(run) or "", run.model.config)
        if row is not None and (row.model, row.config) not in printed_already:
            rows.append(_printed_row(row))
            printed_already.add((row.model, row.config))
        rows.append(_own_row(run, base))
    return Table("gains", "Gains over the base model", COLUMNS, tuple(rows), READING) if rows else None


def without_base(runs: Iterable[Results]) -> tuple[str, ...]:
    """Return the runs whose gains can't be counted, in words."""
    everyone = tuple(runs)
    lines = (
        f"{run.name}: no base run ({untrained_name(run) or 'its base model is not known'}), so no gain is "
        "counted."
        for run in everyone
        if run.model.config is not None and base_run(run, everyone) is None
    )
    return tuple(lines)


def _own_row(run: Results, base: Results) -> tuple[Cell, ...]:
    mine, theirs = estimates(run), estimates(base)
    shared = [name for name in TITLES if name in mine and name in theirs]
    cells = (
        _gain(mine[name], theirs[name], _doubt(run, base, name)) if name in shared else nothing("not in both")
        for name in TITLES
    )
    return (Cell(run.name, f"over {base.name}"), *cells, _average(run, base, shared))


def _average(run: Results, base: Results, shared: Sequence[str]) -> Cell:
    if not shared:
        return nothing("no benchmark is in both")
    mine, theirs = (average(estimates(one), shared) for one in (run, base))
    doubtful = [TITLES[name] for name in shared if _doubt(run, base, name)]
    cell = _gain(mine.estimate, theirs.estimate, f"see {', '.join(doubtful)}" if doubtful else "")
    return replace(cell, below=f"{cell.below}, {mine.words}")


def _doubt(run: Results, base: Results, name: str) -> str:
    """Return why a gain is of less weight, in words."""
    if not asked_alike(run, base, name):
        return "the two runs were asked other questions"
    if run.mode != base.mode:
        return f"graded by other modes, {run.mode} and {base.mode}"
    mine, theirs = main_pass(run, name), main_pass(base, name)
    if mine and theirs and mine.sampling != theirs.sampling:
        return "the two runs were sampled in other ways"
    return part_of(run, name) or part_of(base, name)


def _gain(one: Estimate, other: Estimate, doubt: str) -> Cell:
    gain = difference(one, other)
    text = points(shown(one.value), shown(other.value))
    return Cell(text, interval(gain, "+"), Tone.MUTED if doubt else tone(gain), doubt)


def _printed_row(row: Row) -> tuple[Cell, ...]:
    base = published().reported(row.model, None)
    if base is None:
        return (Cell(row.key, "paper"), *(nothing() for _ in COLUMNS[1:]))
    cells = [
        _marked(points(row.cells[name].exact, base.cells[name].exact), base.cells[name].origin == OWN)
        for name in TITLES
    ]
    measured = all(cell.origin == OWN for cell in base.cells.values())
    return (Cell(row.key, "paper"), *cells, _marked(points(row.mean(), base.mean()), measured))


def _marked(text: str, measured: bool) -> Cell:
    why = "Over a base score that the paper did not measure, or may not have: no target."
    return Cell(text) if measured else Cell(text, tone=Tone.QUOTED, why=why)
