"""Every published run has a recipe, it says what the paper says, and TRL understands it."""

import subprocess
import sys
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crossthink_hub.errors import UsageError
from crossthink_hub.recipe.configs import configs
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.recipe.quotas import largest_size, quotas, weights
from crossthink_hub.training.arguments import known_arguments
from crossthink_hub.training.layers import parse_settings
from crossthink_hub.training.recipe import Recipe, own_keys, read_recipe, recipe_of

REPOSITORY = Path(__file__).parents[2]
RECIPES = REPOSITORY / "train" / "recipes"
VERL_CODE = RECIPES / "overlays" / "verl_code.yaml"
SERVER = RECIPES / "overlays" / "server.yaml"

SOURCES = ("mmlu", "syn_qa", "natural_reasoning", "numina_math", "persona_math", "hendrycks_math")
BLENDS = ("nd", "mr_up", "gpr_up", "mcq_up", "open_up", "score", "only_mr", "only_gpr")
SEVEN = {f"{name}_7b": name for name in (*SOURCES, *BLENDS, "nd-open", "only_gpr-short")}
THIRTY_TWO = {f"{name}_32b": name for name in ("gpr_up", "gpr_up_hard")}
RUNS = SEVEN | THIRTY_TWO

# What the paper says and what veRL did, in TRL's words: written here a second time, by hand.
AS_PUBLISHED = {
    "learning_rate": 1e-6,
    "lr_scheduler_type": "constant",
    "warmup_steps": 0.0,
    "weight_decay": 0.01,
    "max_grad_norm": 1.0,
    "bf16": True,
    "num_generations": 8,
    "num_iterations": 1,
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 0,
    "repetition_penalty": 1.0,
    "loss_type": "grpo",
    "scale_rewards": "group",
    "importance_sampling_level": "token",
    "epsilon": 0.2,
    "beta": 0.001,
    "use_bias_correction_kl": False,
    "entropy_coef": 0.0,
    "mask_truncated_completions": False,
    "use_vllm": True,
    "vllm_mode": "colocate",
    "vllm_importance_sampling_correction": False,
    "max_completion_length": 4000,
    "vllm_max_model_length": 5000,
    "generation_kwargs": {"stop_token_ids": [151645]},
    "shuffle_dataset": False,
}
BATCHES = {
    ("7b", 8): (4, 32),
    ("7b", 32): (4, 8),
    ("32b", 8): (1, 128),
    ("32b", 32): (1, 32),
}


def recipe(name: str, *overlays: Path, **settings: Any) -> Recipe:
    return read_recipe(RECIPES / f"{name}.yaml", *overlays, **settings)


@cache
def grpo_config(gpus: int) -> Any:
    """Return TRL's GRPOConfig as it is in one of so many processes.

    Their number is all that is put in its place: a real one would wait for the others. `use_cpu`, which the
    tests set, lets it take `bf16: true` where there is no GPU; every other value is the recipe's.
    """
    trl = pytest.importorskip("trl")

    @dataclass
    class OneOfMany(trl.GRPOConfig):  # type: ignore[misc, name-defined]
        @property
        def world_size(self) -> int:
            return gpus

    return OneOfMany


def parsed(one: Recipe, gpus: int, folder: Path) -> Any:
    """Return a recipe as TRL's own parser reads it from a file."""
    from trl import TrlParser

    file = folder / f"{one.name}.yaml"
    file.write_text(yaml.safe_dump(one.for_trl(gpus) | {"use_cpu": True}))
    (found,) = TrlParser(grpo_config(gpus)).parse_args_and_config(["--config", str(file)])
    return found


def test_each_published_run_has_a_recipe():
    files = {file.stem for file in RECIPES.glob("*.yaml")}
    assert {name for name in files if not name.startswith("tiny")} == set(RUNS)
    for name, config in RUNS.items():
        one = recipe(name)
        assert one.config == config
        assert one.model == ("Qwen/Qwen2.5-7B" if name in SEVEN else "Qwen/Qwen2.5-32B")
        assert one.paper
        assert one.paper.startswith("table ")


