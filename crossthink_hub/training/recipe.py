"""A recipe: everything that makes up a training run, read from YAML and checked before anything is loaded."""

import copy
import difflib
from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import yaml

from crossthink_hub.errors import UsageError
from crossthink_hub.grading.settings import Mode, Thought
from crossthink_hub.recipe.configs import NEEDS_DIFFICULTY
from crossthink_hub.recipe.configs import config as paper_config
from crossthink_hub.training.arguments import known_arguments, typed, unknown_key
from crossthink_hub.training.batches import accumulation
from crossthink_hub.training.layers import layered, parse_settings, recipe_path

__all__ = ["Recipe", "parse_settings", "read_recipe"]

MAX_SIZE = "max"
"""A size: as many rows as there are without repeating one."""
MODES, THOUGHTS = get_args(Mode), get_args(Thought)
SHARDINGS = ("none", "fsdp2", "zero3")
PREPARED = ("", "tiny")
DEFAULT_GENERATIONS = 8
DEFAULT_PER_DEVICE = 8
DEFAULT_COMPLETION = 512
"""TRL's own, for a recipe that leaves them out; the published ones state all three."""


def _key(kind: str, default: Any = MISSING, choices: Collection[str] = ()) -> Any:
    """Return a field that is a key of recipes: its type as `trl_arguments.yaml` writes types."""
    metadata = {"kind": kind, "choices": tuple(choices)}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training run. Every field but the first and the last is a key of the YAML; all other keys are TRL's.

    Attributes:
        name: of the file, without its ending.
        title: for people.
        paper: where in the paper this run is reported; null for a run of one's own.
        model: what is trained, by its name on the Hub or a folder.
        dataset: a built folder, or `OWNER/NAME@vX.Y.Z` on the Hub.
        config: of the data set.
        split: of the config.
        size: train rows that the config is built with: a number, or `max` for all without repeats.
        rows: how many those are by table 1.
        oversampling: how often a row of a source stands in the config, on average; only what is repeated.
        epochs: how often the run goes through the config.
        prompts_per_step: how many prompts a generation has.
        mini_batch_prompts: how many of them make an update; all of them by default.
        max_prompt_length: in tokens, with the chat template; longer prompts are dropped and counted.
        reward_mode: how answers are compared, as in `crossthink_hub.grading`.
        thought: where the thought is; `opened` where the chat template writes `<think>`.
        sharding: how the launch spreads the model over the GPUs.
        chat_template: a file with one in Jinja, for a model whose tokenizer has none.
        zero_reward_patience: a reward that is 0 for so many steps from the start on ends the run; null never.
        prepare: `tiny` if `crossthink train` makes model and data on the spot; empty for what is there.
        trl_arguments: for `trl.GRPOConfig`, without those that `for_world` derives.
    """

    name: str
    title: str = _key("str")
    paper: str | None = _key("str?", None)
    model: str = _key("str")
    dataset: str = _key("str")
    config: str = _key("str")
    split: str = _key("str", "train")
    size: int | str = _key("int|str", MAX_SIZE)
    rows: int | None = _key("int?", None)
    oversampling: Mapping[str, float] = _key("mapping", {})
    epochs: float | None = _key("float?", None)
    prompts_per_step: int = _key("int")
    mini_batch_prompts: int | None = _key("int?", None)
    max_prompt_length: int = _key("int")
    reward_mode: str = _key("str", "paper", MODES)
    thought: str = _key("str", "tagged", THOUGHTS)
    sharding: str = _key("str", "none", SHARDINGS)
    chat_template: str | None = _key("str?", None)
    zero_reward_patience: int | None = _key("int?", 10)
    prepare: str = _key("str", "", PREPARED)
    trl_arguments: Mapping[str, Any] = field(default_factory=dict)

    def argument(self, name: str, default: Any = None) -> Any:
        """Return one of TRL's arguments; the default if the recipe leaves it out or null."""
        value = self.trl_arguments.get(name)
        return default if value is None else value

    @property
    def num_generations(self) -> int:
        """How many completions a prompt gets."""
        return int(self.argument("num_generations", DEFAULT_GENERATIONS))

    @property
    def sequences_per_step(self) -> int:
        """How many completions a generation makes."""
        return self.prompts_per_step * self.num_generations

    @property
    def completion_tokens(self) -> int:
        """How many tokens a completion may have."""
        return int(self.argument("max_completion_length", DEFAULT_COMPLETION))

    @property
    def context(self) -> int:
        """How many tokens a prompt and its completion may have together."""
        return self.max_prompt_length + self.completion_tokens

    @property
    def updates_per_step(self) -> int:
        """How many optimizer steps follow each generation."""
        return self.prompts_per_step // (self.mini_batch_prompts or self.prompts_per_step)

    def for_world(self, gpus: int) -> dict[str, int]:
        """Return the batch arguments of TRL for so many processes, one to a GPU, that train.

        In server mode the GPUs of the vLLM server are not among them.

        Raises:
            UsageError: the sequences of an update can't be divided so, or the processes not into groups of
                vLLM's tensor parallelism.

        Example:
            >>> recipe = Recipe(
            ...     name="mine", title="mine", model="m", dataset="d", config="gpr_up", prompts_per_step=128,
            ...     max_prompt_length=1000, trl_arguments={"per_device_train_batch_size": 4},
            ... )
            >>> recipe.for_world(8)
            {'per_device_train_batch_size': 4, 'gradient_accumulation_steps': 32}
        """
        if gpus < 1:
            raise UsageError(f"{gpus} GPUs can't train", where=self.name, fix="Give at least one.")
        self._check_tensor_parallel(gpus)
        per_device = int(self.argument("per_device_train_batch_size", DEFAULT_PER_DEVICE))
        sequences = self.sequences_per_step // self.updates_per_step
        steps = accumulation(sequences, gpus, per_device, self.name)
        batch = {"per_device_train_batch_size": per_device, "gradient_accumulation_steps": steps}
        # Left alone, TRL generates once for each update, which is what the paper did.
        more = {"steps_per_generation": steps * self.updates_per_step} if self.updates_per_step > 1 else {}
        return batch | more

    def _check_tensor_parallel(self, gpus: int) -> None:
        parallel = int(self.argument("vllm_tensor_parallel_size", 1))
        colocated = self.argument("use_vllm", False) and self.argument("vllm_mode") != "server"
        if colocated and gpus % parallel:
            raise UsageError(
                f"{gpus} GPUs can't be divided into groups of vllm_tensor_parallel_size {parallel}",
                where=self.name,
                fix=f"Use a multiple of {parallel} GPUs, or set vllm_tensor_parallel_size.",
            )

    def for_trl(self, gpus: int) -> dict[str, Any]:
        """Return all arguments of `GRPOConfig` for so many GPUs, a copy that TRL may change.

        Raises:
            UsageError: as `for_world`.
        """
        return {**copy.deepcopy(dict(self.trl_arguments)), **self.for_world(gpus)}

    def as_yaml(self) -> str:
        """Return the recipe in full, nothing extended: what a checkpoint keeps, and `read_recipe` reads."""
        own = {key: getattr(self, key) for key in own_keys()} | {"oversampling": dict(self.oversampling)}
        return yaml.safe_dump(own | dict(self.trl_arguments), sort_keys=False, allow_unicode=True)

    def check_config(self, available: Collection[str]) -> None:
        """Say whether the data set has the recipe's config.

        Args:
            available: the configs of the data set.

        Raises:
            UsageError: it has not; the message says why, where that is known, or names the nearest.
        """
        if self.config in available:
            return
        if self.config.partition("-")[0] in NEEDS_DIFFICULTY:
            paper_config(self.config)  # says that it needs difficulty labels
        near = difflib.get_close_matches(self.config, available, n=1)
        has = f"It has {', '.join(available)}." if available else "It has none."
        raise UsageError(
            f"{self.dataset} has no config {self.config!r}",
            where=self.name,
            fix=f"Did you mean {near[0]!r}?" if near else has,
        )


