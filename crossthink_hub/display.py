"""What the command line shows: tables and rows for a person."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from crossthink_hub.recipe.paper import source_facts

if TYPE_CHECKING:
    from crossthink_hub.building.manifest import Manifest

NONE = "-"
MOST_HEAD = 6
"""A longer column head is broken in two, so that the table fits 80 columns."""
SAMPLE = "[yellow]This is the embedded sample: made-up rows to try things out, not the paper's data.[/]"


def escaped(text: str) -> str:
    """Return text that the console prints as it is."""
    return escape(text)


def build_report(manifest: "Manifest", folder: Path) -> RenderableType:
    """Return what a build read, dropped and wrote, and how to load it."""
    from crossthink_hub.building.card import left_out

    parts: list[RenderableType] = [_sources_table(manifest), _blends_table(manifest)]
    if manifest["left_out"]:
        parts.append(f"[yellow]{left_out(manifest)}[/]")
    if manifest["kind"] == "sample":
        parts.append(SAMPLE)
    first = next(iter(manifest["configs"]))
    parts.append(f'Load it: [bold]datasets.load_dataset("{escape(folder.as_posix())}", "{first}")[/]')
    return Group(*parts)


def _sources_table(manifest: "Manifest") -> Table:
    table = Table("source", "read", "dropped", "kept", "not sampled", title="Sources", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, source in manifest["sources"].items():
        dropped = "\n".join(f"{reason} {count:,}" for reason, count in source["rows_dropped"].items()) or "0"
        table.add_row(
            name,
            f"{source['rows_read']:,}",
            dropped,
            f"{source['rows_kept']:,}",
            f"{source['rows_not_sampled']:,}",
        )
    return table


def _blends_table(manifest: "Manifest") -> Table:
    present = list(manifest["sources"])
    table = Table(
        "config", "train", "test", *present, title="Blends: share of each source", title_justify="left"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for name, config in manifest["configs"].items():
        shares = [_share(config["counts"].get(source), config["rows"]) for source in present]
        table.add_row(name, f"{config['rows']:,}", f"{config['test']['rows']:,}", *shares)
    return table


def _share(count: int | None, rows: int) -> str:
    return f"{count / rows:.4f}" if count else NONE


def validation_report(folder: Path, problems: Sequence[str]) -> RenderableType:
    """Return the problems of a folder, or that there is none."""
    if not problems:
        return (
            f"[green]{escape(str(folder))}: all is well[/] (schema, checksums, rows, quotas, accounts, card)"
        )
    head = f"[red]{escape(str(folder))}: {len(problems)} problem{'s' if len(problems) > 1 else ''}[/]"
    return Group(head, *(f"  {escape(problem)}" for problem in problems))


def rows(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return rows as a person reads them: the prompt as sent, the solution, and where it comes from."""
    return Group(*(_row(row) for row in rows))


def _row(row: Mapping[str, Any]) -> Panel:
    meta = row["meta_data"]
    facts = [
        meta["question_type"],
        row["ability"],
        meta["domain"],
        *meta["flags"],
        f"licence {meta['licence']}",
    ]
    body: list[RenderableType] = [Text(message["content"]) for message in row["prompt"]]
    body += [Text(""), Text.assemble(("solution  ", "bold green"), row["solution"])]
    body.append(Text(" · ".join(str(fact) for fact in facts if fact), style="dim"))
    title = f"{meta['source']} [dim]{row['id']}[/]"
    return Panel(Group(*body), title=title, title_align="left", padding=(1, 2))


def configs_table(rows: Sequence[Mapping[str, Any]], folder: Path) -> RenderableType:
    """Return every config with its weight of each source, and its rows in the folder if built."""
    sources = list(source_facts())
    heads = [name.replace("_", "\n", 1) if len(name) > MOST_HEAD else name for name in sources]
    table = Table("config", *heads, "rows\nbuilt", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        column.no_wrap = True
        column.justify = "right"
    table.columns[0].justify = "left"
    for entry in rows:
        weights = [f"{entry['weights'][name]:.4f}" if name in entry["weights"] else NONE for name in sources]
        built = f"{entry['built']['rows']:,}" if entry["built"] else NONE
        table.add_row(entry["config"], *weights, built)
    titles = "\n".join(f"  {entry['config']:<9} {entry['title']}" for entry in rows)
    where = (
        f"Rows built are those in {escape(str(folder))}. The weights are the paper's (table 8), not rounded."
    )
    return Group(table, titles, "", where)
