"""The verbs of benchmarks as data: which there are, and a folder of them to publish."""

from pathlib import Path
from typing import Annotated

import typer

from crossthink_hub.terminal import JsonFlag, out, print_json

benchmarks_app = typer.Typer(
    name="benchmarks",
    help="The paper's benchmarks as data.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@benchmarks_app.command("list", epilog="Example: crossthink benchmarks list")
def list_(as_json: JsonFlag = False) -> None:
    """List the benchmarks: rows as published, where they are from, and their licences."""
    from crossthink_hub.display_eval import benchmarks_table
    from crossthink_hub.evaluation.benchmarks import BENCHMARKS

    if as_json:
        names = ("name", "title", "repo", "host", "rows", "licence", "category", "gated", "never_published")
        print_json([{name: getattr(own, name) for name in names} for own in BENCHMARKS])
    else:
        out.print(benchmarks_table(BENCHMARKS))


@benchmarks_app.command(epilog="Example: crossthink benchmarks build math_500 amc23 --out crossthink-eval")
def build(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Benchmarks; by default all that may be put online.", show_default=False),
    ] = None,
    sources: Annotated[
        str, typer.Option(help="`hub`, `sample` for made-up questions, or a folder of benchmarks.")
    ] = "hub",
    out_folder: Annotated[Path, typer.Option("--out", help="Folder to build into.")] = Path(
        "crossthink-eval"
    ),
    answer: Annotated[
        str, typer.Option(help="Ground truth of multiple choice: long is `(A) text`, short is `A`.")
    ] = "long",
    allow_missing: Annotated[bool, typer.Option(help="Build without benchmarks that are not there.")] = False,
    lock: Annotated[
        Path, typer.Option(help="Lock file of the Hub's commits; written if it is not there.")
    ] = Path("benchmarks.lock.json"),
    as_json: JsonFlag = False,
) -> None:
    """Build benchmarks into a folder that `datasets.load_dataset` reads, a config each; never GPQA."""
    from crossthink_hub.display_eval import benchmarks_report
    from crossthink_hub.evaluation.benchmarks.building import build_benchmarks

    manifest = build_benchmarks(
        names or (), sources, out_folder, answer=answer, allow_missing=allow_missing, lock=lock
    )
    if as_json:
        print_json(manifest)
    else:
        out.print(benchmarks_report(manifest, out_folder))
