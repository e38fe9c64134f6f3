"""GRPOTrainer itself, on a tiny model that says what it is told to."""

import pytest
import torch
from datasets import Dataset
from rollouts import RESPONSES, RIGHT, byte_tokenizer
from transformers import Qwen2Config, Qwen2ForCausalLM
from trl import GRPOConfig, GRPOTrainer
from trl.chat_template_utils import qwen3_template

from crossthink_hub.grading import grade
from crossthink_hub.grading.trl import CrossThinkReward, crossthink_reward
from crossthink_hub.row import features

CHATML = (
    "{% for turn in messages %}<|im_start|>{{ turn.role }}\n{{ turn.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
OPENED = CHATML.replace("assistant\n{%", "assistant\n<think>\n{%")


class Scripted(Qwen2ForCausalLM):
    """Generates the responses in turn, whatever the prompts."""

    def generate(self, input_ids, **kwargs):
        ids = [self.tokenizer(text + "<|im_end|>")["input_ids"] for text in self.responses]
        longest = max(map(len, ids))
        padded = [row + [self.tokenizer.pad_token_id] * (longest - len(row)) for row in ids]
        return torch.cat([input_ids, torch.tensor(padded * (len(input_ids) // len(padded)))], dim=1)


@pytest.fixture
def tokenizer():
    made = byte_tokenizer()
    made.chat_template = CHATML
    return made


def published(golds):
    empty = {"persona": None, "skills": [], "flags": [], "domain": None, "answer_letter": None}
    meta = {**empty, "index": 1, "split": "train", "repeat": 0, "source": "mmlu", "question_type": "mcq"}
    meta |= {"answer_template": "long", "question": "6 x 7?", "options": ["41", "42"], "licence": "MIT"}
    meta |= {"upstream": {"repo": "cais/mmlu", "revision": None, "id": None}}
    rows = [
        {
            "id": f"row-{place}",
            "data_source": "crossthink/mmlu",
            "prompt": [{"role": "user", "content": f"6 x 7? ({place})"}],
            "solution": gold,
            "reward_model": {"style": "rule", "ground_truth": gold},
            "ability": "gpr",
            "meta_data": meta,
        }
        for place, gold in enumerate(golds)
    ]
    return Dataset.from_list(rows, features=features())


def train(tmp_path, tokenizer, data, reward=crossthink_reward, responses=None, steps=1):
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Scripted(config) if responses else Qwen2ForCausalLM(config)
    model.tokenizer, model.responses = tokenizer, responses
    arguments = GRPOConfig(
        output_dir=str(tmp_path),
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=48,
        max_steps=steps,
        logging_steps=1,
        shuffle_dataset=False,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
    )
    trainer = GRPOTrainer(model, reward, arguments, train_dataset=data, processing_class=tokenizer)
    trainer.train()
    return [log for log in trainer.state.log_history if "reward" in log]


def mean_reward(responses, gold="42", **settings):
    rewards = [
        grade(response, gold, kind="mcq", options=["41", "42"], **settings).reward for response in responses
    ]
    return sum(rewards) / len(rewards)


def test_what_is_logged_is_what_grade_says(tmp_path, tokenizer):
    logs = train(tmp_path, tokenizer, published(["42", "41"]), responses=RESPONSES, steps=2)
    assert [log["reward"] for log in logs] == [0.25, 0.25]
    assert [log["reward"] for log in logs] == [
        mean_reward(RESPONSES, gold, mode="paper") for gold in ("42", "41")
    ]
    assert [log["rewards/crossthink_paper/mean"] for log in logs] == [0.25, 0.25]
    assert [log["crossthink_paper/format"] for log in logs] == [0.5, 0.5]
    assert [log["crossthink_paper/unclosed_thought"] for log in logs] == [0.25, 0.25]
    assert [log["crossthink_paper/accuracy"] for log in logs] == [0.5, 0.25]


def test_a_random_model_earns_nothing(tmp_path, tokenizer):
    (log,) = train(tmp_path, tokenizer, published(["42"]))
    assert log["reward"] == 0
    assert log["crossthink_paper/format"] == 0


@pytest.mark.parametrize("template", [CHATML, OPENED], ids=["tagged", "opened"])
def test_a_thought_that_the_tokenizer_splits_off_is_judged_too(tmp_path, tokenizer, template):
    tokenizer.chat_template, tokenizer.response_template = template, qwen3_template
    opened = template == OPENED
    reward = CrossThinkReward(thought="opened" if opened else "tagged")
    responses = [response.removeprefix("<think>") for response in RESPONSES] if opened else RESPONSES
    (log,) = train(tmp_path, tokenizer, published(["42"]), reward, responses)
    assert log["reward"] == mean_reward(responses, mode="paper", thought=reward.thought) == 0.25


def test_rows_without_signal_are_left_out(tmp_path, tokenizer):
    logs = train(tmp_path, tokenizer, published(["42", ""]), responses=[RIGHT] * 4, steps=2)
    assert logs[0]["rewards/crossthink_paper/mean"] == 1.0
    assert logs[1]["crossthink_paper/gold_ungradable"] == 1.0
    assert "crossthink_paper/accuracy" not in logs[1]


def test_two_rewards_beside_each_other_are_logged_apart(tmp_path, tokenizer):
    rewards = [crossthink_reward, CrossThinkReward(mode="equivalent")]
    (log,) = train(tmp_path, tokenizer, published(["42"]), rewards, RESPONSES)
    assert {"rewards/crossthink_paper/mean", "rewards/crossthink_equivalent/mean"} <= log.keys()
