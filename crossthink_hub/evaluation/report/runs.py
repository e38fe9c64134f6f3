"""Which runs a report is of: what each is to the paper's tables, and to the other runs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.published import PERCENT, Row, published
from crossthink_hub.evaluation.report.cells import TITLES
from crossthink_hub.evaluation.results import BenchmarkResult, PassResult, Results, Scores
from crossthink_hub.evaluation.statistics import Estimate

FIRST_PASS = "greedy"
"""Whose scores the tables show, if there is one: it is the paper's."""
WHOLE = 0.8
"""A benchmark of which a smaller share can be asked is a part of it: AGIEval lacks the questions with several
right answers, a mirror that lacks files may lack far more."""
ONLY_MR = "only_mr"


def distinct(runs: Sequence[Results]) -> tuple[Results, ...]:
    """Return runs of which no two have the same name: `x (1)`, `x (2)`.

    Raises:
        UsageError: there are none.
    """
    if not runs:
        raise UsageError("no run to report on", fix="Give the folders of runs, such as runs/*.")
    often, before, named = Counter(run.name for run in runs), Counter[str](), []
    for run in runs:
        before[run.name] += 1
        name = f"{run.name} ({before[run.name]})" if often[run.name] > 1 else run.name
        named.append(replace(run, name=name))
    return tuple(named)


def main_pass(run: Results, benchmark: str) -> PassResult | None:
    """Return the pass whose scores the tables show: the greedy one if there is one; None without a score."""
    result = run.benchmarks.get(benchmark)
    passes = dict(result.passes) if result else {}
    order = sorted(passes, key=lambda name: name != FIRST_PASS)
    return next((passes[name] for name in order if run.mode in passes[name].modes), None)


def main_scores(run: Results, benchmark: str) -> Scores | None:
    """Return the scores that the tables show, None if there are none."""
    found = main_pass(run, benchmark)
    return found.modes[run.mode] if found else None


def estimates(run: Results) -> dict[str, Estimate]:
    """Return the score of each benchmark that has one, in the order of the paper's tables."""
    found = {name: main_scores(run, name) for name in TITLES}
    return {name: scores.score for name, scores in found.items() if scores}


def benchmarks_of(runs: Iterable[Results]) -> tuple[str, ...]:
    """Return the benchmarks that any of the runs has a score on, in the order of the paper's tables."""
    there = {name for run in runs for name in estimates(run)}
    return tuple(name for name in TITLES if name in there)


def part_of(run: Results, benchmark: str) -> str:
    """Return why a score is of less than the benchmark, in words; nothing if it is of all of it."""
    result, found = run.benchmarks.get(benchmark), main_pass(run, benchmark)
    if result is None or found is None:
        return ""
    if result.asked < result.kept:
        return "only the first of its questions were asked: a sample"
    if found.missing:
        return "answers are still to be made"
    if result.kept < WHOLE * result.published:
        return "many of its questions are not there"
    return ""


def lacking(run: Results, benchmark: str) -> str:
    """Return why a run has no score on a benchmark, in words."""
    if benchmark in run.skipped:
        return f"skipped: {run.skipped[benchmark]}"
    return "no answer could be graded" if benchmark in run.benchmarks else "not asked"


# Beside the paper.


def untrained_name(run: Results) -> str | None:
    """Return the model before training, as the paper's tables name it; None if that is not known."""
    return run.model.base or (run.model.name if run.model.config is None else None)


def matches(run: Results, row: Row) -> bool:
    """Tell whether a row of the paper is of the same model, trained on the same config."""
    return (row.model, row.config) == (untrained_name(run), run.model.config)


def tables_of(run: Results) -> tuple[int, ...]:
    """Return the numbers of the paper's tables of scores that have a row of what the run is of."""
    tables = (table for table in published().tables.values() if table.unit == PERCENT)
    return tuple(table.number for table in tables if any(matches(run, row) for row in table.rows.values()))


# Beside other runs.


def base_run(run: Results, runs: Iterable[Results]) -> Results | None:
    """Return the run of the model that this one's was trained from; None if it is not among them.

    Of several, that with the most questions, so that it does not matter in which order they are given.
    """
    return _run_of(runs, untrained_name(run), None) if run.model.config is not None else None


def only_mr_run(run: Results, runs: Iterable[Results]) -> Results | None:
    """Return the run of the same model trained on math alone; None if it is not among them."""
    return _run_of(runs, untrained_name(run), ONLY_MR)


def _run_of(runs: Iterable[Results], model: str | None, config: str | None) -> Results | None:
    fit = [run for run in runs if run.model.config == config and model and untrained_name(run) == model]
    return min(fit, key=lambda run: (-_asked(run), run.name), default=None)


def _asked(run: Results) -> int:
    return sum(run.benchmarks[name].asked for name in estimates(run))


def asked_alike(one: Results, other: Results, benchmark: str) -> bool:
    """Tell whether both runs were asked the same questions of a benchmark, as far as is recorded."""
    both: Sequence[Mapping[str, BenchmarkResult]] = (one.benchmarks, other.benchmarks)
    first, second = (found[benchmark] for found in both)
    return (first.row_digest, first.asked) == (second.row_digest, second.asked)