@cache
def own_keys() -> Mapping[str, Field[Any]]:
    """Return the keys of recipes that are not TRL's.

    Example:
        >>> "prompts_per_step" in own_keys(), "learning_rate" in own_keys()
        (True, False)
    """
    return MappingProxyType({one.name: one for one in fields(Recipe) if "kind" in one.metadata})


def read_recipe(path: Path | str, /, *overlays: Path | str, **settings: Any) -> Recipe:
    """Return the recipe of a YAML file, or the shipped one of that name.

    Args:
        path: the file; it goes over the files that it `extends`.
        overlays: more files, each going over all before it.
        settings: keys and values, going over all files.

    Raises:
        UsageError: a file is missing or no recipe; a key is unknown, missing, of a wrong type or value.

    Example:
        >>> recipe = read_recipe("gpr_up_7b", max_steps=10)
        >>> recipe.config, recipe.trl_arguments["max_steps"]
        ('gpr_up', 10)
        >>> recipe.for_world(32)
        {'per_device_train_batch_size': 4, 'gradient_accumulation_steps': 8}
    """
    file = recipe_path(Path(path))
    values = layered(file)
    for overlay in overlays:
        values |= layered(Path(overlay))
    return recipe_of(values | settings, file.stem, file)


def recipe_of(values: Mapping[str, Any], name: str, where: object) -> Recipe:
    """Return the recipe that keys and values describe.

    Raises:
        UsageError: a key is unknown, missing, of a wrong type or value.
    """
    known = known_arguments()
    for key in values:
        if key in known.derived:
            raise UsageError(f"{key} is not to be set: {known.derived[key]}", where=where)
        if key not in own_keys() and key not in known.types:
            raise unknown_key(key, [*own_keys(), *known.types], where)
    missing = [key for key, one in own_keys().items() if _required(one) and key not in values]
    if missing:
        raise UsageError(
            f"lacks {', '.join(missing)}", where=where, fix="docs/training.md explains each key."
        )
    own = {key: _own(key, values[key], where) for key in own_keys() if key in values}
    trl = {
        key: typed(key, value, known.types[key], where) for key, value in values.items() if key in known.types
    }
    trl = {"output_dir": f"runs/{name}", "run_name": name} | trl
    recipe = Recipe(name=name, **own, trl_arguments=MappingProxyType(trl))
    _check(recipe, where)
    return recipe


