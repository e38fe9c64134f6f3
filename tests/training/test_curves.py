"""The curves of a run, checked by their pixels, and what is read of its metrics."""

import io
import json
import re
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from common import RunPython
from PIL import Image

from crossthink_hub.building.figure import WIDTH
from crossthink_hub.errors import FolderError, OutputError, UsageError
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.training.curves import A_PATTERN, COLOURS, draw_curves, read_metrics

Pixels = npt.NDArray[np.int64]
Step = dict[str, Any]
SOURCES = list(source_facts())
GREY = np.array([205, 205, 205])
"""Ink, as thin as single steps are drawn."""


def rgb(colour: str) -> Pixels:
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])


def step(number: int, steps: int, sources: Sequence[str] = ("mmlu",)) -> Step:
    """Return what a run logs of a step: everything rises, by no rule that a mean would hide."""
    share, noise = number / steps, (number * 7_919 % 11 - 5) / 100
    of_sources = {
        f"{source}/{metric}": min(1, share * (0.4 + place / 10) + abs(noise))
        for place, source in enumerate(("all", *sources))
        for metric in ("reward", "format", "accuracy")
    }
    whole = {"reward": of_sources["all/reward"], "completions/mean_length": 500 + 200 * share + 3_000 * noise}
    return {"step": number, "loss": 0.0, "kl": 0.05 * share * (1 + noise), **whole, **of_sources}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    """Make the folder of a run that has logged these steps."""

    def made(steps: Sequence[Step], name: str = "run", end: str = "") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "metrics.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in steps) + end)
        (folder / "recipe.yaml").write_text("title: costs $5_{ or $6\nrun_name: mine\nmax_steps: 650\n")
        return folder

    return made


def steps(count: int, *sources: str) -> list[Step]:
    return [step(number, count, sources or ("mmlu",)) for number in range(1, count + 1)]


def pixels(image: Path) -> Pixels:
    return np.asarray(Image.open(image).convert("RGB")).astype(np.int64)


def has(image: Pixels, colour: Pixels, within: int = 6) -> int:
    return int((np.abs(image - colour).max(axis=-1) <= within).sum())


