"""The verbs that measure: `eval`, `report`, and `blend score`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from crossthink_hub.errors import OutputError, UsageError
from crossthink_hub.terminal import JsonFlag, out, print_json

eval_app = typer.Typer(rich_markup_mode="rich")


@eval_app.command("eval", epilog="Example: crossthink eval runs/gpr_up_7b/final --benchmarks mmlu_pro,amc23")
def evaluate(
    model: Annotated[
        str | None,
        typer.Argument(help="A folder, a name on the Hub, or a run file: qwen2.5-7b.", show_default=False),
    ] = None,
    benchmarks: Annotated[
        str | None, typer.Option(help="Names with commas between, or all.", show_default="all")
    ] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder of the run.", show_default="runs/eval-MODEL")
    ] = None,
    sources: Annotated[
        str | None, typer.Option(help="`hub`, `sample` for made-up questions, or a folder of benchmarks.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Questions of each benchmark at most.")] = None,
    runs: Annotated[int | None, typer.Option(help="Greedy answers to each question.")] = None,
    samples: Annotated[
        int | None, typer.Option(help="Sampled answers to each question, in place of greedy ones.")
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Of sampled answers.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="That an answer may have.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides every sampled answer.")] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="URL of an OpenAI-compatible server, in place of vLLM here.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other key: --set tensor_parallel=2."),
    ] = None,
    regrade: Annotated[
        Path | None, typer.Option(help="A run's folder: only grade its answers again; no model.")
    ] = None,
    mode: Annotated[
        str, typer.Option(help="Whose verdicts tables show: equivalent, paper, letter.")
    ] = "equivalent",
    as_json: JsonFlag = False,
) -> None:
    """Measure a model on the paper's benchmarks. The same command again makes only what is missing."""
    from crossthink_hub.evaluation.evaluate import alone
    from crossthink_hub.evaluation.evaluate import evaluate as run
    from crossthink_hub.evaluation.run_folder import RunFolder
    from crossthink_hub.evaluation.scoring import grade_run
    from crossthink_hub.evaluation.settings import default_out, read_evaluation
    from crossthink_hub.training.layers import parse_settings

    if (model is None) == (regrade is None):
        raise UsageError("eval takes a model, or --regrade with the folder of a run", fix="Give one of both.")
    given: dict[str, Any] = {
        "benchmarks": benchmarks and [name.strip() for name in benchmarks.split(",")],
        "sources": sources,
        "limit": limit,
        "runs": runs,
        "samples": samples,
        "temperature": temperature,
        "max_tokens": max_tokens,
        "seed": seed,
        "endpoint": endpoint,
    }
    asked = {key: value for key, value in given.items() if value is not None}
    if regrade is not None:
        if asked or settings or out_folder:
            raise UsageError("only grades answers again: of all options it takes --mode", where="--regrade")
        RunFolder(regrade).identity()  # that there is one, before anything is made beside it
        with alone(regrade):
            folder, results = regrade, grade_run(regrade, mode)
    else:
        evaluation = read_evaluation(str(model), **{**asked, **parse_settings(settings or ())})
        folder = out_folder or default_out(evaluation.model)
        results = run(evaluation, folder, mode)
    if as_json:
        print_json(results.as_json())
    else:
        from crossthink_hub.display_eval import results_report

        out.print(results_report(results, folder))


@eval_app.command(epilog="Example: crossthink report runs/eval-* --out report")
def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, as `crossthink eval` leaves them.")],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder of the report.")] = Path("report"),
    compare: Annotated[
        bool, typer.Option("--compare", help="Two runs, question by question, with a test.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--every-table", help="Also tables of the paper that no run has a row in.")
    ] = False,
    answers: Annotated[int, typer.Option(help="Answers of each benchmark to look through.", min=0)] = 500,
    as_json: JsonFlag = False,
) -> None:
    """Write runs beside the paper's tables: Markdown, one HTML page, figures as PNG."""
    from crossthink_hub.display_eval import comparison_report, report_report
    from crossthink_hub.evaluation.report.writing import write_comparison, write_report

    if compare:
        if len(runs) != 2:
            raise UsageError(f"compares two runs, and {len(runs)} are given", where="--compare")
        written, compared = write_comparison(runs[0], runs[1], out_folder, most=answers)
        shown = comparison_report(compared)
    else:
        written, shown = write_report(runs, out_folder, every=every, most=answers), None
    if as_json:
        print_json(written.as_json())
    else:
        out.print(report_report(written, shown))


blend_app = typer.Typer(
    name="blend", help="Blends of one's own.", no_args_is_help=True, rich_markup_mode="rich"
)
eval_app.add_typer(blend_app)


@blend_app.callback()
def blends() -> None:
    """Take verbs of blends."""


@blend_app.command(epilog="Example: crossthink blend score runs/eval-* --name my_score --out my_score.yaml")
def score(
    runs: Annotated[
        list[Path], typer.Argument(help="Folders of runs, each of a model trained on one source alone.")
    ],
    name: Annotated[str, typer.Option(help="Of the blend.")] = "my_score",
    out_file: Annotated[
        Path | None, typer.Option("--out", help="File for it, in place of standard output.")
    ] = None,
) -> None:
    """Weigh sources by what models trained on them score: the paper's data usefulness, as a blend in YAML."""
    from crossthink_hub.evaluation.blend_score import score_blend
    from crossthink_hub.evaluation.results import read_results

    text = score_blend([read_results(run) for run in runs], name)
    if out_file is None:
        typer.echo(text, nl=False)
        return
    try:
        out_file.write_text(text, "utf-8")
    except OSError as error:
        raise OutputError(f"can't be written ({error.strerror or error})", where=out_file) from error
    out.print(f"Build it: crossthink build --blend {out_file}", markup=False, highlight=False)
