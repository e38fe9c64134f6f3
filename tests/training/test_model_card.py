"""The card of a trained model: what it says of data, licences, recipe and numbers; no name breaks it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from crossthink_hub.card.words import words
from crossthink_hub.sources import SOURCES
from crossthink_hub.training.model_card import model_card
from crossthink_hub.training.provenance import DataOrigin, Provenance
from crossthink_hub.training.recipe import read_recipe

MARKDOWN = MarkdownIt("commonmark").enable("table")
HOSTILE = (
    "a | b `c` ```\n\n---\nlicense: none\n---\n# d\n<!-- e --> </details><script>\n"
    "- $x$ [f](g) ![h](i) {{ j }}"
)
"""A text that would end a table, a front matter, a comment, a block of code and what is folded away."""
DATA = DataOrigin(
    dataset="you/blends",
    config="gpr_up",
    split="train",
    version="v1.2.0",
    commit="4f2c" * 10,
    row_digest="ab12" * 16,
    kind="hub",
    licences={source.name: source.licence for source in SOURCES},
)
RECIPE = read_recipe("gpr_up_7b", dataset="you/blends@v1.2.0")
VERSIONS = {"crossthink-hub": "0.1.0", "trl": "1.16.0"}
MODEL = Provenance(RECIPE.as_yaml(), DATA, "c0ffee" * 6 + "-dirty", VERSIONS)
METRICS: list[dict[str, Any]] = [
    {"step": 1, "reward": 0.1, "all/format": 0.2, "mmlu/reward": 0.111, "mmlu/format": 0.222},
    {"step": 2, "reward": 0.25, "all/format": 0.5, "all/accuracy": 0.75, "syn_qa/format": 1.0},
    {"step": 2, "eval_reward": 0.99, "eval_mmlu/reward": 0.99},
]


def said(card: str) -> str:
    """Return a card on one line."""
    return " ".join(card.split())


def head(card: str) -> dict[str, Any]:
    """Return what the Hub makes of the front matter."""
    found: dict[str, Any] = ModelCard(card).data.to_dict()
    return found


def with_data(**data: Any) -> Provenance:
    return replace(MODEL, data=replace(DATA, **data))


def blocks(card: str) -> list[str]:
    """Return the content of each block of code."""
    return [token.content for token in MARKDOWN.parse(card) if token.type == "fence"]


def structure(card: str) -> list[tuple[str, str]]:
    """Return what Markdown makes of a card: its blocks, its HTML, and where its links lead."""
    found: list[tuple[str, str]] = []
    for token in MARKDOWN.parse(card.split("\n---\n", 1)[1]):
        found.append((token.type, token.content if token.type == "html_block" else ""))
        for inner in token.children or ():
            if inner.type not in ("text", "code_inline", "softbreak"):
                found.append((inner.type, str(inner.attrGet("href") or "")))
    return found


def test_the_hub_learns_what_it_came_from_and_no_licence() -> None:
    assert head(model_card(MODEL, METRICS)) == {
        "base_model": "Qwen/Qwen2.5-7B",
        "datasets": ["you/blends"],
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["grpo", "trl", "crossthink"],
    }
    assert "This card names no licence for the model. The licence of `Qwen/Qwen2.5-7B` still applies" in said(
        model_card(MODEL, [])
    )


def test_folders_are_not_taken_for_names_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "base").mkdir(parents=True)
    for folder in ("runs/base", str(tmp_path / "runs"), "./runs/base", "~/gone", "crossthink"):
        recipe = read_recipe("gpr_up_7b", model=folder, dataset=folder).as_yaml()
        data = replace(DATA, dataset=folder, commit=None, kind=None)
        assert not {"base_model", "datasets"} & set(head(model_card(Provenance(recipe, data, None, {}), [])))
    built = model_card(with_data(dataset="data/moved", commit=None, kind="local"), [])
    assert "datasets" not in head(built)
    assert "`data/moved`, a folder" in built


def test_the_rows_are_named_to_the_digest() -> None:
    card = model_card(MODEL, [])
    for value in ("[you/blends](https://huggingface.co/datasets/you/blends)", "v1.2.0", f"`{DATA.commit}`"):
        assert f" | {value} |" in card
    assert f"| digest of the rows | `{DATA.row_digest}` |" in card
    card = model_card(
        Provenance("", DataOrigin("mine", "c", "train", None, None, None, None, {}), None, {}), []
    )
    assert "`mine`, a folder" in card
    assert card.count("| not known |") == 2
    assert "Which licences the rows have is not known to the toolkit." in card


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_each_source_brings_its_licence_and_terms(source: Any) -> None:
    link = words("licences")[source.licence]["url"]
    sold = "no" if source.non_commercial else "yes"
    terms = words("sources")[source.name]["terms"]
    row = f"\n| `{source.name}` | [{source.licence}]({link}) | {sold} | {terms} |\n"
    assert model_card(MODEL, []).count(row) == 1
    other = with_data(licences={"mine": "CC0-1.0"})
    assert "| `mine` | CC0-1.0 | not known |  |" in model_card(other, [])
    assert f"`{source.name}` | [" not in model_card(other, [])


def test_a_model_of_the_sample_says_that_its_rows_are_made_up() -> None:
    sample = model_card(with_data(kind="sample"), [])
    assert sample.index("> **Trained on a sample.** Its rows are made up") < sample.index("## How it answers")
    assert "| `mmlu` |" not in sample
    assert "made up" not in model_card(MODEL, [])


def test_the_instructions_are_those_of_the_rows(sample_build: Path) -> None:
    for config in ("gpr_up", "mmlu"):
        *instructions, _ = blocks(model_card(with_data(config=config), []))
        starts = tuple(instruction.rstrip("\n") for instruction in instructions)
        prompts = [
            row["prompt"][0]["content"]
            for file in (sample_build / "data" / config).glob("train*.parquet")
            for row in pq.read_table(file, columns=["prompt"]).to_pylist()
        ]
        assert prompts
        assert all(prompt.startswith(starts) for prompt in prompts)
        assert all(any(prompt.startswith(start) for prompt in prompts) for start in starts)
    for unknown in ({"config": "mine"}, {"kind": None}, {"config": "qa"}):
        card = model_card(with_data(**unknown), [])
        assert len(blocks(card)) == 1
        assert "as the data set has it" in card


@pytest.mark.parametrize(
    ("thought", "says"),
    [
        ("tagged", "The model writes its thought in `<think>` and `</think>`, and then an answer"),
        ("opened", "The chat template writes `<think>`. The model writes its thought, `</think>`, and then"),
        ("optional", "with or without a thought in `<think>` and `</think>` before it"),
    ],
)
def test_it_says_where_the_thought_is(thought: str, says: str) -> None:
    recipe = read_recipe("gpr_up_7b", thought=thought, reward_mode="letter")
    card = said(model_card(replace(MODEL, recipe=recipe.as_yaml()), []))
    assert says in card
    assert f"`thought` is `{thought}`, and the comparison (`reward_mode`) is `letter`" in card


def test_the_recipe_stands_in_it_in_full_and_is_read_back(tmp_path: Path) -> None:
    card = model_card(MODEL, [])
    (tmp_path / "gpr_up_7b.yaml").write_text(blocks(card)[-1])
    assert read_recipe(tmp_path / "gpr_up_7b.yaml") == RECIPE
    assert card.index("<details>") < card.index("learning_rate: 1.0e-06") < card.index("</details>")


def test_the_code_is_named_to_the_commit() -> None:
    card = model_card(MODEL, [])
    assert f"| commit of the code | `{MODEL.git}` |" in card
    assert "| crossthink-hub | 0.1.0 |\n| trl | 1.16.0 |" in card
    assert "not a checkout" in model_card(replace(MODEL, git=None), [])


def test_what_was_logged_last_of_each_source_is_shown_and_of_evaluation_nothing() -> None:
    card = model_card(MODEL, METRICS)
    assert "Step 2 of 650 was the last" in card
    rows = card.partition("|---|---:|---:|---:|---:|\n")[2].partition("\n\n")[0]
    assert rows.splitlines() == [
        "| all sources | 2 | 0.250 | 0.500 | 0.750 |",
        "| `mmlu` | 1 | 0.111 | 0.222 | - |",
        "| `syn_qa` | 2 | - | 1.000 | - |",
    ]
    assert "Nothing was logged of the training." in model_card(MODEL, [])


def test_no_name_breaks_it() -> None:
    def card(text: str) -> str:
        recipe = dict.fromkeys(("title", "paper", "model", "run_name", "thought", "reward_mode"), text)
        data = DataOrigin(text, text, text, text, text, text, text, {text: text})
        metrics = [{"step": 1, "reward": 1.0, f"{text}/format": 1.0}]
        return model_card(Provenance(yaml.safe_dump(recipe), data, text, {text: text}), metrics)

    assert structure(card(HOSTILE)) == structure(card("a harmless one"))
    assert head(card(HOSTILE)) == head(card("a harmless one"))
