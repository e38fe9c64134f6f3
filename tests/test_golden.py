"""A build of some hundred problems is, to the last character, what `golden/expected.json` says."""

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from unicodedata import normalize

import pytest
from golden.update import BLENDS, EXPECTED, RELEASE, SETTINGS, SOURCES, as_text, observed
from xxhash import xxh3_64_intdigest

from crossthink_hub.recipe.filters import FILTERS
from crossthink_hub.recipe.opening import rules
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.sources import mcq, numina_math, open_ended, prompted

Row = dict[str, Any]

FIELD, ITEM = "\x7f\x7f", "\x7f"
"""What stands between question, options and answer, and between options, in the text that an id hashes."""
LONG, SHORT, OPEN, RELEASED = "as_is, long", "as_is, short", "open, long", "released, long"
"""In which ways rows are asked and answered; RELEASED is to the letter."""

THINK = "First think step by step inside <think></think> tags. "
ASK_MCQ = f"Answer the multiple-choice question below. {THINK}"
ASK_OPEN = (
    f"Answer the question below. {THINK}Then give the final answer, and nothing else, inside \\boxed{{}}.\n\n"
)
ASK_LONG = (
    f"{ASK_MCQ}Then give the letter and the text of the right option inside \\boxed{{}}, "
    "in the form \\boxed{(X) text}.\n\n"
)
ASK_SHORT = (
    f"{ASK_MCQ}Then give the letter of the right option, and nothing else, inside \\boxed{{}}, "
    "in the form \\boxed{X}.\n\n"
)


def asked(row: Row, prompt: str, solution: str, **meta: Any) -> Row:
    """Return a row asked and answered in another way."""
    return {
        **row,
        "prompt": [{"role": "user", "content": prompt}],
        "solution": solution,
        "reward_model": {"style": "rule", "ground_truth": solution},
        "meta_data": {**row["meta_data"], **meta},
    }


