"""The rows of a run: read from a built folder or a published version, never built here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossthink_hub.building.manifest import FILE_NAME, read_manifest
from crossthink_hub.errors import FolderError, UsageError
from crossthink_hub.hub.version import split_place
from crossthink_hub.training.provenance import DataOrigin
from crossthink_hub.training.recipe import Recipe

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

COLUMNS = ("id", "prompt", "solution", "meta_data")
"""What training reads of a row: the reward gets all but the prompt."""
BATCH = 1_000
NO_ROWS = "BatchSize must be greater than 0"
"""What datasets says of a Parquet file without rows."""


@dataclass(frozen=True)
class Rows:
    """Rows to train on, and where they are from."""

    dataset: "Dataset"
    origin: DataOrigin


@dataclass(frozen=True)
class Place:
    """Where a data set lies: what `load_dataset` takes, and its manifest if it has one.

    Attributes:
        path: a folder, or a name on the Hub.
        revision: on the Hub; None for a folder.
        commit: of the revision.
        manifest: of the build; empty for a data set that is none of ours.
    """

    path: str
    revision: str | None
    commit: str | None
    manifest: Mapping[str, Any]


def open_rows(recipe: Recipe, split: str | None = None) -> Rows:
    """Return the rows that a recipe names, in their order, with the columns that training reads.

    Args:
        recipe: names data set, config and split.
        split: another one.

    Raises:
        UsageError: there is no such config or split, it has no rows, or a column is missing.
        FolderError: there is no such folder.
        HubError: the Hub can't be reached, or has no such data set.
    """
    split = split or recipe.split
    place = _place(recipe)
    if place.manifest:
        recipe.check_config(place.manifest["configs"])
    dataset = _loaded(place, recipe, split)
    where = _where(recipe, split)
    if missing := [column for column in COLUMNS if column not in dataset.column_names]:
        raise UsageError(
            f"lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; it has "
            f"{', '.join(dataset.column_names)}",
            where=where,
            fix="Train on a config that `crossthink build` made: docs/data.md has its columns.",
        )
    if not len(dataset):
        raise _empty(where)
    return Rows(dataset.select_columns(list(COLUMNS)), _origin(place, recipe, split))


def _place(recipe: Recipe) -> Place:
    folder = Path(recipe.dataset)
    if folder.is_dir():
        manifest = read_manifest(folder) if (folder / FILE_NAME).is_file() else {}
        return Place(str(folder), None, None, manifest)
    name, revision = split_place(recipe.dataset)
    if name.count("/") != 1 or name.startswith((".", "/")):
        raise FolderError(
            "no such folder, and training never builds data",
            where=recipe.dataset,
            fix=f"Build it: crossthink build {recipe.config} --out {recipe.dataset}; or name a version on "
            "the Hub: dataset=OWNER/NAME@v1.0.0.",
        )
    return _published(name, revision)


def _published(name: str, revision: str) -> Place:
    from huggingface_hub import hf_hub_download

    from crossthink_hub.hub.answers import MissingError, speaking

    try:
        with speaking(name):
            path = Path(hf_hub_download(name, FILE_NAME, repo_type="dataset", revision=revision))
    except MissingError as error:
        if error.message != "has no such file":
            raise
        return Place(name, revision, None, {})
    commit = path.parent.name  # of the snapshot in the cache
    return Place(name, commit, commit, read_manifest(path.parent))


def _loaded(place: Place, recipe: Recipe, split: str) -> "Dataset":
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError

    from crossthink_hub.hub.answers import speaking

    try:
        with speaking(recipe.dataset):
            return load_dataset(place.path, recipe.config, split=split, revision=place.revision)
    # No such split or config, no files, no rows.
    except (ValueError, FileNotFoundError, DatasetsError) as error:
        said = str(error.__cause__ or error).splitlines()[0]
        if NO_ROWS in said:
            raise _empty(_where(recipe, split)) from error
        raise UsageError(
            f"its {split} rows of {recipe.config} can't be read ({said})",
            where=recipe.dataset,
            fix="`crossthink validate` checks a folder, `crossthink verify` a version on the Hub.",
        ) from error


def _empty(where: str) -> UsageError:
    return UsageError("has no rows", where=where, fix="Build it again with more rows, or take another.")


def _where(recipe: Recipe, split: str) -> str:
    return f"{recipe.dataset}, {recipe.config}, {split}"


def _origin(place: Place, recipe: Recipe, split: str) -> DataOrigin:
    manifest = place.manifest
    entry = manifest["configs"][recipe.config] if manifest else {}
    part = entry.get("test", {}) if split == "test" else entry
    name, asked = split_place(recipe.dataset)
    built = f"built here, recipe digest {manifest['recipe_digest']}" if manifest else None
    licences = {
        source: manifest["sources"][source]["licence"]
        for source, rows in part.get("counts", {}).items()
        if rows
    }
    return DataOrigin(
        dataset=name if place.revision else recipe.dataset,
        config=recipe.config,
        split=split,
        version=asked if place.revision else built,
        commit=place.commit,
        row_digest=part.get("row_digest"),
        kind=manifest.get("kind"),
        licences=licences,
    )


def rows_needed(recipe: Recipe) -> int | None:
    """Return how many prompts a run looks at; None for all, in an order of their own or again and again.

    Example:
        >>> from crossthink_hub.training.recipe import read_recipe
        >>> rows_needed(read_recipe("mmlu_7b"))
        32000
    """
    steps = int(recipe.argument("max_steps", -1))
    if steps < 1 or recipe.argument("shuffle_dataset", True):
        return None
    return steps * recipe.prompts_per_step // int(recipe.argument("num_iterations", 1))


def within_budget(
    dataset: "Dataset",
    tokenizer: "PreTrainedTokenizerBase",
    recipe: Recipe,
    say: Callable[[str], None],
    most: int | None = None,
    least: int = 1,
) -> "Dataset":
    """Return the rows whose prompt fits, no more than are looked at; what is dropped is counted and said.

    Args:
        dataset: the rows.
        tokenizer: counts, with the chat template.
        recipe: has the budget, `max_prompt_length`.
        say: is told how many there are.
        most: how many are kept; None for as many as there are.
        least: how many have to be.

    Raises:
        UsageError: fewer are left.
    """
    needed = min(most or len(dataset), len(dataset))
    kept: list[int] = []
    seen = 0
    options = recipe.argument("chat_template_kwargs", {})
    while len(kept) < needed and seen < len(dataset):
        prompts = dataset[seen : seen + min(BATCH, needed - len(kept))]["prompt"]
        encoded: Any = tokenizer.apply_chat_template(
            prompts, add_generation_prompt=True, tokenize=True, return_dict=True, **options
        )
        ids = encoded["input_ids"]
        kept += [seen + n for n, tokens in enumerate(ids) if len(tokens) <= recipe.max_prompt_length]
        seen += len(prompts)
    dropped = seen - len(kept)
    share = f" ({dropped / seen:.2%})" if dropped else ""
    say(
        f"{len(kept):,} prompts; {dropped:,} of {seen:,}{share} were longer than "
        f"{recipe.max_prompt_length:,} tokens and dropped"
    )
    _check_enough(len(kept), seen, recipe, least)
    return dataset.select(range(len(kept)) if not dropped else kept)


def _check_enough(kept: int, seen: int, recipe: Recipe, least: int) -> None:
    if kept < least:
        raise UsageError(
            f"{least:,} prompt{'s are' if least > 1 else ' is'} needed, and {kept:,} of {seen:,} are left "
            f"within {recipe.max_prompt_length:,} tokens",
            where=f"{recipe.dataset}, {recipe.config}",
            fix="Raise max_prompt_length, lower prompts_per_step, or take a larger config.",
        )
