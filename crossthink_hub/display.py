"""What the command line shows: tables and rows for a person."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from crossthink_hub.recipe.configs import RELEASE
from crossthink_hub.recipe.paper import source_facts

if TYPE_CHECKING:
    from crossthink_hub.building.manifest import Manifest

NONE = "-"
NARROW: dict[str, Any] = {
    "box": box.SIMPLE_HEAD,
    "pad_edge": False,
    "show_edge": False,
    "padding": (0, 1, 0, 0),
}
MOST_HEAD = 6
"""A longer column head is broken in two, so that the table fits 80 columns."""
SAMPLE = "[yellow]This is the embedded sample: made-up rows to try things out, not the paper's data.[/]"


def escaped(text: str) -> str:
    """Return text that the console prints as it is."""
    return escape(text)


def build_report(manifest: "Manifest", folder: Path) -> RenderableType:
    """Return what a build read, dropped and wrote, and how to load it."""
    from crossthink_hub.card.metadata import default_config
    from crossthink_hub.card.text import notes

    parts: list[RenderableType] = [_sources_table(manifest), "", _blends_table(manifest), ""]
    parts += [f"[yellow]{escape(note)}[/]" for note in notes(manifest)]
    if manifest["kind"] == "sample":
        parts.append(SAMPLE)
    config = default_config(manifest)
    parts.append(f'Load it: [bold]datasets.load_dataset("{escape(folder.as_posix())}", "{config}")[/]')
    return Group(*parts)


def _sources_table(manifest: "Manifest") -> Table:
    heads = ("source", "in the\npaper", "read", "dropped", "kept", "not\nsampled")
    table = Table(*heads, title="Sources", title_justify="left", **NARROW)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, source in manifest["sources"].items():
        dropped = "\n".join(f"{reason} {count:,}" for reason, count in source["rows_dropped"].items()) or "0"
        counts = (source["rows_kept"], source["rows_not_sampled"])
        table.add_row(
            name,
            f"{source['rows_in_paper']:,}",
            f"{source['rows_read']:,}",
            dropped,
            *(f"{n:,}" for n in counts),
        )
    return table


def _blends_table(manifest: "Manifest") -> Table:
    table = _shares_table(manifest["sources"], "Configs: train rows and share of each source", "rows")
    for name, config in manifest["configs"].items():
        shares = [_share(config["counts"].get(source), config["rows"]) for source in manifest["sources"]]
        table.add_row(name, f"{config['rows']:,}", *shares)
    return table


def _shares_table(sources: Iterable[str], title: str | None, *heads: str) -> Table:
    """Return an empty table with a column for each source; long names are broken, to fit 80 columns."""
    broken = [name.replace("_", "\n", 1) if len(name) > MOST_HEAD else name for name in sources]
    table = Table("config", *heads, *broken, title=title, title_justify="left", **NARROW)
    for column in table.columns:
        column.no_wrap = True
        column.justify = "right"
    table.columns[0].justify = "left"
    return table


def _share(count: float | None, rows: int) -> str:
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


def configs_tables(
    configs: Sequence[Mapping[str, Any]], licences: Sequence[Mapping[str, Any]], folder: Path
) -> RenderableType:
    """Return every config with its weights, what a folder holds of each, and the licences of the sources."""
    parts: list[RenderableType] = [_weights_table(configs)]
    built = [entry for entry in configs if entry["built"]]
    if built:
        parts.append(_built_table(built, f"Built in {escape(str(folder))}: share of each source"))
    else:
        parts.append(f"None is built in {escape(str(folder))} yet: crossthink build NAME")
    return Group(*parts, "", _licences_table(licences))


def _weights_table(configs: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return the weights of the blends, and in words what other configs there are."""
    sources = list(source_facts())
    names = [entry["config"] for entry in configs]
    table = _shares_table(sources, "Blends (weights of the paper's table 8, not rounded)")
    for entry in configs:
        if len(entry["weights"]) > 1 and entry["config"] == entry["blend"]:
            table.add_row(entry["config"], *(_share(entry["weights"].get(name), 1) for name in sources))
    variants = {"-short": "answered by letter", "-open": "all questions open"}
    lines = [
        f"{what}: {' '.join(name for name in names if name.endswith(ending))}"
        for ending, what in variants.items()
    ]
    lines += [f"one source: {' '.join(sources)}", f"the release, to the letter: {' '.join(RELEASE)}", ""]
    return Group(table, *lines)


def _built_table(built: Sequence[Mapping[str, Any]], title: str) -> Table:
    sources = list(source_facts())
    table = _shares_table(sources, title, "rows")
    for entry in built:
        rows, counts = entry["built"]["rows"], entry["built"]["counts"]
        table.add_row(entry["config"], f"{rows:,}", *(_share(counts.get(name), rows) for name in sources))
    return table


def _licences_table(licences: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("source", "licence", "may be sold", title="Licences", title_justify="left", **NARROW)
    for entry in licences:
        why_not = entry["non_commercial"]
        table.add_row(entry["source"], entry["licence"], f"no: {why_not}" if why_not else "yes")
    return table
