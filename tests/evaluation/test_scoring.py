"""From answers to results: what the scores are, whatever the order, and what a run's folder refuses."""

import json
import random
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import evaluate
import pyarrow as pa
import pytest
from common import REPOSITORY
from hypothesis import given, settings
from hypothesis import strategies as st
from runs_on_disk import boxed, facts, identity, right_every, write_run

from crossthink_hub.errors import FolderError, UsageError
from crossthink_hub.evaluation.benchmarks.reading import Loaded
from crossthink_hub.evaluation.item import Item, items
from crossthink_hub.evaluation.results import read_results
from crossthink_hub.evaluation.run_folder import RunFolder, generation_of
from crossthink_hub.evaluation.scoring import grade_run


@pytest.fixture(scope="module")
def rows(sample: Mapping[str, Loaded]) -> dict[str, pa.Table]:
    return {name: one.rows for name, one in sample.items()}


def test_right_answers_score_one_in_every_mode_and_wrong_ones_none(tmp_path: Path, rows: dict[str, pa.Table]):
    write_run(tmp_path / "right", rows, right_every(1))
    write_run(tmp_path / "wrong", rows, right_every(0))
    right, wrong = grade_run(tmp_path / "right"), grade_run(tmp_path / "wrong")
    assert list(right.benchmarks) == list(rows)
    for name in rows:
        modes = right.benchmarks[name].passes["greedy"].modes
        assert {mode: one.score.value for mode, one in modes.items()} == dict.fromkeys(modes, 1.0), name
        assert wrong.benchmarks[name].passes["greedy"].modes["equivalent"].score.value == 0


@pytest.mark.real
def test_real_ground_truths_score_one(tmp_path: Path, real: Mapping[str, Loaded]):
    """All but the few that are damaged themselves: a ground truth that names two options, and the like."""
    some = {name: one.rows.slice(0, 400) for name, one in real.items()}
    write_run(tmp_path / "run", some, right_every(1))
    results = grade_run(tmp_path / "run")
    for name, benchmark in results.benchmarks.items():
        assert benchmark.passes["greedy"].modes["equivalent"].pooled.value > 0.995, name


@pytest.mark.real
def test_scores_are_what_plain_counting_gives(tmp_path: Path, real: Mapping[str, Loaded]):
    rows = {name: real[name].rows.slice(0, 600) for name in ("agieval", "mmlu_pro", "amc23")}
    folder = write_run(tmp_path / "run", rows, right_every(0.6))
    results = grade_run(tmp_path / "run")
    for name, benchmark in results.benchmarks.items():
        scores = benchmark.passes["greedy"].modes["equivalent"]
        by_id = {one.id: one for one in items(rows[name].to_pylist())}
        verdicts = folder.verdicts("equivalent", name).to_pylist()
        right = {one["id"]: bool(one["correct"]) for one in verdicts if one["correct"] is not None}
        assert scores.pooled.value == pytest.approx(sum(right.values()) / len(right))
        assert scores.macro.value == pytest.approx(_macro(by_id, right))
        expected = scores.macro if name == "agieval" else scores.pooled
        assert scores.score == expected
        english = {id: one for id, one in right.items() if by_id[id].language == "en"}
        if name == "agieval":
            assert scores.english["macro"].value == pytest.approx(_macro(by_id, english))
            assert scores.english["pooled"].value == pytest.approx(sum(english.values()) / len(english))
        else:
            assert scores.english == {}
        counted = Counter(by_id[id].subcategory for id, one in right.items() if one)
        assert {part: one.right for part, one in scores.subcategories.items() if one.right} == counted
        assert sum(one.questions for one in scores.tasks.values()) == len(right)
        assert sum(scores.statuses.values()) == len(verdicts)


def _macro(by_id: Mapping[str, Item], right: Mapping[str, bool]) -> float:
    tasks: dict[str, list[bool]] = {}
    for id, one in right.items():
        tasks.setdefault(by_id[id].task, []).append(one)
    return sum(sum(own) / len(own) for own in tasks.values()) / len(tasks)


