"""The score blend from single-source results: the paper's own, and anyone's."""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.published import published
from crossthink_hub.evaluation.usefulness import TITLE, blend_yaml, usefulness
from crossthink_hub.recipe.custom import CustomBlend, read_blend, schema
from crossthink_hub.recipe.paper import blends, source_facts
from crossthink_hub.recipe.quotas import weights

SOURCES = list(source_facts())
TABLE_3 = published().table(3)
AVERAGES = {source: TABLE_3.row(source).average or 0.0 for source in SOURCES}
PRINTED = blends()["score"].weights
"""The weights of table 8."""

law = settings(max_examples=100, deadline=None, derandomize=True)
SCORES = st.dictionaries(st.sampled_from(SOURCES), st.floats(0, 100), min_size=1)


def read(text: str) -> CustomBlend:
    with TemporaryDirectory() as folder:
        path = Path(folder, "blend.yaml")
        path.write_text(text, "utf-8")
        return read_blend(path)


def distance(found: dict[str, Fraction]) -> float:
    """Return how far the weight is from table 8 where it is farthest."""
    return max(abs(float(found[source] - PRINTED[source])) for source in SOURCES)


# The paper's.


def test_the_papers_score_blend_follows_from_table_3_to_two_thousandths() -> None:
    assert sum(PRINTED.values()) == 1
    found = usefulness(AVERAGES)
    assert 0.0017 < distance(found) < 0.00172
    assert max(SOURCES, key=lambda source: abs(found[source] - PRINTED[source])) in ("mmlu", "numina_math")
    rounded = {source: float(round(weight, 4)) for source, weight in found.items()}
    assert rounded == {
        "mmlu": 0.1313,
        "syn_qa": 0.1724,
        "natural_reasoning": 0.1692,
        "numina_math": 0.2003,
        "persona_math": 0.1567,
        "hendrycks_math": 0.1701,
    }
    assert not [source for source in SOURCES if round(found[source], 4) == PRINTED[source]]


def test_exact_averages_come_no_nearer_than_printed_ones() -> None:
    exact = {source: float(TABLE_3.row(source).mean()) for source in SOURCES}
    assert abs(distance(usefulness(exact)) - distance(usefulness(AVERAGES))) < 2e-5


def test_no_choice_of_the_printed_benchmarks_comes_nearer() -> None:
    columns = TABLE_3.columns
    found = {
        names: distance(usefulness({source: float(TABLE_3.row(source).mean(names)) for source in SOURCES}))
        for size in range(1, len(columns) + 1)
        for names in combinations(columns, size)
    }
    assert min(found, key=found.__getitem__) == columns


def test_the_order_of_the_weights_is_that_of_the_averages() -> None:
    by_weight, by_average = (sorted(SOURCES, key=one.__getitem__) for one in (PRINTED, AVERAGES))
    assert by_weight == by_average
    # The text says that both math sources weigh more than both others; table 8 has Persona-MATH behind one.
    assert (
        PRINTED["mmlu"] < PRINTED["persona_math"] < PRINTED["natural_reasoning"] < PRINTED["hendrycks_math"]
    )


# Anyone's.


@law
@given(SCORES)
def test_weights_are_in_the_ratio_of_scores_and_sum_to_1(averages: dict[str, float]) -> None:
    assume(max(averages.values()) > 1)
    found = usefulness(averages)
    assert sum(found.values()) == 1
    assert list(found) == [source for source in SOURCES if averages.get(source, 0) > 5e-7]
    total = sum(averages.values())
    assert all(abs(float(weight) - averages[source] / total) < 1e-5 for source, weight in found.items())


@law
@given(SCORES, st.integers(2, 4))
def test_scale_and_order_of_the_scores_do_not_matter(averages: dict[str, float], parts: int) -> None:
    whole = {source: float(round(score)) for source, score in averages.items()}
    assume(any(whole.values()))
    found = usefulness(whole)
    assert usefulness({source: score / 2**parts for source, score in reversed(whole.items())}) == found


@law
@given(
    SCORES,
    st.from_regex(r"[a-z][a-z0-9_]{0,62}", fullmatch=True)
    | st.sampled_from(["on", "null", "true", "y", "e1"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=60)
    | st.sampled_from(["a: b # c", "'", '"', "- x", "*", "null", "1", "x\u2028y", "é 😀", "{", "@at"]),
)
def test_what_is_written_is_read_as_the_same_blend(averages: dict[str, float], name: str, title: str) -> None:
    assume(max(averages.values()) > 1 and title.strip() and "|" not in title)
    text = blend_yaml(name, averages, title=title, over=["mmlu", "amc23"])
    found = read(text)
    assert (found.name, found.blend.title) == (name, title.strip())
    assert weights(found.blend) == usefulness(averages)
    assert (found.answer, found.questions, found.samples) == ("long", "as_is", {})


def test_the_file_says_scores_shares_and_benchmarks() -> None:
    text = blend_yaml("my_score", AVERAGES, over=TABLE_3.columns)
    assert "over mmlu, mmlu_pro, gpqa_diamond, agieval, supergpqa, math_500, amc23." in text
    assert "  syn_qa: 45.65  # 0.1724\n" in text
    assert read(text).blend.title == TITLE
    assert max(map(len, text.splitlines())) <= 160


def test_a_source_that_scores_nothing_is_left_out_and_named() -> None:
    text = blend_yaml("mine", {"mmlu": 0.0, "syn_qa": 0.25, "numina_math": 0.75})
    assert "# mmlu has no weight: its model scores nothing.\n" in text
    assert weights(read(text).blend) == {"syn_qa": Fraction(1, 4), "numina_math": Fraction(3, 4)}


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: usefulness({"aime": 1.0}), "'aime' is no source"),
        (lambda: usefulness({"mmlu": -1.0}), "mmlu: -1.0 is no score"),
        (lambda: usefulness({"mmlu": float("nan")}), "mmlu: nan is no score"),
        (lambda: usefulness({"mmlu": 101.0}), "Give percent, or shares from 0 to 1."),
        (lambda: usefulness({"mmlu": 0.0}), "no source has a score above 0"),
        (lambda: usefulness({}), "no source has a score above 0"),
        (lambda: blend_yaml("score", AVERAGES), "Choose another, such as my_score."),
        (lambda: blend_yaml("My score", AVERAGES), f"Give {schema()['properties']['name']['description']}."),
        (lambda: blend_yaml("mine", AVERAGES, title="a\nb"), "Give one line of text"),
    ],
)
def test_what_makes_no_blend_is_refused(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask()
    assert said in str(caught.value)
