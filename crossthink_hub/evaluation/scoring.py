"""From generations to results: every answer graded in each mode, and summed up. No model is needed."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.compute as pc

from crossthink_hub.errors import FolderError
from crossthink_hub.evaluation.benchmarks import BENCHMARKS
from crossthink_hub.evaluation.grading_files import grade_files
from crossthink_hub.evaluation.results import (
    FILE_NAME,
    BenchmarkResult,
    Model,
    PassResult,
    Results,
    Seen,
    write_results,
)
from crossthink_hub.evaluation.run_folder import RunFolder
from crossthink_hub.evaluation.summing import Answers, Questions, pass_result
from crossthink_hub.evaluation.verdicts import MAIN, MODES
from crossthink_hub.grading.settings import Mode, check_choice

SUMMED = ("id", "run", "sample", "correct", "formatted", "status", "tokens", "finish")
"""Columns of verdicts that are summed."""
NO_ANSWER = "no answer yet"


def grade_run(path: Path, mode: str = MAIN) -> Results:
    """Grade every generation of a run in each mode, and write and return its results.

    Args:
        path: the folder of the run.
        mode: whose verdicts the tables show: `equivalent`, `paper` or `letter`.

    Raises:
        UsageError: there is no such mode.
        FolderError: no run lies there, it has no answers yet, or a file can't be read.
        OutputError: verdicts or results can't be written.
    """
    check_choice("mode", mode, get_args(Mode))
    folder = RunFolder(path)
    said = folder.identity()
    (path / FILE_NAME).unlink(missing_ok=True)  # until new ones are there, there are none
    grade_files(folder, said["profile"]["thought"], said["profile"]["answer_in"])
    found = {name: _benchmark(folder, name, said, mode) for name in _in_order(folder.benchmarks())}
    graded = {name: one for name, one in found.items() if one.passes}
    if not graded:
        raise FolderError("has no answers yet", where=path, fix="Run its `crossthink eval` again.")
    results = Results(
        name=path.resolve().name,
        model=Model(**said["model"]),
        engine={**_plain(said["engine"]), **_plain(said.get("~made_by", {}))},
        profile=said["profile"],
        seed=said["seed"],
        sources=said["~sources"],
        mode=mode,
        versions=said["~versions"],
        git=said["~git"],
        skipped={**said.get("~skipped", {}), **dict.fromkeys(found.keys() - graded.keys(), NO_ANSWER)},
        benchmarks=graded,
    )
    write_results(path, results)
    return results


def _in_order(names: Collection[str]) -> list[str]:
    return [benchmark.name for benchmark in BENCHMARKS if benchmark.name in names]


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key.removeprefix("~"): value for key, value in facts.items()}


def _benchmark(folder: RunFolder, name: str, said: Mapping[str, Any], mode: str) -> BenchmarkResult:
    questions = Questions.of(name, folder.facts(name))
    seen = _seen(said, name)
    facts = _plain(said["benchmarks"][name])
    return BenchmarkResult(
        **{**facts, "notes": tuple(facts["notes"])},
        asked=len(questions.ids),
        seen=seen,
        passes=dict(_passes(folder, questions, said, mode)),
    )


def _seen(said: Mapping[str, Any], name: str) -> Seen | None:
    found = said.get("~seen") or {}
    return Seen(**found["benchmarks"][name]) if name in found.get("benchmarks", {}) else None


def _seen_ids(said: Mapping[str, Any], name: str) -> frozenset[str] | None:
    return frozenset(said["~seen"]["ids"].get(name, ())) if _seen(said, name) else None


def _passes(
    folder: RunFolder, questions: Questions, said: Mapping[str, Any], mode: str
) -> Iterator[tuple[str, PassResult]]:
    if not folder.files(questions.benchmark):
        return
    verdicts = {one: folder.verdicts(one, questions.benchmark, SUMMED) for one in MODES}
    seen = _seen_ids(said, questions.benchmark)
    for name, how in said["passes"].items():
        modes: dict[str, Answers] = {
            one: Answers.of(questions, _of_pass(table, name)) for one, table in verdicts.items()
        }
        samples = how["~samples"].get(questions.benchmark, 0)
        found = pass_result(modes, mode, samples, how["sampling"], seen) if samples else None
        if found is not None:
            yield name, found


def _of_pass(verdicts: pa.Table, name: str) -> pa.Table:
    return verdicts.filter(pc.equal(verdicts["run"], name)).combine_chunks()
