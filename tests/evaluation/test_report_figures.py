"""The figures of a report, checked by their pixels and by what is said of them."""

import io
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from common import RunPython
from PIL import Image
from report_runs import a_run, base_run, several

from crossthink_hub.building.figure import WIDTH
from crossthink_hub.evaluation.report.blocks import Picture
from crossthink_hub.evaluation.report.chart import PALETTE
from crossthink_hub.evaluation.report.figures import (
    accuracy_figure,
    lengths_figure,
    subcategory_figure,
    wrong_lengths_figure,
)
from crossthink_hub.evaluation.report.sections import sections

Pixels = npt.NDArray[np.int64]
ALL = ["figure_1", "figure_3", "figure_4", "figure_5", "figure_6", "figure_7"]


def pixels(picture: Picture | None) -> Pixels:
    assert picture is not None
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).astype(np.int64)


def rgb(colour: str) -> Pixels:
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])


def of_colour(image: Pixels, colour: str) -> npt.NDArray[np.bool_]:
    return np.abs(image - rgb(colour)).sum(2) < 12


def height_of_bar(image: Pixels, colour: str) -> int:
    """Return how high the highest bar of a colour is, the legend left out."""
    there = np.flatnonzero(of_colour(image[150:], colour).sum(1) > 20)
    return int(there[-1] - there[0])


def test_a_report_has_the_papers_figures_the_same_bytes_each_time() -> None:
    runs = [a_run(limit=50), base_run(limit=50)]
    first, second = (
        [block for section in sections(runs) for block in section.blocks if isinstance(block, Picture)]
        for _ in range(2)
    )
    assert sorted(one.key for one in first) == ALL
    assert [one.png for one in first] == [one.png for one in second]
    assert {pixels(one).shape[1] for one in first} == {WIDTH}


@pytest.mark.parametrize("count", [1, 2, 8])
def test_every_run_has_a_bar_in_its_own_colour(count: int) -> None:
    runs = several(count)
    for picture in (accuracy_figure(runs), lengths_figure(runs), subcategory_figure(runs, "agieval")):
        image = pixels(picture)[170:]
        there = [of_colour(image, colour).sum() > 1_500 for colour in PALETTE]
        assert there == [place < count for place in range(len(PALETTE))]
        assert picture is not None
        assert picture.notes == ()


def test_bars_are_as_long_as_their_numbers() -> None:
    run = replace(a_run(benchmarks=("mmlu",)), model=replace(a_run().model, base=None, config="mine"))
    half = a_run("half", "mine", base=None, better=-0.375, benchmarks=("mmlu",))
    image = pixels(accuracy_figure([run, half]))
    first, second = (height_of_bar(image, colour) for colour in PALETTE[:2])
    assert second / first == pytest.approx(0.5, abs=0.03)


def test_more_than_eight_runs_are_named_as_not_drawn() -> None:
    picture = accuracy_figure(several(10))
    assert picture is not None
    assert picture.notes[0].endswith("are: only_gpr_7b, own_blend_0.")
    assert "own_blend_0" not in picture.alt


def test_a_benchmark_that_a_run_lacks_is_said_and_marked() -> None:
    picture = accuracy_figure([a_run(), a_run("half", "nd", benchmarks=("mmlu", "amc23"))])
    assert picture is not None
    assert "half: no score on MATH-500 (not asked)." in picture.notes
    assert len(picture.notes) == 5


def test_without_tokens_or_scores_there_is_no_figure() -> None:
    run = a_run(lengths={}, benchmarks=("mmlu",))
    assert lengths_figure([run]) is None
    assert wrong_lengths_figure([run]) is None
    assert subcategory_figure([run], "agieval") is None
    assert accuracy_figure([replace(run, benchmarks={})]) is None


@pytest.mark.parametrize("name", ["n" * 300, "$x_{$ %s \\n", "line\nline", "W" * 300])
def test_any_name_leaves_the_margins_white(name: str) -> None:
    runs = [replace(run, name=f"{name}{place}") for place, run in enumerate(several(3))]
    for picture in (accuracy_figure(runs), subcategory_figure(runs, "supergpqa")):
        image = pixels(picture)
        for edge in (image[:12], image[-4:], image[:, :12], image[:, -4:]):
            assert (edge == 255).all()


def test_every_figure_has_words_for_who_can_not_see_it() -> None:
    picture = wrong_lengths_figure([a_run("mine")])
    assert picture is not None
    assert "mine wrong" in picture.alt
    assert "math" in picture.alt


def test_reports_do_not_load_matplotlib_before_they_draw(run_python: RunPython) -> None:
    code = "import crossthink_hub.evaluation.report.sections, sys; print('matplotlib' in sys.modules)"
    assert run_python(code).strip() == "False"
