"""TRL's GRPOTrainer as a run sets it up: every argument from the recipe, our reward, what watches over it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from transformers import PrinterCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from crossthink_hub.grading.trl import CrossThinkReward
from crossthink_hub.training.callbacks import (
    AlreadyDone,
    MetricsFile,
    NotANumber,
    ProgressLines,
    Seal,
    StopFile,
    ZeroReward,
)
from crossthink_hub.training.chat import Chat
from crossthink_hub.training.recipe import Recipe
from crossthink_hub.training.reward import Score, TrainingReward
from crossthink_hub.training.rollouts import Archive
from crossthink_hub.training.run import Run

if TYPE_CHECKING:
    from crossthink_hub.grading.settings import Mode

OURS = {"disable_tqdm": True, "logging_nan_inf_filter": False, "logging_steps": 1}
"""What a recipe need not say: progress is a line for each step, and a loss that is no number is shown."""


def grpo_trainer(run: Run, score: Score | None, say: Callable[[str], None]) -> GRPOTrainer:
    """Return the trainer of a run, its model loaded."""
    trainer = GRPOTrainer(
        model=run.recipe.model,
        reward_funcs=_reward(run, score),
        args=GRPOConfig(**arguments(run.recipe, run.launch.processes, run.chat)),
        train_dataset=run.prompts,
        eval_dataset=run.held_out,
        processing_class=run.tokenizer,
        callbacks=_callbacks(run, say),
    )
    trainer.remove_callback(PrinterCallback)
    _stop_at(run.chat, trainer)
    return trainer


def _callbacks(run: Run, say: Callable[[str], None]) -> list[TrainerCallback]:
    """Return what watches a run; what is logged is written before anything may end it."""
    writes = [MetricsFile(run.folder, run.first_step), ProgressLines(say)] if run.launch.is_main else []
    guards = [AlreadyDone(), NotANumber(), ZeroReward(run.recipe.zero_reward_patience), StopFile()]
    return [*writes, *guards, Seal(run.provenance)]


def _reward(run: Run, score: Score | None) -> TrainingReward:
    grader = CrossThinkReward(mode=cast("Mode", run.recipe.reward_mode), thought=run.chat.thought)
    archive = Archive(run.folder, run.launch.rank)
    return TrainingReward(grader, run.recipe.num_generations, run.chat.stops, archive, score)


def arguments(recipe: Recipe, processes: int, chat: Chat) -> dict[str, Any]:
    """Return all arguments of `GRPOConfig`, with the stop tokens that the chat template asks for."""
    found = OURS | recipe.for_trl(processes)
    found.pop("resume_from_checkpoint", None)
    generation = dict(found.get("generation_kwargs") or {})
    generation.pop("stop_token_ids", None)
    if recipe.argument("use_vllm", False):
        generation["stop_token_ids"] = sorted(chat.stops)
    return found | {"generation_kwargs": generation or None}


def _stop_at(chat: Chat, trainer: GRPOTrainer) -> None:
    """Let completions end at the end of a turn, and be counted as ended.

    TRL 1.16 knows only the stop tokens of the model's files, and has no argument for more.
    """
    trainer.eos_token_ids = sorted({*trainer.eos_token_ids, *chat.stops})
    if not trainer.use_vllm:
        trainer.generation_config.eos_token_id = trainer.eos_token_ids
        trainer.generation_kwargs["eos_token_id"] = trainer.eos_token_ids