def test_the_evaluate_metric_gives_the_same_numbers(tmp_path: Path, rows: dict[str, pa.Table]):
    folder = write_run(tmp_path / "run", {"mmlu": rows["mmlu"]}, right_every(0.5))
    one = grade_run(tmp_path / "run").benchmarks["mmlu"].passes["greedy"]
    made = [generation_of(row) for table in folder.generations("mmlu") for row in table.to_pylist()]
    asked = {item.id: item for item in items(rows["mmlu"].to_pylist())}
    metric = evaluate.load(str(REPOSITORY / "loaders" / "crossthink_accuracy"))
    for mode, scores in one.modes.items():
        found = metric.compute(
            predictions=[generation.response for generation in made],
            references=[asked[generation.key.id].solution for generation in made],
            mode=mode,
            kinds=["mcq"] * len(made),
            options=[list(asked[generation.key.id].options) for generation in made],
            tokens=[generation.tokens for generation in made],
        )
        assert found["accuracy"] == pytest.approx(scores.pooled.value)
        assert found["format_rate"] == scores.format_rate
        assert found["statuses"] == scores.statuses
        if mode == "equivalent":
            assert found["mean_tokens_correct"] == pytest.approx(one.lengths["correct"].mean)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), parts=st.integers(1, 5))
def test_order_and_files_do_not_matter(seed: int, parts: int, rows: dict[str, pa.Table], tmp_path_factory):
    path = tmp_path_factory.mktemp("order")
    folder = write_run(path / "one", {"agieval": rows["agieval"]}, right_every(0.5), samples=3)
    made = [generation_of(row) for table in folder.generations("agieval") for row in table.to_pylist()]
    random.Random(seed).shuffle(made)
    other = RunFolder(path / "other")
    other.settle(folder.identity())
    other.write_questions("agieval", rows["agieval"])
    for part in range(parts):
        if own := made[part::parts]:
            other.write_generations(own)
    assert grade_run(path / "one").benchmarks == grade_run(path / "other").benchmarks


def test_cut_off_and_unasked_are_counted_apart(tmp_path: Path, rows: dict[str, pa.Table]):
    questions = list(items(rows["mmlu"].to_pylist()))
    cut, too_long = {one.id for one in questions[:3]}, {one.id for one in questions[3:5]}

    def answer(one: Item, sample: int) -> str | None:
        if one.id in too_long:
            return None
        return "<think>and so on …" if one.id in cut else boxed(one.solution)

    write_run(tmp_path / "run", {"mmlu": rows["mmlu"]}, answer)
    one = grade_run(tmp_path / "run").benchmarks["mmlu"].passes["greedy"]
    total = len(questions)
    assert (one.answers, one.truncated, one.prompt_too_long) == (total - 2, 3, 2)
    assert one.modes["equivalent"].format_rate == pytest.approx((total - 5) / (total - 2))
    assert set(one.too_long) == too_long
    scores = one.modes["equivalent"]
    assert scores.score.value == pytest.approx((total - 5) / total)
    assert scores.without_truncated is not None
    assert scores.without_truncated.value == pytest.approx(1)
    assert one.lengths["all"].answers == total - 2


def test_several_answers_give_pass_at_k_and_a_score_for_each(tmp_path: Path, rows: dict[str, pa.Table]):
    def answer(one: Item, sample: int) -> str:
        return boxed(one.solution if sample == 1 else "0.123")

    write_run(tmp_path / "run", {"amc23": rows["amc23"]}, answer, samples=4)
    scores = grade_run(tmp_path / "run").benchmarks["amc23"].passes["greedy"].modes["equivalent"]
    assert scores.score.value == 0.25
    assert scores.each == (0.0, 1.0, 0.0, 0.0)
    assert {k: one.value for k, one in scores.pass_at.items()} == {"1": 0.25, "2": 0.5, "4": 1.0}


def test_answers_that_are_missing_are_counted(tmp_path: Path, rows: dict[str, pa.Table]):
    folder = write_run(tmp_path / "run", {"amc23": rows["amc23"]}, right_every(1))
    (path,) = (folder.path / "generations" / "amc23").iterdir()
    path.unlink()
    with pytest.raises(FolderError, match="has no answers yet"):
        grade_run(tmp_path / "run")
    write_run(tmp_path / "other", {"amc23": rows["amc23"].slice(0, 1)}, right_every(1))
    other = RunFolder(tmp_path / "other")
    other.write_questions("amc23", rows["amc23"])
    one = grade_run(tmp_path / "other").benchmarks["amc23"].passes["greedy"]
    assert (one.answers, one.missing) == (1, len(rows["amc23"]) - 1)


def test_an_answer_that_was_written_twice_counts_once(tmp_path: Path, rows: dict[str, pa.Table]):
    folder = write_run(tmp_path / "run", {"amc23": rows["amc23"]}, right_every(0.5))
    once = grade_run(tmp_path / "run").benchmarks
    folder.write_generations(
        [generation_of(row) for row in next(folder.generations("amc23")).to_pylist()[:3]]
    )
    assert grade_run(tmp_path / "run").benchmarks == once


