"""The tiny model and its data: made on the spot, whole or not at all, and nothing held out is seen."""

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, GenerationConfig

from crossthink_hub.errors import OutputError
from crossthink_hub.grading.trl import CrossThinkReward
from crossthink_hub.training.chat import load_tokenizer, read_chat
from crossthink_hub.training.dataset import open_rows, within_budget
from crossthink_hub.training.recipe import Recipe, read_recipe
from crossthink_hub.training.tiny import TINY, prepare
from crossthink_hub.training.tiny.data import CONFIGS, warm_up_rows
from crossthink_hub.training.tiny.model import said
from crossthink_hub.validation import validate

SHORT = replace(TINY, steps=3)
TAGGED = r"<think>1 + 2 = 3</think>\boxed{3}"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, list[str]]:
    """The shipped recipe in a folder of the tests, its model hardly warmed up, and what was said."""
    recipe = in_folder(tmp_path_factory.mktemp("tiny"))
    lines: list[str] = []
    prepare(recipe, lines.append, SHORT)
    return recipe, lines


def in_folder(folder: Path, **more: object) -> Recipe:
    return read_recipe("tiny_cpu", dataset=f"{folder}/runs/data", model=f"{folder}/runs/model", **more)


def held_out(recipe: Recipe) -> list[dict[str, Any]]:
    """The rows that neither the warm-up nor GRPO sees."""
    return open_rows(recipe, "test").dataset.to_list()


def quiet(line: str) -> None:
    """Say nothing."""


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# The tokenizer and the model.


@pytest.fixture(scope="module")
def tokenizer(prepared: tuple[Recipe, list[str]]) -> Any:
    return load_tokenizer(prepared[0])


@settings(max_examples=200, deadline=None)
@example(text="e\u0301", after="\uf900")
@given(text=st.text(st.characters(exclude_categories=["Cs"])), after=st.text(st.characters(codec="utf-8")))
def test_any_text_and_the_tags_come_back(tokenizer: Any, text: str, after: str):
    whole = normalize("NFC", f"{text}{TAGGED}{after}")  # as Qwen2's tokenizer composes all it reads
    assert tokenizer.decode(tokenizer(whole)["input_ids"], skip_special_tokens=True) == whole


def test_the_tags_are_one_token_each_and_digits_stand_alone(tokenizer: Any):
    tokens = tokenizer.tokenize(r"<think>123</think>\boxed{123}")
    assert tokens == ["<think>", "1", "2", "3", "</think>", r"\boxed{", "1", "2", "3", "}"]


def test_all_bytes_are_in_the_vocabulary(tokenizer: Any):
    every_byte = {tokenizer.decode([id]) for id in range(len(tokenizer))}
    assert {chr(code) for code in range(128)} <= every_byte
    assert len(tokenizer) <= TINY.vocabulary


def test_a_turn_ends_with_the_stop_token(prepared: tuple[Recipe, list[str]], tokenizer: Any):
    recipe, _ = prepared
    lines: list[str] = []
    chat = read_chat(recipe, tokenizer, lines.append)
    assert chat.stops == {tokenizer.convert_tokens_to_ids("<|im_end|>")}
    assert chat.end_of_turn == tokenizer.eos_token_id
    assert chat.thought == "tagged"
    assert lines == []
    assert tokenizer.pad_token == "<|endoftext|>"
    assert GenerationConfig.from_pretrained(recipe.model).eos_token_id == tokenizer.eos_token_id


def test_the_model_is_a_qwen2_of_a_million_parameters(prepared: tuple[Recipe, list[str]], tokenizer: Any):
    model = AutoModelForCausalLM.from_pretrained(prepared[0].model)
    assert model.config.model_type == "qwen2"
    assert 600_000 <= model.num_parameters() <= 1_200_000
    assert model.config.max_position_embeddings == 8192
    assert model.config.vocab_size == len(tokenizer)
    assert str(model.dtype) == "torch.float32"


# The data.


def test_the_data_set_is_a_build_like_any_other(prepared: tuple[Recipe, list[str]]):
    recipe, _ = prepared
    assert validate(Path(recipe.dataset), shown=False) == []


