"""Where the answer is, what the format is, and the status of each way to have none."""

import pytest

from crossthink_hub.errors import UsageError
from crossthink_hub.grading import Status, Verdict, grade, grade_many

THOUGHT = "<think>t</think>"


def _answer(response: str, **settings: str) -> str | None:
    return grade(response, "42", **settings).answer  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (r"\boxed{42}", "42"),
        (r"\fbox{42}", "42"),
        (r"\boxed {42}", "42"),
        (r"$\boxed 42$", "42"),
        (r"\boxed{\frac{1}{\sqrt{2}}}", r"\frac{1}{\sqrt{2}}"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{1}. Then, \boxed{42}.", "42"),
        (r"First \boxed{41} is wrong. \boxed{42} Rest \boxed{43", None),
        (r"\boxed{1} and \boxed{2}", "1, 2"),
        (r"$\boxed{1}$, $\boxed{2}$ and $\boxed{3}$", "1, 2, 3"),
        (r"$x_1 = \boxed{1}, \quad x_2 = \boxed{2}$", "x_1=1, x_2=2"),
        ("\\boxed{42}\n\\boxed{42}", "42"),
        (r"\boxed{}", None),
        (r"\boxed{ }", None),
        (r"\boxed", None),
        (r"\boxed{42", None),
        (r"\\boxed{42}", "42"),
        ("\x08oxed{42}", "42"),
        (r"\boxed{\text{the set } \{x\}}", r"\text{the set } \{x\}"),
        ("no box: 42", None),
    ],
)
def test_extraction(response: str, answer: str | None) -> None:
    assert _answer(THOUGHT + response) == answer


def test_the_span_is_where_the_answer_stands() -> None:
    response = THOUGHT + r"It is \boxed{\frac{84}{2}}."
    span = grade(response, "42").span
    assert span is not None
    assert response[slice(*span)] == r"\frac{84}{2}"


@pytest.mark.parametrize(
    ("response", "status"),
    [
        (r"<think>t</think>\boxed{42}", "correct"),
        (r"<think>t</think>\boxed{43}", "wrong"),
        (r"\boxed{42}", "bad_format"),
        (r"t</think>\boxed{42}", "bad_format"),
        (r"Well. <think>t</think>\boxed{42}", "bad_format"),
        (r"<think>t</think><think>u</think>\boxed{42}", "bad_format"),
        (r"<think>a<think>t</think>\boxed{42}", "bad_format"),
        (r"<think>\boxed{42}</think>", "no_box"),
        (r"<think>\boxed{42}</think> So the answer is 42.", "no_box"),
        (r"<think>\boxed{42}</think>\boxed{43}", "wrong"),
        (r"<think>\boxed{42}", "unclosed_thought"),
        (r"<think>t</think><think>\boxed{42}", "unclosed_thought"),
        (r"<think>t</think>\boxed{42", "unclosed_box"),
        (r"<think>t</think>\boxed{}", "empty"),
        ("", "empty"),
        ("  \n", "empty"),
        (r"<think>t</think>\boxed{41} \boxed{42}", "ambiguous"),
        (r"<think>t</think>\boxed{41} or \boxed{42}", "ambiguous"),
        (r"<think>t</think>" + r"maybe \boxed{1}. " * 20 + r"\boxed{42}", "ambiguous"),
        (None, "not_text"),
        (42, "not_text"),
        (["42"], "not_text"),
    ],
)
def test_status(response: object, status: str) -> None:
    verdict = grade(response, "42")
    assert str(verdict.status) == status
    assert verdict.reward == (status == "correct")
    assert verdict.correct is (status in ("correct", "bad_format"))
    assert verdict.why


@pytest.mark.parametrize(
    ("thought", "formatted"),
    [
        ("tagged", {"<think>t</think>"}),
        ("opened", {"t</think>"}),
        ("optional", {"<think>t</think>", "t</think>", ""}),
    ],
)
def test_where_the_thought_is_is_a_setting(thought: str, formatted: set[str]) -> None:
    for before in ("<think>t</think>", "t</think>", ""):
        verdict = grade(before + r"\boxed{42}", "42", thought=thought)  # type: ignore[arg-type]
        assert verdict.formatted is (before in formatted)


