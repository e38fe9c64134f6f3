"""Training, from a recipe to a model: TRL's GRPOTrainer does the work."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crossthink_hub.progress import say as say_line
from crossthink_hub.training.bars import hush_bars
from crossthink_hub.training.checkpoints import FINAL, seal
from crossthink_hub.training.curves import read_metrics
from crossthink_hub.training.failures import explained
from crossthink_hub.training.launch import Launch
from crossthink_hub.training.model_card import model_card
from crossthink_hub.training.packages import check_installed
from crossthink_hub.training.pushing import check_push, push_model
from crossthink_hub.training.recipe import Recipe
from crossthink_hub.training.reward import Score
from crossthink_hub.training.run import RECIPE, Run, checked_run

if TYPE_CHECKING:
    from trl import GRPOTrainer


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        run: its folder.
        model: the folder of the finished model; None if the run was stopped before its end.
        step: the last that was done.
        pushed: the address of the model on the Hub; None if it was not pushed.
    """

    run: Path
    model: Path | None
    step: int
    pushed: str | None = None


def train(
    recipe: Recipe,
    *,
    push: str | None = None,
    score: Score | None = None,
    say: Callable[[str], None] = say_line,
) -> Outcome:
    """Train a recipe in this process, one of those that were launched.

    Args:
        recipe: what to train.
        push: where the finished model goes on the Hub, `OWNER/NAME`; nowhere if None.
        score: a reward of one's own instead of the paper's, called as TRL calls rewards.
        say: is told how it goes, in the first process.

    Raises:
        UsageError: recipe, launch, data and model do not go together.
        FolderError: there is no such data set.
        HubError: the Hub can't be reached.
        TrainingError: going on would be in vain.
    """
    check_installed()
    launch = Launch.of_environment()
    hush_bars()
    say = say if launch.is_main else _nothing
    if push and launch.is_main:
        check_push(push)
    run = checked_run(recipe, launch, say, getattr(score, "__name__", "a reward") if score else None)
    with explained(recipe):
        outcome = _trained(run, say, score)
    if push and launch.is_main and outcome.model:
        return replace(outcome, pushed=push_model(outcome.model, push))
    return outcome


def _nothing(line: str) -> None:
    """Say nothing: the first process speaks for all."""


def _trained(run: Run, say: Callable[[str], None], score: Score | None) -> Outcome:
    from crossthink_hub.training.callbacks import RunDone
    from crossthink_hub.training.trainer import grpo_trainer

    trainer = grpo_trainer(run, score, say)
    try:
        trainer.train(resume_from_checkpoint=str(run.start) if run.start else None)
    except RunDone:
        say("all steps were done already")
    step, steps = trainer.state.global_step, trainer.state.max_steps
    if step < steps:
        say(f"stopped after step {step} of {steps}; resume_from_checkpoint=latest goes on")
        return Outcome(run.folder, None, step)
    return Outcome(run.folder, _save(run, trainer), step)


def _save(run: Run, trainer: "GRPOTrainer") -> Path:
    """Write the finished model with what it came from; all processes take part."""
    final = run.folder / FINAL
    if trainer.is_fsdp_enabled:  # else each process would write its part
        trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
    trainer.save_model(str(final))
    if run.launch.is_main:
        (final / RECIPE).write_text(run.recipe.as_yaml(), "utf-8")
        (final / "README.md").write_text(model_card(run.provenance, read_metrics(run.folder)), "utf-8")
        seal(final, run.provenance)
    return final
