"""What a run is given, all of it checked before a model is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crossthink_hub.errors import UsageError
from crossthink_hub.training.chat import Chat, load_tokenizer, read_chat
from crossthink_hub.training.checkpoints import clear_after, starting_point, step_of
from crossthink_hub.training.dataset import open_rows, rows_needed, within_budget
from crossthink_hub.training.launch import Launch
from crossthink_hub.training.provenance import Provenance, git_commit, versions
from crossthink_hub.training.recipe import Recipe
from crossthink_hub.training.rollouts import drop_after

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

RECIPE = "recipe.yaml"


@dataclass(frozen=True)
class Run:
    """Everything a run was given, checked, before the model is loaded."""

    recipe: Recipe
    launch: Launch
    start: Path | None
    tokenizer: "PreTrainedTokenizerBase"
    chat: Chat
    prompts: "Dataset"
    held_out: "Dataset | None"
    provenance: Provenance

    @property
    def folder(self) -> Path:
        """Where the run lies."""
        return Path(self.recipe.argument("output_dir"))

    @property
    def first_step(self) -> int:
        """How many steps are done already."""
        return step_of(self.start) if self.start else 0


def checked_run(
    recipe: Recipe, launch: Launch, say: Callable[[str], None], own_reward: str | None = None
) -> Run:
    """Return what a run is given, its folder ready.

    Raises:
        UsageError: recipe, launch, data and model do not go together.
        FolderError: there is no such data set.
        HubError: the Hub can't be reached.
    """
    launch.check(recipe)
    _check_devices(launch)
    start = starting_point(recipe)
    rows = open_rows(recipe)
    tokenizer = load_tokenizer(recipe)
    chat = read_chat(recipe, tokenizer, say)
    provenance = Provenance(recipe.as_yaml(), rows.origin, git_commit(), versions(), own_reward)
    run = Run(
        recipe=recipe,
        launch=launch,
        start=start,
        tokenizer=tokenizer,
        chat=chat,
        prompts=_prompts(recipe, rows.dataset, tokenizer, say),
        held_out=_held_out(recipe, tokenizer),
        provenance=provenance,
    )
    if launch.is_main:
        _prepare_folder(run, say)
    return run


def _check_devices(launch: Launch) -> None:
    import torch

    if launch.processes == 1 and torch.cuda.device_count() > 1:
        raise UsageError(
            f"{torch.cuda.device_count()} GPUs are visible to one process",
            where="CUDA_VISIBLE_DEVICES",
            fix="Use them all with train/launch/launch.sh, or one: CUDA_VISIBLE_DEVICES=0.",
        )


def _prompts(
    recipe: Recipe, rows: "Dataset", tokenizer: "PreTrainedTokenizerBase", say: Callable[[str], None]
) -> "Dataset":
    return within_budget(rows, tokenizer, recipe, say, rows_needed(recipe), recipe.prompts_per_step)


def _held_out(recipe: Recipe, tokenizer: "PreTrainedTokenizerBase") -> "Dataset | None":
    """Return the rows that TRL evaluates on, if the recipe asks for that."""
    if recipe.argument("eval_strategy", "no") == "no":
        return None
    rows = within_budget(open_rows(recipe, split="test").dataset, tokenizer, recipe, lambda line: None)
    return rows.add_column("held_out", [True] * len(rows))


def _prepare_folder(run: Run, say: Callable[[str], None]) -> None:
    for name in clear_after(run.folder, run.first_step):
        say(f"{name} was not written to its end, and is passed over")
    drop_after(run.folder, run.first_step)
    run.folder.mkdir(parents=True, exist_ok=True)
    (run.folder / RECIPE).write_text(run.recipe.as_yaml(), "utf-8")
    if run.start:
        say(f"going on from {run.start}")
        if run.recipe.argument("use_vllm", False):
            say(
                "vLLM samples anew; the data's order, optimizer and schedule go on as if nothing had happened"
            )