@pytest.mark.parametrize("gpus", [8, 32])
def test_trl_makes_1024_sequences_and_one_update_of_each_recipe(gpus: int, tmp_path: Path):
    for name in RUNS:
        one = recipe(name)
        config = parsed(one, gpus, tmp_path)
        batch = (config.per_device_train_batch_size, config.gradient_accumulation_steps)
        assert batch == BATCHES[name.rpartition("_")[2], gpus], name
        assert batch[0] * batch[1] * gpus == 1024, name
        assert config.generation_batch_size == 1024, name
        assert config.steps_per_generation == config.gradient_accumulation_steps, name
        assert config.max_steps == (250 if one.config in SOURCES else 650), name


def test_every_value_is_as_published_and_stated_and_reaches_trl(tmp_path: Path):
    for name in RUNS:
        one = recipe(name)
        stated = {key: one.trl_arguments.get(key, "not stated") for key in AS_PUBLISHED}
        assert stated == AS_PUBLISHED, name
        assert one.trl_arguments["model_init_kwargs"]["dtype"] == "float32"
        assert (one.prompts_per_step, one.mini_batch_prompts) == (128, 128)
        assert (one.max_prompt_length, one.reward_mode, one.thought) == (1000, "paper", "tagged")
        config = parsed(one, 8, tmp_path)
        assert {key: getattr(config, key) for key in AS_PUBLISHED} == AS_PUBLISHED, name
        assert config.vllm_tensor_parallel_size == (1 if name in SEVEN else 4)


def test_published_recipes_leave_none_of_our_keys_to_a_default():
    for name in RUNS:
        written = yaml.safe_load(recipe(name).as_yaml())
        merged = set(_keys(RECIPES / f"{name}.yaml"))
        assert set(own_keys()) <= merged, name
        assert merged <= set(written), name


def _keys(file: Path) -> list[str]:
    """Return the keys of a file and of all that it extends, read as plain YAML."""
    values = yaml.safe_load(file.read_text())
    extended = values.pop("extends", [])
    names = [extended] if isinstance(extended, str) else extended
    return [*values, *(key for name in names for key in _keys(file.parent / name))]


def test_what_is_not_in_the_paper_stands_in_one_place():
    base = set(yaml.safe_load((RECIPES / "shared" / "base.yaml").read_text())) - {"extends"}
    ours = set(yaml.safe_load((RECIPES / "shared" / "not_in_the_paper.yaml").read_text()))
    assert not base & ours
    machine = {
        "model", "sharding", "per_device_train_batch_size", "vllm_tensor_parallel_size",
        "vllm_gpu_memory_utilization",
    }  # fmt: skip
    shared = base | ours | machine
    assert shared >= set(AS_PUBLISHED)
    for name in RUNS:
        own = set(yaml.safe_load((RECIPES / f"{name}.yaml").read_text())) - {"extends"}
        run = {"title", "paper", "config", "rows", "epochs"}
        assert own == run | ({"size", "oversampling"} if name == "score_7b" else set()), name


def test_size_oversampling_and_epochs_follow_from_table_1():
    samples = {name: facts.samples for name, facts in source_facts().items()}
    for name, config in RUNS.items():
        one = recipe(name)
        if config == "gpr_up_hard":
            assert (one.rows, one.epochs) == (None, None)
            continue
        shares = weights(configs()[config].blend)
        prompts = one.prompts_per_step * one.argument("max_steps")
        most = largest_size(shares, samples)
        assert one.rows == (most if one.size == "max" else one.size), name
        assert one.epochs == pytest.approx(prompts / one.rows, abs=0.006), name
        counts = quotas(shares, one.rows)
        repeated = {key: count / samples[key] for key, count in counts.items() if count > samples[key]}
        assert dict(one.oversampling) == pytest.approx(repeated, abs=0.005), name
    score = recipe("score_7b")
    assert (score.size, dict(score.oversampling)) == (83_200, {"hendrycks_math": 1.65})
    assert recipe("hendrycks_math_7b").epochs == 3.75