def test_a_benchmark_without_an_answer_is_named(tmp_path: Path, rows: dict[str, pa.Table]):
    folder = write_run(tmp_path / "run", {name: rows[name] for name in ("amc23", "mmlu")}, right_every(1))
    shutil.rmtree(folder.path / "generations" / "mmlu")
    results = grade_run(tmp_path / "run")
    assert (list(results.benchmarks), results.skipped) == (["amc23"], {"mmlu": "no answer yet"})


def test_grading_that_is_interrupted_leaves_no_results(tmp_path: Path, rows: dict[str, pa.Table]):
    folder = write_run(tmp_path / "run", {name: rows[name] for name in ("amc23", "mmlu")}, right_every(1))
    grade_run(tmp_path / "run")
    (damaged,) = (folder.path / "generations" / "mmlu").iterdir()
    damaged.write_bytes(b"no Parquet")
    with pytest.raises(FolderError, match="can't be read"):
        grade_run(tmp_path / "run")
    with pytest.raises(FolderError, match="no results here"):
        read_results(tmp_path / "run")


def test_regrading_by_another_mode_changes_the_main_one_alone(tmp_path: Path, rows: dict[str, pa.Table]):
    def answer(one: Item, sample: int) -> str:
        return boxed(one.solution if one.question_type == "mcq" else f"{one.solution}.0")

    write_run(tmp_path / "run", {"amc23": rows["amc23"]}, answer)
    equal, paper = grade_run(tmp_path / "run"), grade_run(tmp_path / "run", "paper")
    assert (equal.mode, paper.mode) == ("equivalent", "paper")
    modes = equal.benchmarks["amc23"].passes["greedy"].modes
    assert modes["equivalent"].score.value == 1
    assert modes["paper"].score.value == 0
    assert modes == paper.benchmarks["amc23"].passes["greedy"].modes
    with pytest.raises(UsageError, match="papr"):
        grade_run(tmp_path / "run", "papr")


def test_results_are_read_as_they_were_written(tmp_path: Path, rows: dict[str, pa.Table]):
    write_run(tmp_path / "run", rows, right_every(0.5), samples=2)
    results = grade_run(tmp_path / "run")
    assert read_results(tmp_path / "run") == results
    said = results.as_json()
    del said["model"]["weights"]  # as a file from before it was written down
    (tmp_path / "run" / "results.json").write_text(json.dumps(said))
    assert read_results(tmp_path / "run") == replace(results, model=replace(results.model, weights=None))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ('{"format": 99}', "is of format 99, and this version reads format 1"),
        ('{"format": 1}', "is not as expected"),
        ("[]", "is of format None"),
    ],
)
def test_results_that_can_not_be_read_say_what_to_do(tmp_path: Path, text: str, said: str):
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(FolderError, match=said) as error:
        read_results(tmp_path)
    assert f"crossthink eval --regrade {tmp_path}" in str(error.value)


def test_a_folder_takes_more_of_its_run_and_refuses_another(tmp_path: Path, rows: dict[str, pa.Table]):
    folder = write_run(tmp_path / "run", {"amc23": rows["amc23"]}, right_every(1))
    folder.settle(identity())
    folder.add("benchmarks", "mmlu", facts("mmlu", rows["mmlu"]))
    assert set(folder.identity()["benchmarks"]) == {"amc23", "mmlu"}
    with pytest.raises(UsageError, match="seed is 0 there, 1 here"):
        folder.settle(identity(seed=1))
    other = {**facts("amc23", rows["amc23"]), "row_digest": "1"}
    with pytest.raises(UsageError, match=r"amc23\.row_digest is '0' there, '1' here"):
        folder.add("benchmarks", "amc23", other)
    with pytest.raises(UsageError, match=r"model\.name is"):
        folder.settle(identity("another"))
    assert (
        grade_run(tmp_path / "run").benchmarks["amc23"].passes["greedy"].modes["equivalent"].score.value == 1
    )


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something else"):
        RunFolder(tmp_path).settle(identity())
    with pytest.raises(FolderError, match="no evaluation lies here"):
        grade_run(tmp_path)


def test_a_run_of_another_version_is_refused(tmp_path: Path, rows: dict[str, pa.Table]):
    folder = write_run(tmp_path / "run", {"amc23": rows["amc23"]}, right_every(1))
    said = json.loads((folder.path / "run.json").read_text())
    (folder.path / "run.json").write_text(json.dumps({**said, "format": 99}))
    with pytest.raises(FolderError, match="Another version of crossthink-hub"):
        grade_run(folder.path)
