"""The recipe against the paper's tables 1, 2 and 8 (arXiv 2504.13941), which stand here as printed."""

from fractions import Fraction
from itertools import combinations

import pytest

from crossthink_hub.recipe.paper import blends, source_facts
from crossthink_hub.recipe.quotas import weights

SAMPLES = {
    "mmlu": 99_842,
    "syn_qa": 192_930,
    "natural_reasoning": 100_000,
    "numina_math": 87_350,
    "persona_math": 100_000,
    "hendrycks_math": 8_523,
}
TABLE_8 = {
    "nd": ("0.1696", "0.3277", "0.1699", "0.1484", "0.1699", "0.0145"),
    "mr_up": ("0.0864", "0.1670", "0.0866", "0.2943", "0.3370", "0.0287"),
    "mcq_up": ("0.2251", "0.4349", "0.1149", "0.1004", "0.1149", "0.0098"),
    "open_up": ("0.1159", "0.2241", "0.2231", "0.1949", "0.2231", "0.0190"),
    "gpr_up": ("0.1678", "0.3242", "0.1680", "0.1516", "0.1736", "0.0148"),
    "score": ("0.1296", "0.1731", "0.1683", "0.2020", "0.1579", "0.1691"),
    "only_mr": ("0", "0", "0", "0.4460", "0.5105", "0.0435"),
    "only_gpr": ("0.2542", "0.4912", "0.2546", "0", "0", "0"),
}
PRINTED = {blend: dict(zip(SAMPLES, map(Fraction, row), strict=True)) for blend, row in TABLE_8.items()}

GPR = ("mmlu", "syn_qa", "natural_reasoning")
MR = ("numina_math", "persona_math", "hendrycks_math")
MCQ = ("mmlu", "syn_qa")
OPEN = ("natural_reasoning", *MR)
GROUPS = {
    "nd": {(*GPR, *MR): "1"},
    "mr_up": {MR: "0.66", GPR: "0.34"},
    "gpr_up": {GPR: "0.66", MR: "0.34"},
    "mcq_up": {MCQ: "0.66", OPEN: "0.34"},
    "open_up": {OPEN: "0.66", MCQ: "0.34"},
    "only_mr": {MR: "1"},
    "only_gpr": {GPR: "1"},
}
"""Table 2: how each derivable blend splits its rows between groups of sources."""

SUBSETS = [names for count in range(1, 7) for names in combinations(SAMPLES, count)]
"""Every choice of sources that a folder may hold."""


def test_sources_are_those_of_table_1() -> None:
    assert {name: facts.samples for name, facts in source_facts().items()} == SAMPLES
    assert {name for name, facts in source_facts().items() if facts.category == "gpr"} == set(GPR)
    assert {name for name, facts in source_facts().items() if facts.question_type == "mcq"} == set(MCQ)


def test_blends_are_those_of_table_8() -> None:
    assert set(blends()) == set(TABLE_8)


def test_41_of_the_42_derivable_weights_are_printed_as_they_round() -> None:
    cells = [(blend, source) for blend in GROUPS for source in SAMPLES]
    derived = {blend: weights(blends()[blend]) for blend in GROUPS}
    assert len(cells) == 42
    assert [
        (blend, source)
        for blend, source in cells
        if round(derived[blend].get(source, Fraction(0)), 4) != PRINTED[blend][source]
    ] == [("nd", "syn_qa")]


def test_the_other_weight_is_printed_cut_off() -> None:
    exact = weights(blends()["nd"])["syn_qa"]
    assert exact == Fraction(192_930, 588_645)
    assert round(exact, 6) == Fraction("0.327753")
    assert PRINTED["nd"]["syn_qa"] == Fraction("0.3277")


def test_score_is_the_printed_weights_over_their_sum() -> None:
    for present in SUBSETS:
        printed = {source: PRINTED["score"][source] for source in present}
        total = sum(printed.values())
        expected = {source: weight / total for source, weight in printed.items()}
        assert weights(blends()["score"], present) == expected


@pytest.mark.parametrize("blend", GROUPS)
def test_the_groups_that_are_there_keep_the_ratio_of_their_shares(blend: str) -> None:
    for present in SUBSETS:
        share = {
            group: Fraction(number)
            for group, number in GROUPS[blend].items()
            if not set(group).isdisjoint(present)
        }
        found = weights(blends()[blend], present)
        for group, number in share.items():
            assert sum(found.get(source, 0) for source in group) == number / sum(share.values()), present
        assert set(found) == {source for group in share for source in group if source in present}


@pytest.mark.parametrize("blend", GROUPS)
def test_sources_of_a_group_stand_to_each_other_as_their_sizes(blend: str) -> None:
    for present in SUBSETS:
        found = weights(blends()[blend], present)
        for group in GROUPS[blend]:
            per_row = {found[source] / SAMPLES[source] for source in group if source in present}
            assert len(per_row) <= 1, present


def test_gpr_up_of_one_source_a_side_is_two_thirds_general_purpose() -> None:
    assert weights(blends()["gpr_up"], ["mmlu", "hendrycks_math"]) == {
        "mmlu": Fraction("0.66"),
        "hendrycks_math": Fraction("0.34"),
    }


def test_a_missing_group_leaves_its_share_to_the_others() -> None:
    assert weights(blends()["gpr_up"], ["hendrycks_math"]) == {"hendrycks_math": 1}


def test_a_blend_of_which_nothing_is_there_has_no_weights() -> None:
    assert weights(blends()["only_mr"], GPR) == {}
