"""Which multiple-choice questions can't be asked without their options."""

import random
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossthink_hub.recipe.opening import needs_options, read_rules, rules

STRINGS = pa.list_(pa.string())
Row = tuple[str | None, Sequence[str | None] | None, str | None]

PASSAGE = (
    'Ann lives in a small town. One day an old man came to her shop. "Which of the following roads is the '
    'best?" he asked. "I am following a diet, and I may not walk far." Ann laughed. They went for a walk, '
    "and in the evening they were tired. "
)


def reasons(rows: Sequence[Row]) -> list[str | None]:
    questions, options, answers = zip(*rows, strict=True) if rows else ((), (), ())
    return needs_options(
        pa.array(questions, pa.string()), pa.array(options, STRINGS), pa.array(answers, pa.string())
    ).to_pylist()


def reason(question: str | None, answer: str | None = "water", *others: str | None) -> str | None:
    return reasons([(question, [answer, *(others or ("fire",))], answer)])[0]


NEEDS: dict[str, list[tuple[str, ...]]] = {
    "all_or_none_of_the_above": [
        ("What makes iron rust?", "All of the above", "air", "water"),
        ("What makes iron rust?", "water", "gold", "None of these."),
        ("What happens to torn paper?", "All the mentioned options", "it shrinks"),
        ("Are whales fish?", "no", "yes", "both"),
        ("What do cows eat?", "grass", *"bcdefghijk", "ALL OF THE ABOVE"),
    ],
    "option_names_options": [
        ("What makes iron rust?", "Both A and B", "air", "water"),
        ("What makes iron rust?", "I and III only", "II only", "III only"),
        ("What makes iron rust?", "air", "A and C only"),
        ("What makes iron rust?", "Statement 2", "Statement 1"),
    ],
    "which_of_the_following": [
        ("Which of the following ways we can file taxes?", "online"),
        ("WHICH OF THE FOLLOWING IS TRUE?", "it sinks"),
        ("Which\nof  the\u00a0following\u2003gases is inert?", "neon"),
        ("Of the following, the strongest acid is", "HCl"),
        ("Which one of these melts?", "ice"),
        ("Choose the right answer: a gas that is inert", "neon"),
        (
            "Which of the following is prime? Assume that one of the choices is right. Give its letter.",
            "7",
        ),
        ("In the U.S. law, which of the following was in force in the U.S. in 1990?", "the first"),
        ("All of the following are noble gases. Any of these choices below is inert:", "neon"),
        (PASSAGE + "Which of the following did Ann do?", "walk"),
    ],
    "negative_choice": [
        ("All mammals do this except", "lay eggs"),
        ("Which gas is **not** noble?", "oxygen"),
        ("Which gas isn\u2019t noble?", "oxygen"),
        ("What property of ice does not change when it melts?", "mass"),
        ("Which planet has the least mass?", "Mercury"),
    ],
    "gist_of_passage": [
        (PASSAGE + "What's the best title for the passage?", "A Walk"),
        (PASSAGE + "The passage is mainly about _ .", "a walk"),
        (PASSAGE + "We can learn from the passage that _ .", "walking is tiring"),
        (PASSAGE + "What does the writer think of Ann?", "She is kind"),
    ],
    "statement_to_pick": [
        ("Which statement is true?", "Ice floats."),
        ("Which two observations describe weather?", "wind and rain"),
        ("Which best describes a comet?", "a ball of ice and dust"),
        ("A car stops. What best explains why?", "friction"),
    ],
    "example_to_pick": [
        ("Which action is an example of erosion?", "a river carves a canyon"),
        ("An example of a solution is", "salt water"),
        ("Friction makes heat; what is an example of this?", "rubbing hands"),
    ],
    "unbounded_which": [
        ("Which is heavier?", "a truck"),
        ("In spring, which would bloom?", "a rose"),
        ("What requires energy to move?", "a monkey"),
        ("Who would need a compass?", "a sailor"),
        ("Where might you find an eagle?", "the woods"),
    ],
    "unbounded_noun": [
        ("Which object is magnetic?", "a nail"),
        ("What dense environment is dark?", "a wood"),
        ("Which vehicle would pollute least?", "a bicycle"),
    ],
    "one_of_many": [
        ("What is one benefit of trade?", "lower prices"),
        ("What is a common cause of falls?", "ice"),
        ("What might a sailor carry?", "a compass"),
        ("How can you save water?", "by turning off the tap"),
        ("How are a tree and grass alike?", "both have roots"),
    ],
    "likeliest_choice": [
        ("What most likely caused the flood?", "heavy rain"),
        ("A moving boulder will most likely", "crush a tent"),
        ("The best way to start a fire is with", "dry logs"),
    ],
    "verdict_with_reason": [
        ("Is the contract void?", "No, because it was signed", "No, because it is old", "Yes"),
        ("Statement 1 | 2 is even. Statement 2 | 4 is odd.", "True, False", "False, True"),
    ],
    "several_blanks": [("If you had a hammer, you would find ____ nails made of ____", "iron; iron")],
    "clause_after_setting": [
        ("A dog is thirsty. It cannot find a puddle, so it", "goes to the next river"),
        (PASSAGE + "The man sat down because _ .", "he was on a diet"),
    ],
    "unfinished_sentence": [
        ("Humans sometimes eat", "roots"),
        ("A desert environment is:", "parched"),
        ("A hungry cougar eats ___ .", "voles"),
        ("Seeds travel by", "boat"),
    ],
}

