"""verl 0.9: its loader, its reward manager, and its reward workers in Ray."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
import ray
import torch
import verl
from omegaconf import OmegaConf
from rollouts import RESPONSES, RIGHT
from verl import DataProto
from verl.experimental.reward_loop import RewardLoopManager
from verl.trainer.ppo.metric_utils import process_validation_metrics
from verl.trainer.ppo.reward import get_custom_reward_fn, load_reward_manager

import crossthink_hub.grading.verl
from crossthink_hub.grading import grade
from crossthink_hub.grading.trl import crossthink_reward

PLACES = ["pkg://crossthink_hub.grading.verl", crossthink_hub.grading.verl.__file__]
META = {"index": 1, "split": "train", "question_type": "mcq", "options": ["41", "42"]}


def verl_config(path=PLACES[0], **reward_kwargs):
    reward = OmegaConf.load(Path(verl.__file__).parent / "trainer" / "config" / "reward" / "reward.yaml")
    chosen = {"num_workers": 1, "custom_reward_function": {"path": path, "reward_kwargs": reward_kwargs}}
    return OmegaConf.create({"reward": OmegaConf.merge(reward, chosen)})


def rollouts(tokenizer, golds, responses):
    ids = [tokenizer(text + "<|im_end|>")["input_ids"] for text in responses]
    longest = max(map(len, ids))
    rows = torch.tensor([row + [tokenizer.pad_token_id] * (longest - len(row)) for row in ids])
    prompts = torch.tensor([tokenizer("6 x 7? ")["input_ids"]] * len(ids))
    mask = torch.cat([torch.ones_like(prompts), (rows != tokenizer.pad_token_id).long()], dim=1)
    return DataProto.from_dict(
        tensors={"prompts": prompts, "responses": rows, "attention_mask": mask},
        non_tensors={
            "data_source": np.array(["crossthink/mmlu"] * len(ids), dtype=object),
            "reward_model": np.array(
                [{"style": "rule", "ground_truth": gold} for gold in golds], dtype=object
            ),
            "extra_info": np.array([dict(META) for _ in ids], dtype=object),
        },
    )


def scored(config, tokenizer, data):
    async def run():
        manager = load_reward_manager(config, tokenizer)
        return [await manager.run_single(data[place : place + 1]) for place in range(len(data))]

    return asyncio.run(run())


@pytest.mark.parametrize("path", PLACES, ids=["package", "file"])
def test_the_reward_manager_gives_what_grade_says(tokenizer, path):
    results = scored(verl_config(path), tokenizer, rollouts(tokenizer, ["42"] * 4, RESPONSES))
    verdicts = [grade(text, "42", kind="mcq", options=["41", "42"], mode="paper") for text in RESPONSES]
    assert (
        [result["reward_score"] for result in results]
        == [verdict.reward for verdict in verdicts]
        == [1, 0, 0, 0]
    )
    logged = [result["reward_extra_info"] for result in results]
    assert [row["format"] for row in logged] == [verdict.formatted for verdict in verdicts]
    assert [row["status"] for row in logged] == [str(verdict.status) for verdict in verdicts]


def test_settings_come_from_reward_kwargs(tokenizer):
    data = rollouts(tokenizer, ["42"], [RIGHT.removeprefix("<think>")])
    assert scored(verl_config(), tokenizer, data)[0]["reward_score"] == 0
    assert scored(verl_config(thought="opened", mode="equivalent"), tokenizer, data)[0]["reward_score"] == 1


def test_rows_without_signal_pass_through_the_validation_metrics(tokenizer):
    results = scored(verl_config(), tokenizer, rollouts(tokenizer, ["42", ""], [RIGHT, RIGHT]))
    logged = [result["reward_extra_info"] for result in results]
    columns = {name: [row[name] for row in logged] for name in logged[0]}
    metrics = process_validation_metrics(["mmlu", "mmlu"], ["a", "b"], columns)["mmlu"]
    assert metrics["graded"]["mean@1"] == metrics["acc"]["mean@1"] == 0.5


def test_main_eval_gets_a_number():
    compute_score = get_custom_reward_fn(verl_config(details=False))
    assert np.mean([compute_score("crossthink/mmlu", text, "42") for text in RESPONSES]) == 0.25


@pytest.fixture(scope="module")
def cluster():
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.slow
def test_in_verls_ray_workers(cluster, tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    model = {"actor_rollout_ref": {"model": {"path": str(tmp_path), "tokenizer_path": None}}}
    manager = RewardLoopManager(OmegaConf.merge(verl_config(), model))
    result = manager.compute_rm_score(rollouts(tokenizer, ["42"] * 4, RESPONSES))
    assert result.batch["rm_scores"].sum(dim=1).tolist() == [1, 0, 0, 0]
    assert result.non_tensor_batch["pred"].tolist()[:2] == ["42", "41"]


@pytest.mark.slow
def test_a_reward_goes_to_a_ray_actor(cluster):
    @ray.remote
    class Worker:
        def __init__(self, reward):
            self.reward = reward

        def score(self, completions):
            return self.reward(completions, solution=["42"] * len(completions))

    worker = Worker.remote(crossthink_reward)
    assert ray.get(worker.score.remote(RESPONSES)) == [1, 0, 0, 0]
