"""The verbs that measure: `eval`, `report`, and `blend score`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from crossthink_hub.errors import UsageError
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
    from crossthink_hub.evaluation.evaluate import evaluate as run
    from crossthink_hub.evaluation.scoring import grade_run
    from crossthink_hub.evaluation.settings import read_evaluation
    from crossthink_hub.training.layers import parse_settings

    if (model is None) == (regrade is None):
        raise UsageError("eval takes a model, or --regrade with the folder of a run", fix="Give one of both.")
    given: dict[str, Any] = {
        "benchmarks": benchmarks and benchmarks.split(","),
        "sources": sources,
        "limit": limit,
        "runs": runs,
        "samples": samples,
        "temperature": temperature,
        "max_tokens": max_tokens,
        "seed": seed,
        "endpoint": endpoint,
    }
    if regrade is not None:
        folder, results = regrade, grade_run(regrade, mode)
    else:
        asked = {key: value for key, value in given.items() if value is not None}
        evaluation = read_evaluation(str(model), **asked, **parse_settings(settings or ()))
        folder = out_folder or Path("runs", f"eval-{Path(evaluation.model).name}")
        results = run(evaluation, folder, mode)
    if as_json:
        print_json(results.as_json())
    else:
        from crossthink_hub.display_eval import results_report

        out.print(results_report(results, folder))
