"""A run through the real trainer: what it writes, how it is stopped, killed and resumed."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from common import REPOSITORY

from crossthink_hub.errors import UsageError
from crossthink_hub.training.checkpoints import checkpoints, is_whole, provenance_of
from crossthink_hub.training.recipe import Recipe, read_recipe
from crossthink_hub.training.rollouts import SCHEMA, pass_rates, read_rollouts
from crossthink_hub.training.train import train

GRPO = REPOSITORY / "train" / "grpo.py"
PROGRAM = """
import sys
from crossthink_hub.training.recipe import parse_settings, read_recipe
from crossthink_hub.training.train import train

def long(completions, **columns):
    return [float(len(one[0]["content"]) > 11) for one in completions]

train(read_recipe(sys.argv[1], **parse_settings(sys.argv[2:])), score=long)
"""
FewSteps = Callable[..., Recipe]


def long(completions: Sequence[object], **columns: object) -> list[float]:
    """A reward that even random letters get sometimes, so that there is something to learn."""
    return [float(len(one[0]["content"]) > 11) for one in completions]


def quiet(line: str) -> None:
    """Say nothing."""


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2", **more}


def grpo(recipe: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(GRPO), "--config", str(recipe), *arguments]
    return subprocess.run(command, env=environment(**more), capture_output=True, text=True, timeout=300)


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, sample_build: Path, random_model: Path
) -> tuple[Recipe, Path]:
    """A run of four steps, and its recipe."""
    folder = tmp_path_factory.mktemp("done")
    file = folder / "four.yaml"
    file.write_text(
        f"title: four steps\nmodel: {random_model}\ndataset: {sample_build}\nconfig: gpr_up\n"
        "prompts_per_step: 4\nnum_generations: 4\nper_device_train_batch_size: 8\nmax_prompt_length: 400\n"
        "max_completion_length: 12\nmax_steps: 4\nsave_steps: 1\nlearning_rate: 1.0e-3\nbeta: 0.001\n"
        "lr_scheduler_type: linear\n"
        f"shuffle_dataset: false\nuse_cpu: true\nbf16: false\nreport_to: none\noutput_dir: {folder}/run\n"
    )
    recipe = read_recipe(file)
    outcome = train(recipe, score=long, say=quiet)
    assert outcome.model == folder / "run" / "final"
    return recipe, outcome.run


def test_the_entry_point_is_thin():
    assert len(GRPO.read_text().splitlines()) < 150


# What a run writes.


def test_metrics_are_those_of_the_rollouts(done: tuple[Recipe, Path]):
    """For all and for each source: what a step logs is what its rollouts come to."""
    _, run = done
    rollouts = read_rollouts(run)
    logged = metrics(run)
    assert [entry["step"] for entry in logged] == [1, 2, 3, 4]
    for entry in logged:
        step = rollouts.filter(pc.equal(rollouts["step"], entry["step"]))
        assert step.num_rows == 16
        groups = {"all": step}
        for source in set(step["source"].to_pylist()):
            groups[source] = step.filter(pc.equal(step["source"], source))
        for name, group in groups.items():
            assert entry[f"{name}/truncated"] == pytest.approx(mean(group["truncated"]))
            assert entry[f"{name}/accuracy"] == pytest.approx(mean(group["correct"]))
            assert entry[f"{name}/format"] == pytest.approx(mean(group["formatted"]))
            assert entry[f"{name}/tokens_wrong"] == pytest.approx(mean(group["tokens"]))
            for status in set(step["status"].to_pylist()):
                share = mean(pc.equal(group["status"], status))
                assert entry[f"{name}/status/{status}"] == pytest.approx(share)
        sources = {name.partition("/")[0] for name in entry if name.endswith("/truncated")}
        assert sources == set(groups)
        assert entry["reward"] == pytest.approx(mean(step["reward"]))


def mean(column: pa.ChunkedArray) -> float:
    return pc.mean(pc.cast(column, pa.float64())).as_py()


def test_zero_variance_is_the_share_of_prompts_with_one_reward(done: tuple[Recipe, Path]):
    _, run = done
    rollouts = read_rollouts(run)
    for entry in metrics(run):
        rewards = rollouts.filter(pc.equal(rollouts["step"], entry["step"]))["reward"].to_pylist()
        groups = [rewards[start : start + 4] for start in range(0, 16, 4)]
        dead = sum(len(set(group)) == 1 for group in groups) / 4
        assert entry["all/zero_variance"] == pytest.approx(dead)
        assert entry["frac_reward_zero_std"] == pytest.approx(dead)  # TRL's own


def test_every_rollout_is_archived_by_row_id(done: tuple[Recipe, Path], sample_build: Path):
    _, run = done
    rollouts = read_rollouts(run)
    assert rollouts.schema.equals(SCHEMA)
    assert rollouts.num_rows == 4 * 16
    data = pa.concat_tables(pq.read_table(path) for path in sample_build.glob("data/gpr_up/train-*.parquet"))
    rows = {row["id"]: row for row in data.to_pylist()}
    for one in rollouts.to_pylist():
        assert one["solution"] == rows[one["row_id"]]["solution"]
        assert one["source"] == rows[one["row_id"]]["meta_data"]["source"]
        assert 0 < one["tokens"] <= 12


def test_pass_rates_account_for_every_rollout(done: tuple[Recipe, Path]):
    _, run = done
    rates, rollouts = pass_rates(run), read_rollouts(run)
    assert pc.sum(rates["rollouts"]).as_py() == rollouts.num_rows
    assert pc.sum(rates["rewarded"]).as_py() == pc.sum(rollouts["reward"]).as_py()
    assert set(rates["row_id"].to_pylist()) == set(rollouts["row_id"].to_pylist())
    assert all(0 <= rate <= 1 for rate in rates["pass_rate"].to_pylist())


def test_prompts_come_in_the_order_of_the_blend(done: tuple[Recipe, Path], sample_build: Path):
    _, run = done
    seen = list(dict.fromkeys(read_rollouts(run)["row_id"].to_pylist()))
    files = sorted(sample_build.glob("data/gpr_up/train-*.parquet"))
    ids = pa.concat_tables(pq.read_table(path, columns=["id"]) for path in files)["id"].to_pylist()
    places = [ids.index(one) for one in seen]
    assert len(seen) == 16
    assert places == sorted(places)


def test_checkpoints_say_what_they_came_from(done: tuple[Recipe, Path], tmp_path: Path):
    recipe, run = done
    for folder in (*checkpoints(run), run / "final"):
        assert is_whole(folder)
        origin = provenance_of(folder)
        assert origin.data.config == "gpr_up"
        assert origin.data.kind == "sample"
        assert origin.data.row_digest
        assert set(origin.data.licences.values()) == {"Apache-2.0"}
        assert origin.git is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", origin.git)
        assert origin.versions["trl"].startswith("1.16")
        again = tmp_path / "four.yaml"
        again.write_text(origin.recipe)
        assert read_recipe(again).trl_arguments == recipe.trl_arguments


def test_the_final_model_is_one_that_transformers_reads(done: tuple[Recipe, Path]):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _, run = done
    assert AutoModelForCausalLM.from_pretrained(run / "final").num_parameters() > 0
    assert AutoTokenizer.from_pretrained(run / "final").chat_template
    card = (run / "final" / "README.md").read_text()
    assert "trained with GRPO" in card
    assert "trained with another reward in its place: `long`" in card


# Resume.


def test_a_killed_run_that_goes_on_is_the_uninterrupted_one(done: tuple[Recipe, Path], tmp_path: Path):
    recipe, whole = done
    file = tmp_path / "four.yaml"
    file.write_text(recipe.as_yaml())
    run = tmp_path / "killed"
    command = [sys.executable, "-c", PROGRAM, str(file), f"output_dir={run}", "resume_from_checkpoint=latest"]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("step    3/4"):
                process.kill()
    assert not (run / "final").exists()
    assert len(checkpoints(run)) in (2, 3)
    again = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    assert "going on from" in again.stderr
    same = (whole / "final" / "model.safetensors").read_bytes()
    assert (run / "final" / "model.safetensors").read_bytes() == same
    start = whole / "checkpoint-1" / "model.safetensors"
    assert start.read_bytes() != same, "nothing was learnt, so that equality says nothing"
    assert read_rollouts(run).equals(read_rollouts(whole))
    timed = {"step_time"}
    assert [{k: v for k, v in entry.items() if k not in timed} for entry in metrics(run)] == [
        {k: v for k, v in entry.items() if k not in timed} for entry in metrics(whole)
    ]


@pytest.fixture
def copied(done: tuple[Recipe, Path], tmp_path: Path) -> tuple[Recipe, Path]:
    """The run of four steps, to do with as one likes."""
    recipe, whole = done
    run = tmp_path / "copied"
    shutil.copytree(whole, run)
    file = tmp_path / "four.yaml"
    file.write_text(recipe.as_yaml())
    return read_recipe(file, output_dir=str(run), resume_from_checkpoint="latest"), run


@pytest.mark.parametrize("damage", ["cut", "missing", "unsealed"])
def test_a_half_written_checkpoint_is_passed_over(copied: tuple[Recipe, Path], damage: str):
    recipe, run = copied
    before = (run / "final" / "model.safetensors").read_bytes()
    shutil.rmtree(run / "final")
    newest = run / "checkpoint-4"
    if damage == "cut":
        os.truncate(newest / "optimizer.pt", 10)
    else:
        (newest / ("model.safetensors" if damage == "missing" else "crossthink.json")).unlink()
    said: list[str] = []
    train(recipe, score=long, say=said.append)
    assert "checkpoint-4 was not written to its end, and is passed over" in said
    assert f"going on from {run / 'checkpoint-3'}" in said
    assert is_whole(newest)
    assert (run / "final" / "model.safetensors").read_bytes() == before


def test_a_run_that_was_killed_before_its_model_was_written_only_writes_it(copied: tuple[Recipe, Path]):
    recipe, run = copied
    before = (run / "final" / "model.safetensors").read_bytes()
    shutil.rmtree(run / "final")
    outcome = train(recipe, score=long, say=quiet)
    assert outcome.step == 4
    assert (run / "final" / "model.safetensors").read_bytes() == before
    assert len(metrics(run)) == 4


def test_no_run_is_overwritten(copied: tuple[Recipe, Path]):
    recipe, run = copied
    fresh = {**recipe.trl_arguments, "resume_from_checkpoint": None}
    with pytest.raises(UsageError, match="a run lies there already"):
        train(recipe_with(recipe, fresh), say=quiet)
    older = {**recipe.trl_arguments, "resume_from_checkpoint": str(run / "checkpoint-2")}
    with pytest.raises(UsageError, match="checkpoint-4 is newer"):
        train(recipe_with(recipe, older), say=quiet)
    nowhere = {**recipe.trl_arguments, "resume_from_checkpoint": str(run / "checkpoint-9")}
    with pytest.raises(UsageError, match="no such checkpoint"):
        train(recipe_with(recipe, nowhere), say=quiet)
    assert len(metrics(run)) == 4


def recipe_with(recipe: Recipe, arguments: dict[str, object]) -> Recipe:
    from dataclasses import replace

    return replace(recipe, trl_arguments=arguments)


def test_a_stop_file_ends_a_run_after_its_checkpoint(recipe_file: Path, tmp_path: Path):
    stop = tmp_path / "stop"
    stop.touch()
    stopped = grpo(recipe_file, "save_strategy=no", CROSSTHINK_STOP_FILE=str(stop))
    assert stopped.returncode == 0, stopped.stderr
    assert "stopped after step 1 of 4" in stopped.stderr
    run = tmp_path / "run"
    assert [path.name for path in checkpoints(run) if is_whole(path)] == ["checkpoint-1"]
    assert not (run / "final").exists()
    stop.unlink()
    resumed = grpo(recipe_file, "resume_from_checkpoint=latest", CROSSTHINK_STOP_FILE=str(stop))
    assert resumed.returncode == 0, resumed.stderr
    assert (run / "final" / "model.safetensors").exists()
    assert len(metrics(run)) == 4


# Several processes.


def test_two_processes_log_what_their_rollouts_come_to(recipe_file: Path, tmp_path: Path):
    launch = tmp_path / "two.yaml"
    text = (REPOSITORY / "train/launch/fsdp2_1x8.yaml").read_text()
    text = re.sub(r"num_processes: 8", "num_processes: 2", text)
    text = re.sub(r"mixed_precision: bf16", "mixed_precision: 'no'", text)
    launch.write_text(text.replace("use_cpu: false", "use_cpu: true"))
    accelerate = Path(sys.executable).with_name("accelerate")
    done = subprocess.run(
        [accelerate, "launch", "--config_file", launch, GRPO, "--config", recipe_file, "sharding=fsdp2",
         "per_device_train_batch_size=4", "max_steps=2"],
        env=environment(OMP_NUM_THREADS="1"), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    run = tmp_path / "run"
    names = sorted(path.name for path in (run / "rollouts").iterdir())
    assert names == [f"step-00000{step}-rank-00{rank}.parquet" for step in (1, 2) for rank in (0, 1)]
    rollouts = read_rollouts(run)
    for entry in metrics(run):
        step = rollouts.filter(pc.equal(rollouts["step"], entry["step"]))
        assert step.num_rows == 16
        assert entry["all/truncated"] == pytest.approx(mean(step["truncated"]))
        for source in set(step["source"].to_pylist()):
            group = step.filter(pc.equal(step["source"], source))
            assert entry[f"{source}/tokens_wrong"] == pytest.approx(mean(group["tokens"]))
    assert done.stderr.count("step    1/2") == 1, "only the first process speaks"


# Evaluation by TRL's own arguments.


def test_evaluation_takes_the_held_out_rows_and_leaves_the_archive_alone(few_steps: FewSteps):
    recipe = few_steps(
        max_steps=1, eval_strategy="steps", eval_steps=1, per_device_eval_batch_size=8, num_generations_eval=2
    )
    outcome = train(recipe, say=quiet)
    logged = metrics(outcome.run)
    assert any("eval_all/accuracy" in entry for entry in logged)
    assert read_rollouts(outcome.run).num_rows == 16
