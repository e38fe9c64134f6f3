"""Two runs compared: folders of verdicts are written, and the table is held against what was written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_runs import TITLES, a_run

from crossthink_hub.errors import FolderError, UsageError
from crossthink_hub.evaluation.paired import compare, mcnemar
from crossthink_hub.evaluation.report.blocks import Cell, Section, Table, Tone
from crossthink_hub.evaluation.report.comparison import comparison, holm
from crossthink_hub.evaluation.results import Results, write_results
from crossthink_hub.evaluation.run_folder import VERDICT, RunFolder
from crossthink_hub.evaluation.statistics import Tally

Answers = Mapping[str, Sequence[tuple[str, bool | None]]]
"""By benchmark, the verdicts on answers: a question's id, and whether it is right."""
Write = Callable[..., RunFolder]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the folder of a run with these verdicts."""

    def written(
        name: str, answers: Answers, change: Callable[[Results], Results] = lambda run: run
    ) -> RunFolder:
        path = tmp_path / name
        path.mkdir()
        run = change(a_run(name, limit=5, benchmarks=tuple(answers)))
        write_results(path, run)
        folder = RunFolder(path)
        for benchmark, verdicts in answers.items():
            table = pa.Table.from_pylist([_verdict(*one) for one in verdicts], VERDICT)
            folder.write_verdicts(run.mode, benchmark, "greedy-00000.parquet", table)
        return folder

    return written


def _verdict(id: str, correct: bool | None) -> dict[str, Any]:
    named = {"id": id, "run": "greedy", "sample": 0, "correct": correct, "finish": "stop"}
    return {**dict.fromkeys(VERDICT.names), **named}


def answers(right: str) -> list[tuple[str, bool | None]]:
    """Return verdicts on questions 0, 1, …: `+` right, `-` wrong, `?` not to be told, a space for none."""
    known = {"+": True, "-": False, "?": None}
    return [(str(place), known[sign]) for place, sign in enumerate(right) if sign != " "]


def row(section: Section, benchmark: str) -> dict[str, Cell]:
    (table,) = (block for block in section.blocks if isinstance(block, Table))
    (cells,) = (cells for cells in table.rows if cells[0].text == TITLES.get(benchmark, benchmark))
    return dict(zip(table.columns, cells, strict=True))


def said(section: Section) -> str:
    return "\n".join(section.text)


def test_runs_are_compared_on_the_questions_that_both_have(write: Write) -> None:
    one = write("one", {"mmlu": answers("++++++++-+ -+")})
    other = write("other", {"mmlu": answers("------+++++ ?")})
    found = row(comparison(one, other), "mmlu")
    pairs = mcnemar(6, 1)
    assert {
        name: found[name].text for name in ("questions", "better", "worse", "difference", "unpaired")
    } == {
        "questions": "10",
        "better": "6",
        "worse": "1",
        "difference": "+50.00",
        "unpaired": "3",
    }
    assert (found["one"].text, found["other"].text) == ("90.00", "40.00")
    assert (found["p"].text, found["test"].text) == (f"{pairs:.3f}", "McNemar, exact")
    assert found["difference"].tone is Tone.PLAIN


def test_turned_round_the_difference_turns_its_sign(write: Write) -> None:
    one, other = write("one", {"amc23": answers("+" * 30)}), write("other", {"amc23": answers("+-" * 15)})
    there, back = row(comparison(one, other), "amc23"), row(comparison(other, one), "amc23")
    assert (there["difference"].text, back["difference"].text) == ("+50.00", "-50.00")
    assert (there["difference"].tone, back["difference"].tone) == (Tone.GOOD, Tone.BAD)
    assert there["p"] == back["p"]
    assert (there["better"].text, there["worse"].text) == (back["worse"].text, back["better"].text)


def test_a_run_beside_itself_differs_in_nothing(write: Write) -> None:
    folder = write("one", {"mmlu": answers("+-+"), "amc23": answers("+--")})
    section = comparison(folder, folder)
    for name in ("mmlu", "amc23", "all"):
        assert (row(section, name)["difference"].text, row(section, name)["p"].text) == ("+0.00", "1.000")
    assert list(row(section, "mmlu"))[3:5] == ["one (1)", "one (2)"]


def test_significance_is_corrected_for_the_number_of_benchmarks(write: Write) -> None:
    # 6 of 6 alone would be significant (p = 0.031); as one of two benchmarks it is not.
    alone = comparison(write("a", {"mmlu": answers("+" * 6)}), write("b", {"mmlu": answers("-" * 6)}))
    assert row(alone, "mmlu")["difference"].tone is Tone.GOOD
    two = comparison(
        write("c", {"mmlu": answers("+" * 6), "amc23": answers("+-+")}),
        write("d", {"mmlu": answers("-" * 6), "amc23": answers("+-+")}),
    )
    found = row(two, "mmlu")
    assert (found["p"].text, found["p, Holm"].text) == ("0.031", "0.062")
    assert found["difference"].tone is Tone.PLAIN


def test_over_all_benchmarks_each_weighs_the_same(write: Write) -> None:
    one = write("one", {"mmlu": answers("+" * 40), "amc23": answers("-" * 10)})
    other = write("other", {"mmlu": answers("-" * 40), "amc23": answers("-" * 10)})
    found = row(comparison(one, other), "all")
    assert (found["difference"].text, found["questions"].text, found["test"].text) == (
        "+50.00",
        "50",
        "sign flip, drawn",
    )
    assert found["p"].text == "< 0.001"


def test_no_question_in_common_is_said_for_the_benchmark_alone(write: Write) -> None:
    one = write("one", {"mmlu": answers("++"), "amc23": answers("+-")})
    other = write("other", {"mmlu": answers("  ++"), "amc23": answers("++")})
    section = comparison(one, other)
    assert (row(section, "mmlu")["questions"].text, row(section, "mmlu")["difference"].text) == ("0", "-")
    assert row(section, "amc23")["questions"].text == "2"


def test_what_differs_but_for_the_models_is_said_not_refused(write: Write) -> None:
    def changed(run: Results) -> Results:
        mmlu = replace(run.benchmarks["mmlu"], row_digest="f" * 16, prompt_digest="e" * 16)
        model = replace(run.model, answer="short")
        return replace(run, seed=7, model=model, benchmarks={**run.benchmarks, "mmlu": mmlu})

    one = write("one", {"mmlu": answers("+-")})
    other = write("other", {"mmlu": answers("+-"), "amc23": answers("+")}, changed)
    text = said(comparison(one, other))
    for words in ("seed differs: 0 and 7", "answer form differs: long and short"):
        assert words in text
    assert "MMLU: its rows differ" in text
    assert "MMLU: the prompts differ" in text
    assert "Only other has AMC23." in text
    assert "differs" not in said(comparison(one, one))


def test_runs_without_a_common_benchmark_or_without_results_are_errors(write: Write, tmp_path: Path) -> None:
    one, other = write("one", {"mmlu": answers("+-")}), write("other", {"amc23": answers("+-")})
    with pytest.raises(UsageError, match="no benchmark in common"):
        comparison(one, other)
    with pytest.raises(FolderError, match="no results"):
        comparison(one, RunFolder(tmp_path / "nothing"))


def test_verdicts_of_the_first_runs_mode_are_compared(write: Write) -> None:
    one = write("one", {"mmlu": answers("+-")})
    other = write("other", {"mmlu": answers("++")}, lambda run: replace(run, mode="paper"))
    with pytest.raises(FolderError, match="equivalent"):
        comparison(one, other)


def test_repeats_are_compared_by_their_share(write: Write) -> None:
    one = write("one", {"mmlu": [*answers("+--"), *answers("++-")]})
    other = write("other", {"mmlu": [*answers("---"), *answers("---")]})
    found = row(comparison(one, other), "mmlu")
    expected = compare(Tally("012", [2, 1, 0], [2, 2, 2]), Tally("012", [0, 0, 0], [2, 2, 2]))
    assert (found["difference"].text, found["p"].text) == ("+50.00", f"{expected.p:.3f}")
    assert found["test"].text == "sign flip, drawn"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.randoms())
def test_holm_never_lowers_a_p_value_and_does_not_depend_on_the_order(values: list[float], draw: Any) -> None:
    found = holm(values)
    assert all(raw <= corrected <= 1 for raw, corrected in zip(values, found, strict=True))
    assert max(found) <= min(1, len(values) * max(values))
    order = list(range(len(values)))
    draw.shuffle(order)
    assert holm([values[place] for place in order]) == [found[place] for place in order]
