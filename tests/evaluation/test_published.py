"""The paper's numbers: every average and every claim recomputed from the cells as printed."""

import json
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest
from common import REPOSITORY
from jsonschema import Draft202012Validator

from crossthink_hub.card.words import prose
from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.benchmarks.benchmark import known_tasks
from crossthink_hub.evaluation.published import OWN, QUOTED, UNCLEAR, Cell, Row, published, schema
from crossthink_hub.recipe.configs import NEEDS_DIFFICULTY, configs
from crossthink_hub.recipe.paper import blends, source_facts

PAPER = published()
ACCURACY = (3, 4, 5, 6, 7)
GPR = [name for name, ability in PAPER.benchmarks.items() if ability == "gpr"]
MR = [name for name, ability in PAPER.benchmarks.items() if ability == "mr"]
BASE, ORZ = "base", "orz"
MIXED = ("nd", "mr_up", "gpr_up", "mcq_up", "open_up", "score")
"""The six blends of table 2."""


def row(table: int, key: str) -> Row:
    return PAPER.table(table).row(key)


def cell(table: int, key: str, column: str) -> Fraction:
    return row(table, key).cells[column].exact


def cells(column: str | None = None) -> Iterator[tuple[int, Row, str, Cell]]:
    """Yield the cells of accuracies, of one column or all."""
    for number in ACCURACY:
        for line in PAPER.table(number).rows.values():
            for name, found in line.cells.items():
                if column in (None, name):
                    yield number, line, name, found


def counts(value: Fraction, n: int) -> list[int]:
    """Return the counts of n whose percentage is printed as this value."""
    near = round(value * n / 100)
    return [k for k in range(near - 2, near + 3) if abs(Fraction(100 * k, n) - value) <= Fraction(1, 200)]


def trained(line: Row) -> bool:
    return line.config is not None


# The file.


def test_the_file_is_as_its_schema_says() -> None:
    Draft202012Validator.check_schema(dict(schema()))
    Draft202012Validator(dict(schema())).validate(json.loads(prose("published.json")))


def test_tables_3_to_7_have_the_seven_benchmarks_and_table_9_its_three_columns() -> None:
    assert list(PAPER.tables) == [3, 4, 5, 6, 7, 9]
    assert list(PAPER.figures) == [1, 3, 4, 5, 6, 7]
    assert {PAPER.table(number).columns for number in ACCURACY} == {tuple(PAPER.benchmarks)}
    assert PAPER.table(9).columns == ("min", "max", "mean")
    assert all(
        line.cells.keys() == set(table.columns)
        for table in PAPER.tables.values()
        for line in table.rows.values()
    )


def test_rows_are_configs_of_this_project() -> None:
    assert list(PAPER.table(3).rows) == [BASE, *source_facts()]
    assert list(PAPER.table(4).rows) == [BASE, ORZ, *blends()]
    for number in ACCURACY:
        for key, line in PAPER.table(number).rows.items():
            assert line.config in (None if key in (BASE, ORZ) else key,)
            assert line.config is None or line.config in {*configs(), *NEEDS_DIFFICULTY}


def test_what_is_printed_twice_is_the_same() -> None:
    for one, other, key in [(3, 4, BASE), (4, 5, "nd"), (4, 6, "only_gpr")]:
        assert row(one, key) == row(other, key)