def test_verl_code_overlay_changes_what_verl_did_and_nothing_else(tmp_path: Path):
    plain, verl = recipe("gpr_up_7b"), recipe("gpr_up_7b", VERL_CODE)
    changed = {key for key in plain.trl_arguments if plain.trl_arguments[key] != verl.trl_arguments[key]}
    assert changed == {"loss_type", "entropy_coef"}
    assert replace(verl, trl_arguments=plain.trl_arguments) == plain
    config = parsed(verl, 8, tmp_path)
    assert (config.loss_type, config.entropy_coef) == ("bnpo", 0.001)


def test_server_overlay_trains_on_four(tmp_path: Path):
    config = parsed(recipe("gpr_up_7b", SERVER), 4, tmp_path)
    assert (config.vllm_mode, config.generation_batch_size) == ("server", 1024)
    assert config.gradient_accumulation_steps == 64


def test_several_updates_of_a_generation_are_trls_steps_per_generation(tmp_path: Path):
    one = recipe("gpr_up_7b", mini_batch_prompts=32)
    config = parsed(one, 8, tmp_path)
    assert config.gradient_accumulation_steps * 8 * 4 == 256
    assert config.steps_per_generation == 4 * config.gradient_accumulation_steps
    assert config.generation_batch_size == 1024


# What is known of TRL without TRL.


def kind(hint: Any) -> str:
    """Return the type of a field as `trl_arguments.yaml` writes it."""
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    words = {
        bool: "bool",
        int: "int",
        float: "float",
        str: "str",
        dict: "mapping",
        list: "list",
        Literal: "bool",
    }
    names = {words.get(get_origin(part) or part, "") for part in parts} - {""}
    if any(isinstance(part, type) and issubclass(part, str) for part in parts):
        names.add("str")
    return "|".join(sorted(names or {"mapping"})) + ("?" if NoneType in parts else "")


def test_known_arguments_are_those_of_the_trl_that_is_installed():
    trl = pytest.importorskip("trl")
    hints = get_type_hints(trl.GRPOConfig)
    theirs = {one.name: kind(hints[one.name]) for one in fields(trl.GRPOConfig)}
    ours = {
        key: "|".join(sorted(value.removesuffix("?").split("|"))) + ("?" if value.endswith("?") else "")
        for key, value in known_arguments().types.items()
    }
    assert ours == theirs
    assert set(known_arguments().derived) <= set(theirs)
    assert not set(own_keys()) & set(theirs)


