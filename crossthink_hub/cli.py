"""`crossthink`: the command line. Each verb is a few lines that call the library and show what it gave."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from crossthink_hub import __version__, display
from crossthink_hub.errors import CrossThinkError

app = typer.Typer(
    name="crossthink",
    help="Blends of NEMOTRON-CROSSTHINK, rebuilt from upstream sources as data sets any tool reads.",
    epilog="Exit codes: 0 done · 1 a check failed · 2 a wrong name or value · 3 a source · 4 the output.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console()
err = Console(stderr=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
Folder = Annotated[Path, typer.Option("--dir", help="A built folder.", show_default=True)]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that come before a verb; `main` reads --debug."""


@app.command(epilog="Example: crossthink build gpr_up --sources sample --out crossthink")
def build(
    configs: Annotated[list[str], typer.Argument(help="Configs to build; `crossthink configs` lists them.")],
    sources: Annotated[
        str,
        typer.Option(help="`sample` for made-up rows, or a folder with a folder for each upstream source."),
    ] = "sample",
    out_folder: Annotated[Path, typer.Option("--out", help="Folder to build into.")] = Path("crossthink"),
    seed: Annotated[int, typer.Option(help="Decides which rows are taken and where they stand.")] = 0,
    size: Annotated[
        str, typer.Option(help="Train rows of each config, or `max`: the most without repeats.")
    ] = "max",
    oversample: Annotated[bool, typer.Option(help="Let a --size above the most repeat rows.")] = False,
    allow_missing: Annotated[bool, typer.Option(help="Build without sources that are not there.")] = False,
    workers: Annotated[int, typer.Option(help="Threads, 0 for one a core; the output is the same.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Build configs into a folder that `datasets.load_dataset` reads."""
    from crossthink_hub.building.run import build as run
    from crossthink_hub.building.settings import BuildSettings, rows_asked

    settings = BuildSettings(tuple(configs), seed, rows_asked(size), oversample, allow_missing, workers)
    manifest = run(settings, sources, out_folder)
    if as_json:
        _print_json(manifest)
    else:
        out.print(display.build_report(manifest, out_folder))


@app.command(epilog="Example: crossthink validate crossthink")
def validate(
    folder: Annotated[Path, typer.Argument(help="A built folder.")] = Path("crossthink"),
    as_json: JsonFlag = False,
) -> None:
    """List every problem of a built folder: schema, checksums, quotas, card. Exit code 1 if any."""
    from crossthink_hub.validation import validate as problems_of

    found = problems_of(folder)
    if as_json:
        _print_json({"folder": str(folder), "problems": found})
    else:
        out.print(display.validation_report(folder, found))
    raise typer.Exit(1 if found else 0)


@app.command(epilog="Example: crossthink show gpr_up -n 3")
def show(
    config: Annotated[str, typer.Argument(help="A config of the folder.")],
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many rows.")] = 3,
    split: Annotated[str, typer.Option(help="train or test.")] = "train",
    folder: Folder = Path("crossthink"),
    as_json: JsonFlag = False,
) -> None:
    """Show the first rows of a built config, as a person reads them."""
    from crossthink_hub.folder import first_rows

    rows = first_rows(folder, config, split, count)
    if as_json:
        for row in rows:
            _print_json(row, indent=None)
    else:
        out.print(display.rows(rows))


@app.command(epilog="Example: crossthink configs")
def configs(folder: Folder = Path("crossthink"), as_json: JsonFlag = False) -> None:
    """List every config with its weights, and what a built folder holds of it."""
    from crossthink_hub.folder import built_configs
    from crossthink_hub.recipe.configs import configs as known
    from crossthink_hub.recipe.quotas import weights

    built = built_configs(folder)
    rows = [
        {
            "config": name,
            "title": config.blend.title,
            "weights": {source: float(weight) for source, weight in weights(config.blend).items()},
            "built": built.get(name),
        }
        for name, config in known().items()
    ]
    if as_json:
        _print_json(rows)
    else:
        out.print(display.configs_table(rows, folder))


def _print_json(value: Any, indent: int | None = 1) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=indent))


def main() -> None:
    """Run the command line: an error in plain words and its exit code, no traceback unless --debug."""
    try:
        app()
    except CrossThinkError as error:
        if "--debug" in sys.argv:
            raise
        err.print(f"[bold red]error:[/] {display.escaped(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
