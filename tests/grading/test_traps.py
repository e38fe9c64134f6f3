"""Answers that look right and are not, ones that look wrong and are right, and ones that broke a grader."""

import pytest

from crossthink_hub.errors import UsageError
from crossthink_hub.grading import Verdict, grade


def _grade(answer: str, gold: str, options: list[str] | None = None) -> Verdict:
    return grade(f"<think>t</think>\\boxed{{{answer}}}", gold, options=options)


WRONG = [
    # signs and case that say something
    ("5!", "5"),
    ("n!", "n"),
    ("y''", "y"),
    (r"\sim P", "P"),
    ("2n", "2N"),
    ("10²", "102"),
    ("2⁵", "25"),
    ("①②", "12"),
    ("2 a + b", "2 + b"),
    ("5 mW", "5 MW"),
    ("type blood", "type A blood"),
    ("Co", "CO"),
    ("x y", "x-y"),
    # exponents, indices and letters before digits
    ("0", "10^10"),
    ("1.5", "5 × 10^-13"),
    ("5", "√15"),
    ("NO2", "N2O"),
    ("C12H6O6", "C6H12O6"),
    ("v0^2/g", "v0^2/(2g)"),
    ("0", "v0^2/g"),
    ("0xAB", "0x1F"),
    # words behind a number
    ("5 billion", "5 million"),
    ("5 million", "5"),
    ("5 dozen", "5"),
    ("5 squared", "5"),
    ("5 factorial", "5"),
    ("5 minus one", "5"),
    ("5 apples", "5 oranges"),
    ("100 BC", "100 AD"),
    (r"\$5 billion", r"\$5 million"),
    (r"5\text{ maybe 6}", "5"),
    ("5 eV", "5 keV"),
    ("5 wrong", "5"),
    ("5 left", "5 right"),
    # sentences
    ("It isn't $5$", "5"),
    ("more than $5$", "5"),
    ("half of $5$", "5"),
    ("$5$ squared", "5"),
    ("all but $5$", "5"),
    ("The wrong answer is 5", "5"),
    ("It is false that the answer is 5", "5"),
    ("one less than $5$", "5"),
    ("not 0", "0"),
    ("low 0", "0"),
    ("n = 6 to n = 3", "3"),
    # small numbers
    ("0", "1.60e-19"),
    ("6.63e-34", "1.60e-19"),
    ("0.000000", r"1.6\times10^{-19}"),
    ("0", "e^{-100}"),
    ("1", "1-e^{-100}"),
    # ranges, times, dates, versions
    ("20-30", "10-20"),
    ("-1", "5-6"),
    ("10:30", "1:30"),
    ("6/4/2020", "3/2/2020"),
    ("10.0.0.1", "127.0.0.1"),
    # equations
    (r"\cos x < 0", r"\sin x < 0"),
    ("f(1) = 3", "f(2) = 3"),
    ("x_7 = 3", "x_8 = 3"),
    ("6 = 5", "5"),
    ("x > 2", "|x| + 1 > 3"),
    ("x > 0", "x(x-1)(x-2) + x > 0"),
    ("x > 1", r"\lfloor x \rfloor > 1"),
    ("|x| = 3", "x = 3"),
    ("x = 4 或 x = 5", "5"),
    (r"\frac{\pi}{6}", r"S = \sqrt3 \text{ when } A = \frac{\pi}{6}"),
    (r"\phantom{45}", "45"),
    # groups
    ("1, 3", "[1,3]"),
    (r"\{1,3\},\{2,4\}", r"\{1,2\},\{3,4\}"),
    (r"\{\emptyset\}", r"\emptyset"),
    # values that agree where symbols are small
    ("10-x", "|x-10|"),
    ("5", r"\max(x, 5)"),
    ("x", r"\min(x, 100)"),
    ("0", r"\lfloor x^2/100 \rfloor"),
    # powers of large and of equal numbers
    (r"N = 5^{180} \times 199^{11}", r"N = 5^{180} \times 199^{10}"),
    ("4^{12} < 9^8 = 3^{18}", "4^{12} < 9^8 = 3^{16}"),
    (r"10^{200}\pi + 1", r"10^{200}\pi"),
    (r"32\text{ cm}^2", r"32\text{ cm}^5"),
    ("(a, b, c) = (129, 387, 646)", "(a, b, c) = (129, 387, 645)"),
]