def test_a_recipe_is_read_without_trl_torch_or_datasets():
    code = (
        "import sys; from crossthink_hub.training.recipe import read_recipe; read_recipe('gpr_up_7b');"
        "print([one for one in ('torch', 'trl', 'accelerate', 'datasets', 'pyarrow') if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


# The batch.


@given(
    prompts=st.integers(1, 40).map(lambda n: n * 8),
    updates=st.sampled_from([1, 2, 4, 8]),
    generations=st.integers(1, 16),
    gpus=st.integers(1, 64),
    per_device=st.integers(1, 16),
)
def test_for_world_divides_exactly_or_says_what_would(
    prompts: int, updates: int, generations: int, gpus: int, per_device: int
):
    one = Recipe(
        name="one",
        title="t",
        model="m",
        dataset="d",
        config="c",
        prompts_per_step=prompts,
        mini_batch_prompts=prompts // updates,
        max_prompt_length=10,
        trl_arguments={"num_generations": generations, "per_device_train_batch_size": per_device},
    )
    sequences = prompts // updates * generations
    if sequences % (gpus * per_device):
        with pytest.raises(UsageError) as refused:
            one.for_world(gpus)
        assert f"{sequences:,}" in refused.value.message
        assert f"{gpus} GPUs x {per_device}" in refused.value.message
        for words in (refused.value.fix or "").split("."):
            _suggestions_divide(words, sequences, gpus, per_device)
        return
    batch = one.for_world(gpus)
    assert batch["per_device_train_batch_size"] == per_device
    assert per_device * gpus * batch["gradient_accumulation_steps"] == sequences
    assert batch.get("steps_per_generation", batch["gradient_accumulation_steps"]) * per_device * gpus == (
        prompts * generations
    )


def _suggestions_divide(words: str, sequences: int, gpus: int, per_device: int) -> None:
    listed = words.rpartition(" to ")[2] if "per_device" in words else words.partition("se ")[2]
    numbers = [int(part) for part in listed.replace(",", " ").split() if part.isdigit()]
    for number in numbers if "divisor" not in words else []:
        at_once = gpus * number if "per_device" in words else number * per_device
        assert sequences % at_once == 0


def test_for_world_names_a_smaller_batch_or_other_numbers_of_gpus():
    with pytest.raises(UsageError, match=r"1,024 sequences .* 3 GPUs x 4 .*: 4 are left over") as refused:
        recipe("gpr_up_7b").for_world(3)
    assert refused.value.fix == "Use 1, 2, 4, 8, 16, 32 or 64 GPUs."
    with pytest.raises(UsageError, match="there are too few") as refused:
        recipe("gpr_up_7b", per_device_train_batch_size=16).for_world(128)
    assert "set per_device_train_batch_size to 1, 2, 4 or 8" in (refused.value.fix or "")
    with pytest.raises(UsageError, match="groups of vllm_tensor_parallel_size 4"):
        recipe("gpr_up_32b").for_world(2)
    with pytest.raises(UsageError, match="at least one"):
        recipe("gpr_up_7b").for_world(0)


# Bad input.

GOOD = "title: t\nmodel: m\ndataset: d\nconfig: c\nprompts_per_step: 8\nmax_prompt_length: 10\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("promts_per_step: 128\n", "Did you mean 'prompts_per_step'?"),
        ("learning_rat: 1.0e-6\n", "Did you mean 'learning_rate'?"),
        ("zzzz: 1\n", "unknown key 'zzzz'"),
        ("learning_rate: fast\n", "learning_rate is 'fast', and must be a number"),
        ("max_steps: 1.5\n", "max_steps is 1.5, and must be a whole number"),
        ("use_vllm: 1\n", "use_vllm is 1, and must be true or false"),
        ("num_generations: true\n", "num_generations is True, and must be a whole number or null"),
        ("size: all\n", "size is 'all', and must be a number of rows or max"),
        ("sharding: zero2\n", "must be one of none, fsdp2, zero3"),
        ("reward_mode: fuzzy\n", "must be one of paper, letter, equivalent"),
        ("gradient_accumulation_steps: 4\n", "is not to be set: it follows from"),
        ("generation_batch_size: 1024\n", "is not to be set: it is prompts_per_step times"),
        ("mini_batch_prompts: 3\n", "prompts_per_step 8 is no multiple of mini_batch_prompts 3"),
        ("mini_batch_prompts: 0\n", "mini_batch_prompts is 0, and must be at least 1"),
        ("per_device_train_batch_size: 0\n", "must be at least 1"),
        ("generation_kwargs: {seed: 1}\n", "makes all completions of a prompt equal"),
        ("hub_token: hf_abc\n", "hub_token is a secret"),
        (
            "vllm_max_model_length: 100\nmax_completion_length: 91\n",
            "do not fit into vllm_max_model_length 100",
        ),
        ("config: d\n", "config stands twice (line 7)"),
        ("extends: missing.yaml\n", "can't be read"),
        ("extends: 3\n", "must be a file or a list of files"),
        ("extends: mine.yaml\n", "extends itself: mine.yaml -> mine.yaml"),
        ("model_init_kwargs: [a\n", "not YAML"),
        ("seed: 2024-13-45\n", "not YAML: month must be in 1..12"),
        ("? [a]\n: 1\n", "a key is no word (line 7)"),
        ("learning_rate: .nan\n", "learning_rate is nan, and must be a number"),
        ("oversampling: 1\n", "oversampling is 1, and must be a mapping"),
    ],
)
def test_a_mistake_is_named(text: str, says: str, tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD + text)
    with pytest.raises(UsageError) as refused:
        read_recipe(file)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is not a mapping"),
        (b"- a", "is not a mapping"),
        (b"\xff", "not UTF-8"),
        (b"model: m", "lacks title"),
    ],
)
def test_a_file_that_is_no_recipe_says_why(data: bytes, says: str, tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=says):
        read_recipe(file)


