"""The chat template and the tokenizer, checked before anything is trained."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rollouts import byte_tokenizer
from transformers import PreTrainedTokenizerFast

from crossthink_hub.errors import UsageError
from crossthink_hub.training.chat import load_tokenizer, read_chat
from crossthink_hub.training.recipe import Recipe
from crossthink_hub.training.trainer import arguments

FewSteps = Callable[..., Recipe]
TURNS = "{% for turn in messages %}<|im_start|>{{ turn.role }}\n{{ turn.content }}<|im_end|>\n{% endfor %}"
START = "{% if add_generation_prompt %}<|im_start|>assistant\n@{% endif %}"


def saved(tokenizer: PreTrainedTokenizerFast, model: Path, folder: Path) -> str:
    """Write a model folder with the configuration of another one and this tokenizer."""
    folder.mkdir()
    for name in ("config.json", "generation_config.json"):
        (folder / name).write_text((model / name).read_text())
    tokenizer.save_pretrained(folder)
    return str(folder)


def read(recipe: Recipe, said: list[str] | None = None):
    return read_chat(recipe, load_tokenizer(recipe), (said if said is not None else []).append)


def test_a_plain_template_leaves_the_recipe_as_it_is(few_steps: FewSteps):
    said: list[str] = []
    chat = read(few_steps(), said)
    tokenizer = byte_tokenizer()
    assert chat.thought == "tagged"
    assert chat.end_of_turn == tokenizer.eos_token_id
    assert chat.stops == {tokenizer.eos_token_id}
    assert said == []


def test_a_template_that_writes_think_sets_the_reward_to_match(
    few_steps: FewSteps, random_model: Path, tmp_path: Path
):
    tokenizer = byte_tokenizer()
    tokenizer.chat_template = TURNS + START.replace("@", "<think>\n")
    said: list[str] = []
    recipe = few_steps(model=saved(tokenizer, random_model, tmp_path / "thinks"))
    assert read(recipe, said).thought == "opened"
    assert said == ["the chat template writes <think>: graded with thought=opened"]


def test_a_template_that_closes_the_thought_at_once_is_refused(
    few_steps: FewSteps, random_model: Path, tmp_path: Path
):
    """As Qwen3's does with enable_thinking=false: no answer could be in the format."""
    tokenizer = byte_tokenizer()
    switch = "{% if not thinking %}<think>\n\n</think>\n\n{% endif %}"
    tokenizer.chat_template = TURNS + START.replace("@", switch)
    model = saved(tokenizer, random_model, tmp_path / "hurries")
    with pytest.raises(UsageError, match="closes the thought before the answer begins"):
        read(few_steps(model=model))
    assert read(few_steps(model=model, chat_template_kwargs={"thinking": True})).thought == "tagged"


def test_opened_without_a_template_that_opens_is_refused(few_steps: FewSteps):
    with pytest.raises(UsageError, match="thought is opened, and the chat template does not write <think>"):
        read(few_steps(thought="opened"))


def test_a_tokenizer_that_loses_the_tags_is_refused(few_steps: FewSteps, random_model: Path, tmp_path: Path):
    """Special tokens are left out where completions are decoded, as TRL does."""
    tokenizer = byte_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "</think>"]})
    tokenizer.chat_template = TURNS + START.replace("@", "")
    recipe = few_steps(model=saved(tokenizer, random_model, tmp_path / "loses"))
    with pytest.raises(UsageError, match=r"its tokenizer loses </think>: .*\n.*special"):
        read(recipe)


def test_tags_that_are_single_plain_tokens_are_fine(few_steps: FewSteps, random_model: Path, tmp_path: Path):
    tokenizer = byte_tokenizer()
    tokenizer.add_tokens(["<think>", "</think>"])
    tokenizer.chat_template = TURNS + START.replace("@", "")
    assert read(few_steps(model=saved(tokenizer, random_model, tmp_path / "keeps"))).thought == "tagged"


def test_the_end_of_a_turn_stops_completions_of_a_base_model(
    few_steps: FewSteps, random_model: Path, tmp_path: Path
):
    """Qwen2.5's base models stop at <|endoftext|>, while turns of their template end in <|im_end|>."""
    tokenizer = byte_tokenizer()
    tokenizer.chat_template = TURNS + START.replace("@", "")
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    tokenizer.eos_token = "<|endoftext|>"
    model = saved(tokenizer, random_model, tmp_path / "base")
    for name in ("config.json", "generation_config.json"):
        file = tmp_path / "base" / name
        file.write_text(
            file.read_text().replace(f'"eos_token_id": {end}', f'"eos_token_id": {tokenizer.eos_token_id}')
        )
    said: list[str] = []
    recipe = few_steps(model=model, use_vllm=True)
    chat = read(recipe, said)
    assert chat.stops == {tokenizer.eos_token_id, end}
    assert said == ["<|im_end|> ends a turn and now stops a completion too"]
    assert arguments(recipe, 1, chat)["generation_kwargs"] == {"stop_token_ids": sorted(chat.stops)}
    said.clear()
    read(few_steps(model=model, generation_kwargs={"stop_token_ids": [end]}), said)
    assert said == []


def test_stop_tokens_of_vllm_are_kept_from_transformers(few_steps: FewSteps):
    """The published recipes name vLLM's; with use_vllm=false transformers would not know what to do."""
    recipe = few_steps(generation_kwargs={"stop_token_ids": [7], "penalty_alpha": 0.0})
    chat = read(recipe)
    assert 7 in chat.stops
    assert arguments(recipe, 1, chat)["generation_kwargs"] == {"penalty_alpha": 0.0}


def test_a_model_without_chat_template_can_be_given_one(
    few_steps: FewSteps, random_model: Path, tmp_path: Path
):
    tokenizer = byte_tokenizer()
    model = saved(tokenizer, random_model, tmp_path / "mute")
    with pytest.raises(UsageError, match=r"has no chat template[^\n]*\nSet chat_template"):
        read(few_steps(model=model))
    template = tmp_path / "chatml.jinja"
    template.write_text(TURNS + START.replace("@", ""))
    assert read(few_steps(model=model, chat_template=str(template))).thought == "tagged"
    with pytest.raises(UsageError, match="can't be read"):
        read(few_steps(model=model, chat_template=str(tmp_path / "none.jinja")))


def test_a_model_that_is_not_there(few_steps: FewSteps):
    with pytest.raises(UsageError, match=r"no/such-model: can't be loaded"):
        read(few_steps(model="no/such-model"))
