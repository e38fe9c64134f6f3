"""The ready-made rewards, called as each trainer calls them.

TRL itself runs in `test_trl_trainer.py`; verl, OpenRLHF and verifiers run in `tests/trainers`, in their own
environment. What is held to a documented shape only, here, says so.
"""

import asyncio
import inspect
import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from common import RunPython
from rollouts import NO_THOUGHT, RESPONSES, RIGHT, WRONG
from torch.utils.data import DataLoader, Dataset

from crossthink_hub.errors import UsageError
from crossthink_hub.grading import Status, grade
from crossthink_hub.grading.openrlhf import response_of, reward_func
from crossthink_hub.grading.rewards import completion_text
from crossthink_hub.grading.trl import CrossThinkReward, crossthink_reward
from crossthink_hub.grading.verifiers import RubricReward, TaskReward, task_reward
from crossthink_hub.grading.verifiers import crossthink_reward as rubric_reward
from crossthink_hub.grading.verl import compute_score

GOLDS = ["42"] * len(RESPONSES)
EXPECTED = [grade(response, "42", mode="paper").reward for response in RESPONSES]
REWARDS = [crossthink_reward, CrossThinkReward("equivalent", "opened"), rubric_reward, task_reward]
MCQ = {"question_type": "mcq", "options": ["Paris", "Rome"], "index": 3, "flags": []}


def said(content, **more):
    return [{"role": "assistant", "content": content, **more}]


class TestTRL:
    def test_texts_and_messages_get_what_grade_says(self):
        assert EXPECTED == [1, 0, 0, 0]
        assert crossthink_reward(RESPONSES, solution=GOLDS) == EXPECTED
        assert crossthink_reward([said(text) for text in RESPONSES], solution=GOLDS) == EXPECTED

    def test_every_column_of_a_row_may_come_along(self):
        columns = {
            "id": ["a"],
            "prompts": ["6 x 7?"],
            "completion_ids": [[1]],
            "ability": ["mr"],
            "environments": [],
        }
        golds = [{"style": "rule", "ground_truth": "42"}]
        given = {"solution": ["42"], "reward_model": golds, "meta_data": [MCQ], "trainer_state": object()}
        assert crossthink_reward(completions=[RIGHT], **columns, **given) == [1]

    def test_the_ground_truth_may_be_in_reward_model_alone(self):
        golds = [{"style": "rule", "ground_truth": "42"}, {"style": "rule", "ground_truth": None}, None]
        assert crossthink_reward([RIGHT] * 3, reward_model=golds) == [1, None, None]

    def test_without_a_ground_truth_it_says_so(self):
        with pytest.raises(UsageError, match="no ground truths"):
            crossthink_reward([RIGHT], meta_data=[MCQ])

    def test_rows_without_signal_shift_nothing(self):
        completions = [RIGHT, RIGHT, None, [], "", WRONG, RIGHT]
        golds = ["42", None, "42", "42", "42", "42", "42"]
        assert crossthink_reward(completions, solution=golds) == [1, None, 0, 0, 0, 0, 1]
        assert crossthink_reward([], solution=[], log_metric=dict) == []

    def test_columns_of_unequal_length_are_refused(self):
        with pytest.raises(UsageError, match="ground_truths"):
            crossthink_reward([RIGHT, RIGHT], solution=["42"])

    def test_meta_data_gives_the_options(self):
        by_letter = CrossThinkReward(mode="letter")
        answers = [r"<think>a</think>\boxed{A}", r"<think>a</think>\boxed{B}"]
        assert by_letter(answers, solution=["A: Paris"] * 2, meta_data=[MCQ] * 2) == [
            grade(answer, "A: Paris", kind="mcq", options=MCQ["options"], mode="letter").reward
            for answer in answers
        ]

    def test_it_logs_shares_and_a_status_for_each(self):
        metrics, extra = {}, {}
        crossthink_reward(RESPONSES, GOLDS, log_metric=metrics.__setitem__, log_extra=extra.__setitem__)
        assert metrics["crossthink_paper/accuracy"] == metrics["crossthink_paper/format"] == 0.5
        assert sum(metrics[f"crossthink_paper/{status}"] for status in Status) == 1
        assert extra["crossthink_paper/status"][:2] == ["correct", "wrong"]
        assert extra["crossthink_paper/answer"][:2] == ["42", "41"]

    def test_no_accuracy_is_logged_where_nothing_was_graded(self):
        metrics = {}
        assert crossthink_reward([RIGHT], [""], log_metric=metrics.__setitem__) == [None]
        assert "crossthink_paper/accuracy" not in metrics

    def test_trl_finds_a_name(self):
        assert crossthink_reward.__name__ == "crossthink_paper"
        assert partial(CrossThinkReward("letter")).func.__name__ == "crossthink_letter"

    @pytest.mark.parametrize("setting", [{"mode": "papr"}, {"thought": "open"}])
    def test_a_setting_that_there_is_not_is_refused_before_training(self, setting):
        with pytest.raises(UsageError):
            CrossThinkReward(**setting)


