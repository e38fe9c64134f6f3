"""What a model that was trained here says of itself: its `crossthink.json`."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from crossthink_hub.errors import UsageError
from crossthink_hub.progress import say as say_line
from crossthink_hub.recipe.configs import LONG, SHORT, configs
from crossthink_hub.training.checkpoints import RECORD
from crossthink_hub.training.provenance import Provenance
from crossthink_hub.training.recipe import Recipe, recipe_of

BATCH = 10_000


@dataclass(frozen=True)
class ModelRecord:
    """What a model was trained from, and on.

    Attributes:
        provenance: as training wrote it.
        recipe: of the training.
    """

    provenance: Provenance
    recipe: Recipe

    @property
    def base(self) -> str:
        """The model before training."""
        return self.recipe.model

    @property
    def config(self) -> str:
        """What it was trained on."""
        return self.recipe.config

    @property
    def answer(self) -> str:
        """The form of multiple-choice answers that it was trained on, `long` or `short`."""
        known = configs().get(self.config)
        return SHORT if known and known.answer == SHORT else LONG


def read_record(
    model: str, revision: str | None = None, say: Callable[[str], None] = say_line
) -> ModelRecord | None:
    """Return what a model says of itself, None if it was not trained here.

    Args:
        model: a folder, or a name on the Hub.
        revision: on the Hub.
        say: is told if the Hub can't be asked.

    Raises:
        UsageError: its record can't be read.
    """
    path = Path(model) / RECORD if Path(model).is_dir() else _from_hub(model, revision, say)
    if path is None or not path.is_file():
        return None
    try:
        provenance = Provenance.of_json(json.dumps(json.loads(path.read_text("utf-8"))["provenance"]))
        recipe = recipe_of(yaml.safe_load(provenance.recipe), Path(model).name, path)
    except (ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise UsageError(f"is no record of a training ({error})", where=path) from error
    return ModelRecord(provenance, recipe)


def _from_hub(model: str, revision: str | None, say: Callable[[str], None]) -> Path | None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        return Path(hf_hub_download(model, RECORD, revision=revision))
    except LocalEntryNotFoundError:
        say(f"{model}: the Hub can't be asked whether it was trained here; it is taken as it is")
    except (EntryNotFoundError, RepositoryNotFoundError, HFValidationError):
        pass  # whether there is such a model is the preflight's question
    return None


def training_questions(dataset: str, config: str, split: str = "train") -> Iterator[str]:
    """Yield the questions of the training rows of a config, bare.

    Args:
        dataset: a built folder, or `OWNER/NAME@vX.Y.Z` on the Hub.
        config: of it.
        split: of the config.

    Raises:
        CrossThinkError: it is not there, or can't be read.
    """
    from crossthink_hub.training.dataset import open_rows

    asked = Recipe(
        name="evaluation",
        title="to look for benchmark questions",
        model="",
        dataset=dataset,
        config=config,
        split=split,
        prompts_per_step=1,
        max_prompt_length=1,
    )
    rows = open_rows(asked).dataset
    for batch in rows.select_columns(["meta_data"]).iter(BATCH):
        yield from (meta["question"] for meta in batch["meta_data"])
