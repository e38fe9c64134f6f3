"""From a benchmark's problems to its rows, by the very code that renders the training rows."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from crossthink_hub.building.plan import HELD_OUT
from crossthink_hub.building.render import Origin, render
from crossthink_hub.building.shuffle import position_in
from crossthink_hub.evaluation.benchmarks.benchmark import Benchmark, Task
from crossthink_hub.evaluation.benchmarks.mirror import Found
from crossthink_hub.evaluation.item import SCHEMA
from crossthink_hub.recipe.configs import AS_IS, Config, only
from crossthink_hub.recipe.paper import SourceFacts
from crossthink_hub.sources.registry import Source
from crossthink_hub.sources.upstream import SAMPLE

SAMPLE_REPO, SAMPLE_LICENCE = "crossthink-hub/sample", "Apache-2.0"


@dataclass(frozen=True)
class _Group:
    """Problems of one task and sub-category: all of their rows have the same parts, licence and template."""

    name: str
    task: Task

    def origin(self, found: Found) -> Origin:
        benchmark = found.benchmark
        facts = SourceFacts(benchmark.category, benchmark.type_of(self.name), benchmark.rows)
        licence = licence_of(benchmark, self.task, found.kind)
        source = Source(benchmark.name, found.repo, licence, (), (), ())
        return Origin(source, facts, found.repo, found.revision)


def licence_of(benchmark: Benchmark, task: Task, kind: str) -> str:
    """Return the licence of a task's rows."""
    return SAMPLE_LICENCE if kind == SAMPLE else task.licence or benchmark.licence


def rendered(found: Found, problems: pa.Table, answer: str) -> pa.Table:
    """Return problems as rows with `item.SCHEMA`, in the same order.

    Args:
        found: the benchmark and where its files came from.
        problems: with `id` and `task`.
        answer: of multiple-choice questions, `long` or `short`.
    """
    benchmark = found.benchmark
    names = list(zip(problems["task"].to_pylist(), problems["domain"].to_pylist(), strict=True))
    groups = {name: _Group(name[0], benchmark.task(*name)) for name in sorted(set(names), key=str)}
    number = {name: place for place, name in enumerate(groups)}
    count = len(problems)
    dealt = (
        problems.append_column("source", pa.array([number[name] for name in names], pa.int32()))
        .append_column("repeat", pa.array(np.zeros(count, np.int32)))
        .append_column(position_in(AS_IS), pa.array(np.full(count, HELD_OUT, np.int32)))
    )
    config = Config(benchmark.name, benchmark.title, only(benchmark.name), AS_IS, answer)
    rows = render(dealt, [group.origin(found) for group in groups.values()], config)
    parts = {
        "benchmark": [benchmark.name] * count,
        "task": [name for name, _ in names],
        "subcategory": [groups[name].task.subcategory for name in names],
        "language": [groups[name].task.language for name in names],
    }
    for name, values in parts.items():
        rows = rows.append_column(name, pa.array(values, pa.string()))
    return rows.cast(SCHEMA)