DANUBE: Row = {
    "id": "mmlu-901a12d10c31887a",
    "data_source": "crossthink/mmlu",
    "prompt": [
        {
            "role": "user",
            "content": (
                f"{ASK_LONG}Which of these capitals does the Danube not flow through?\n\n"
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
    "prompt": [{"role": "user", "content": ASK_OPEN + CASES}],
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

WATER = "At how many degrees Celsius does water boil at sea level?"
LETTERED = f"{WATER}\n\n(A) 50\n(B) 90\n(C) 100\n(D) 212"
BOILING: Row = {
    "id": "syn_qa-66cfcc5d79627f15",
    "data_source": "crossthink/syn_qa",
    "prompt": [{"role": "user", "content": ASK_LONG + LETTERED}],
    "solution": "(C) 100",
    "reward_model": {"style": "rule", "ground_truth": "(C) 100"},
    "ability": "gpr",
    "meta_data": {
        "index": 3,
        "split": "train",
        "repeat": 0,
        "source": "syn_qa",
        "domain": None,
        "flags": ["relabelled"],
        "question_type": "mcq",
        "answer_template": "long",
        "question": WATER,
        "options": ["50", "90", "100", "212"],
        "answer_letter": "C",
        "persona": None,
        "skills": [],
        "licence": "CC-BY-4.0",
        "upstream": {"repo": "nvidia/Nemotron-CrossThink", "revision": None, "id": None},
    },
}
BOILING_SHORT = asked(BOILING, ASK_SHORT + LETTERED, "C", answer_template="short")
BOILING_OPEN = asked(
    BOILING,
    ASK_OPEN + WATER,
    "100",
    question_type="open",
    answer_template="none",
    options=[],
    answer_letter=None,
)
BOILING_RELEASED = asked(
    BOILING,
    "Choose the right option for the question below. Think first, then put its letter inside \\boxed{}. \n"
    f"{WATER}\nA. 50\nB. 90\nC. 100\nD. 212",
    "A. 100",
    answer_template="released",
)

CAKE = "A baker cuts a cake into 8 equal pieces and sells 6. What fraction of the cake is left?"
QUARTER: Row = {
    "id": "persona_math-f38410da1ecb9438",
    "data_source": "crossthink/persona_math",
    "prompt": [{"role": "user", "content": ASK_OPEN + CAKE}],
    "solution": "\\frac{1}{4}",
    "reward_model": {"style": "rule", "ground_truth": "\\frac{1}{4}"},
    "ability": "mr",
    "meta_data": {
        "index": 103,
        "split": "train",
        "repeat": 0,
        "source": "persona_math",
        "domain": None,
        "flags": [],
        "question_type": "open",
        "answer_template": "none",
        "question": CAKE,
        "options": [],
        "answer_letter": None,
        "persona": "a baker who teaches apprentices",
        "skills": ["fractions", "subtraction"],
        "licence": "CC-BY-4.0",
        "upstream": {"repo": "nvidia/Nemotron-CrossThink", "revision": None, "id": None},
    },
}
QUARTER_RELEASED = asked(
    QUARTER,
    f"Solve the problem below. Put the final answer inside \\boxed{{}}.\n\n{CAKE}",
    "\\frac{1}{4}",
    answer_template="released",
)

SUM = "What is $\\frac{1}{2} + \\frac{1}{4}$?"
THREE_QUARTERS: Row = {
    "id": "numina_math-2cdc62fed19baa3e",
    "data_source": "crossthink/numina_math",
    "prompt": [{"role": "user", "content": ASK_OPEN + SUM}],
    "solution": "\\frac{3}{4}",
    "reward_model": {"style": "rule", "ground_truth": "\\frac{3}{4}"},
    "ability": "mr",
    "meta_data": {
        "index": None,
        "split": "train",
        "repeat": 0,
        "source": "numina_math",
        "domain": "synthetic_math",
        "flags": [],
        "question_type": "open",
        "answer_template": "none",
        "question": SUM,
        "options": [],
        "answer_letter": None,
        "persona": None,
        "skills": [],
        "licence": "Apache-2.0",
        "upstream": {"repo": "AI-MO/NuminaMath-CoT", "revision": None, "id": None},
    },
}

BY_HAND = [
    (LONG, DANUBE),
    (LONG, TWO_STEPS),
    (LONG, BOILING),
    (SHORT, BOILING_SHORT),
    (OPEN, BOILING_OPEN),
    (RELEASED, BOILING_RELEASED),
    (LONG, QUARTER),
    (RELEASED, QUARTER_RELEASED),
    (LONG, THREE_QUARTERS),
]
ANSWERS = [
    (DANUBE, "Prague"),
    (TWO_STEPS, "8"),
    (BOILING, "100"),
    (QUARTER, "\\frac{1}{4}"),
    (THREE_QUARTERS, "\\frac{3}{4}"),
]


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


@pytest.mark.parametrize(
    ("how", "row"), BY_HAND, ids=[f"{row['id'].partition('-')[0]}, {how}" for how, row in BY_HAND]
)
def test_row_is_as_written_out_by_hand(found: dict[str, Any], how: str, row: Row) -> None:
    assert found["rows"][how][row["id"]] == row


@pytest.mark.parametrize(("row", "answer"), ANSWERS, ids=[row["id"].partition("-")[0] for row, _ in ANSWERS])
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


def test_a_problem_has_the_same_id_in_whatever_way_it_is_asked(expected: dict[str, Any]) -> None:
    same = ("source", "question", "split", "index", "domain", "flags", "persona", "skills")
    for one, other in combinations(expected["rows"].values(), 2):
        both = one.keys() & other.keys()
        assert both
        for id_ in both:
            metas = one[id_]["meta_data"], other[id_]["meta_data"]
            assert [metas[0][name] for name in same] == [metas[1][name] for name in same], id_


def test_no_two_problems_share_an_id_and_equal_ones_all_but_its_ordinal(expected: dict[str, Any]) -> None:
    problems: dict[str, set[str]] = {}
    for id_, row in expected["rows"][LONG].items():
        meta = row["meta_data"]
        text = " ".join([meta["source"], meta["question"], *meta["options"], row["solution"]])
        problems.setdefault(" ".join(normalize("NFC", text).split()), set()).add(id_)
    firsts = [min(ids, key=len) for ids in problems.values()]
    assert len(set(firsts)) == len(firsts) < len(expected["rows"][LONG])
    for first, ids in zip(firsts, problems.values(), strict=True):
        assert ids == {first, *(f"{first}-{number}" for number in range(2, len(ids) + 1))}


@pytest.mark.parametrize("config", SETTINGS.configs)
def test_rows_stand_in_order(expected: dict[str, Any], config: str) -> None:
    for split in ("train", "test"):
        order = [int(expected["hashes"][id_]["order"]) for id_ in expected["configs"][config][split]]
        assert order == sorted(order)


def ids_by_rank(expected: dict[str, Any], config: str, split: str, source: str) -> list[str]:
    """Return the ids of a source in a split of a config, the lowest rank first."""
    ids = expected["configs"][config][split]
    own = [id_ for id_ in ids if id_.partition("-")[0] == source]
    return sorted(own, key=lambda id_: int(expected["hashes"][id_]["rank"]))


def refused(expected: dict[str, Any], source: str, form: str) -> set[str]:
    """Return the ids, without an ordinal, of the problems of a source that can't be asked in a form."""
    return {row["id"] for row in expected["dropped"][source] if row["form"] == form}


@pytest.mark.parametrize("config", BLENDS)
@pytest.mark.parametrize("source", SOURCES)
def test_lowest_ranks_are_taken_first(expected: dict[str, Any], source: str, config: str) -> None:
    form = expected["configs"][config]["asked"].partition(",")[0]
    unasked = refused(expected, source, form) if form == "open" else set()
    there = [
        id_
        for id_ in ids_by_rank(expected, source, "train", source)
        if "-".join(id_.split("-")[:2]) not in unasked
    ]
    taken = ids_by_rank(expected, config, "train", source)
    assert taken == there[: expected["configs"][config]["quotas"][source]]
    assert taken


@pytest.mark.parametrize("source", SOURCES)
def test_problems_of_lowest_rank_are_held_out_with_their_equals(
    expected: dict[str, Any], source: str
) -> None:
    rank = {id_: int(own["rank"]) for id_, own in expected["hashes"].items()}
    test, train = (ids_by_rank(expected, source, split, source) for split in ("test", "train"))
    # Equal problems are held out together, by the rank of the first of them: its id has one hyphen.
    assert rank[test[0]] < min(rank[id_] for id_ in train if id_.count("-") == 1)


@pytest.mark.parametrize("config", [*BLENDS, *RELEASE])
def test_the_test_split_is_the_same_problems_in_every_config(expected: dict[str, Any], config: str) -> None:
    how = expected["configs"][config]["asked"]
    for source in SOURCES:
        alone = ids_by_rank(expected, source, "test", source)
        own = ids_by_rank(expected, config, "test", source)
        if own or config in BLENDS:
            assert [id_ for id_ in own if id_ in expected["rows"][LONG]] == [
                id_ for id_ in alone if id_ in expected["rows"][how]
            ]


def test_every_reason_to_drop_a_row_occurs(expected: dict[str, Any]) -> None:
    facts = source_facts().values()
    rules_of_the_paper = {rule.reason for rule in FILTERS if any(rule.applies(own, False) for own in facts)}
    of_the_upstream = {
        prompted.SEVERAL_ANSWERS,
        open_ended.NO_BOX,
        *numina_math.NO_ANSWERS.values(),
        "problem_is_not_valid",
        "solution_is_not_valid",
    }
    of_the_file = {"not_a_json_object", "wrong_number_of_cells"}
    reasons = {
        row["reason"]
        for rows in expected["dropped"].values()
        for row in rows
        if row["form"] not in ("open", "released")
    }
    assert reasons == rules_of_the_paper | of_the_upstream | of_the_file


@pytest.mark.parametrize(
    ("form", "own"),
    [
        ("open", {rule.reason for rule in rules()} | {"answer_too_long"}),
        ("released", {"nothing_asked_or_no_gold"}),
    ],
)
def test_forms_refuse_problems_for_reasons_of_their_own(
    expected: dict[str, Any], form: str, own: set[str]
) -> None:
    refusals = [row for rows in expected["dropped"].values() for row in rows]
    as_is = {(row["id"], row["reason"]) for row in refusals if row["form"] == "as_is"}
    here = {(row["id"], row["reason"]) for row in refusals if row["form"] == form}
    assert here - as_is
    assert {reason for _, reason in here - as_is} <= own


def test_every_flag_occurs_and_is_counted(expected: dict[str, Any]) -> None:
    flags = {mcq.RELABELLED, mcq.EQUAL_OPTIONS, mcq.NOTE, *mcq.OPTION_FLAGS}
    counts = {name: own["flags"] for name, own in expected["sources"].items()}
    assert {flag for own in counts.values() for flag in own} == flags
    for source, own in counts.items():
        for flag, count in own.items():
            rows = [row for row in expected["rows"][LONG].values() if row["meta_data"]["source"] == source]
            assert sum(flag in row["meta_data"]["flags"] for row in rows) == count, (source, flag)


def test_rows_of_all_sources_are_accounted_for(expected: dict[str, Any]) -> None:
    for own in expected["sources"].values():
        dropped = sum(own["rows_dropped"].values())
        assert own["rows_read"] == own["rows_kept"] + dropped + own["rows_not_sampled"]
        for form, usable in own["rows_usable"].items():
            refusals = sum(own["rows_refused"].get(form, {}).values())
            assert own["rows_read"] == usable + refusals + dropped


def test_the_expected_text_has_a_line_for_each_row(expected: dict[str, Any]) -> None:
    text = EXPECTED.read_text("utf-8")
    assert as_text(expected) + "\n" == text
    lines = [line for line in text.splitlines() if '"prompt": ' in line]
    assert len(lines) == sum(map(len, expected["rows"].values()))