def _required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _own(key: str, value: Any, where: object) -> Any:
    metadata = own_keys()[key].metadata
    found = typed(key, value, metadata["kind"], where)
    if metadata["choices"] and found not in metadata["choices"]:
        allowed = ", ".join(metadata["choices"])
        raise UsageError(f"{key} is {found!r}, and must be one of {allowed}", where=where)
    return MappingProxyType(found) if isinstance(found, dict) else found


def _check(recipe: Recipe, where: object) -> None:
    """Refuse what no run could do, or what would train something else than it says."""
    _check_counts(recipe, where)
    _check_context(recipe, where)
    if recipe.argument("hub_token"):
        raise UsageError(
            "hub_token is a secret, and recipes are written beside every checkpoint",
            where=where,
            fix="Leave it out and set HF_TOKEN, or log in (`hf auth login`).",
        )
    generation = recipe.argument("generation_kwargs", {})
    if isinstance(generation, Mapping) and "seed" in generation:
        raise UsageError(
            "generation_kwargs has a seed, which makes all completions of a prompt equal",
            where=where,
            fix="Leave it out: `seed` alone makes a run repeatable.",
        )


def _check_counts(recipe: Recipe, where: object) -> None:
    for key in (
        "prompts_per_step",
        "mini_batch_prompts",
        "max_prompt_length",
        "rows",
        "zero_reward_patience",
    ):
        value = getattr(recipe, key)
        if value is not None and value < 1:
            raise UsageError(f"{key} is {value}, and must be at least 1", where=where)
    for key in ("num_generations", "per_device_train_batch_size", "vllm_tensor_parallel_size"):
        if recipe.argument(key, 1) < 1:
            raise UsageError(f"{key} is {recipe.argument(key)}, and must be at least 1", where=where)
    if recipe.size != MAX_SIZE and (isinstance(recipe.size, str) or recipe.size < 1):
        raise UsageError(f"size is {recipe.size!r}, and must be a number of rows or {MAX_SIZE}", where=where)
    if recipe.prompts_per_step % (recipe.mini_batch_prompts or 1):
        raise UsageError(
            f"prompts_per_step {recipe.prompts_per_step} is no multiple of mini_batch_prompts "
            f"{recipe.mini_batch_prompts}",
            where=where,
            fix="Make them equal for one update per generation, as in the paper.",
        )


def _check_context(recipe: Recipe, where: object) -> None:
    most = recipe.argument("vllm_max_model_length")
    if most and recipe.context > most:
        raise UsageError(
            f"max_prompt_length {recipe.max_prompt_length:,} and max_completion_length "
            f"{recipe.completion_tokens:,} do not fit into vllm_max_model_length {most:,}",
            where=where,
        )
