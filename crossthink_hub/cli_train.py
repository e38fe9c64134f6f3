"""The verb that trains."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossthink_hub.errors import UsageError
from crossthink_hub.progress import say
from crossthink_hub.terminal import JsonFlag, out, print_json

if TYPE_CHECKING:
    from crossthink_hub.training.recipe import Recipe

train_app = typer.Typer(rich_markup_mode="rich")


@train_app.command(epilog="Example: crossthink train --plan gpr_up_7b --gpus 8 --gpu-memory 80")
def train(
    recipe: Annotated[
        Path,
        typer.Argument(help="A recipe in YAML, or the name of a shipped one; with --curves, a run's folder."),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", help="Over the recipe: max_steps=10.", show_default=False),
    ] = None,
    overlay: Annotated[list[Path] | None, typer.Option(help="YAML that goes over the recipe.")] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only count what it needs: memory, hours, disk. No GPU.")
    ] = False,
    gpus: Annotated[int, typer.Option(help="For --plan: GPUs that train.")] = 8,
    gpu_memory: Annotated[float, typer.Option(help="For --plan: GB of each.")] = 80,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only sample 64 prompts of the real model, grade and explain."),
    ] = False,
    curves: Annotated[bool, typer.Option("--curves", help="Draw the curves of a run as a PNG.")] = False,
    push: Annotated[
        str | None, typer.Option(help="OWNER/NAME: push the finished model to the Hub, private.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Train a recipe with GRPO in this process, on one GPU or none; on more, train/launch/launch.sh does."""
    from crossthink_hub.training.recipe import parse_settings, read_recipe

    _check_one_of({"--plan": plan, "--dry-run": dry_run, "--curves": curves})
    if curves:
        _curves(recipe, as_json)
        return
    read = read_recipe(recipe, *overlay or (), **parse_settings(settings or ()))
    if plan:
        _plan(read, gpus, gpu_memory, as_json)
    elif dry_run:
        _dry_run(read, as_json)
    else:
        _train(read, push, as_json)


def _check_one_of(flags: dict[str, bool]) -> None:
    if sum(flags.values()) > 1:
        raise UsageError("only one of them at a time", where=", ".join(flags))


def _curves(run: Path, as_json: bool) -> None:
    from crossthink_hub.training.curves import draw_curves

    image = draw_curves(run)
    if as_json:
        print_json({"run": str(run), "curves": str(image)})
    else:
        out.print(f"curves of {run}: {image}")


def _plan(recipe: "Recipe", gpus: int, gpu_memory: float, as_json: bool) -> None:
    from crossthink_hub.display_training import plan_json, plan_report
    from crossthink_hub.training.plan import plan

    needs = plan(recipe, gpus, gpu_memory)
    if as_json:
        print_json(plan_json(needs))
    else:
        out.print(plan_report(needs))
    raise typer.Exit(0 if needs.fits else 1)


def _dry_run(recipe: "Recipe", as_json: bool) -> None:
    from crossthink_hub.display_training import dry_run_json, dry_run_report
    from crossthink_hub.training.dry_run import dry_run

    _prepare(recipe)
    found = dry_run(recipe, say)
    if as_json:
        print_json(dry_run_json(found))
    else:
        out.print(dry_run_report(found))


def _train(recipe: "Recipe", push: str | None, as_json: bool) -> None:
    from crossthink_hub.display_training import outcome_json, outcome_report
    from crossthink_hub.training.train import train

    _prepare(recipe)
    outcome = train(recipe, push=push)
    if as_json:
        print_json(outcome_json(outcome))
    else:
        out.print(outcome_report(outcome))


def _prepare(recipe: "Recipe") -> None:
    """Make what a recipe needs and does not have yet; training itself never does."""
    from crossthink_hub.training.bars import hush_bars
    from crossthink_hub.training.packages import check_installed

    check_installed()
    hush_bars()
    if recipe.prepare == "tiny":
        from crossthink_hub.training.tiny import prepare

        prepare(recipe, say)
