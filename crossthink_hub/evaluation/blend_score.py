"""A blend weighed by results: each source by what the model trained on it alone scores."""

from collections import Counter
from collections.abc import Mapping, Sequence

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.benchmarks import BENCHMARKS
from crossthink_hub.evaluation.report.runs import main_pass
from crossthink_hub.evaluation.results import Results
from crossthink_hub.evaluation.usefulness import blend_yaml
from crossthink_hub.recipe.paper import source_facts


def score_blend(runs: Sequence[Results], name: str) -> str:
    """Return the YAML of a blend whose sources weigh what their models score on average (paper: section 4).

    The average is over the benchmarks that all runs have; any other would favour who was asked easy ones.

    Args:
        runs: results of models, each trained on one source.
        name: of the blend.

    Raises:
        UsageError: a run is of no single source, two are of one, or they have no benchmark in common.
    """
    if not runs:
        raise UsageError("no run to weigh sources by", fix="Give the folders of runs, such as runs/*.")
    by_source = {_source(run): run for run in runs}
    twice = [source for source, count in Counter(map(_source, runs)).items() if count > 1]
    if twice:
        raise UsageError(f"two runs are of models trained on {twice[0]}", fix="Give one of each source.")
    bases = {run.model.base for run in runs}
    if len(bases) > 1:
        raise UsageError(
            f"the runs are of models that began as different ones: {', '.join(sorted(map(str, bases)))}",
            fix="Weigh sources by models trained from the same one.",
        )
    shared = _shared(by_source)
    averages = {
        source: 100 * sum(_score(run, benchmark) for benchmark in shared) / len(shared)
        for source, run in by_source.items()
    }
    return blend_yaml(name, averages, over=shared)


def _source(run: Results) -> str:
    if run.model.config not in source_facts():
        raise UsageError(
            f"is of a model trained on {run.model.config}" if run.model.config else "is of no trained model",
            where=run.name,
            fix=f"A blend is weighed by models of one source each: {', '.join(source_facts())}.",
        )
    return str(run.model.config)


def _shared(runs: Mapping[str, Results]) -> list[str]:
    """Return the benchmarks on which all runs were asked equally many questions of the same rows."""
    asked = [
        {
            (name, one.row_digest, one.asked, run.mode, str(found.sampling))
            for name, one in run.benchmarks.items()
            if (found := main_pass(run, name)) and not found.missing
        }
        for run in runs.values()
    ]
    names = {name for name, *_ in set.intersection(*asked)}
    if not names:
        raise UsageError(
            "the runs have no benchmark in common that all were asked in full",
            fix="Run them with the same --benchmarks, --sources, --limit, sampling and --mode.",
        )
    return [own.name for own in BENCHMARKS if own.name in names]


def _score(run: Results, benchmark: str) -> float:
    found = main_pass(run, benchmark)
    assert found, "who calls this has looked"
    return found.modes[run.mode].score.value