def test_nobody_can_change_a_number() -> None:
    with pytest.raises(TypeError):
        PAPER.table(4).row("nd").cells["mmlu"] = Cell(100.0, OWN)  # type: ignore[index]
    with pytest.raises(AttributeError):
        PAPER.table(4).row("nd").average = 100.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        PAPER.figure(3).values["mmlu"]["gpr_up"] = 1.0  # type: ignore[index]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: PAPER.table(8), "Tables with results are 3, 4, 5, 6, 7, 9."),
        (lambda: PAPER.figure(2), "Figures with results are 1, 3, 4, 5, 6, 7."),
        (lambda: PAPER.table(5).row("gpr_up"), "Its rows are nd, nd-open."),
        (lambda: row(4, "nd").mean(["mmlu", "aime"]), "no column 'aime'"),
        (lambda: row(4, "nd").mean([]), "the mean of no column"),
        (lambda: Cell(50.0, "guessed"), "Give own, quoted or unclear."),
        (lambda: Cell(50.0, OWN, count=20), "belong together"),
        (lambda: Cell(50.0, OWN, 21, 40), "21/40 is 52.50 percent"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask()
    assert said in str(caught.value)


def test_a_run_is_found_by_model_and_config() -> None:
    for number in ACCURACY:
        for line in PAPER.table(number).rows.values():
            found = PAPER.reported(line.model, line.config)
            assert found is not None
            assert found.cells == line.cells
    assert PAPER.reported("Qwen/Qwen2.5-7B", "gpr_up_hard") is None


# The marks of cells.


FITTING = {"gpqa_diamond": (197, 198), "math_500": (500, 2000), "amc23": (40,)}
"""Numbers of questions at which some printed accuracies are possible and others are not."""


def test_a_count_stands_where_the_arithmetic_gives_one() -> None:
    for _, _, column, found in cells():
        fits = [(k, n) for n in FITTING.get(column, ()) for k in counts(found.exact, n)][:1]
        assert [(found.count, found.n)] == (fits or [(None, None)]), (column, found)


def test_without_one_every_printed_number_would_fit_or_no_pool_is_known() -> None:
    for rows in (14_042, 12_032, 26_529):  # MMLU, MMLU-Pro, SuperGPQA
        assert all(counts(Fraction(hundredths, 100), rows) for hundredths in range(10_001))


def test_quoted_are_the_untrained_models_alone() -> None:
    quoted = {(line.model, column) for _, line, column, found in cells() if found.origin == QUOTED}
    assert quoted == {
        (model, column)
        for model in ("Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-32B")
        for column in ("mmlu", "mmlu_pro", "supergpqa")
    }
    assert {line.key for _, line, _, found in cells() if found.origin == UNCLEAR} == {BASE, ORZ}
    assert all(found.origin == OWN for _, line, _, found in cells() if trained(line))


def test_what_is_not_the_papers_own_has_a_finding_that_says_why() -> None:
    assert all(found.finding in PAPER.findings for _, _, _, found in cells() if found.origin != OWN)


# Averages.


def test_every_average_is_the_rounded_mean_of_its_row_but_one() -> None:
    others = [
        (number, line.key, line.average, round(line.mean(), 2))
        for number in ACCURACY
        for line in PAPER.table(number).rows.values()
        if line.average is None or round(line.mean(), 2) != Fraction(str(line.average))
    ]
    assert others == [(3, "hendrycks_math", 45.04, Fraction("45.05"))]


# Findings: what the numbers say about themselves.


def test_gpqa_is_of_198_questions_in_table_3_and_of_197_for_what_was_trained_later() -> None:
    for number, line, _, found in cells("gpqa_diamond"):
        if line.key == ORZ:
            assert not counts(found.exact, 198)
            assert not counts(found.exact, 197)
        else:
            n, other = (197, 198) if trained(line) and number != 3 else (198, 197)
            assert (found.n, len(counts(found.exact, n)), counts(found.exact, other)) == (n, 1, [])
            assert found.finding == "gpqa_two_versions"
    assert {
        counts(cell(table, key, "gpqa_diamond"), n)[0]
        for table, key, n in (
            (3, BASE, 198),
            (4, "gpr_up", 197),
            (4, "open_up", 197),
            (7, "gpr_up_hard", 197),
        )
    } == {63, 76, 85, 98}


def test_so_many_counts_are_not_there_by_chance() -> None:
    assert sum(len(counts(Fraction(hundredths, 100), 198)) for hundredths in range(10_001)) / 10_001 < 0.021


def test_no_cell_needs_thirds() -> None:
    assert PAPER.setup["runs_averaged"] == 3
    for column in FITTING:
        for _, line, _, found in cells(column):
            if trained(line) or (line.key == BASE and column != "math_500"):
                assert found.count is not None


def test_math_500_of_the_untrained_models_is_of_four_runs() -> None:
    printed = [cell(4, BASE, "math_500"), cell(7, BASE, "math_500")]
    runs = [n for n in range(1, 9) if all(counts(value, 500 * n) for value in printed)]
    assert runs[0] == 4
    assert [counts(value, 2000) for value in printed] == [[966], [1211]]
    assert {found.n for _, line, _, found in cells("math_500") if line.key == BASE} == {2000}


def test_amc23_is_one_count_of_40() -> None:
    assert all(found.n == 40 and len(counts(found.exact, 40)) == 1 for _, _, _, found in cells("amc23"))
    found = {key: row(4, key).cells["amc23"].count for key in (BASE, "gpr_up", "only_mr")}
    assert found == {BASE: 16, "gpr_up": 26, "only_mr": 28}


def test_orz_ends_in_0_where_it_need_not() -> None:
    in_0 = {name for name, found in row(4, ORZ).cells.items() if (100 * found.exact) % 10 == 0}
    free = [name for name in PAPER.benchmarks if name not in MR]  # a 500th and a 40th always end in 0
    assert in_0 & set(free) == {"mmlu", "mmlu_pro", "gpqa_diamond", "supergpqa"}
    assert in_0 >= set(MR)
    assert {name for name, found in row(4, ORZ).cells.items() if found.origin == UNCLEAR} == in_0 & set(free)


def test_agieval_is_no_accuracy_over_one_pool() -> None:
    tasks = known_tasks("agieval")
    rows = {name: task.rows or 0 for name, task in tasks.items()}
    english = {name: rows[name] for name, task in tasks.items() if task.language == "en"}
    pools = [sum(rows.values()), sum(english.values())]
    pools += [sum(english.values()) - english["gaokao-english"], sum(english.values()) + english["sat-en"]]
    printed = {found.exact for _, line, _, found in cells("agieval") if line.key != ORZ}
    assert (pools, len(printed)) == ([8062, 3646, 3340, 3852], 20)
    excluded = [sum(not counts(value, pool) for value in printed) for pool in pools]
    assert excluded == [2, 12, 10, 9]


def test_table_9_is_of_five_general_purpose_and_four_math_sets() -> None:
    for ability, tasks in (("gpr", 5), ("mr", 4)):
        extremes = [
            cell(9, f"{ability}/{key}", column)
            for key in ("gpr_up", "only_mr", ORZ)
            for column in ("min", "max")
        ]
        fitting = [n for n in range(1, 8) if all((value * n).denominator == 1 for value in extremes)]
        assert fitting == [tasks]
    assert (len(GPR), len(MR)) == (5, 2)  # the tables print two of the four


def test_the_longest_answer_does_not_fit_the_context_of_training() -> None:
    longest = max(found for line in PAPER.table(9).rows.values() for found in [line.cells["max"].exact])
    assert (longest, PAPER.setup["context_tokens_in_training"]) == (12_917, 5_000)
    assert longest < 16_384


def _missing(tasks: int, total: int) -> dict[str, float]:
    """Return the sum of each source's scores that are not printed, if `score` averages so many tasks.

    The averages of the six sources are taken to sum to a total: weights say only their ratio.
    """
    weights = blends()["score"].weights
    return {
        source: float(tasks * total * weights[source] - len(PAPER.benchmarks) * row(3, source).mean())
        for source in weights
    }


def test_the_weights_of_score_fit_averages_over_nine_tasks() -> None:
    assert min(_missing(7, 265).values()) < -1 < 1 < max(_missing(7, 265).values())
    two_more = _missing(9, 230)
    assert 24 < min(two_more.values()) < max(two_more.values()) < 48  # of 200
    assert (min(two_more, key=two_more.__getitem__), max(two_more, key=two_more.__getitem__)) == (
        "mmlu",
        "numina_math",
    )


def test_but_the_arithmetic_can_not_tell_nine_tasks_from_eight() -> None:
    one_more = _missing(8, 260)
    assert 24 < min(one_more.values()) < max(one_more.values()) < 50


# Claims: the text against the tables.


def gain(table: int, key: str, column: str, over: str = BASE) -> Fraction:
    return cell(table, key, column) - cell(table, over, column)


def average_gain(table: int, key: str, over: str = BASE) -> tuple[Fraction, Fraction]:
    """Return the gain of an average, from the cells and from the averages as printed."""
    printed = [Fraction(str(row(table, name).average)) for name in (key, over)]
    return row(table, key).mean() - row(table, over).mean(), printed[0] - printed[1]


def best_gain(column: str) -> tuple[str, Fraction]:
    """Return the best of the six blends on a benchmark, and its gain."""
    best = max(MIXED, key=lambda key: cell(4, key, column))
    return best, gain(4, best, column)


def tokens(ability: str, key: str) -> Fraction:
    return cell(9, f"{ability}/{key}", "mean")


def percent_less(one: Fraction, other: Fraction) -> Fraction:
    return 100 * (1 - one / other)


def percent_more(one: Fraction, other: Fraction) -> Fraction:
    return 100 * (one / other - 1)


def over_tasks(key: str, gpr: int, mr: int) -> Fraction:
    return (gpr * tokens("gpr", key) + mr * tokens("mr", key)) / (gpr + mr)


LAGGING = ("agieval", "supergpqa", "mmlu_pro")
HARD = ("mmlu_pro", "gpqa_diamond", "agieval", "amc23")
BY_AVERAGE = sorted(blends(), key=lambda key: row(4, key).mean(), reverse=True)
FILES = PAPER.release["files"].values()

RECOMPUTED: Mapping[str, Any] = {
    **{f"gain_{column}": best_gain(column)[1] for column in PAPER.benchmarks if column != "mmlu"},
    "fewer_tokens": percent_less(over_tasks("gpr_up", 5, 4), over_tasks("only_mr", 5, 4)),
    "gain_open_questions": average_gain(5, "nd-open", "nd"),
    "gain_short_answers": average_gain(6, "only_gpr-short", "only_gpr"),
    "gain_over_only_mr": average_gain(4, BY_AVERAGE[0], "only_mr"),
    "gain_hard_questions": average_gain(7, "gpr_up_hard", "gpr_up"),
    "least_gain": average_gain(4, BY_AVERAGE[-1]),
    "largest_gain": average_gain(4, BY_AVERAGE[0]),
    "gain_numina_math": average_gain(3, "numina_math"),
    "gain_syn_qa": average_gain(3, "syn_qa"),
    "gain_nd": average_gain(4, "nd"),
    "gain_gpr_up_mmlu_pro": gain(4, "gpr_up", "mmlu_pro"),
    "gain_gpr_up_agieval": gain(4, "gpr_up", "agieval"),
    "gain_over_orz": percent_more(row(4, "gpr_up").mean(), row(4, ORZ).mean()),
    "gain_only_mr_math_500": gain(4, "only_mr", "math_500", "gpr_up"),
    "least_lag_only_mr": min(gain(4, "gpr_up", column, "only_mr") for column in LAGGING),
    "largest_lag_only_mr": max(gain(4, "gpr_up", column, "only_mr") for column in LAGGING),
    "gain_open_up_over_mcq_up": average_gain(4, "open_up", "mcq_up"),
    "math_score_only_mr": row(4, "only_mr").mean(MR),
    "lag_only_gpr": percent_more(row(4, "only_mr").mean(GPR), row(4, "only_gpr").mean(GPR)),
    "rank_only_mr": Fraction(BY_AVERAGE.index("only_mr") + 1),
    "longer_math_gpr_up": percent_more(tokens("mr", "gpr_up"), tokens("gpr", "gpr_up")),
    "longer_math_only_mr": percent_more(tokens("mr", "only_mr"), tokens("gpr", "only_mr")),
    "longer_math_orz": percent_more(tokens("mr", ORZ), tokens("gpr", ORZ)),
    "least_gain_hard": min(gain(7, "gpr_up_hard", column, "gpr_up") for column in HARD),
    "largest_gain_hard": max(gain(7, "gpr_up_hard", column, "gpr_up") for column in HARD),
    "shorter_than_only_mr": percent_less(tokens("gpr", "gpr_up"), tokens("gpr", "only_mr")),
    "shorter_than_orz": percent_less(tokens("gpr", "gpr_up"), tokens("gpr", ORZ)),
    "card_megabytes": Fraction(sum(file["bytes"] for file in FILES), 1_000_000),
    "card_rows": Fraction(sum(file["rows"] for file in FILES)),
    "card_least_rows": Fraction(sum(file["rows"] for file in FILES)),
}
"""Each claim from the cells; from cells and from printed averages, where these may differ."""


def places(number: float) -> int:
    return len(str(number).partition(".")[2].rstrip("0"))


def agrees(exact: Fraction, printed: float, qualifier: str) -> bool:
    if qualifier == "over":
        return exact > Fraction(str(printed))
    if qualifier == "about":
        return abs(exact / Fraction(str(printed)) - 1) < Fraction(15, 100)
    return round(exact, places(printed)) == Fraction(str(printed))


def test_every_claim_is_recomputed() -> None:
    assert set(RECOMPUTED) == set(PAPER.claims)


@pytest.mark.parametrize("name", PAPER.claims)
def test_a_claim_recomputed_from_the_cells(name: str) -> None:
    claim, found = PAPER.claims[name], RECOMPUTED[name]
    readings = found if isinstance(found, tuple) else (found,)
    assert round(readings[0], max(places(claim.recomputed), places(claim.printed))) == Fraction(
        str(claim.recomputed)
    )
    assert claim.agrees == any(agrees(value, claim.printed, claim.qualifier) for value in readings)


def test_the_claims_that_the_tables_do_not_bear_out() -> None:
    assert [name for name, claim in PAPER.claims.items() if not claim.agrees] == [
        "gain_over_only_mr",
        "gain_nd",
        "least_lag_only_mr",
        "math_score_only_mr",
        "longer_math_gpr_up",
        "longer_math_orz",
        "least_gain_hard",
        "card_megabytes",
        "card_least_rows",
    ]


def test_the_headline_gains_are_the_best_of_any_blend() -> None:
    assert {column: best_gain(column)[0] for column in PAPER.benchmarks} == {
        "mmlu": "gpr_up",
        "mmlu_pro": "gpr_up",
        "gpqa_diamond": "open_up",
        "agieval": "gpr_up",
        "supergpqa": "gpr_up",
        "math_500": "open_up",
        "amc23": "mr_up",
    }
    alone = [gain(4, "gpr_up", column) for column in ("math_500", "amc23", "gpqa_diamond")]
    assert [float(round(value, 1)) for value in alone] == [29.3, 25.0, 6.8]
    assert [float(gain(4, "only_mr", column)) for column in MR] == [30.3, 30.0]  # more than any blend


def test_the_gain_over_math_only_is_of_the_general_purpose_benchmarks() -> None:
    five = [row(4, key).mean(GPR) for key in ("gpr_up", "only_mr")]
    assert [float(round(mean, 2)) for mean in five] == [52.84, 51.23]
    assert float(round(five[0] - five[1], 2)) == 1.61
    exact, printed = average_gain(4, "gpr_up", "only_mr")
    assert (float(round(exact, 2)), float(printed)) == (0.29, 0.3)


def test_the_gain_of_nd_is_under_eleven_points() -> None:
    exact, printed = average_gain(4, "nd")
    assert (float(round(exact, 2)), float(printed)) == (10.9, 10.91)


def test_only_gpr_is_4_percent_behind_not_4_points() -> None:
    only_mr, only_gpr = (row(4, key).mean(GPR) for key in ("only_mr", "only_gpr"))
    assert float(round(only_mr - only_gpr, 2)) == 2.05
    assert float(round(percent_less(only_gpr, only_mr), 1)) == 4.0
    assert float(round(percent_more(only_mr, only_gpr), 1)) == 4.2


def test_fewer_tokens_only_if_task_types_weigh_5_to_4() -> None:
    def fewer(gpr: int, mr: int) -> float:
        return float(round(percent_less(over_tasks("gpr_up", gpr, mr), over_tasks("only_mr", gpr, mr)), 1))

    assert (fewer(5, 4), fewer(1, 1), fewer(5, 2)) == (27.8, 26.4, 31.9)


def test_the_math_score_of_only_mr_is_of_columns_that_are_not_printed() -> None:
    claim, line = PAPER.claims["math_score_only_mr"], row(4, "only_mr")
    assert claim.printed < min(
        line.cells[column].value for column in MR
    )  # so no mean of these, however weighted
    assert line.mean(MR) == max(row(4, key).mean(MR) for key in blends())  # its rank holds


def test_the_card_is_24_megabytes_and_a_size_class_off() -> None:
    assert round(sum(file["bytes"] for file in FILES) / 1e6) == 614
    assert 100_000 < PAPER.claims["card_rows"].recomputed < 1_000_000
    samples = source_facts()
    assert [file["rows"] for file in FILES] < [samples[name].samples for name in ("syn_qa", "persona_math")]


def test_figures_5_to_7_show_counts_and_the_text_gives_relative_gains() -> None:
    for number in (5, 6, 7):
        figure = PAPER.figure(number)
        assert figure.unit == "correct answers"
        assert {name for values in figure.values.values() for name in values} <= {"gain_percent"}
    groups = {name: values["gain_percent"] for name, values in PAPER.figure(6).values.items()}
    assert groups["math"] < 0 < groups["english"] < groups["law"]
    overall = float(percent_more(cell(4, "gpr_up", "agieval"), cell(4, "only_mr", "agieval")))
    assert groups["math"] < overall < groups["not_math"]


def test_the_hard_questions_win_on_every_benchmark() -> None:
    for column in PAPER.benchmarks:
        values = [cell(7, key, column) for key in (BASE, "gpr_up", "gpr_up_hard")]
        assert all(one < other for one, other in pairwise(values))


def test_open_and_short_do_not_win_on_every_benchmark() -> None:
    lost = [column for column in PAPER.benchmarks if gain(5, "nd-open", column, "nd") < 0]
    assert lost == ["mmlu_pro", "agieval", "math_500"]
    assert [column for column in PAPER.benchmarks if gain(6, "only_gpr-short", column, "only_gpr") < 0] == [
        "amc23"
    ]


def test_mmlu_answers_are_a_third_shorter() -> None:
    said: Mapping[str, float] = PAPER.figure(3).values["mmlu"]
    assert round(float(percent_less(Fraction(said["gpr_up"]), Fraction(said["only_mr"])))) == 35
    assert fmean(said.values()) < float(tokens("gpr", "gpr_up"))  # MMLU's are shorter than the other tasks'


def test_the_docs_name_every_finding_and_every_claim_that_does_not_agree() -> None:
    text = (REPOSITORY / "docs" / "paper.md").read_text("utf-8")
    for finding in published().findings.values():
        assert f"| {finding.says} | {finding.confidence} |" in text
    for claim in published().claims.values():
        if not claim.agrees:
            assert f"| {claim.where} | {claim.says} |" in text
