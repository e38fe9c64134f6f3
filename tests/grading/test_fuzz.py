"""Laws of grading: any text in, a verdict out; equality goes both ways, and knows no order of a sum."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from crossthink_hub.grading import Status, Verdict, grade

WORDS = r"""
\boxed{ } { <think> </think> \frac \sqrt ^ _ \text{ ( ) [ ] | $ \ \left \right \{ \}
\begin{pmatrix} \end{pmatrix}
& \\ , ; = < \pm ! \cup \in
1 2.5 x - + / : \% ^\circ or and A (B) π \overline{
"""
PIECES = st.sampled_from(WORDS.split())
MESSES = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=30).map("".join))


@settings(max_examples=400, deadline=None)
@given(response=MESSES, gold=MESSES, mode=st.sampled_from(["paper", "letter", "equivalent"]))
def test_any_text_gets_a_verdict(response: str, gold: str, mode: str) -> None:
    for text in (response, f"<think>t</think>\\boxed{{{response}}}"):
        verdict = grade(text, gold, mode=mode)  # type: ignore[arg-type]
        assert isinstance(verdict, Verdict)
        assert verdict.status in Status
        assert (verdict.status is Status.CORRECT) == (verdict.reward == 1.0)
        assert (verdict.correct is None) == (verdict.status is Status.GOLD_UNGRADABLE)


@settings(max_examples=200, deadline=None)
@given(answer=MESSES.filter(lambda text: text.strip() and text.count("{") == text.count("}")))
def test_an_answer_equals_itself(answer: str) -> None:
    verdict = grade(f"<think>t</think>\\boxed{{{answer}}}", answer)
    if verdict.answer == answer.strip():
        assert verdict.correct is (None if verdict.status is Status.GOLD_UNGRADABLE else True)


NUMBERS = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)


def _written(value: Fraction, way: int) -> str:
    top, bottom = value.numerator, value.denominator
    ways = (
        f"{top}/{bottom}",
        f"\\frac{{{top}}}{{{bottom}}}",
        f"\\dfrac{{{2 * top}}}{{{2 * bottom}}}",
        f"{top} \\div {bottom}",
    )
    return ways[way]


@settings(max_examples=200, deadline=None)
@given(first=NUMBERS, second=NUMBERS, ways=st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_numbers_are_equal_if_and_only_if_their_values_are(
    first: Fraction, second: Fraction, ways: tuple[int, int]
) -> None:
    answer, gold = _written(first, ways[0]), _written(second, ways[1])
    assert grade(f"<think>t</think>\\boxed{{{answer}}}", gold).correct is (first == second)


EXPRESSIONS = st.recursive(
    st.one_of(st.integers(0, 9).map(str), st.sampled_from(["x", "y", "\\pi", "\\sqrt{2}"])),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}+{pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}-{pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"{pair[0]}\\cdot {pair[1]}"),
        inner.map(lambda one: f"({one})^2"),
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(first=EXPRESSIONS, second=EXPRESSIONS)
def test_equality_of_formulas_is_symmetric(first: str, second: str) -> None:
    one = grade(f"<think>t</think>\\boxed{{{first}}}", second).correct
    assert one == grade(f"<think>t</think>\\boxed{{{second}}}", first).correct


@settings(max_examples=200, deadline=None)
@given(first=EXPRESSIONS, second=EXPRESSIONS)
def test_sums_do_not_depend_on_their_order(first: str, second: str) -> None:
    assert grade(f"<think>t</think>\\boxed{{{first}+{second}}}", f"{second}+{first}").correct is True
    assert grade(f"<think>t</think>\\boxed{{{first}+{second}+1}}", f"{second}+{first}").correct is False