RIGHT = [
    (r"\text{The answer is } 5", "5"),
    (r"\boxed{5}", "5"),
    (r"\boxed{90^\circ}", "90"),
    ("The answer is blue", "blue"),
    ("10^10", "10^{10}"),
    ("√15", r"\sqrt{15}"),
    ("v0", "v_0"),
    ("3 x 10^5", r"3 \times 10^5"),
    ("3 × 10⁵", "300000"),
    ("x₂", "x_{2}"),
    ("H₂O", "H_2O"),
    ("1⁄2", "0.5"),
    ("∛8", "2"),
    ("5 million", "5000000"),
    ("2 dozen", "24"),
    ("p(1-p)", "p - p^2"),
    ("y(x+1)", "xy + y"),
    ("2mgh", r"2m \cdot g \cdot h"),
    ("nRT/V", r"\frac{nRT}{V}"),
    (r"(x^2-2)^{5/3}", r"(\sqrt[3]{x^2-2})^5"),
    (r"\mathrm{sin} x", r"\sin x"),
    ("3:30 PM", "3:30 p.m."),
    ("5。", "5"),
    ("1、2", "1, 2"),
    (r"\large 5", "5"),
    (r"\color{red}{5}", "5"),
    (r"\therefore 5", "5"),
    (r"\operatorname{arctan} 1", r"\frac{\pi}{4}"),
    ("No", "no"),
    ("MARS", "Mars"),
    ("NaCl", "NaCl"),
    (r"\pm 1 \mp 2", "-1, 1"),
    ("The Sky", "sky"),
    (r"\sum_{i=1}^{n} i", r"\sum_{i=1}^n i"),
    ("20-30", "20-30"),
    ("x = 1 或 x = 2", "1, 2"),
    ("3rd", "3"),
    (r"20^\circ\text{C}", "20°C"),
]


@pytest.mark.parametrize(("answer", "gold"), WRONG, ids=[f"{answer} for {gold}" for answer, gold in WRONG])
def test_not_rewarded(answer: str, gold: str) -> None:
    assert _grade(answer, gold).correct is False
    assert _grade(gold, answer).correct is not True


@pytest.mark.parametrize(("answer", "gold"), RIGHT, ids=[f"{answer} for {gold}" for answer, gold in RIGHT])
def test_rewarded(answer: str, gold: str) -> None:
    assert _grade(answer, gold).correct is True
    assert _grade(gold, answer).correct is True


OPTIONS = ["Mars", "Venus", "Earth", "Pluto"]


@pytest.mark.parametrize(
    "answer",
    [
        "The answer is (A) Venus",
        "The answer is A is wrong",
        "The answer is A, but could be B",
        "The answer is A & B",
        "The answer is A through D",
        "A; B",
        "A + B",
        "A. Mars, B",
        "A: Mars [B]",
        "A. Mars\nB",
        "The answer isn't A",
        "The answer is A mammal",
        "(A) cannot be Mars",
        "A? No, B",
    ],
)
def test_letters_that_do_not_name_one_option(answer: str) -> None:
    assert _grade(answer, "(A) Mars", OPTIONS).correct is False


@pytest.mark.parametrize(
    ("gold", "options", "answers"),
    [
        ("(A) 10", ["10", "10%", "0.1"], ["10", "A", "(A) 10"]),
        ("(B) a and c", ["x", "a and c", "b"], ["a and c", "B"]),
        ("(A) H. E. coli", ["H. E. coli", "none"], ["H. E. coli", "A. H. E. coli"]),
        ("(C) -1", ["1", "0", "-1"], ["-1", "C", "(C) -1", "(C)-1"]),
        ("(D) to see if the results are alike", ["a", "b", "c", "to see if the results are alike"], ["D"]),
        ("(B) Mars", ["x", "Mars"], ["option B: Mars", "Option B", r"\textsf{B}", r"\boxed{B}", "B) Mars"]),
    ],
)
def test_options_are_what_they_say(gold: str, options: list[str], answers: list[str]) -> None:
    for answer in answers:
        assert _grade(answer, gold, options).correct is True, answer
    assert _grade("(A) x" if "B" in gold else "Z", gold, options).correct is False


def test_a_label_eats_no_minus() -> None:
    assert _grade("1", "(C)-1").correct is False
    assert _grade("N-1", "N - 1").correct is True
    assert _grade("N", "N - 1").correct is False


@pytest.mark.parametrize(
    ("response", "correct"),
    [
        (r"$-\boxed{5}$", False),
        (r"$x = -\boxed{5}$", False),
        (r"so x - \boxed{5}", True),
        (r"$\boxed{5}$", True),
    ],
)
def test_a_minus_before_the_box_counts(response: str, correct: bool) -> None:
    assert grade(f"<think>t</think>{response}", "5").correct is correct