def test_a_run_has_rows_enough_and_no_prompt_is_too_long(prepared: tuple[Recipe, list[str]], tokenizer: Any):
    for config in CONFIGS:
        recipe = replace(prepared[0], config=config)
        rows = open_rows(recipe).dataset
        assert len(within_budget(rows, tokenizer, recipe, quiet)) == len(rows)
        steps = int(recipe.argument("max_steps"))
        assert len(rows) >= steps * recipe.prompts_per_step


def test_warm_up_training_and_held_out_share_no_problem(prepared: tuple[Recipe, list[str]]):
    recipe, _ = prepared
    shown = {row["solution"] + row["prompt"][0]["content"] for row, _ in warm_up_rows(SHORT)}
    trained, unseen = set(), set()
    for config in CONFIGS:
        one = replace(recipe, config=config)
        trained |= {row["solution"] + row["prompt"][0]["content"] for row in open_rows(one).dataset}
        unseen |= {row["solution"] + row["prompt"][0]["content"] for row in held_out(one)}
    assert not shown & trained
    assert not shown & unseen
    assert not trained & unseen


def test_what_is_held_out_is_of_both_domains(prepared: tuple[Recipe, list[str]]):
    rows = held_out(prepared[0])
    places = [(row["meta_data"]["source"], row["meta_data"]["domain"]) for row in rows]
    assert set(places) == {("hendrycks_math", "addition"), ("mmlu", "words")}
    assert all(places.count(place) == TINY.problems // 100 for place in set(places))


def test_the_warm_up_shows_what_the_reward_asks_for():
    """Shown in the format, every reply is rewarded; shown out of it, none is."""
    shown = warm_up_rows(replace(TINY, shown=100))
    columns = {"solution": [], "meta_data": []}
    for row, _ in shown:
        columns["solution"].append(row["solution"])
        columns["meta_data"].append(row["meta_data"])

    def rewards(in_format: float) -> set[float | None]:
        replies = [said(one, Random(0), in_format) for _, one in shown]
        return set(CrossThinkReward()(replies, **columns))

    assert rewards(1) == {1.0}
    assert rewards(0) == {0.0}


def test_made_up_rows_say_so(prepared: tuple[Recipe, list[str]]):
    """No licence and no upstream of a real data set stands in rows that hold nothing of it."""
    origin = open_rows(prepared[0]).origin
    assert origin.kind == "sample"
    assert set(origin.licences.values()) == {"Apache-2.0"}
    assert {row["meta_data"]["upstream"]["repo"] for row in held_out(prepared[0])} == {
        "crossthink-hub/sample"
    }


# Made once, and whole.


def test_it_says_what_it_makes_and_makes_it_once(prepared: tuple[Recipe, list[str]]):
    recipe, said_first = prepared
    assert [line.partition(":")[0] for line in said_first] == [
        "making a tiny data set",
        "making a tiny model",
    ]
    before = files(Path(recipe.dataset).parent)
    lines: list[str] = []
    prepare(recipe, lines.append, SHORT)
    assert lines == []
    assert files(Path(recipe.dataset).parent) == before


def test_what_was_interrupted_is_made_again(
    prepared: tuple[Recipe, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The model fails half-way: the data set stands, the model does not; the next call makes it, the same."""
    recipe = in_folder(tmp_path)

    def half(folder: Path, settings: object) -> None:
        folder.mkdir()
        (folder / "config.json").write_text("{")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("crossthink_hub.training.tiny.model.make_model", half)
        with pytest.raises(KeyboardInterrupt):
            prepare(recipe, quiet, SHORT)
    assert Path(recipe.dataset).is_dir()
    assert not Path(recipe.model).exists()
    lines: list[str] = []
    prepare(recipe, lines.append, SHORT)
    assert [line.partition(":")[0] for line in lines] == ["making a tiny model"]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["data", "model"]
    assert files(Path(recipe.model)) == files(Path(prepared[0].model))
    assert files(Path(recipe.dataset)) == files(Path(prepared[0].dataset))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "runs").write_text("a file in the way")
    with pytest.raises(OutputError, match="data: can't be written"):
        prepare(in_folder(tmp_path), quiet, SHORT)