def panel(image: Pixels, right: bool, lower: bool) -> Pixels:
    height, width, _ = image.shape
    middle = height - 410
    rows = image[middle:] if lower else image[middle - 395 : middle - 20]
    return rows[:, width // 2 :] if right else rows[:, : width // 2]


@pytest.mark.parametrize("count", [1, 10, 650])
@pytest.mark.parametrize("sources", [SOURCES[:1], SOURCES])
def test_each_source_has_its_line_where_there_are_several(
    run: Callable[..., Path], count: int, sources: list[str]
) -> None:
    image = pixels(draw_curves(run(steps(count, *sources))))
    assert image.shape[1] == WIDTH
    for place, colour in enumerate(map(rgb, COLOURS)):
        for right in (False, True):
            drawn = has(panel(image, right, lower=False), colour)
            assert (drawn >= 3) == (len(sources) > 1), SOURCES[place]
            assert not has(panel(image, right, lower=True), colour)


def test_of_many_steps_the_mean_is_drawn_over_the_single_ones(run: Callable[..., Path]) -> None:
    few, many = (pixels(draw_curves(run(steps(count), str(count)))) for count in (10, 650))
    drawn = [has(panel(image, right=False, lower=True), GREY) for image in (few, many)]
    assert drawn[1] > 1_000 > 3 * drawn[0]


def test_a_spike_does_not_flatten_the_rest(run: Callable[..., Path]) -> None:
    spiky = steps(650)
    spiky[300]["kl"] = 40.0
    heights = []
    for name, logged in (("smooth", steps(650)), ("spiky", spiky)):
        drawn = panel(pixels(draw_curves(run(logged, name))), right=True, lower=True)
        end = drawn[:, 535:575]  # of the line, after most steps
        heights.append(int(np.flatnonzero((end < 80).all(axis=-1).any(axis=1))[0]))
    smooth, high = heights
    assert high < 200, "the line ends in the upper half"
    assert abs(smooth - high) < 120


def test_what_is_null_absent_or_half_written_is_passed_over(run: Callable[..., Path]) -> None:
    logged = steps(20, "mmlu", "syn_qa")
    for one in logged[5:9]:
        one["syn_qa/reward"] = None
        del one["reward"]
    logged[9]["kl"], logged[10]["kl"], logged[11]["kl"] = float("nan"), float("inf"), "?"
    whole = draw_curves(run(logged, "whole")).read_bytes()
    cut = run(logged, "cut", end='{"step": 21, "rewa')
    assert draw_curves(cut).read_bytes() == whole
    assert [one["step"] for one in read_metrics(cut)] == list(range(1, 21))
    strange = (
        '[1]\n"x"\n{"reward": 1}\n{"step": "2"}\n\n\x00\n{"step": 20, "eval_reward": 9.0, "reward": 9.0}\n'
    )
    assert draw_curves(run(logged, "strange", end=strange)).read_bytes() == whole


def test_a_step_that_was_done_again_is_drawn_once_as_it_went_the_last_time(run: Callable[..., Path]) -> None:
    logged = steps(10)
    before = [{**one, "reward": 0.9, "kl": 9.0} for one in logged[6:]]
    again = draw_curves(run([*logged[:6], *before, *logged[6:]], "again")).read_bytes()
    assert again == draw_curves(run(logged, "once")).read_bytes()


def test_a_metric_that_is_not_logged_leaves_its_panel_empty_and_says_so(run: Callable[..., Path]) -> None:
    logged = [{**one, "kl": None} for one in steps(10)]
    empty = panel(pixels(draw_curves(run(logged))), right=True, lower=True)
    assert not has(empty, rgb("#1b1b1b"), within=2) > 2_000
    assert (empty[120:260, 150:480] < 150).any(), "words in its middle"


def test_a_recipe_that_can_not_be_read_leaves_the_folder_s_name(run: Callable[..., Path]) -> None:
    images = []
    for name, recipe in (("a", "run_name: a"), ("b", "{"), ("c", None)):
        folder = run(steps(10), name)
        (folder / "recipe.yaml").unlink()
        if recipe is not None:
            (folder / "recipe.yaml").write_text(recipe.replace("run_name: a", "run_name: b"))
        images.append(draw_curves(folder).read_bytes())
    assert images[0] == images[1]
    assert images[1] != images[2]


def test_more_sources_than_there_are_looks_for_are_drawn_all_the_same(run: Callable[..., Path]) -> None:
    names = [f"a source of one's own with a long name, {number}" for number in range(40)]
    image = Image.open(draw_curves(run(steps(10, *names))))
    assert image.size[1] < 1_100


PROGRAM = """
import sys
from pathlib import Path
from crossthink_hub.training.curves import draw_curves
draw_curves(Path("run"))
assert "matplotlib.pyplot" not in sys.modules
"""


def test_the_same_steps_give_the_same_bytes_whatever_the_settings_and_no_date(
    run: Callable[..., Path], run_python: RunPython, tmp_path: Path
) -> None:
    image = draw_curves(run(steps(60, *SOURCES)))
    here = image.read_bytes()
    image.unlink()
    settings = tmp_path / "matplotlibrc"
    settings.write_text("axes.facecolor: yellow\nfont.family: serif\nxtick.direction: in\n")
    run_python(PROGRAM, cwd=tmp_path, MATPLOTLIBRC=str(settings), PYTHONHASHSEED="7")
    assert image.read_bytes() == here
    assert set(Image.open(io.BytesIO(here)).info) <= {"dpi"}


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (None, UsageError, r"has no metrics yet\nA run writes metrics.jsonl after its first step"),
        ("", UsageError, "has no metrics yet"),
        ('{"step": 1, "rew', FolderError, r"metrics.jsonl: no line of it is a step of training\nGive"),
        ('{"step": 1, "eval_loss": 0}\n', FolderError, "no line of it is a step of training"),
    ],
)
def test_what_can_not_be_drawn_is_said(
    tmp_path: Path, content: str | None, kind: type[Exception], says: str
) -> None:
    if content is not None:
        (tmp_path / "metrics.jsonl").write_text(content)
    with pytest.raises(kind, match=says):
        draw_curves(tmp_path)
    assert not (tmp_path / "curves.png").exists()


def test_a_run_that_is_not_there_and_a_picture_that_can_not_be_written_are_said(
    run: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"nowhere: no such run\nGive the folder that it writes to"):
        draw_curves(tmp_path / "nowhere")
    folder = run(steps(2))
    (folder / "curves.png").mkdir()
    with pytest.raises(OutputError, match=re.escape(f"{folder / 'curves.png'}: can't be written")):
        draw_curves(folder)


# How colours look to people who lack one of three (Machado, Oliveira and Fernandes 2009, at full strength).
SIGHTS = {
    "all three": np.eye(3),
    "no red": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "no green": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "no blue": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ.sum(axis=1)


def lab(colour: str, sight: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a colour as CIELAB has it, in which distances are as they are seen."""
    channels = rgb(colour) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(np.maximum(XYZ @ np.clip(sight @ linear, 0, 1) / WHITE, 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHTS)
def test_lines_of_one_pattern_are_told_apart_whatever_colours_one_sees(sight: str) -> None:
    for start in range(0, len(COLOURS), A_PATTERN):
        for one, other in combinations(COLOURS[start : start + A_PATTERN], 2):
            assert np.linalg.norm(lab(one, SIGHTS[sight]) - lab(other, SIGHTS[sight])) > 25
    for colour in COLOURS:
        assert lab(colour, SIGHTS[sight])[0] < 68, "too light on white"
