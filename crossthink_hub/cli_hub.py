"""The verbs that speak to the Hub about versions of ours."""

from pathlib import Path
from typing import Annotated

import typer

from crossthink_hub.terminal import Folder, JsonFlag, err, out, print_json

hub_app = typer.Typer(rich_markup_mode="rich")

Repo = Annotated[str, typer.Argument(help="OWNER/NAME on the Hub.", show_default=False)]
Place = Annotated[
    str, typer.Argument(help="OWNER/NAME, or OWNER/NAME@1.0.0 for a version.", show_default=False)
]


@hub_app.command(epilog="Example: crossthink push you/crossthink --version 1.0.0 --dry-run")
def push(
    repo: Repo,
    folder: Folder = Path("crossthink"),
    version: Annotated[
        str | None, typer.Option(help="As in 1.2.0; by default the next one after what changed.")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="Let everyone read it.")] = False,
    accept_licences: Annotated[
        bool,
        typer.Option("--accept-licences", help="Show everyone non-commercial sources."),
    ] = False,
    message: Annotated[str, typer.Option(help="What to say of this version in its card.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Publish a built folder as a version: one commit, then its tag. Private unless --public."""
    from crossthink_hub import display_hub
    from crossthink_hub.card.metadata import default_config
    from crossthink_hub.hub.plan import PushSettings
    from crossthink_hub.hub.publishing import prepared

    settings = PushSettings(version, public, accept_licences, message)
    with prepared(repo, folder, settings) as ready:
        if ready.plan.kind and not as_json:
            (out if dry_run else err).print(display_hub.plan_report(ready.plan))
        if dry_run:
            ready.rehearse()
        else:
            ready.send()
    if as_json:
        print_json(display_hub.plan_json(ready.plan, dry_run))
    else:
        out.print(display_hub.push_report(ready.plan, default_config(ready.edition.manifest), dry_run))


@hub_app.command(epilog="Example: crossthink versions you/crossthink")
def versions(repo: Repo, as_json: JsonFlag = False) -> None:
    """List the versions of a data set on the Hub, and which one readers get by default."""
    from crossthink_hub import display_hub, hub

    found = hub.versions(repo)
    if as_json:
        print_json([display_hub.version_json(one) for one in found])
    else:
        out.print(display_hub.versions_report(repo, found))


@hub_app.command(epilog="Example: crossthink diff you/crossthink 1.0.0 1.1.0")
def diff(
    repo: Repo,
    old: Annotated[str, typer.Argument(help="A version.", show_default=False)],
    new: Annotated[str, typer.Argument(help="Another one.", show_default=False)],
    examples: Annotated[int, typer.Option(min=0, help="Rows shown of each kind, in each config.")] = 2,
    as_json: JsonFlag = False,
) -> None:
    """Show what differs between two versions: rows by config and source, and a few of them."""
    from crossthink_hub import display_hub, hub

    found = hub.diff(repo, old, new, examples=examples)
    if as_json:
        print_json(display_hub.comparison_json(found))
    else:
        out.print(display_hub.comparison_report(found))


@hub_app.command(epilog="Example: crossthink verify you/crossthink@1.0.0")
def verify(place: Place, as_json: JsonFlag = False) -> None:
    """Check a version on the Hub: checksums, rows, card against data. Exit code 1 if anything is wrong."""
    from crossthink_hub import display_hub, hub

    found = hub.verify(place)
    if as_json:
        print_json(display_hub.verified_json(place, found))
    else:
        out.print(display_hub.verified_report(place, found))
    raise typer.Exit(1 if found.problems else 0)


@hub_app.command(epilog="Example: crossthink pull you/crossthink@1.0.0 --out crossthink")
def pull(
    place: Place,
    folder: Annotated[Path, typer.Option("--out", help="Folder to bring it into.")] = Path("crossthink"),
    as_json: JsonFlag = False,
) -> None:
    """Bring a version into a folder, as it was pushed; an interrupted pull goes on where it stopped."""
    from crossthink_hub import display_hub, hub

    found = hub.pull(place, folder)
    if as_json:
        print_json(display_hub.pulled_json(place, found))
    else:
        out.print(display_hub.pulled_report(place, found))


@hub_app.command(epilog="Example: crossthink rollback you/crossthink 1.0.0")
def rollback(
    repo: Repo,
    version: Annotated[str, typer.Argument(help="The version to go back to.", show_default=False)],
    message: Annotated[str, typer.Option(help="Of the commit.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Make a version again what readers get by default, by a new commit; no tag moves."""
    from crossthink_hub import display_hub, hub

    found = hub.rollback(repo, version, message=message)
    if as_json:
        print_json(display_hub.restored_json(repo, found))
    else:
        out.print(display_hub.restored_report(repo, found))
