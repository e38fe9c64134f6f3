"""`crossthink`: the command line. Each verb is a few lines that call the library and show what it gave."""

import signal
import sys
from contextlib import ExitStack, suppress
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from crossthink_hub import __version__, display, display_sources
from crossthink_hub.cli_benchmarks import benchmarks_app
from crossthink_hub.cli_eval import eval_app
from crossthink_hub.cli_hub import hub_app
from crossthink_hub.cli_train import train_app
from crossthink_hub.errors import INTERRUPTED, CrossThinkError, OutputError, UsageError
from crossthink_hub.terminal import Folder, JsonFlag, err, out, print_json

app = typer.Typer(
    name="crossthink",
    help="Blends of NEMOTRON-CROSSTHINK, rebuilt from upstream sources as data sets any tool reads.",
    epilog="Exit codes: 0 done · 1 a check failed · 2 a wrong name or value · 3 a source or input · "
    "4 the output · 5 the Hub · 6 training stopped · "
    "7 evaluation stopped · 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
)
sources_app = typer.Typer(
    name="sources", help="Upstream data sets on the Hub.", no_args_is_help=True, rich_markup_mode="rich"
)
app.add_typer(sources_app)
app.add_typer(hub_app)
app.add_typer(train_app)
app.add_typer(eval_app)
app.add_typer(benchmarks_app)


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


