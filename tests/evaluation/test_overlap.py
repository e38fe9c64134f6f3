"""Benchmark questions in a model's own training rows."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from runs_on_disk import boxed, identity, write_run

from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.errors import CrossThinkError
from crossthink_hub.evaluation.benchmarks.reading import Loaded
from crossthink_hub.evaluation.item import Item, items
from crossthink_hub.evaluation.model_record import training_questions
from crossthink_hub.evaluation.overlap import overlap
from crossthink_hub.evaluation.scoring import grade_run


@pytest.fixture(scope="module")
def math_rows(real_sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built folder of the real MATH source alone."""
    mirror = tmp_path_factory.mktemp("mirror")
    (mirror / "hendrycks_math").symlink_to(real_sources / "math_train_8523")
    folder = tmp_path_factory.mktemp("built") / "crossthink"
    build(BuildSettings(configs=("hendrycks_math",)), str(mirror), folder)
    return folder


@pytest.mark.real
def test_more_than_half_of_agieval_math_is_in_the_math_source(real: Mapping[str, Loaded], math_rows: Path):
    """569 of 1,000: 566 of them in the rows to train on, the others in those held out."""
    wanted = {name: list(items(real[name].rows.to_pylist())) for name in ("agieval", "math_500", "amc23")}
    found = overlap(wanted, training_questions(str(math_rows), "hendrycks_math"), "MATH")
    assert found["benchmarks"]["agieval"]["by_task"] == {"math": 566}
    assert found["benchmarks"]["math_500"]["questions"] == found["benchmarks"]["amc23"]["questions"] == 0
    held_out = [
        one for one in wanted["agieval"] if one.task == "math" and one.id not in found["ids"]["agieval"]
    ]
    test = training_questions(str(math_rows), "hendrycks_math", "test")
    assert overlap({"agieval": held_out}, test, "MATH")["benchmarks"]["agieval"]["questions"] == 3


@pytest.mark.real
def test_scores_stand_with_and_without_what_was_seen(
    real: Mapping[str, Loaded], math_rows: Path, tmp_path: Path
):
    rows = real["agieval"].rows
    asked = {"agieval": list(items(rows.to_pylist()))}
    seen = overlap(asked, training_questions(str(math_rows), "hendrycks_math"), "MATH")
    ids = set(seen["ids"]["agieval"])

    def by_heart(one: Item, sample: int) -> str:
        return boxed(one.solution if one.id in ids else "no idea")

    write_run(tmp_path / "run", {"agieval": rows}, by_heart, said=identity(**{"~seen": seen}))
    found = grade_run(tmp_path / "run").benchmarks["agieval"]
    scores = found.passes["greedy"].modes["equivalent"]
    assert found.seen is not None
    assert found.seen.questions == len(ids)
    assert scores.pooled.value == pytest.approx(len(ids) / len(rows), abs=0.002)
    assert scores.without_seen is not None
    assert scores.without_seen.value < 0.001


def test_white_space_alone_makes_no_other_question(sample: Mapping[str, Loaded]):
    asked = list(items(sample["amc23"].rows.to_pylist()))
    spaced = [f"  {one.question.replace(' ', '  ')}\n" for one in asked[:3]] + [asked[3].question + "?"]
    found = overlap({"amc23": asked}, spaced, "mine")
    assert found["ids"]["amc23"] == [one.id for one in asked[:3]]


def test_training_rows_that_are_not_there_are_an_error(tmp_path: Path):
    with pytest.raises(CrossThinkError, match="no such folder"):
        list(training_questions(str(tmp_path / "nothing"), "gpr_up"))
