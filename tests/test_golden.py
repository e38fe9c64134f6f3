"""A build of a few dozen problems is, to the last character, what `golden/expected.json` says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from golden.update import EXPECTED, SETTINGS, observed
from xxhash import xxh3_64_intdigest

from crossthink_hub.recipe.filters import FILTERS
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.sources import SOURCES

Row = dict[str, Any]

FIELD, ITEM = "\x7f\x7f", "\x7f"
"""What stands between question, options and answer, and between options, in the text that an id hashes."""

DANUBE: Row = {
    "id": "mmlu-901a12d10c31887a",
    "data_source": "crossthink/mmlu",
    "prompt": [
        {
            "role": "user",
            "content": (
                "Answer the multiple-choice question below. "
                "First think step by step inside <think></think> tags. "
                "Then give the letter and the text of the right option inside \\boxed{}, "
                "in the form \\boxed{(X) text}.\n\n"
                "Which of these capitals does the Danube not flow through?\n\n"
                "(A) Vienna\n(B) Budapest\n(C) Prague\n(D) Belgrade"
            ),
        }
    ],
    "solution": "(C) Prague",
    "reward_model": {"style": "rule", "ground_truth": "(C) Prague"},
    "ability": "gpr",
    "meta_data": {
        "index": None,
        "split": "train",
        "repeat": 0,
        "source": "mmlu",
        "domain": "geography",
        "flags": [],
        "question_type": "mcq",
        "answer_template": "long",
        "question": "Which of these capitals does the Danube not flow through?",
        "options": ["Vienna", "Budapest", "Prague", "Belgrade"],
        "answer_letter": "C",
        "persona": None,
        "skills": [],
        "licence": "MIT",
        "upstream": {"repo": "cais/mmlu", "revision": None, "id": None},
    },
}

CASES = (
    "Let\n\\[ f(n) = \\begin{cases} n/2 & \\text{if } n \\text{ is even,} \\\\ "
    "3n + 1 & \\text{otherwise.} \\end{cases} \\]\nWhat is $f(f(5))$?"
)
TWO_STEPS: Row = {
    "id": "hendrycks_math-6f2b89cadfb70077",
    "data_source": "crossthink/hendrycks_math",
    "prompt": [
        {
            "role": "user",
            "content": (
                "Answer the question below. First think step by step inside <think></think> tags. "
                f"Then give the final answer, and nothing else, inside \\boxed{{}}.\n\n{CASES}"
            ),
        }
    ],
    "solution": "8",
    "reward_model": {"style": "rule", "ground_truth": "8"},
    "ability": "mr",
    "meta_data": {
        "index": 3,
        "split": "train",
        "repeat": 0,
        "source": "hendrycks_math",
        "domain": "Algebra",
        "flags": [],
        "question_type": "open",
        "answer_template": "none",
        "question": CASES,
        "options": [],
        "answer_letter": None,
        "persona": None,
        "skills": [],
        "licence": "MIT",
        "upstream": {"repo": "hkust-nlp/SimpleRL-Zoo-Data", "revision": None, "id": None},
    },
}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return observed()


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    contract: dict[str, Any] = json.loads(EXPECTED.read_text("utf-8"))
    return contract


def differences(expected: Any, found: Any, place: str) -> Iterator[str]:
    """Yield where two JSON values differ, the first place first."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            yield from differences(expected.get(key, "nothing"), found.get(key, "nothing"), f"{place}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from differences(one, other, f"{place}[{index}]")
        if len(expected) != len(found):
            yield f"{place}: expected {len(expected)} elements, found {len(found)}"
    elif expected != found:
        yield f"{place}: expected {expected!r}, found {found!r}"


def test_build_is_as_expected(expected: dict[str, Any], found: dict[str, Any]) -> None:
    first = next(differences(expected, found, EXPECTED.name), None)
    assert first is None, f"{first}\nIf the contract is meant to change: python tests/golden/update.py"


def test_message_names_the_row_and_field_that_differ_first() -> None:
    other = {"train": [DANUBE, {**TWO_STEPS, "solution": "16", "ability": "gpr"}]}
    assert list(differences({"train": [DANUBE, TWO_STEPS]}, other, "gpr_up")) == [
        "gpr_up.train[1].solution: expected '8', found '16'",
        "gpr_up.train[1].ability: expected 'mr', found 'gpr'",
    ]


@pytest.mark.parametrize("row", [DANUBE, TWO_STEPS], ids=["mcq", "math"])
def test_row_is_as_written_out_by_hand(found: dict[str, Any], row: Row) -> None:
    assert [own for own in found["configs"]["gpr_up"]["train"] if own["id"] == row["id"]] == [row]


@pytest.mark.parametrize(("row", "answer"), [(DANUBE, "Prague"), (TWO_STEPS, "8")], ids=["mcq", "math"])
def test_id_rank_and_order_are_hashes_of_the_problem(found: dict[str, Any], row: Row, answer: str) -> None:
    meta = row["meta_data"]
    question = meta["question"].replace("\n", " ")  # any white space counts as one space
    text = FIELD.join([question, ITEM.join(meta["options"]), answer])
    id_ = f"{meta['source']}-{xxh3_64_intdigest(text.encode()):016x}"
    assert id_ == row["id"]
    assert found["hashes"][id_] == {
        "rank": str(xxh3_64_intdigest(f"rank 0 {id_}".encode())),
        "order": str(xxh3_64_intdigest(f"order 0 0 {id_}".encode())),
    }


@pytest.mark.parametrize("config", SETTINGS.configs)
def test_rows_stand_in_order(expected: dict[str, Any], config: str) -> None:
    for split in ("train", "test"):
        order = [int(expected["hashes"][row["id"]]["order"]) for row in expected["configs"][config][split]]
        assert order == sorted(order)


@pytest.mark.parametrize("source", ["mmlu", "hendrycks_math"])
def test_lowest_ranks_are_held_out_and_the_next_are_taken_first(
    expected: dict[str, Any], source: str
) -> None:
    rank = {id_: int(own["rank"]) for id_, own in expected["hashes"].items()}

    def ids(config: str, split: str) -> list[str]:
        rows = expected["configs"][config][split]
        return sorted(
            (row["id"] for row in rows if row["meta_data"]["source"] == source), key=rank.__getitem__
        )

    largest, smaller = ids("gpr_up", "train"), ids("nd", "train")
    assert smaller == largest[: expected["configs"]["nd"]["quotas"][source]]
    # Equal problems are held out together, by the rank of the first of them: its id has one hyphen.
    assert rank[ids("nd", "test")[-1]] < min(rank[id_] for id_ in largest if id_.count("-") == 1)


def test_every_reason_to_drop_a_row_of_these_sources_occurs(expected: dict[str, Any]) -> None:
    facts = [source_facts()[source.name] for source in SOURCES]
    rules = {rule.reason for rule in FILTERS if any(map(rule.applies, facts))}
    reasons = {row["reason"] for rows in expected["dropped"].values() for row in rows}
    assert reasons == rules | {"not_a_json_object", "wrong_number_of_cells"}
