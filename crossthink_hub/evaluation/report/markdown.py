"""A report in Markdown, as GitHub shows it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from crossthink_hub.card.markdown import prose
from crossthink_hub.evaluation.report.blocks import Block, Cell, Picture, Section, Table, Tone

FIGURES = "figures"
MARKS = {Tone.GOOD: "\u25b2", Tone.BAD: "\u25bc"}
LEGEND = {
    Tone.GOOD: f"{MARKS[Tone.GOOD]} better, and not by chance (95 %)",
    Tone.BAD: f"{MARKS[Tone.BAD]} worse, and not by chance (95 %)",
}
FOOTNOTED = (Tone.QUOTED, Tone.MUTED)
"""Cells of which it has to be read why they are as they are; of others it is good to know."""
LIST_SIGN = re.compile(r"^([-+]|\d+(?=[.)]))")
"""What begins a list at the start of a line."""


def markdown(title: str, sections: Sequence[Section], figures_folder: str = FIGURES) -> str:
    r"""Return a report as one text, its figures linked: `figures/figure_5.png`.

    Args:
        title: of the report.
        sections: of it.
        figures_folder: where the figures lie, from the text's own folder.

    Example:
        >>> table = Table("t", "Scores", ("run", "AMC23"), ((Cell("gpr_up"), Cell("65.00", "49 to 78")),))
        >>> print(markdown("Report", [Section("Part", ("Of one run.",), (table,))]))
        # Report
        <BLANKLINE>
        ## Part
        <BLANKLINE>
        Of one run.
        <BLANKLINE>
        ### Scores
        <BLANKLINE>
        | run | AMC23 |
        |:---|---:|
        | gpr\_up | 65.00<br><sub>49 to 78</sub> |
        <BLANKLINE>
    """
    parts = [f"# {prose(title)}"]
    for section in sections:
        parts.append(f"## {prose(section.title)}")
        parts += [_line(text) for text in section.text]
        for block in section.blocks:
            parts += _block(block, figures_folder)
    return "\n\n".join(parts) + "\n"


def _block(block: Block, folder: str) -> Iterator[str]:
    yield f"### {prose(block.title)}"
    if isinstance(block, Picture):
        yield f"![{prose(block.alt)}]({quote(f'{folder}/{block.key}.png')})"
        yield from _notes(block.notes)
    else:
        yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    footnotes = _footnotes(table)
    head = [f"| {' | '.join(prose(name) or ' ' for name in table.columns)} |"]
    rule = [f"|:---|{'---:|' * (len(table.columns) - 1)}"]
    rows = [f"| {' | '.join(_cell(cell, footnotes) for cell in row)} |" for row in table.rows]
    yield "\n".join((*head, *rule, *rows))
    tones = {cell.tone for row in table.rows for cell in row}
    legend = [said for tone, said in LEGEND.items() if tone in tones]
    if legend:
        yield f"<sub>{'; '.join(legend)}.</sub>"
    if footnotes:
        yield "<br>\n".join(f"<sup>{number}</sup> {prose(why)}" for why, number in footnotes.items())
    yield from _notes(table.notes)


def _footnotes(table: Table) -> dict[str, int]:
    """Return the number of everything that is said of a cell below the table."""
    whys = [cell.why for row in table.rows for cell in row if cell.tone in FOOTNOTED and cell.why]
    return {why: number for number, why in enumerate(dict.fromkeys(whys), 1)}


def _cell(cell: Cell, footnotes: dict[str, int]) -> str:
    text = prose(cell.text)
    if cell.tone is Tone.QUOTED:
        text = f"*{text}*"
    if cell.tone in MARKS:
        text = f"{text} {MARKS[cell.tone]}"
    if cell.tone in FOOTNOTED and cell.why:
        text = f"{text} <sup>{footnotes[cell.why]}</sup>"
    return f"{text}<br><sub>{prose(cell.below)}</sub>" if cell.below else text


def _notes(notes: Iterable[str]) -> Iterator[str]:
    lines = [f"- {_line(note)}" for note in notes]
    if lines:
        yield "\n".join(lines)


def _line(text: str) -> str:
    """Return a text that begins no list."""
    return LIST_SIGN.sub(r"\\\1" if text[:1] in "-+" else r"\1\\", prose(text))