class TestCompletionText:
    @pytest.mark.parametrize("name", ["reasoning_content", "thinking"])
    def test_a_thought_that_was_split_off_is_put_back(self, name):
        completion = said(NO_THOUGHT, **{name: "a"})
        assert completion_text(completion, "tagged") == completion_text(completion, "optional") == RIGHT
        assert completion_text(completion, "opened") == RIGHT.removeprefix("<think>")
        assert crossthink_reward([completion], ["42"]) == [1]
        assert CrossThinkReward(thought="opened")([completion], ["42"]) == [1]

    def test_an_answer_only_in_the_thought_is_none(self):
        assert crossthink_reward([said("", reasoning_content=r"\boxed{42}")], ["42"]) == [0]

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_no_thought_is_not_made_up(self, nothing):
        assert completion_text(said(NO_THOUGHT, reasoning_content=nothing), "tagged") == NO_THOUGHT

    def test_content_may_come_in_parts_or_not_at_all(self):
        parts = [{"type": "text", "text": RIGHT[:9]}, {"type": "text", "text": RIGHT[9:]}, {"type": "image"}]
        assert completion_text(said(parts), "tagged") == RIGHT
        assert completion_text(said(None), "tagged") == ""

    def test_the_last_word_of_the_assistant_counts(self):
        call = said(WRONG, tool_calls=[{"name": "add"}])
        tool = [{"role": "tool", "content": NO_THOUGHT}]
        assert completion_text(call + tool + said(RIGHT) + tool, "tagged") == RIGHT
        assert completion_text(tool, "tagged") is None


class TestVerl:
    """By verl's documented call; its own reward manager calls it in `tests/trainers/test_verl.py`."""

    @pytest.mark.parametrize(("response", "reward"), list(zip(RESPONSES, EXPECTED, strict=True)))
    def test_by_keyword_and_by_place(self, response, reward):
        given = {"extra_info": {**MCQ, "num_turns": None}, "reward_router_address": "x"}
        score = compute_score(
            data_source="crossthink/mmlu", solution_str=response, ground_truth="42", **given
        )
        assert score == compute_score("crossthink/mmlu", response, "42", MCQ)
        assert score["score"] == reward
        assert compute_score("crossthink/mmlu", response, "42", details=False) == reward

    def test_all_rows_have_the_same_keys_and_types(self):
        rows = [compute_score("s", text, gold) for text in [*RESPONSES, ""] for gold in ("42", "", None)]
        assert len({tuple((name, type(value)) for name, value in row.items()) for row in rows}) == 1

    def test_a_row_without_signal_is_a_zero_that_can_be_told_apart(self):
        row, wrong = compute_score("s", RIGHT, None), compute_score("s", WRONG, "42")
        assert (row["score"], row["graded"], row["status"]) == (0, 0, "gold_ungradable")
        assert (wrong["score"], wrong["graded"]) == (0, 1)

    def test_options_may_be_an_array(self):
        info = {**MCQ, "options": np.array(MCQ["options"], dtype=object)}
        answer = r"<think>a</think>\boxed{A}"
        assert compute_score("s", answer, "A: Paris", info, mode="letter") == compute_score(
            "s", answer, "A: Paris", MCQ, mode="letter"
        )


