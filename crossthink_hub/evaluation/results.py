"""What an evaluation came to, as `results.json` holds it: all that the tables of a report are made of."""

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from crossthink_hub.errors import FolderError
from crossthink_hub.evaluation.statistics import Estimate
from crossthink_hub.whole import write_whole

FILE_NAME = "results.json"
FORMAT = 1
"""Goes up when a reader of older files would misread newer ones, or the other way round."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Part:
    """A task or sub-category of a benchmark.

    Attributes:
        questions: how many were asked.
        right: how many of them were answered rightly; of several answers to one, their share counts.
    """

    questions: int
    right: float


@dataclass(frozen=True)
class Lengths:
    """Tokens of answers that are alike.

    Attributes:
        answers: how many there are.
        shortest: in tokens, as the next two.
        longest: of them.
        mean: of all.
    """

    answers: int
    shortest: int
    longest: int
    mean: float


@dataclass(frozen=True)
class Scores:
    """What the verdicts of one mode come to.

    Attributes:
        score: as in the paper's tables: AGIEval's macro mean, of the others the pooled one.
        pooled: each question weighs the same.
        macro: each task does.
        english: pooled and macro over the English tasks of AGIEval; empty for the others.
        each: the share of right answers of each sample or repeated run, in order.
        pass_at: by k, the chance that one of k answers is right; empty for a single answer.
        without_truncated: the score over answers that were not cut off; None if all were.
        without_seen: the score over questions that are not in the model's training rows; None if that is not
            known, or none is left.
        format_rate: share of answers that are one thought in its tags, and a box.
        ungradable: answers to questions whose ground truth can't be graded; no rate counts them.
        statuses: how many answers have each status.
        tasks: by name.
        subcategories: by name, as in figures 5 to 7.
    """

    score: Estimate
    pooled: Estimate
    macro: Estimate
    english: Mapping[str, Estimate]
    each: tuple[float, ...]
    pass_at: Mapping[str, Estimate]
    without_truncated: Estimate | None
    without_seen: Estimate | None
    format_rate: float | None
    ungradable: int
    statuses: Mapping[str, int]
    tasks: Mapping[str, Part]
    subcategories: Mapping[str, Part]


@dataclass(frozen=True)
class PassResult:
    """A benchmark in one pass.

    Attributes:
        samples: answers to each question.
        sampling: every field, as sent; a temperature of 0 is greedy.
        answers: that were graded, those that were cut off among them.
        missing: answers that are still to be made; scores are over those that are there.
        truncated: answers that were cut off.
        prompt_too_long: questions that do not fit into the model's context: no answer, so not right.
        too_long: ids of some of them.
        filtered: answers that the endpoint withheld.
        lengths: of `correct` and `wrong` answers by the main mode, and of `all`; without the empty ones.
        modes: by name; the main one is `Results.mode`.
    """

    samples: int
    sampling: Mapping[str, Any]
    answers: int
    missing: int
    truncated: int
    prompt_too_long: int
    too_long: tuple[str, ...]
    filtered: int
    lengths: Mapping[str, Lengths]
    modes: Mapping[str, Scores]


@dataclass(frozen=True)
class Seen:
    """Questions that stand in the model's own training rows, word for word but for white space.

    Attributes:
        training: the data set and config that were looked through.
        questions: how many of those asked.
        by_task: how many of each task that has any.
    """

    training: str
    questions: int
    by_task: Mapping[str, int]


@dataclass(frozen=True)
class BenchmarkResult:
    """A benchmark.

    Attributes:
        title: for people.
        category: `gpr` or `mr`.
        published: rows of the whole benchmark.
        kept: rows that can be asked, of those that are there.
        asked: rows that were asked: all of them, or the first so many.
        notes: what is to know of the rows: missing files, rows that are not asked.
        repo: where the rows are from.
        revision: the commit, if it is known.
        row_digest: of the rows that can be asked.
        prompt_digest: of the prompts as the model saw them.
        publishable: whether its text may stand in a report.
        seen: None where the training rows are not known.
        passes: by name: `greedy`, `sampled`.
    """

    title: str
    category: str
    published: int
    kept: int
    asked: int
    notes: tuple[str, ...]
    repo: str
    revision: str | None
    row_digest: str
    prompt_digest: str
    publishable: bool
    seen: Seen | None
    passes: Mapping[str, PassResult]


@dataclass(frozen=True)
class Model:
    """Whose answers they are.

    Attributes:
        name: a folder, a name on the Hub, or as an endpoint serves it.
        revision: on the Hub.
        base: the model before training, as the paper's tables name it: `Qwen/Qwen2.5-7B`; None if not known.
        config: what it was trained on, `gpr_up`; None for a model as it is.
        answer: `long`, or `short` for a model trained on letters alone.
        data_version: of what it was trained on, as its record has it.
        weights: digest of its files, or its commit on the Hub; None behind an endpoint.
    """

    name: str
    revision: str | None
    base: str | None
    config: str | None
    answer: str
    data_version: str | None = None
    weights: str | None = None


@dataclass(frozen=True)
class Results:
    """All of an evaluation.

    Attributes:
        name: of the run's folder.
        model: whose answers they are.
        engine: what made them: `name`, `version`, and what else decides its output.
        profile: how the model was prompted: `name`, `thought`, digest of the chat template, stops and more.
        seed: of the run.
        sources: where the benchmarks were read from: `hub`, `sample`, or a folder's name.
        mode: how answers were compared for the main scores.
        versions: of this package and of those that decide what a run does.
        git: commit of the code, if known.
        skipped: benchmarks that were asked for and could not be had, each with the reason.
        benchmarks: by name, in the order of the paper's tables.
        format: of this file.
    """

    name: str
    model: Model
    engine: Mapping[str, Any]
    profile: Mapping[str, Any]
    seed: int
    sources: str
    mode: str
    versions: Mapping[str, str]
    git: str | None
    skipped: Mapping[str, str]
    benchmarks: Mapping[str, BenchmarkResult]
    format: int = field(default=FORMAT)

    def as_json(self) -> dict[str, Any]:
        """Return it as the file holds it."""
        return asdict(self)


def write_results(folder: Path, results: Results) -> Path:
    """Write `results.json`, at once and whole, and return its path.

    Raises:
        OutputError: it can't be written.
    """
    path, text = folder / FILE_NAME, json.dumps(results.as_json(), ensure_ascii=False, indent=1) + "\n"
    write_whole(path, lambda part: part.write_text(text, "utf-8"))
    return path


def read_results(folder: Path) -> Results:
    """Return the results of a run.

    Raises:
        FolderError: there are none, they can't be read, or another version wrote them.
    """
    path = folder / FILE_NAME
    try:
        said = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FolderError(
            "no results here" if not path.exists() else f"can't be read ({error.strerror})",
            where=path,
            fix=f"Make them: crossthink eval --regrade {folder}",
        ) from error
    except ValueError as error:
        raise FolderError(f"is no JSON ({error})", where=path, fix=_again(folder)) from error
    found = said.get("format") if isinstance(said, dict) else None
    if found != FORMAT:
        raise FolderError(
            f"is of format {found}, and this version reads format {FORMAT}", where=path, fix=_again(folder)
        )
    try:
        return _of_json(said, Results)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FolderError(f"is not as expected ({error!r})", where=path, fix=_again(folder)) from error


def _again(folder: Path) -> str:
    return f"Grade its generations again, which takes no model: crossthink eval --regrade {folder}"


def _of_json(value: Any, kind: type[Value]) -> Value:
    """Return JSON as the type that its field has: a data class, a mapping, a tuple, or as it is."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType:
        return cast("Value", None if value is None else _of_json(value, inner[0]))
    if origin is tuple:
        return cast("Value", tuple(_of_json(one, inner[0]) for one in value))
    if origin is not None and issubclass(origin, Mapping):
        return cast("Value", {key: _of_json(one, inner[1]) for key, one in value.items()})
    if not is_dataclass(kind):
        return cast("Value", value)
    hints = typing.get_type_hints(kind)
    # What has a default came later than the format: files from before do without.
    there = [one.name for one in fields(kind) if one.name in value or one.default is MISSING]
    return kind(**{name: _of_json(value[name], hints[name]) for name in there})
