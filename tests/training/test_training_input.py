"""Bad input of training: each ends with what happened and what to change."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from common import REPOSITORY

from crossthink_hub.errors import CrossThinkError, FolderError, TrainingError, UsageError
from crossthink_hub.training.chat import load_tokenizer
from crossthink_hub.training.dataset import open_rows, within_budget
from crossthink_hub.training.recipe import Recipe
from crossthink_hub.training.train import train

FewSteps = Callable[..., Recipe]
GRPO = REPOSITORY / "train" / "grpo.py"


def quiet(line: str) -> None:
    """Say nothing."""


# Data.


def plain(folder: Path, table: pa.Table) -> str:
    """Write a data set that no build made: a Parquet file and no manifest."""
    (folder / "gpr_up").mkdir(parents=True)
    pq.write_table(table, folder / "gpr_up" / "train.parquet")
    card = "---\nconfigs:\n- config_name: gpr_up\n  data_files: gpr_up/train.parquet\n---\n"
    (folder / "README.md").write_text(card)
    return str(folder)


@pytest.fixture(scope="module")
def rows(sample_build: Path) -> pa.Table:
    return pq.read_table(next(sample_build.glob("data/gpr_up/train-*.parquet"))).slice(0, 50)


def test_a_data_set_of_ones_own_will_do(few_steps: FewSteps, rows: pa.Table, tmp_path: Path):
    found = open_rows(few_steps(dataset=plain(tmp_path / "own", rows)))
    assert len(found.dataset) == 50
    assert found.origin.version is None


def test_a_missing_column(few_steps: FewSteps, rows: pa.Table, tmp_path: Path):
    recipe = few_steps(dataset=plain(tmp_path / "lacks", rows.drop_columns(["solution", "id"])))
    with pytest.raises(UsageError, match="lacks the columns id, solution; it has data_source, prompt"):
        train(recipe, say=quiet)


def test_an_empty_config(few_steps: FewSteps, rows: pa.Table, tmp_path: Path):
    with pytest.raises(UsageError, match="has no rows"):
        train(few_steps(dataset=plain(tmp_path / "empty", rows.slice(0, 0))), say=quiet)


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"dataset": "nowhere"}, FolderError, r"no such folder, and training never builds data\nBuild it"),
        ({"config": "gpr_down"}, UsageError, "has no config 'gpr_down'"),
        ({"config": "gpr_up_hard"}, UsageError, "difficulty"),
        ({"split": "dev"}, UsageError, "dev"),
        ({"max_prompt_length": 10}, UsageError, r"4 prompts are needed, and 0 of 2,\d+ are left within 10 "),
        ({"prompts_per_step": 5}, UsageError, "can't be divided"),
        ({"sharding": "fsdp2"}, UsageError, "sharding is fsdp2, and this was launched with none"),
    ],
)  # fmt: skip
def test_recipe_and_data_that_do_not_go_together(
    few_steps: FewSteps, settings: dict[str, object], kind: type[CrossThinkError], message: str
):
    with pytest.raises(kind, match=message):
        train(few_steps(**settings), say=quiet)


def test_what_does_not_divide_is_refused_before_anything_is_loaded(few_steps: FewSteps):
    with pytest.raises(UsageError, match="can't be divided"):
        train(few_steps(model="no/such-model", dataset="nowhere", prompts_per_step=5), say=quiet)


@pytest.mark.parametrize("budget", [200, 300, 10_000])
def test_prompts_over_the_budget_are_dropped_and_counted(few_steps: FewSteps, budget: int):
    recipe = few_steps(max_prompt_length=budget)
    tokenizer, dataset = load_tokenizer(recipe), open_rows(recipe).dataset
    said: list[str] = []
    kept = within_budget(dataset, tokenizer, recipe, said.append)
    lengths = [
        len(tokenizer.apply_chat_template(prompt, add_generation_prompt=True)["input_ids"])
        for prompt in dataset["prompt"]
    ]
    fits = [one for one, length in zip(dataset["id"], lengths, strict=True) if length <= budget]
    assert kept["id"][:] == fits
    numbers = [
        int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?![\d.,]*%)", said[0].partition("(")[0])
    ]
    assert numbers[0] == len(fits)
    assert numbers[1] == len(dataset) - len(fits)


# The reward.


def test_a_reward_list_of_wrong_length(few_steps: FewSteps):
    def short(completions: list[object], **columns: object) -> list[float]:
        return [0.0] * (len(completions) - 1)

    with pytest.raises(
        UsageError, match=r"short: gave 15 rewards for 16 completions\nA reward returns a list"
    ):
        train(few_steps(), score=short, say=quiet)


def test_a_reward_that_stays_0_ends_the_run_with_what_speaks_for_the_causes(few_steps: FewSteps):
    recipe = few_steps(zero_reward_patience=2, max_steps=10)
    with pytest.raises(TrainingError, match="no completion was rewarded in the first 2 steps") as stopped:
        train(recipe, say=quiet)
    logged = [
        json.loads(line)
        for line in (Path(recipe.argument("output_dir")) / "metrics.jsonl").read_text().splitlines()
    ]
    assert len(logged) == 2
    cut = sum(entry["all/truncated"] for entry in logged) / 2
    assert f"{cut:.0%} of the completions were cut off before they ended: raise max_compl" in str(
        stopped.value
    )
    assert "have no box after the thought" in str(stopped.value)


# Numbers that are none, and memory that is not there.


def test_a_model_with_damaged_weights(few_steps: FewSteps, random_model: Path, tmp_path: Path):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(random_model)
    model.model.norm.weight.data.fill_(torch.nan)
    model.save_pretrained(tmp_path / "damaged")
    AutoTokenizer.from_pretrained(random_model).save_pretrained(tmp_path / "damaged")
    with pytest.raises(
        TrainingError, match=r"output is no number[^\n]*\nAt the first step, the model's weights"
    ):
        train(few_steps(model=str(tmp_path / "damaged")), say=quiet)


def test_a_loss_that_is_no_number(few_steps: FewSteps):
    def half(completions: list[object], **columns: object) -> list[float]:
        return [float(place % 2) for place, _ in enumerate(completions)]

    recipe = few_steps(beta=1e38, learning_rate=0.1)
    with pytest.raises(
        TrainingError, match=r"(loss|grad_norm) is (inf|nan) at step \d; no checkpoint"
    ) as stopped:
        train(recipe, score=half, say=quiet)
    step = int(re.search(r"step (\d)", str(stopped.value))[1])
    assert not (Path(recipe.argument("output_dir")) / f"checkpoint-{step}").exists()


OUT_OF_MEMORY = """
import resource, runpy, sys, torch, trl, transformers, datasets
from trl import GRPOTrainer
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2_000_000_000,) * 2)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_memory_that_runs_out(recipe_file: Path):
    done = subprocess.run(
        [sys.executable, "-c", OUT_OF_MEMORY, str(GRPO), "--config", str(recipe_file), "prompts_per_step=512",
         "per_device_train_batch_size=2048", "num_generations=4", "max_steps=1"],
        env={**os.environ, "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 6, done.stderr
    assert "no memory left" in done.stderr
    assert "a smaller per_device_train_batch_size (now 2048; accumulation follows)" in done.stderr
    assert "Traceback" not in done.stderr


# Workers.

WORKERS = r"""
import sys, psutil
from crossthink_hub.grading import grade
from crossthink_hub.training.recipe import read_recipe
from crossthink_hub.training.train import train

seen = []

def watching(completions, **columns):
    assert grade(r"<think>a</think>\boxed{(-2, 2)}", "x^2 < 4").reward == 1.0
    for child in psutil.Process().children(recursive=True):
        loaded = [one.path for one in child.memory_maps()]
        seen.append((" ".join(child.cmdline()), any("libtorch" in path for path in loaded)))
    return [float(place % 2) for place, _ in enumerate(completions)]

train(read_recipe(sys.argv[1], max_steps=1), score=watching)
print(*(f"{torch} {command}" for command, torch in seen), sep="\n")
"""


def test_reward_workers_are_programs_of_their_own_without_torch(recipe_file: Path):
    done = subprocess.run(
        [sys.executable, "-c", WORKERS, str(recipe_file)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    workers = [line for line in done.stdout.splitlines() if "worker" in line]
    assert workers, done.stdout
    assert all(line.startswith("False ") for line in workers)
