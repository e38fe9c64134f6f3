"""What the command line shows of upstream sources: downloads, the lock file, what `doctor` found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from crossthink_hub.progress import size

if TYPE_CHECKING:
    from crossthink_hub.sources.doctor import Finding
    from crossthink_hub.sources.lock import LockedSource

COMMIT_SHOWN = 8
MARKS = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "error": "[red]error[/]"}


def lock_report(locked: Mapping[str, "LockedSource"], path: Path) -> RenderableType:
    """Return which commit of which repository each source is locked at."""
    heads = ("source", "repository", "commit", "files", "size", "rows")
    table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[3:]:
        column.justify = "right"
    for name, source in locked.items():
        counts = (str(len(source.files)), size(source.bytes), f"{source.rows:,}")
        table.add_row(name, source.repo, source.revision[:COMMIT_SHOWN], *counts)
    return Group(table, f"Locked in {escape(str(path))}: builds read these files until --refresh.")


def findings_report(findings: Sequence["Finding"]) -> RenderableType:
    """Return what `doctor` found, and what to do about it."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for finding in findings:
        body = Text(finding.text)
        if finding.fix:
            body.append(f"\n{finding.fix}", style="dim")
        table.add_row(MARKS[finding.level], finding.about, body)
    counts: Counter[str] = Counter(finding.level for finding in findings)
    bad = [f"{n} {level}{'s' * (n > 1)}" for level in MARKS if level != "ok" and (n := counts[level])]
    return Group(table, "", ", ".join(bad) or "[green]all is well[/]")
