"""The tables of a report and their Markdown: read back, and held against the paper's numbers."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from report_runs import BASE, ORZ, ROWS, TITLES, a_run, base_run, several

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.published import OWN, Row, published
from crossthink_hub.evaluation.published import Cell as Printed
from crossthink_hub.evaluation.report.blocks import Cell, Picture, Section, Table, Tone
from crossthink_hub.evaluation.report.cells import difference
from crossthink_hub.evaluation.report.gains import gains_table, without_base
from crossthink_hub.evaluation.report.lengths import lengths_table, table_9
from crossthink_hub.evaluation.report.making import counts_table, making_table
from crossthink_hub.evaluation.report.markdown import markdown
from crossthink_hub.evaluation.report.repeats import repeats_table
from crossthink_hub.evaluation.report.rules import agieval_table, modes_table, subjects_table
from crossthink_hub.evaluation.report.runs import distinct
from crossthink_hub.evaluation.report.score_tables import other_runs_table, score_tables
from crossthink_hub.evaluation.report.sections import sections
from crossthink_hub.evaluation.report.seen import searched, seen_table
from crossthink_hub.evaluation.report.subcategories import FIGURES, subcategory_table
from crossthink_hub.evaluation.results import Lengths, Part, Results
from crossthink_hub.evaluation.statistics import wilson

NUMBERS = re.compile(r"([\d.]+)(?: \(([+-][\d.]+)\))?")
SMALL = 60
"""So many questions of each benchmark are enough, and drawn fast."""


def tables(runs: Sequence[Results], *, every: bool = False) -> dict[str, Table]:
    """Return all tables of a report, without drawing its figures."""
    own = distinct(runs)
    makers = (other_runs_table, gains_table, making_table, counts_table, modes_table, agieval_table)
    makers += (subjects_table, repeats_table, seen_table, table_9, lengths_table)
    found = [*score_tables(own, every=every), *(make(own) for make in makers)]
    found += [subcategory_table(own, benchmark) for benchmark in FIGURES]
    return {one.key: one for one in found if one is not None}


def table(key: str, *runs: Results, every: bool = False) -> Table:
    return tables(runs, every=every)[key]


def row(of: Table, name: str, *more: str) -> dict[str, Cell]:
    """Return the row that begins with these texts, by column."""
    fit = [cells for cells in of.rows if [cell.text for cell in cells[: 1 + len(more)]] == [name, *more]]
    assert len(fit) == 1, f"{len(fit)} rows of {name}"
    return dict(zip(of.columns, fit[0], strict=True))


def paper_cells() -> Iterator[tuple[int, Row, str, Printed]]:
    for number in range(3, 8):
        for line in published().table(number).rows.values():
            for name, cell in line.cells.items():
                yield number, line, name, cell


# Beside the paper.


def test_every_published_number_is_shown_as_printed_and_marked_unless_it_is_the_papers_own() -> None:
    shown = tables([a_run(limit=SMALL)], every=True)
    for number, line, name, cell in paper_cells():
        found = row(shown[f"table_{number}"], line.key)[TITLES[name]]
        assert found.text == f"{cell.value:.2f}"
        assert (found.tone is Tone.QUOTED) == (cell.origin != OWN)
        assert found.tone is not Tone.QUOTED or "no target" in found.why
    for line in published().table(9).rows.values():
        category, key = line.key.split("/")
        kind = {"gpr": "general-purpose", "mr": "math"}[category]
        found_row = row(shown["table_9"], key, kind)
        assert [found_row[name].text for name in line.cells] == [
            f"{cell.value:,.2f}" for cell in line.cells.values()
        ]


def test_a_run_stands_right_below_the_row_of_its_model_and_config_in_every_table_that_has_it() -> None:
    shown = tables(
        [a_run("mine", "nd", limit=SMALL), a_run("big", "nd", base="Qwen/Qwen2.5-32B", limit=SMALL)]
    )
    for key in ("table_4", "table_5"):
        names = [cells[0].text for cells in shown[key].rows]
        assert names[names.index("mine") - 1] == "nd"
        assert "big" not in names
    assert "table_3" not in shown
    assert [cells[0].text for cells in shown["other_runs"].rows] == ["big"]


@settings(max_examples=40, deadline=None)
@given(
    row_of=st.sampled_from(
        [(number, key) for number in range(3, 8) for key in published().table(number).rows]
    ),
    better=st.floats(-0.25, 0.2),
    left_out=st.sets(st.sampled_from(list(ROWS)), max_size=6),
)
def test_a_delta_is_what_is_shown_less_what_is_printed_and_no_quoted_number_has_one(
    row_of: tuple[int, str], better: float, left_out: set[str]
) -> None:
    line = published().table(row_of[0]).row(row_of[1])
    benchmarks = [name for name in ROWS if name not in left_out]
    run = a_run("mine", line.config, base=line.model, better=better, benchmarks=benchmarks, limit=SMALL)
    found = row(table(f"table_{row_of[0]}", run, every=True), "mine")
    for name in ROWS:
        cell = found[TITLES[name]]
        if name in left_out:
            assert (cell.text, cell.why) == ("-", "not asked")
            continue
        value, delta = NUMBERS.fullmatch(cell.text).groups()
        assert (delta is not None) == (line.cells[name].origin == OWN)
        if delta:
            assert Fraction(value) - line.cells[name].exact == Fraction(delta)
    value, delta = NUMBERS.fullmatch(found["average"].text).groups()
    assert (delta is not None) == all(line.cells[name].origin == OWN for name in benchmarks)
    if delta and left_out:
        assert Fraction(value) - Fraction(delta) == round(line.mean(benchmarks), 2)
    elif delta:
        assert Fraction(value) - Fraction(delta) == Fraction(str(line.average))
    words = ["none", "one", "two", "three", "four", "five", "six", "seven"]
    assert found["average"].below.endswith(f"over {words[len(benchmarks)]}")


def test_open_reasoner_zero_is_a_row_of_its_own_by_its_name_alone() -> None:
    run = a_run("theirs", None, base=None, model=ORZ, limit=SMALL)
    names = [cells[0].text for cells in table("table_4", run).rows]
    assert names[names.index("theirs") - 1] == "orz"


def test_the_order_of_runs_changes_no_cell() -> None:
    runs = several(5)
    cells = {key: sorted(map(str, one.rows)) for key, one in tables(runs).items() if "figure" not in key}
    random.Random(3).shuffle(runs)
    again = tables(runs)
    assert {
        key: sorted(map(str, one.rows)) for key, one in again.items() if key in cells and key != "making"
    } == {key: rows for key, rows in cells.items() if key != "making"}


def test_a_difference_from_the_paper_is_marked_only_if_chance_does_not_explain_it() -> None:
    far = row(table("table_4", a_run("mine", better=0.1)), "mine")
    near = row(table("table_4", a_run("mine")), "mine")
    worse = row(table("table_4", a_run("mine", better=-0.1)), "mine")
    assert (far["MMLU"].tone, worse["MMLU"].tone) == (Tone.GOOD, Tone.BAD)
    assert near["MMLU"].tone is Tone.PLAIN
    assert far["AMC23"].tone is Tone.PLAIN  # 40 questions


def test_a_run_of_some_questions_is_said_to_be_a_sample_and_weighs_less() -> None:
    shown = table("table_4", a_run("mine", limit=10, better=-0.3))
    assert {cell.tone for cell in row(shown, "mine").values()} <= {Tone.MUTED, Tone.PLAIN}
    assert "a sample" in row(shown, "mine")["MMLU"].why
    assert any("a sample, 70 questions of 61,403" in note for note in shown.notes)


def test_what_is_cut_off_too_long_missing_or_skipped_is_said_below_the_scores() -> None:
    whole = a_run("mine", prompt_too_long=7, missing=11, truncated=13, filtered=3)
    del (benchmarks := dict(whole.benchmarks))["gpqa_diamond"]
    run = replace(whole, benchmarks=benchmarks, skipped={"gpqa_diamond": "gated, no access"})
    shown = tables([run])
    notes = "\n".join(shown["table_4"].notes)
    assert "mine: no GPQA-Diamond (gated, no access)." in notes
    for count, words in ((13, "cut off"), (7, "do not fit"), (11, "still to be made"), (3, "withheld")):
        assert re.search(rf"mine: .*{words}.*MMLU {count}, .*AMC23 {count}\.", notes)
    counts = row(shown["counts"], "mine", "MMLU")
    named = {"cut off": "13", "too long": "7", "missing": "11", "withheld": "3"}
    assert {name: counts[name].text for name in named} == named
    assert row(shown["table_4"], "mine")["GPQA-Diamond"].why == "skipped: gated, no access"
    assert row(shown["table_4"], "mine")["average"].below.endswith("over six")


# Gains.


def test_gains_are_over_our_own_base_run_never_over_the_papers() -> None:
    mine, base = a_run("mine", better=0.05), base_run("own base")
    gains = row(table("gains", mine, base), "mine")
    scores = table("table_4", mine, base)
    for title in TITLES.values():
        one, other = (Fraction(row(scores, name)[title].text.split()[0]) for name in ("mine", "own base"))
        assert Fraction(gains[title].text) == one - other
    printed = row(table("gains", mine, base), "gpr_up")
    assert (printed["GPQA-Diamond"].text, printed["GPQA-Diamond"].tone) == ("+6.76", Tone.PLAIN)
    assert (printed["MMLU-Pro"].text, printed["MMLU-Pro"].tone) == ("+12.82", Tone.QUOTED)


def test_without_a_base_run_of_the_same_model_there_are_no_gains_and_it_is_said() -> None:
    runs = [a_run("mine", limit=SMALL), base_run("other", base="Qwen/Qwen2.5-32B", limit=SMALL)]
    assert "gains" not in tables(runs)
    assert without_base(runs) == (f"mine: no base run ({BASE}), so no gain is counted.",)


def test_gains_on_other_questions_are_of_less_weight() -> None:
    mine, base = a_run("mine", better=0.2, limit=40), base_run(limit=50)
    cell = row(table("gains", mine, base), "mine")["MMLU"]
    assert (cell.tone, cell.why) == (Tone.MUTED, "the two runs were asked other questions")


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 40))
def test_a_difference_turns_its_sign_with_the_order_and_stays_within_what_can_be(
    one: int, other: int, questions: int
) -> None:
    first, second = (wilson(min(right, questions), questions) for right in (one, other))
    there, back = difference(first, second), difference(second, first)
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
    assert -1 <= there.low <= there.value <= there.high <= 1


# Other tables.


def test_agieval_has_four_numbers_and_mmlu_two() -> None:
    run = a_run("mine", limit=SMALL)
    scores = run.benchmarks["agieval"].passes["greedy"].modes["equivalent"]
    found = row(table("agieval", run), "mine")
    assert [cell.text for cell in found.values()][1:] == [
        f"{100 * one.value:.2f}"
        for one in (scores.english["macro"], scores.english["pooled"], scores.macro, scores.pooled)
    ]
    assert list(row(table("subjects", run), "mine"))[1:] == [
        f"{name}, {kind}" for name in ("MMLU", "MMLU-Pro") for kind in ("pooled", "macro")
    ]


def test_several_answers_show_avg_at_k_pass_at_k_and_the_spread() -> None:
    run = a_run("mine", samples={"amc23": 16, "gpqa_diamond": 16})
    shown = tables([run])
    found = row(shown["repeats"], "mine", "AMC23")
    assert found["score"].below.startswith("avg@16")
    assert found["spread"].text == "15.00"
    assert len(found["each repeat"].text.split(", ")) == 16
    assert float(found["pass@16"].text) >= float(found["pass@1"].text)
    assert row(shown["table_4"], "mine")["AMC23"].below.endswith("avg@16")
    assert [cells[1].text for cells in shown["repeats"].rows] == ["GPQA-Diamond", "AMC23"]
    assert "repeats" not in tables([a_run(limit=SMALL)])


def test_contamination_is_shown_where_training_rows_are_known_and_said_where_not() -> None:
    runs = [a_run("mine", seen=20, limit=SMALL), a_run("not known", limit=SMALL), base_run(limit=SMALL)]
    found = row(table("seen", *runs), "mine", "MMLU")
    assert (found["in training"].text, found["by task"].text) == ("20", "math 20")
    score, less = (Fraction(found[name].text) for name in ("score", "without them"))
    assert Fraction(found["difference"].text) == less - score
    assert [cells[0].text for cells in table("seen", *runs).rows] == ["mine"] * 7
    text = list(searched(runs))
    assert text[0].startswith("mine: looked for in crossthink, gpr_up")
    assert "not known" in text[1]
    assert "not trained" in text[2]


def test_table_9_has_means_over_benchmarks_of_their_shortest_longest_and_mean() -> None:
    run = a_run("mine", limit=SMALL)
    places = {name: number for number, name in enumerate(ROWS)}
    benchmarks = {
        name: replace(
            one,
            passes={
                "greedy": replace(
                    one.passes["greedy"],
                    lengths={"correct": Lengths(3, 100 + places[name], 1_000 + 10 * places[name], 500.0)},
                )
            },
        )
        for name, one in run.benchmarks.items()
    }
    found = row(table("table_9", replace(run, benchmarks=benchmarks)), "mine", "general-purpose", "correct")
    assert [found[name].text.split()[0] for name in ("min", "max", "mean")] == [
        "102.00",
        "1,020.00",
        "500.00",
    ]
    assert found["mean"].text.split()[1] == "(+29.7"  # 500 over the paper's 385.41
    wrong = row(table("table_9", replace(run, benchmarks=benchmarks)), "mine", "math", "wrong")
    assert wrong["mean"].text == "-"


def _with_law(run: Results, right: float) -> Results:
    pro = run.benchmarks["mmlu_pro"]
    one = pro.passes["greedy"]
    scores = one.modes["equivalent"]
    parts = {**scores.subcategories, "law": Part(1_101, right)}
    changed = replace(one, modes={**one.modes, "equivalent": replace(scores, subcategories=parts)})
    return replace(run, benchmarks={**run.benchmarks, "mmlu_pro": replace(pro, passes={"greedy": changed})})


def test_subcategories_gain_over_only_mr_else_over_the_base_run() -> None:
    mine, base = _with_law(a_run("mine"), 600), _with_law(base_run(), 300)
    only_mr = _with_law(a_run("math", "only_mr"), 500)
    law = row(table("figure_5_counts", mine, base, only_mr), "law")
    assert (law["mine"].text, law["mine"].below) == ("600 of 1,101", "+20.00 %")
    assert law["math"].below == ""
    assert law["paper's gain"].text == "+20.58 %"
    assert row(table("figure_5_counts", mine, base), "law")["mine"].below == "+100.00 %"
    assert row(table("figure_5_counts", mine), "law")["mine"].below == ""
    notes = "\n".join(table("figure_5_counts", mine, base, only_mr).notes)
    assert "mine: gains are over math (trained on math alone" in notes


def test_two_runs_of_one_name_are_told_apart_and_no_run_is_an_error() -> None:
    names = [cells[0].text for cells in table("table_4", a_run(limit=9), a_run(limit=8)).rows]
    assert {"gpr_up_7b (1)", "gpr_up_7b (2)"} <= set(names)
    with pytest.raises(UsageError, match="no run"):
        sections([])


def test_a_run_without_any_score_is_reported_as_one() -> None:
    run = replace(a_run("empty", limit=9), benchmarks={}, skipped=dict.fromkeys(ROWS, "no access"))
    cells = row(table("table_4", run), "empty")
    assert {cell.text for name, cell in cells.items() if name != "run"} == {"-"}


def test_a_report_holds_all_of_its_tables_and_each_key_once() -> None:
    runs = [
        a_run(limit=SMALL, samples={"amc23": 4}, seen=3),
        base_run(limit=SMALL),
        a_run("x", "own", limit=9),
    ]
    blocks = [block for section in sections(runs) for block in section.blocks]
    assert {block.key: block for block in blocks if isinstance(block, Table)} == tables(runs)
    assert len({block.key for block in blocks}) == len(blocks)


# Markdown.


def test_markdown_shows_every_table_with_its_rows_and_links_every_figure() -> None:
    name = "a|b <b> `x` $y$ *z* [l](u)"
    found = sections([replace(a_run(limit=SMALL), name=name), base_run(limit=SMALL)])
    text = markdown("Report *1*", found, "my figures")
    blocks = [block for section in found for block in section.blocks]
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert sum(token.type == "table_open" for token in tokens) == sum(
        isinstance(one, Table) for one in blocks
    )
    cells = sum(token.type in ("td_open", "th_open") for token in tokens)
    assert cells == sum((1 + len(one.rows)) * len(one.columns) for one in blocks if isinstance(one, Table))
    images = [
        child.attrs["src"] for token in tokens for child in token.children or () if child.type == "image"
    ]
    assert images == [f"my%20figures/{one.key}.png" for one in blocks if isinstance(one, Picture)]
    words = [child.content for token in tokens for child in token.children or () if child.type == "text"]
    assert any(name in " ".join(words[place : place + 1]) for place in range(len(words)))


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_text_breaks_a_table_or_begins_a_list(text: str) -> None:
    table = Table("t", "T", ("run", text), ((Cell("x"), Cell(text, text, Tone.QUOTED, text)),), (text,))
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown("R", [Section("S", (text,), (table,))]))
    kinds = [token.type for token in tokens]
    assert kinds.count("td_open") == kinds.count("th_open") == 2
    assert kinds.count("bullet_list_open") == 1
    assert "ordered_list_open" not in kinds
    assert "code_block" not in kinds
    assert kinds.count("heading_open") == 3
