"""How the command line shows what an evaluation came to."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from crossthink_hub.display import NARROW, NONE
from crossthink_hub.evaluation.report.blocks import Section
from crossthink_hub.evaluation.report.blocks import Table as Grid
from crossthink_hub.evaluation.results import BenchmarkResult, PassResult, Results
from crossthink_hub.evaluation.statistics import Estimate, average

COMPARED = ("benchmark", "pass", "difference", "better", "worse", "p", "p, Holm")
"""Columns of a comparison that fit into a terminal; the report has all."""

if TYPE_CHECKING:
    from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark
    from crossthink_hub.evaluation.benchmarks.manifest import Manifest
    from crossthink_hub.evaluation.report.writing import Report


def results_report(results: Results, folder: Path) -> RenderableType:
    """Return the scores of a run, what was cut off or not asked, and what to do next."""
    engine = escape(str(results.engine["name"]))
    head = f"[bold]{escape(results.model.name)}[/] by {engine}, graded by {results.mode}"
    lines = [f"[yellow]{name} is skipped:[/] {escape(why)}" for name, why in results.skipped.items()]
    more = f"Tables and figures: crossthink report {escape(str(folder))} --out report"
    undone = [f"[yellow]{line}[/]" for line in _undone(results)]
    return Group(head, "", _table(results), *lines, *undone, "", more)


def benchmarks_table(benchmarks: Sequence["Benchmark"]) -> RenderableType:
    """Return the benchmarks as they are published."""
    table = Table("benchmark", "rows", "from", "licence", "", **NARROW)
    table.columns[1].justify = "right"
    for own in benchmarks:
        note = "gated; never published" if own.never_published else ""
        table.add_row(own.name, f"{own.rows:,}", escape(own.repo), escape(own.licence), note)
    return table


def benchmarks_report(manifest: "Manifest", folder: Path) -> RenderableType:
    """Return what a folder of benchmarks holds, and what is not in it."""
    table = Table("config", "questions", "published", "not asked", **NARROW)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, own in manifest["benchmarks"].items():
        dropped = sum(own["rows_dropped"].values())
        table.add_row(name, f"{own['rows_kept']:,}", f"{own['rows_published']:,}", f"{dropped:,}")
    left = [f"[yellow]{name} is left out:[/] {escape(why)}" for name, why in manifest["left_out"].items()]
    send = f"hf upload OWNER/NAME {folder} --repo-type dataset"
    return Group(f"[green]Built[/] {escape(str(folder))}", table, *left, f"To the Hub: {escape(send)}")


def report_report(report: "Report", shown: RenderableType | None) -> RenderableType:
    """Return where a report lies, and what is in it."""
    runs = f"{len(report.runs)} run{'s' * (len(report.runs) > 1)}"
    lines = [
        f"[green]Reported[/] {runs}: open {escape(str(report.page))}",
        f"{report.answers:,} answers to look through, {len(report.figures)} figures; the same in Markdown: "
        f"{escape(str(report.markdown))}",
    ]
    return Group(*([shown, ""] if shown else []), *lines)


def comparison_report(section: Section) -> RenderableType:
    """Return a comparison of two runs as tables."""
    parts: list[RenderableType] = [escape(line) for line in section.text]
    for block in section.blocks:
        if not isinstance(block, Grid):
            continue
        shown = [place for place, name in enumerate(block.columns) if name in COMPARED]
        heads = (escape(block.columns[place]) for place in shown)
        table = Table(*heads, title=escape(block.title), title_justify="left", **NARROW)
        for row in block.rows:
            cells = (row[place] for place in shown)
            table.add_row(*(escape("\n".join(filter(None, (cell.text, cell.below)))) for cell in cells))
        for column in table.columns[1:]:
            column.justify, column.no_wrap = "right", True
        parts += [table, *(f"[dim]{escape(note)}[/]" for note in block.notes)]
    return Group(*parts)


def _undone(results: Results) -> Iterator[str]:
    """Yield what a reader of the scores has to know: answers that are still to be made."""
    for name, benchmark in results.benchmarks.items():
        for one in benchmark.passes.values():
            if one.missing:
                total = one.answers + one.prompt_too_long * one.samples + one.missing
                yield f"{name}: {one.missing:,} of {total:,} answers are still to be made; run it again"


def _table(results: Results) -> Table:
    table = Table("benchmark", "asked", "score", "95 %", "paper", "letter", "cut off", "too long", **NARROW)
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    names = sorted({name for one in results.benchmarks.values() for name in one.passes})
    for name in names:
        table.add_section()
        for benchmark, one in results.benchmarks.items():
            if name in one.passes:
                table.add_row(*_cells(benchmark, one, one.passes[name], results.mode))
        table.add_section()
        table.add_row(*_average(results, name))
    return table


def _asked(benchmark: BenchmarkResult, one: PassResult) -> str:
    """Return how many questions were asked, of how many, and how often each."""
    of = "" if benchmark.asked == benchmark.kept else f"/{benchmark.kept:,}"
    return f"{benchmark.asked:,}{of}" + (f" x {one.samples}" if one.samples > 1 else "")


def _cells(name: str, benchmark: BenchmarkResult, one: PassResult, mode: str) -> list[str]:
    main = one.modes[mode].score
    beside = [_percent(one.modes[other].score.value) for other in ("paper", "letter")]
    counts = [str(count) if count else NONE for count in (one.truncated, one.prompt_too_long)]
    return [name, _asked(benchmark, one), _percent(main.value), _interval(main), *beside, *counts]


def _average(results: Results, name: str) -> list[str]:
    scores = {
        benchmark: one.passes[name].modes[results.mode].score
        for benchmark, one in results.benchmarks.items()
        if name in one.passes
    }
    found = average(scores, list(scores))
    return [
        f"average {found.words}, {name}",
        "",
        _percent(found.estimate.value),
        _interval(found.estimate),
        *[""] * 4,
    ]


def _percent(value: float) -> str:
    return f"{100 * value:.2f}"


def _interval(one: Estimate) -> str:
    return f"{100 * one.low:.1f}-{100 * one.high:.1f}"