def test_a_circle_of_files_and_a_missing_one_are_named(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")
    with pytest.raises(UsageError, match=r"extends itself: a.yaml -> b.yaml -> a.yaml"):
        read_recipe(tmp_path / "a.yaml")
    with pytest.raises(UsageError, match="no such file") as refused:
        read_recipe(tmp_path / "c.yaml")
    assert "gpr_up_7b" in (refused.value.fix or "")
    with pytest.raises(UsageError, match="can't be read"):
        recipe("gpr_up_7b", tmp_path / "overlay.yaml")


def test_a_setting_named_like_a_parameter_of_ours_is_an_unknown_key():
    with pytest.raises(UsageError, match="unknown key 'path'"):
        read_recipe("gpr_up_7b", **parse_settings(["path=3"]))


@pytest.mark.parametrize("setting", ["max_steps", "=3", "max_steps=[1", "seed=2024-13-45"])
def test_a_setting_that_is_none_is_refused(setting: str):
    with pytest.raises(UsageError):
        parse_settings([setting])


# What goes over what.


def test_settings_go_over_overlays_over_files(tmp_path: Path):
    (tmp_path / "below.yaml").write_text(GOOD + "seed: 1\ntemperature: 0.5\nbeta: 0.1\nmin_p: 0.1\n")
    (tmp_path / "mine.yaml").write_text("extends: below.yaml\nseed: 2\ntemperature: 0.6\nbeta: 0.2\n")
    (tmp_path / "over.yaml").write_text("temperature: 0.7\nbeta: 0.3\n")
    one = read_recipe(tmp_path / "mine.yaml", tmp_path / "over.yaml", **parse_settings(["beta=1e-4"]))
    found = [one.trl_arguments[key] for key in ("min_p", "seed", "temperature", "beta")]
    assert found == [0.1, 2, 0.7, 0.0001]
    assert one.name == "mine"
    assert one.trl_arguments["output_dir"] == "runs/mine"


def test_a_recipe_written_out_is_the_same_recipe(tmp_path: Path):
    for name in ("gpr_up_7b", "score_7b", "gpr_up_hard_32b"):
        one = recipe(name)
        file = tmp_path / f"{name}.yaml"
        file.write_text(one.as_yaml())
        assert read_recipe(file) == one


def test_trl_may_change_what_it_is_given():
    one = recipe("gpr_up_7b")
    given_away = one.for_trl(8)
    given_away["generation_kwargs"]["stop_token_ids"].append(0)
    assert one.trl_arguments["generation_kwargs"] == {"stop_token_ids": [151645]}


def test_a_config_that_is_not_there_says_why():
    recipe("gpr_up_7b").check_config(["nd", "gpr_up"])
    with pytest.raises(UsageError, match="needs difficulty labels"):
        recipe("gpr_up_hard_32b").check_config(["nd", "gpr_up"])
    with pytest.raises(UsageError, match="has no config 'gpr_up'") as refused:
        recipe("gpr_up_7b").check_config(["mr_up"])
    assert refused.value.fix == "Did you mean 'mr_up'?"
    one = recipe_of({**yaml.safe_load(GOOD), "config": "mine"}, "one", "one.yaml")
    one.check_config(["mine"])
    with pytest.raises(UsageError, match="has no config 'mine'"):
        one.check_config([])
