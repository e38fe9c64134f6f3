"""What the command line shows of versions on the Hub."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crossthink_hub.card.markdown import counted, printable
from crossthink_hub.card.metadata import default_config
from crossthink_hub.display import NARROW
from crossthink_hub.hub.changes import ConfigChanges, Counts
from crossthink_hub.hub.comparing import Comparison, ShownRow, differing
from crossthink_hub.hub.held import Held
from crossthink_hub.hub.listing import ListedVersion
from crossthink_hub.hub.plan import Plan
from crossthink_hub.hub.pulling import Pulled
from crossthink_hub.hub.restoring import Restored
from crossthink_hub.hub.verifying import Verified
from crossthink_hub.hub.version import split_place
from crossthink_hub.progress import size

KINDS = {
    "first": "the first version",
    "schema": "columns, splits or configs are others: readers may break",
    "rows": "rows changed",
    "card": "the card changed, no row",
}
LONGEST_VALUE = 160
PROBLEMS_SHOWN = 50


def plan_report(plan: Plan) -> RenderableType:
    """Return what a push that changes something will do, before it is done."""
    assert plan.kind is not None
    since = f"since {plan.base.tag}, " if plan.base else ""
    seen = "opened to everyone" if plan.opens else "everyone sees it" if plan.public else "private"
    there = "a new repository, " if plan.creates else ""
    head = f"[bold]{escape(plan.repo)}[/] → [bold]{plan.version.tag}[/]"
    parts: list[RenderableType] = [f"{head} ({there}{seen}): {since}{KINDS[plan.kind]}"]
    if plan.commit:
        return Group(*parts, f"Its commit {plan.commit[:8]} is there from an earlier push; it lacks its tag.")
    parts += [_changes_table(plan.changes), *_licence_lines(plan)]
    gone = f"; {len(plan.gone)} old ones go" if plan.gone else ""
    parts.append(
        f"{len(plan.new)} of {len(plan.files)} files are new or changed, {size(plan.bytes)} to send{gone}"
    )
    return Group(*parts)


def _licence_lines(plan: Plan) -> Iterator[str]:
    for source, why in plan.non_commercial.items():
        yield f"[yellow]{source} is for non-commercial use only: {escape(why)}[/]"


def push_report(plan: Plan, config: str, dry_run: bool) -> RenderableType:
    """Return what a push has done, and how to load one of its configs."""
    if plan.kind is None:
        return Group(*_nothing_changed(plan, dry_run))
    if dry_run:
        return f"Nothing was sent: without --dry-run this publishes {plan.version.tag}."
    load = f'load_dataset("{plan.repo}", "{config}", revision="{plan.version.tag}")'
    done = f"[green]Published {plan.version.tag}[/]: {escape(plan.url)}"
    return f"{done}\nLoad it: [bold]datasets.{escape(load)}[/]"


def _nothing_changed(plan: Plan, dry_run: bool) -> Iterator[str]:
    yield f"Nothing changed: {escape(plan.repo)} holds {plan.version.tag} already. Nothing was sent."
    if plan.asked and plan.asked != plan.version:
        yield f"[yellow]{plan.asked.tag} was not made, for it would be the same.[/]"
    if plan.opens:
        yield from _licence_lines(plan)
        yield f"[yellow]Everyone {'would see' if dry_run else 'sees'} it from now on.[/]"


def _changes_table(changes: Mapping[str, ConfigChanges]) -> RenderableType:
    """Return a table of the configs in which rows differ, and in words how many others there are."""
    differ = {name: one.total for name, one in changes.items() if one.total}
    rest = len(changes) - len(differ)
    lines = [f"No row differs in {counted(rest, 'other config' if differ else 'config')}."] if rest else []
    if not differ:
        return Group(*lines)
    table = _counts_table("config")
    for name, counts in differ.items():
        _add(table, name, counts)
    return Group("", table, *lines)


def _counts_table(*heads: str) -> Table:
    table = Table(*heads, "added", "removed", "changed", "same", **NARROW)
    for column in table.columns[len(heads) :]:
        column.justify = "right"
    return table


def _add(table: Table, *cells: Any) -> None:
    *names, counts = cells
    numbers = (counts.added, counts.removed, counts.changed, counts.same)
    table.add_row(
        *(escape(name) for name in names), *(f"{number:,}" if number else "-" for number in numbers)
    )


def plan_json(plan: Plan, dry_run: bool) -> dict[str, Any]:
    """Return a push for a script."""
    return {
        "repo": plan.repo,
        "version": str(plan.version),
        "tag": plan.version.tag,
        "base": str(plan.base) if plan.base else None,
        "kind": plan.kind,
        "published": plan.kind is not None and not dry_run,
        "public": plan.public,
        "opens": plan.opens,
        "changes": {name: asdict(one.total) for name, one in plan.changes.items()},
        "files": len(plan.new),
        "bytes": plan.bytes,
        "removed_files": len(plan.gone),
        "non_commercial": dict(plan.non_commercial),
        "url": plan.url,
    }


def versions_report(repo: str, versions: list[ListedVersion]) -> RenderableType:
    """Return a table of versions."""
    if not versions:
        return f"{escape(repo)} has no version yet."
    table = Table("version", "date", "commit", "what changed", "message", **NARROW)
    for one in versions:
        release = one.release
        table.add_row(
            f"{one.version.tag}{' (main)' if one.on_main else ''}",
            release.date if release else "-",
            one.commit[:8],
            _what(one),
            Text(printable(release.message) if release else ""),
        )
    lines = [] if any(one.on_main for one in versions) else ["main holds none of these versions."]
    return Group(table, *lines)


def _what(one: ListedVersion) -> str:
    if one.release is None:
        return "a tag made by hand"
    counts = sum((Counts(**changed) for changed in one.release.changes.values()), Counts())
    signs = (("+", counts.added), ("-", counts.removed), ("~", counts.changed))
    rows = " ".join(f"{sign}{count:,}" for sign, count in signs if count)
    return f"{one.release.kind} {rows}".rstrip()


def version_json(one: ListedVersion) -> dict[str, Any]:
    """Return a version for a script."""
    return {
        "version": str(one.version),
        "tag": one.version.tag,
        "commit": one.commit,
        "main": one.on_main,
        "release": asdict(one.release) if one.release else None,
    }


def comparison_report(found: Comparison) -> RenderableType:
    """Return what differs between two versions: a table by config and source, then a few rows."""
    differ = {name: one for name, one in found.changes.items() if one.total}
    if not differ:
        head = f"No row differs between {escape(found.old)} and {escape(found.new)}."
        return Group(head, *_files_lines(found))
    table = _counts_table("config", "source")
    for name, one in differ.items():
        for source, counts in one.by_source.items():
            _add(table, name, source, counts)
    rest = len(found.changes) - len(differ)
    parts: list[RenderableType] = [table]
    parts += [f"No row differs in {counted(rest, 'other config')}."] if rest else []
    parts += _files_lines(found)
    parts += [line for name, rows in found.rows.items() for row in rows for line in _shown(name, row)]
    return Group(*parts)


def _files_lines(found: Comparison) -> list[str]:
    return [f"Other files that differ: {', '.join(found.files)}."] if found.files else []


def _shown(config: str, row: ShownRow) -> Iterator[RenderableType]:
    example = row.example
    colour = {"added": "green", "removed": "red", "changed": "yellow"}[example.kind]
    yield ""
    place = f"{escape(config)}: {escape(example.source)} [dim]{escape(example.id)}[/]"
    yield f"[{colour}]{example.kind}[/] in {place}"
    if row.old and row.new:
        for name, old, new in differing(row.old, row.new):
            yield _indented(f"{name}: {_short(old)} → {_short(new)}")
    elif one := row.old or row.new:
        yield _indented(f"{_short(one['meta_data']['question'])} → {_short(one['solution'])}")


def _indented(text: str) -> RenderableType:
    return Padding(Text(text), (0, 0, 0, 2))


def _short(value: Any) -> str:
    text = printable(" ".join(str(value).split()))
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def comparison_json(found: Comparison) -> dict[str, Any]:
    """Return a comparison for a script."""
    return {
        "old": found.old,
        "new": found.new,
        "configs": {
            name: {source: asdict(counts) for source, counts in one.by_source.items()}
            for name, one in found.changes.items()
        },
        "files": list(found.files),
        "rows": {
            name: [{**asdict(row.example), "old": row.old, "new": row.new} for row in rows]
            for name, rows in found.rows.items()
        },
    }


def verified_report(place: str, found: Verified) -> RenderableType:
    """Return the problems of a version, or that there is none."""
    if not found.problems:
        what = f"{found.files} files, {size(found.bytes)}, {found.rows:,} rows"
        checks = "checksums, rows, row digests, index, quotas, card, Croissant"
        return f"[green]{escape(place)}: all is well[/] ({what}: {checks})"
    count = len(found.problems)
    shown = [f"  {escape(problem)}" for problem in found.problems[:PROBLEMS_SHOWN]]
    more = [f"  and {count - PROBLEMS_SHOWN} more"] if count > PROBLEMS_SHOWN else []
    return Group(f"[red]{escape(place)}: {counted(count, 'problem')}[/]", *shown, *more)


def _held_json(place: str, held: Held) -> dict[str, Any]:
    version = str(held.version) if held.version else None
    return {"place": place, "commit": held.snapshot.commit, "version": version}


def verified_json(place: str, found: Verified) -> dict[str, Any]:
    """Return a check for a script."""
    return {
        **_held_json(place, found.held),
        "problems": list(found.problems),
        "files": found.files,
        "bytes": found.bytes,
        "rows": found.rows,
    }


def pulled_report(place: str, found: Pulled) -> RenderableType:
    """Return what a pull brought, and how to load it."""
    version = found.held.version.tag if found.held.version else found.held.snapshot.commit[:8]
    fetched = (
        f"{found.files} files, {size(found.bytes)} downloaded" if found.files else "it was there already"
    )
    assert found.held.manifest is not None
    load = f'load_dataset("{found.folder.as_posix()}", "{default_config(found.held.manifest)}")'
    return (
        f"[green]{escape(split_place(place)[0])} {version}[/] is in {escape(str(found.folder))}: {fetched}\n"
        f"Load it: [bold]datasets.{escape(load)}[/]"
    )


def pulled_json(place: str, found: Pulled) -> dict[str, Any]:
    """Return a pull for a script."""
    return {
        **_held_json(place, found.held),
        "folder": str(found.folder),
        "files_downloaded": found.files,
        "bytes_downloaded": found.bytes,
    }


def restored_report(repo: str, found: Restored) -> RenderableType:
    """Return what a rollback did."""
    if not found.changed:
        return f"Nothing to do: main of {escape(repo)} holds {found.version.tag}."
    before = found.before.tag if found.before else "no version"
    head = f"[green]main of {escape(repo)} holds {found.version.tag} again[/]"
    return f"{head} (commit {found.commit[:8]}; it held {before}). All tags are where they were."


def restored_json(repo: str, found: Restored) -> dict[str, Any]:
    """Return a rollback for a script."""
    return {
        "repo": repo,
        "version": str(found.version),
        "before": str(found.before) if found.before else None,
        "commit": found.commit,
        "changed": found.changed,
    }