class TestOpenRLHF:
    """By OpenRLHF's documented call; its own executor calls it in `tests/trainers/test_openrlhf.py`."""

    def test_a_batch(self):
        result = reward_func([f"6 x 7?{text}" for text in RESPONSES], ["6 x 7?"] * 4, GOLDS, datasource="x")
        assert result["rewards"].tolist() == result["scores"].tolist() == EXPECTED
        assert {len(column) for column in result["extra_logs"].values()} == {4}

    @pytest.mark.parametrize(
        ("query", "prompt", "response"),
        [
            ("Why?\nBecause.", "Why?\n", "Because."),
            ("Why? Because.", "Why?\n\n", " Because."),
            ("<s> [INST] Why? [/INST] Because.</s>", "<s>[INST] Why? [/INST]", " Because."),
            ("it?<|im_end|>\n<|im_start|>assistant\nYes", "Is it?<|im_end|>\n<|im_start|>assistant\n", "Yes"),
            ("aab aab no", "aaab", " aab no"),
            ("Why? Why? Because.", "Why?", " Why? Because."),
            ("Why?", "Why?", ""),
            ("Because.", "", "Because."),
            ("Why?1 < 2<|im_end|>\n", "Why?", "1 < 2"),
            ("Why?<|think|> no", "Why?", "<|think|> no"),
        ],
    )
    def test_the_prompt_is_cut_off(self, query, prompt, response):
        assert response_of(query, prompt).lstrip("\n") == response

    @pytest.mark.parametrize("query", ["Because.", "", " "])
    def test_a_query_without_its_prompt_is_refused(self, query):
        with pytest.raises(UsageError, match="does not begin with the prompt"):
            response_of(query, "Why?")

    def test_a_long_prompt_is_found_quickly(self):
        story = "a tale " * 10_000
        assert response_of(story[20_000:] + "assistant\nYes", story + "assistant\n\n") == "\nYes"


class TestVerifiers:
    """`Rubric` by its documented call, up to verifiers 0.3: a function gets what it names, of what there is.

    Tasks, which are what verifiers 0.4 has, score for themselves in `tests/trainers/test_verifiers.py`.
    """

    def rubric_calls(self, reward, completion, answer, info):
        there_is = {"prompt": "6 x 7?", "completion": completion, "answer": answer, "state": {}, "info": info}
        named = {name: there_is[name] for name in inspect.signature(reward).parameters if name in there_is}
        return float(asyncio.run(reward(**named)))

    @pytest.mark.parametrize("info", [MCQ, '{"question_type": "open"}', "", {}, None])
    def test_a_rubric_gets_what_grade_says(self, info):
        for completion in (RESPONSES, [said(text) for text in RESPONSES]):
            assert [self.rubric_calls(rubric_reward, text, "42", info) for text in completion] == EXPECTED

    def test_a_row_without_signal_is_zero(self):
        assert self.rubric_calls(rubric_reward, RIGHT, "", {}) == 0

    def test_settings(self):
        opened = RIGHT.removeprefix("<think>")
        assert self.rubric_calls(RubricReward("equivalent", "opened"), opened, "42", {}) == 1
        assert TaskReward("letter").__name__ == "crossthink_letter"


class Rewarded(Dataset):
    """Computes a reward in the worker that loads the row."""

    def __len__(self):
        return len(RESPONSES)

    def __getitem__(self, place):
        return crossthink_reward([RESPONSES[place]], solution=["42"])[0]


@pytest.mark.parametrize("reward", REWARDS, ids=lambda reward: type(reward).__name__)
def test_rewards_pickle(reward):
    assert pickle.loads(pickle.dumps(reward)) == reward


def test_functions_pickle_with_their_settings():
    score = pickle.loads(pickle.dumps(partial(compute_score, mode="equivalent", thought="opened")))
    assert score("s", RIGHT.removeprefix("<think>"), "42")["score"] == 1
    assert pickle.loads(pickle.dumps(partial(reward_func, mode="letter"))).keywords == {"mode": "letter"}


@pytest.mark.parametrize("mode", ["paper", "letter", "equivalent"])
def test_in_a_spawned_process(mode):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(CrossThinkReward(mode=mode), (RESPONSES, GOLDS)) == EXPECTED


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_in_a_dataloader_worker(start):
    loader = DataLoader(Rewarded(), batch_size=4, num_workers=1, multiprocessing_context=start)
    assert [batch.tolist() for batch in loader] == [EXPECTED]


def test_in_many_threads_at_once():
    with ThreadPoolExecutor(8) as pool:
        results = pool.map(
            lambda mode: CrossThinkReward(mode=mode)(RESPONSES, GOLDS), ["paper", "equivalent"] * 20
        )
    assert all(result == EXPECTED for result in results)


def test_no_trainer_is_imported(run_python: RunPython):
    code = """
import sys
from crossthink_hub.grading import openrlhf, rewards, trl, verifiers, verl
trainers = {"torch", "trl", "verl", "verifiers", "openrlhf", "ray"}
print(sorted(trainers & {name.split(".")[0] for name in sys.modules}))
"""
    assert run_python(code).strip() == "[]"