def test_a_thought_that_was_opened_must_be_closed() -> None:
    assert grade(r"so \boxed{42}", "42", thought="opened").status is Status.UNCLOSED_THOUGHT


@pytest.mark.parametrize("gold", ["", "  ", None, True, [], {"a": 1}])
def test_a_ground_truth_that_is_none_gives_no_signal(gold: object) -> None:
    verdict = grade(r"<think>t</think>\boxed{42}", gold)
    assert (verdict.correct, verdict.reward, verdict.status) == (None, None, Status.GOLD_UNGRADABLE)
    assert (verdict.formatted, verdict.answer) == (True, "42")
    assert grade("no box", gold).formatted is False
    assert grade(None, gold).status is Status.GOLD_UNGRADABLE


def test_a_ground_truth_in_words_is_ungradable_as_mathematics_only() -> None:
    assert grade(r"<think>t</think>\boxed{forty two}", "forty two", kind="math").correct is None
    assert grade(r"<think>t</think>\boxed{forty two}", "forty two").correct is True
    assert grade(r"<think>t</think>\boxed{42}", "forty two").correct is False


def test_a_ground_truth_may_be_a_number() -> None:
    assert grade(r"<think>t</think>\boxed{27}", 27.0).correct is True


@pytest.mark.parametrize(
    ("answer", "gold", "correct"),
    [
        ("(A) The sky", "(A) The sky", True),
        ("A: The  sky", "(A) The sky", True),
        ("A. The sky", "(A) The sky", True),
        ("(A) the sky", "(A) The sky", False),
        ("A", "(A) The sky", False),
        ("The sky", "(A) The sky", False),
        (r"\frac{1}{2}", "0.5", False),
        ("0.5", " 0.5\n", True),
        ("x = 3", "x=3", False),
    ],
)
def test_paper_mode_compares_strings(answer: str, gold: str, correct: bool) -> None:
    assert grade(f"{THOUGHT}\\boxed{{{answer}}}", gold, mode="paper").correct is correct


@pytest.mark.parametrize(
    ("response", "gold", "correct"),
    [
        ("I think the answer is 42.", "42", True),
        ("<answer>New York City!</answer>", "new york city", True),
        ("42", "42", True),
        ("It could be 42.\nOr 43.", "42", False),
        (r"The answer is 42. \boxed{43}", "42", False),
    ],
)
def test_claims_count_only_where_asked_for(response: str, gold: str, correct: bool) -> None:
    verdict = grade(THOUGHT + response, gold, answer_in="claim")
    assert verdict.correct is correct
    assert verdict.reward in (0.0, float(r"\boxed" in response and correct))
    assert grade(THOUGHT + response, gold).correct is False


def test_columns_are_graded_in_order() -> None:
    answers = ["1", "x^2<4", "3", "(0, 1)", r"\frac{4}{2}"] * 40
    golds = ["1", "(-2, 2)", "4", "x<1", "2"] * 40
    responses = [f"{THOUGHT}\\boxed{{{answer}}}" for answer in answers]
    together = grade_many(responses, golds)
    assert together == [grade(response, gold) for response, gold in zip(responses, golds, strict=True)]
    assert [verdict.correct for verdict in together[:5]] == [True, True, False, False, True]


def test_no_columns_no_verdicts() -> None:
    assert grade_many([], []) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"ground_truths": ["1"]},
        {"kinds": ["math"]},
        {"options": [None, None, None]},
        {"kinds": ["maths", None]},
    ],
)
def test_columns_that_do_not_fit_are_an_error(columns: dict[str, list[str]]) -> None:
    with pytest.raises(UsageError):
        grade_many(["a", "b"], columns.pop("ground_truths", ["1", "2"]), **columns)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "setting", [{"mode": "strict"}, {"thought": "closed"}, {"answer_in": "text"}, {"kind": "open"}]
)
def test_settings_that_there_are_none_of_are_an_error(setting: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="is not one of"):
        grade("a", "1", **setting)  # type: ignore[arg-type]


def test_a_verdict_is_plain_data() -> None:
    import pickle

    verdict = grade(THOUGHT + r"\boxed{42}", "42")
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    assert isinstance(verdict, Verdict)