STANDS = [
    ("What is the capital of France?", "Paris"),
    ("What is the name of the process by which plants make food?", "photosynthesis"),
    ("Which planet is the largest?", "Jupiter"),
    ("Which organs are used to breathe?", "lungs"),
    ("Which is the largest planet?", "Jupiter"),
    ("Which term best describes bees and flowers?", "mutualism"),
    ("Which process most likely heats the hand over a fire?", "convection"),
    ("To which group of animals do frogs belong?", "amphibians"),
    ("What type of reaction gives off heat?", "exothermic"),
    ("What concept did she use to say that all, whether old or not, can learn?", "the open mind"),
    ("What is the main reason electrons do not crash into each other?", "charge"),
    ("What keeps planets in orbit?", "gravity"),
    ("What would be the speed after 2 seconds?", "4 m/s"),
    ("What might x be if 2x = 4?", "2"),
    ("What is another name for table salt?", "sodium chloride"),
    ("The swing of a pendulum is an example of what?", "periodic motion"),
    ("What is a large mass of moving ice called?", "glacier"),
    ("A process by which plants make food is called", "photosynthesis"),
    ("Turning off the tap is an example of", "conservation"),
    ("The nucleus of an atom consists of", "protons and neutrons"),
    ("When a switch is closed, a lamp turns energy into", "light"),
    ("As vehicles get more efficient, fuel use", "decreases."),
    ("The ____ is the organ that pumps blood.", "heart"),
    ("Two objects are alike. Both have the same", "mass"),
    ("Find the sum of the following series: 1 + 2 + 4.", "7"),
    ("The following equation has one root: 2x = 4. Solve it.", "2"),
    ("What is the value of the following expression: 2 + 2?", "4"),
    ("Why was the man, following a diet, hungry?", "he ate little"),
    ("Ann said, 'Which of the following is mine?' Then she took the red cup. Who took the cup?", "Ann"),
    ("What is the product of the reaction below? NaOH + HCl -> NaCl + H_{2}O", "salt"),
    ("Are all numbers even?", "No"),
    ("What did the change do?", "No change in the velocity of the car"),
    ("How many moons does Mars have?", "2", "3", "none"),
    ("Which vitamins are lost by cooking?", "A and C", "B and D"),
    (PASSAGE + "Where did the old man come to?", "Ann's shop"),
    (PASSAGE + "Ann is a _ .", "shopkeeper"),
    (PASSAGE + "_ was on a diet.", "The old man"),
]


@pytest.mark.parametrize(("why", "row"), [(why, row) for why, rows in NEEDS.items() for row in rows])
def test_a_question_that_leans_on_its_options(why: str, row: tuple[str, ...]) -> None:
    assert reason(*row) == why


@pytest.mark.parametrize("row", STANDS)
def test_a_question_that_stands_alone(row: tuple[str, ...]) -> None:
    assert reason(*row) is None


def test_every_rule_has_a_case() -> None:
    assert list(NEEDS) == [rule.reason for rule in rules()]


def test_nulls_and_empties() -> None:
    assert reasons([]) == []
    assert reasons(
        [
            (None, ["all of these", "b"], "b"),
            ("", [], ""),
            (" \n", None, None),
            ("What is the capital of France?", None, None),
            ("What is the capital of France?", ["Paris", None], "Paris"),
            ("Which of these?", None, None),
            ("What is seen?", [None, "none of these"], None),
        ]
    ) == [None, None, None, None, None, "which_of_the_following", "all_or_none_of_the_above"]


def test_only_the_end_of_a_passage_is_asked() -> None:
    assert reason(PASSAGE * 10 + "Who came to Ann?", "an old man") is None
    assert (
        reason(PASSAGE * 10 + "\n\nWhich one of these came to Ann?", "an old man") == "which_of_the_following"
    )


ROWS: list[Row] = [
    *((row[0], row[1:], row[1]) for rows in NEEDS.values() for row in rows),
    *((row[0], row[1:], row[1]) for row in STANDS),
    (None, None, None),
    ("", [], None),
    ("Was ist die Hauptstadt von Österreich? 首都", ["Wien 🎉", None], "Wien 🎉"),
]
ALONE = [reasons([row])[0] for row in ROWS]


@given(st.lists(st.integers(0, len(ROWS) - 1)), st.integers(0, 5), st.integers(0, 5))
def test_a_row_has_its_reason_in_any_order_and_in_any_slice(chosen: list[int], start: int, stop: int) -> None:
    around = [random.Random(start).randrange(len(ROWS)) for _ in range(start + stop)]
    picked = [*around[:start], *chosen, *around[start:]]
    columns = [
        pa.array([ROWS[i][part] for i in picked], kind).slice(start, len(chosen))
        for part, kind in enumerate((pa.string(), STRINGS, pa.string()))
    ]
    found = needs_options(*columns)
    assert found.type == pa.string()
    assert found.to_pylist() == [ALONE[i] for i in chosen]


@given(
    st.lists(
        st.tuples(st.none() | st.text(), st.none() | st.lists(st.none() | st.text()), st.none() | st.text())
    )
)
def test_any_text_has_a_reason_or_none(rows: list[Row]) -> None:
    assert set(reasons(rows)) <= {None, *(rule.reason for rule in rules())}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"reason": "Not snake", "asked": "x"}], "snake_case"),
        ([{"asked": "x"}], "snake_case"),
        ([{"reason": "a", "asks": "x"}], r"unknown fields: \['asks'\]"),
        ([{"reason": "a", "unless_asked": "x"}], "no pattern that must match"),
        ([{"reason": "a", "asked": "\n"}], "no pattern that must match"),
        ([{"reason": "a", "asked": "<cat>"}], r"unknown words: \['<cat>'\]"),
        ([{"reason": "a", "asked": "(?=x)"}], "rule 'a', asked"),
        ([{"reason": "a", "asked": "x"}] * 2, "same reason"),
    ],
)
def test_a_broken_rule_is_refused(entries: list[dict[str, str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_rules({"words": {"pet": "cat dog"}, "rules": entries})
