"""OpenRLHF 0.11: its executor loads the file and calls it, and its generator takes what comes back.

Only vLLM, which is not installed here, is stood in for: by an engine that says what it is told to.
"""

import asyncio
import importlib
import sys
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from openrlhf.utils.agent import SingleTurnAgentExecutor
from rollouts import RESPONSES, RIGHT

import crossthink_hub.grading.openrlhf
from crossthink_hub.grading import grade

REWARD_FILE = crossthink_hub.grading.openrlhf.__file__
PROMPT = "<|im_start|>user\n6 x 7?  Answer in \\boxed{}.<|im_end|>\n<|im_start|>assistant\n"


def execute(tokenizer, response, label="42", prompt=PROMPT, file=REWARD_FILE, max_length=1000):
    async def generate(prompt_ids, sampling_params, multi_modal_data=None):
        ids = tokenizer(response + "<|im_end|>")["input_ids"]
        return SimpleNamespace(outputs=[SimpleNamespace(token_ids=ids, finish_reason="stop", logprobs=None)])

    executor = SingleTurnAgentExecutor(str(file))
    sampling = SimpleNamespace(max_tokens=100, logprobs=None)
    engine = SimpleNamespace(generate=generate)
    return asyncio.run(executor.execute(prompt, label, sampling, max_length, tokenizer, engine))


@pytest.mark.parametrize("response", RESPONSES)
def test_the_executor_gets_what_grade_says(tokenizer, response):
    output = execute(tokenizer, response)
    verdict = grade(response, "42", mode="paper")
    assert output["reward"].tolist() == output["scores"].tolist() == [verdict.reward]
    assert output["extra_logs"]["format"].tolist() == [verdict.formatted]


def test_a_prompt_that_was_cut_is_cut_off_too(tokenizer):
    output = execute(tokenizer, RIGHT, prompt="A long story. " * 50 + PROMPT, max_length=170)
    assert tokenizer.decode(output["observation_tokens"]).startswith(
        "ng story. A long story. <|im_start|>user"
    )
    assert output["reward"].tolist() == [1]


def test_a_box_in_the_prompt_is_no_answer(tokenizer):
    prompt = PROMPT.replace(r"\boxed{}", r"\boxed{42}, <think>like</think> so")
    assert execute(tokenizer, "I don't know.", prompt=prompt)["reward"].tolist() == [0]


def test_a_label_that_can_not_be_graded_is_told_apart(tokenizer):
    output = execute(tokenizer, RIGHT, label="")
    assert output["reward"].tolist() == output["extra_logs"]["graded"].tolist() == [0]


def test_settings_come_from_a_file_of_ones_own(tokenizer, tmp_path):
    file = tmp_path / "reward.py"
    file.write_text(
        "from functools import partial\n"
        "from crossthink_hub.grading import openrlhf\n"
        'reward_func = partial(openrlhf.reward_func, mode="equivalent", thought="opened")\n'
    )
    opened = RIGHT.removeprefix("<think>")
    assert execute(tokenizer, opened, file=file)["reward"].tolist() == [1]
    assert execute(tokenizer, opened)["reward"].tolist() == [0]


def test_the_generator_makes_an_experience_of_it(tokenizer, monkeypatch):
    for name in ("vllm", "vllm.inputs", "vllm.utils", "openrlhf.trainer.ray.vllm_engine"):
        monkeypatch.setitem(sys.modules, name, MagicMock())
    generator = importlib.import_module("openrlhf.trainer.ppo_utils.samples_generator").SamplesGenerator
    experience = generator._process_response_into_experience(None, execute(tokenizer, RIGHT))
    assert experience.rewards.tolist() == experience.scores.tolist() == [1]
    assert experience.info["format"].tolist() == experience.info["graded"].tolist() == [1]