@pytest.mark.parametrize(
    "answer",
    [
        "A" + " ," * 200 + " 1",
        "5_{①}",
        r"5\text{..}",
        r"x+y = 10^{200}x\cdot 10^{200}x - 10^{200}x\cdot 10^{200}x",
        r"\sqrt[5400]{2^{29700}\cdot2^{29700}+1}",
        r"\begin{matrix}1&1\\1&1\end{matrix}" * 25,
        r"\begin{matrix}x&1\\1&x\end{matrix}" * 25,
        "so" + " " * 3_000 + "x",
        r"\sqrt[1000000000000]{3}",
        "3^{0.000000000001}",
        "3^{1/1000000000}",
        r"\log_{1.0000001} 2",
        r"\max 5",
        r"\min 10",
        "x_{}",
        "5_{}",
        r"\alpha_{}",
        "f(x)_{}",
        r"5\%^\circ",
        r"\gcd(1/2, 3)",
        r"\binom{-1}{2}",
        "(-3)!",
        r"\log_1 5",
        r"0^{-1}",
        r"\sqrt[0]{2}",
        r"\frac{1}{0}",
        r"x \bmod 0",
        "'",
        "!",
        "-",
        "|",
    ],
)
def test_no_answer_breaks_it(answer: str) -> None:
    for gold in ("42", "7", r"7\text{.}", "(A) 42", "x", "xy", "1, 2", "x+y=1", answer):
        assert _grade(answer, gold).correct is (gold == answer)
        assert _grade(gold, answer).correct in (None, gold == answer)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("x^{2020} - 1", "-1 + x^{2020}"),
        ("(x^2)^{1007}", "x^{2014}"),
        (r"k\pi", r"k\pi, k \in \mathbb{Z}"),
        ("1.414214", r"\sqrt{2}"),
        (r"\text{(A) NaCl and H_{2}O}", "(A) NaCl and H_{2}O"),
    ],
)
def test_more_that_is_right(answer: str, gold: str) -> None:
    assert _grade(answer, gold).correct is True


def test_names_between_boxes_count() -> None:
    boxes = r"<think>a</think>$b=\boxed{1}$, $a=\boxed{2}$"
    assert grade(boxes, "a=1, b=2").correct is False
    assert grade(boxes, "a=2, b=1").correct is True


@pytest.mark.parametrize("response", [r"The answer is -\boxed{5}", "so −\\boxed{5}"])
def test_a_minus_after_a_word_counts(response: str) -> None:
    assert grade(f"<think>t</think>{response}", "-5").correct is True
    assert grade(f"<think>t</think>{response}", "5").correct is False


@pytest.mark.parametrize(
    ("gold", "options", "kind"),
    [
        ("Pluto", ["Venus", "Earth"], None),
        ("not known", None, "math"),
        ("x" * 10_000, None, None),
        ([], None, None),
    ],
)
def test_no_signal_whatever_the_response(gold: object, options: list[str] | None, kind: str | None) -> None:
    for response in (
        r"<think>t</think>\boxed{Venus}",
        "no box",
        "<think>",
        "",
        None,
        r"<think>t</think>\boxed{Pluto}",
    ):
        assert grade(response, gold, options=options, kind=kind).correct is None  # type: ignore[arg-type]


def test_a_ground_truth_may_come_in_a_list_or_from_numpy() -> None:
    import numpy as np

    for gold in (["5"], np.array(["5"], dtype=object), np.int64(5), 5.0):
        assert _grade("5", gold).correct is True  # type: ignore[arg-type]
    assert _grade("nan", float("nan")).correct is None  # type: ignore[arg-type]


def test_options_are_checked() -> None:
    import numpy as np

    many = [f"option {place}" for place in range(30)]
    assert _grade("option 28", "option 28", many).correct is True
    assert _grade("Mars", "(A) Mars", np.array(["Mars", "Venus"])).correct is True  # type: ignore[arg-type]
    for options in ("Mars", {"A": "Mars"}, ["Mars", None], [1, 2], 5):
        with pytest.raises(UsageError):
            _grade("Mars", "(A) Mars", options)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        grade("a", "b", mode=["paper"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("response", "gold", "options"),
    [
        ("The answer is (C). Clearly not D.", "C", ["a", "b", "c", "d"]),
        ("The answer is 4. I checked 14 times.", "4", None),
    ],
)
def test_the_span_of_a_claim_is_where_it_was_said(
    response: str, gold: str, options: list[str] | None
) -> None:
    verdict = grade(response, gold, options=options, answer_in="claim", thought="optional")
    assert verdict.correct is True
    assert verdict.span is not None
    assert response[: verdict.span[0]].endswith(("is (", "is "))
