"""The tiny data: made-up problems, built as every data set is, and others for the warm-up alone."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.folder import first_rows
from crossthink_hub.sources.upstream import SAMPLE
from crossthink_hub.training.tiny.problems import MATH, MCQ, Problem, addition, choice, draw, write_sources
from crossthink_hub.training.tiny.settings import TinySettings

CONFIGS = ("gpr_up", "only_mr")
"""Two thirds multiple choice and one third sums; sums alone."""


class Shown(NamedTuple):
    """A row of the warm-up, and the problem it asks."""

    row: dict[str, Any]
    problem: Problem


def make_data(folder: Path, settings: TinySettings) -> None:
    """Build the configs into a folder: the same files at every call."""
    sums, choices = _problems(settings)
    _build(sums[settings.shown :], choices[settings.shown :], CONFIGS, folder)


def warm_up_rows(settings: TinySettings) -> list[Shown]:
    """Return what the warm-up sees, as many rows of each source: none of them is in the data set.

    They are built as well, so their prompts are what the data set's are.
    """
    sums, choices = (found[: settings.shown] for found in _problems(settings))
    problems = {(one.question, one.options): one for one in (*sums, *choices)}
    with TemporaryDirectory() as name:
        folder = Path(name) / "built"
        _build(sums, choices, (MATH, MCQ), folder)
        rows = [row for config in (MATH, MCQ) for row in first_rows(folder, config, "train", settings.shown)]
    asked = ((row["meta_data"]["question"], tuple(row["meta_data"]["options"])) for row in rows)
    return [Shown(row, problems[key]) for row, key in zip(rows, asked, strict=True)]


def _problems(settings: TinySettings) -> tuple[list[Problem], list[Problem]]:
    """Return the problems of both sources, those of the warm-up first."""
    count = settings.shown + settings.problems
    return draw(addition, count, settings.seed), draw(choice, count, settings.seed)


def _build(sums: Sequence[Problem], choices: Sequence[Problem], configs: tuple[str, ...], out: Path) -> None:
    """Build as from the sample: nothing of the real data sets stands in these rows, and they say so."""
    settings = BuildSettings(configs, allow_missing=True)
    build(settings, SAMPLE, out, made_up=partial(write_sources, sums, choices))
