"""What the command line shows of grades: the summary, a verdict explained, progress."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from crossthink_hub.display import NARROW, NONE

if TYPE_CHECKING:
    from crossthink_hub.grading.lines import Lines
    from crossthink_hub.grading.records import Record
    from crossthink_hub.grading.stream import Graded
    from crossthink_hub.grading.summary import Summary
    from crossthink_hub.grading.verdict import Verdict

AROUND = 60
"""How many characters are shown before and after an answer, or of the end of a response without one."""
LONGEST = 400
STYLES = {True: "green", False: "red", None: "yellow"}


def summary_report(summary: "Summary") -> RenderableType:
    """Return the rates, the counts by status, and how long right and wrong answers are."""
    parts: list[RenderableType] = [_rates_table(summary)]
    if summary.every.responses:
        parts += ["", _statuses_table(summary), "", _lengths_table(summary)]
    if count := summary.ungradable.responses:
        parts += ["", Text(f"{_many(count, 'ground truth')} can't be graded: no rate counts them.", "yellow")]
    if summary.skipped:
        said = (
            f"{_many(summary.skipped, 'bad line')} skipped, the first: {visible(summary.first_skipped or '')}"
        )
        parts += ["", Text(said, "yellow")]
    return Group(*parts)


def _rates_table(summary: "Summary") -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for justify in ("left", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    gradable = summary.gradable
    counts = (summary.correct.responses, gradable.formatted, gradable.rewarded)
    rates = (summary.accuracy, summary.format_rate, summary.reward)
    for name, rate, count in zip(("accuracy", "format rate", "reward"), rates, counts, strict=True):
        of = Text(f"{count:,} of {gradable.responses:,}", "dim")
        table.add_row(name, Text(NONE if rate is None else f"{rate:.4f}", "bold"), of)
    return table


def _statuses_table(summary: "Summary") -> Table:
    table = Table("status", "responses", "share", **NARROW)
    for column in table.columns[1:]:
        column.justify = "right"
    for status, count in summary.statuses.most_common():
        table.add_row(status, f"{count:,}", f"{count / summary.every.responses:.4f}")
    return table


def _lengths_table(summary: "Summary") -> Table:
    table = Table("mean length", "all", "correct", "wrong", **NARROW)
    for column in table.columns[1:]:
        column.justify = "right"
    groups = (summary.every, summary.correct, summary.wrong)
    if counted := summary.every.counted:
        few = "" if counted == summary.every.responses else f" (of {counted:,})"
        table.add_row(f"tokens{few}", *(_mean(group.mean_tokens) for group in groups))
    table.add_row("characters", *(_mean(group.mean_characters) for group in groups))
    return table


def _mean(length: float | None) -> str:
    return NONE if length is None else f"{length:,.1f}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count > 1)}"


def explanations(graded: "Graded") -> RenderableType:
    """Return verdicts as a person reads them: what was taken for the answer, from where, and why."""
    return Group(*(_explanation(record, verdict) for record, verdict in graded))


def _explanation(record: "Record", verdict: "Verdict") -> RenderableType:
    style = STYLES[verdict.correct]
    head = Text.assemble((str(verdict.status), f"bold {style}"), f"  {_name(record)}")
    body = Table.grid(padding=(0, 2, 0, 0))
    body.add_column(style="dim", no_wrap=True)
    body.add_column(overflow="fold")
    if verdict.answer is not None:
        body.add_row("answer", Text(short(verdict.answer)))
    body.add_row(*_place(record.response or "", verdict, style))
    body.add_row("ground truth", Text(short(record.ground_truth or NONE)))
    if verdict.why:
        body.add_row("why", Text(visible(verdict.why)))
    return Group(Rule(head, align="left", style="dim"), body, "")


def _name(record: "Record") -> str:
    return f"line {record.line} of the file" if record.id == record.line else visible(str(record.id))


def _place(response: str, verdict: "Verdict", style: str) -> tuple[str, Text]:
    """Return where the answer stands and the words around it, or how a response without one ends."""
    if verdict.span is None:
        cut = "…" if len(response) > 2 * AROUND else ""
        return "it ends", Text(cut + visible(response[-2 * AROUND :] or NONE))
    start, end = verdict.span
    before, after = response[max(0, start - AROUND) : start], response[end : end + AROUND]
    words = Text.assemble(
        "…" if start > AROUND else "",
        visible(before),
        (short(response[start:end]), f"bold reverse {style}"),
        visible(after),
        "…" if end + AROUND < len(response) else "",
    )
    line, column = response.count("\n", 0, start) + 1, start - response.rfind("\n", 0, start)
    return f"line {line}:{column}", words


def short(text: str) -> str:
    """Return a text as it is shown, without the middle if it is long.

    Example:
        >>> len(short("ab" * 1000))
        401
    """
    half = LONGEST // 2
    return visible(text if len(text) <= LONGEST else f"{text[:half]}…{text[-half:]}")


def visible(text: str) -> str:
    r"""Return a text in which what a terminal would obey or hide is seen: `↵` for the end of a line.

    Example:
        >>> print(visible("red: \x1b[31m, end\n, half \ud83d"))
        red: \x1b[31m, end↵, half \ud83d
    """
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character == "\n":
        return "↵"
    return character if character.isprintable() else character.encode("unicode_escape").decode()


@contextmanager
def grading_progress(lines: "Lines", console: Console, shown: bool) -> Iterator[Callable[["Graded"], None]]:
    """Show how far grading is, while a function is told of each batch."""
    columns = (
        TextColumn("Grading"),
        BarColumn(),
        TextColumn("{task.fields[responses]:,} responses"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not shown, transient=True) as progress:
        bar = progress.add_task("", total=lines.size, responses=0, rate="")

        def advance(graded: "Graded") -> None:
            task = progress.tasks[bar]
            responses = task.fields["responses"] + len(graded)
            rate = f"{responses / task.elapsed:,.0f}/s" if task.elapsed else ""
            read = None if lines.size is None else lines.position()
            progress.update(bar, completed=read, responses=responses, rate=rate)

        yield advance