@app.command(epilog="Example: crossthink build gpr_up nd-open --sources sample --out crossthink")
def build(
    configs: Annotated[
        list[str] | None, typer.Argument(help="Configs to build; `crossthink configs` lists them.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Build every config.")] = False,
    blend: Annotated[
        list[Path] | None, typer.Option(help="A blend of your own, in YAML (docs/examples/my_blend.yaml).")
    ] = None,
    sources: Annotated[
        str, typer.Option(help="`hub`, `sample` for made-up rows, or a folder with a folder for each source.")
    ] = "hub",
    out_folder: Annotated[Path, typer.Option("--out", help="Folder to build into.")] = Path("crossthink"),
    seed: Annotated[int, typer.Option(help="Decides which rows are taken and where they stand.")] = 0,
    size: Annotated[
        str, typer.Option(help="Train rows of each config, or `max`: the most without repeats.")
    ] = "max",
    oversample: Annotated[bool, typer.Option(help="Let a --size above the most repeat rows.")] = False,
    allow_missing: Annotated[bool, typer.Option(help="Build without sources that are not there.")] = False,
    commercial_only: Annotated[bool, typer.Option(help="Leave out sources that may not be sold.")] = False,
    strict: Annotated[bool, typer.Option(help="Drop questions whose gold letter is stale.")] = False,
    lock: Annotated[
        Path, typer.Option(help="Lock file of the Hub's commits; written if it is not there.")
    ] = Path("sources.lock.json"),
    workers: Annotated[int, typer.Option(help="Threads, 0 for one a core; the output is the same.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Build configs into a folder that `datasets.load_dataset` reads."""
    from crossthink_hub.building.run import build as run
    from crossthink_hub.building.settings import BuildSettings, rows_asked
    from crossthink_hub.recipe.configs import configs as known
    from crossthink_hub.recipe.custom import read_blend

    settings = BuildSettings(
        configs=tuple(known() if every else configs or ()),
        seed=seed,
        size=rows_asked(size),
        oversample=oversample,
        allow_missing=allow_missing,
        commercial_only=commercial_only,
        strict=strict,
        blends=tuple(read_blend(path).config() for path in blend or ()),
        workers=workers,
    )
    manifest = run(settings, sources, out_folder, lock)
    if as_json:
        print_json(manifest)
    else:
        out.print(display.build_report(manifest, out_folder))


@app.command(epilog="Example: crossthink validate crossthink")
def validate(
    folder: Annotated[Path, typer.Argument(help="A built folder.")] = Path("crossthink"),
    as_json: JsonFlag = False,
) -> None:
    """List every problem of a built folder: schema, checksums, quotas, card. Exit code 1 if any."""
    from crossthink_hub.evaluation.benchmarks.checking import holds_benchmarks, validate_benchmarks
    from crossthink_hub.validation import validate as problems_of

    found = validate_benchmarks(folder) if holds_benchmarks(folder) else problems_of(folder)
    if as_json:
        print_json({"folder": str(folder), "problems": found})
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
            print_json(row, indent=None)
    else:
        out.print(display.rows(rows))


@app.command(epilog="Example: crossthink grade answers.jsonl --thought opened --out verdicts.jsonl")
def grade(
    file: Annotated[Path, typer.Argument(help="JSON Lines, gzip or not; - for standard input.")],
    mode: Annotated[str, typer.Option(help="How to compare: paper, letter, equivalent.")] = "equivalent",
    thought: Annotated[
        str, typer.Option(help="tagged; opened: the chat template wrote <think>; optional.")
    ] = "tagged",
    answer_in: Annotated[str, typer.Option(help="box; claim: without a box, a sentence will do.")] = "box",
    response_field: Annotated[str | None, typer.Option(help="The field of the response.")] = None,
    ground_truth_field: Annotated[str | None, typer.Option(help="The field of the ground truth.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Count bad lines, and go on.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Explain each verdict to a person.")] = False,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="File for the verdicts, in place of standard output.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary only, as JSON.")] = False,
) -> None:
    """Grade responses: a JSON line for each verdict, then rates, counts and lengths."""
    from crossthink_hub import display_grades
    from crossthink_hub.grading.lines import opened
    from crossthink_hub.grading.records import Fields
    from crossthink_hub.grading.settings import GradeSettings
    from crossthink_hub.grading.stream import Sink, grade_lines, verdict_lines, written_whole

    out_file = None if out_file == Path("-") else out_file
    choices: dict[str, Any] = {"mode": mode, "thought": thought, "answer_in": answer_in}
    settings, fields = GradeSettings(**choices), Fields.named(response_field, ground_truth_field)
    if explain and as_json:
        raise UsageError("prints no explanations", where="--json", fix="Leave out --json or --explain.")
    if out_file and out_file.resolve() == file.resolve():
        raise UsageError("is the file to grade", where=out_file, fix="Choose another --out.")
    lines_shown = not (out_file or explain or as_json)
    with ExitStack() as open_:
        lines = open_.enter_context(opened(file))
        sinks: list[Sink] = []
        if out_file or lines_shown:
            write = open_.enter_context(written_whole(out_file)) if out_file else _print_bytes
            sinks.append(lambda graded: write(verdict_lines(graded)))
        if explain:
            sinks.append(lambda graded: out.print(display_grades.explanations(graded)))
        on_screen = (lines_shown or explain) and out.is_terminal
        shown = err.is_terminal and not on_screen
        sinks.append(open_.enter_context(display_grades.grading_progress(lines, err, shown)))
        summary = grade_lines(lines, settings, fields=fields, skip_bad=skip_bad, sinks=sinks)
    if as_json:
        print_json(summary.as_json())
    else:
        (err if lines_shown else out).print(display_grades.summary_report(summary))


@app.command(epilog="Example: crossthink configs")
def configs(folder: Folder = Path("crossthink"), as_json: JsonFlag = False) -> None:
    """List every config with its weights, what a built folder holds of it, and the licences."""
    from crossthink_hub.folder import built_configs
    from crossthink_hub.recipe.configs import configs as known
    from crossthink_hub.recipe.quotas import weights
    from crossthink_hub.sources import SOURCES

    built = built_configs(folder)
    rows = [
        {
            "config": name,
            "title": config.title,
            "blend": config.base,
            "form": config.form,
            "answer": config.answer,
            "weights": {source: float(weight) for source, weight in weights(config.blend).items()},
            "built": built.get(name),
        }
        for name, config in known().items()
    ]
    licences = [
        {"source": own.name, "licence": own.licence, "non_commercial": own.non_commercial} for own in SOURCES
    ]
    if as_json:
        print_json({"configs": rows, "licences": licences})
    else:
        out.print(display.configs_tables(rows, licences, folder))


@sources_app.command(epilog="Example: crossthink sources lock mmlu hendrycks_math --refresh")
def lock(
    names: Annotated[
        list[str] | None, typer.Argument(help="Sources to lock; all if none is named.", show_default=False)
    ] = None,
    lock_file: Annotated[Path, typer.Option("--lock", help="The lock file.")] = Path("sources.lock.json"),
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Lock the newest commits, also of what is locked.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Download sources from the Hub and write down their commits, checksums and rows."""
    from crossthink_hub.sources import SOURCES
    from crossthink_hub.sources.hub import fetch
    from crossthink_hub.sources.lock import as_json as entries
    from crossthink_hub.sources.lock import read_lock
    from crossthink_hub.sources.registry import named

    fetch(named(SOURCES, names or [source.name for source in SOURCES]), lock_file, refresh=refresh)
    locked = read_lock(lock_file)
    if as_json:
        print_json(entries(locked))
    else:
        out.print(display_sources.lock_report(locked, lock_file))


@app.command(epilog="Example: crossthink doctor --hub")
def doctor(
    hub: Annotated[bool, typer.Option("--hub", help="Also look at each upstream on the Hub.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say whether this machine has what a build needs. Exit code 1 if anything is an error."""
    from crossthink_hub.sources import SOURCES
    from crossthink_hub.sources.doctor import examine, examine_setup

    findings = [*examine_setup(), *(examine(SOURCES) if hub else [])]
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        out.print(display_sources.findings_report(findings))
    raise typer.Exit(1 if any(finding.level == "error" for finding in findings) else 0)


def _print_bytes(data: bytes) -> None:
    typer.echo(data, nl=False)


def main() -> None:
    """Run the command line: an error in plain words and its exit code, no traceback unless --debug."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what its encoding has not is shown all the same
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _stop)  # what is on the way is tidied up then too
    try:
        app()
    except CrossThinkError as error:
        _fail(error)
    except OSError as error:  # of standard output; a file's is a CrossThinkError by now
        with suppress(OSError):
            sys.stdout.close()
        where = error.filename or "standard output"
        _fail(OutputError(f"can't be written ({error.strerror or error})", where=where))
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, KeyboardInterrupt) or end.code == INTERRUPTED:
            err.print("interrupted")
            sys.exit(INTERRUPTED)
        raise


def _stop(number: int, frame: object) -> None:
    """Interrupt at the first Ctrl-C, so that it is tidied up; at the second, end at once."""
    signal.signal(number, signal.SIG_DFL)
    raise KeyboardInterrupt


def _fail(error: CrossThinkError) -> NoReturn:
    if "--debug" in sys.argv:
        raise error
    err.print(f"[bold red]error:[/] {display.escaped(str(error))}", highlight=False, soft_wrap=True)
    sys.exit(error.exit_code)
