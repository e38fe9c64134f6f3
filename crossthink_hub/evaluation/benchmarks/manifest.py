"""`manifest.json` of a folder of benchmarks: what it holds and what it was made from."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

import crossthink_hub
from crossthink_hub.evaluation.benchmarks.reading import Loaded
from crossthink_hub.evaluation.benchmarks.rendering import SAMPLE_LICENCE, licence_of
from crossthink_hub.recipe.paper import recipe_digest
from crossthink_hub.sources.upstream import SAMPLE

Manifest = dict[str, Any]
WHAT, FORMAT = "benchmarks", 1


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a manifest of benchmarks."""
    folder = resources.files("crossthink_hub.evaluation.benchmarks")
    found: Mapping[str, Any] = json.loads(folder.joinpath("manifest.schema.json").read_text("utf-8"))
    return found


def make_manifest(
    loaded: Sequence[Loaded],
    configs: Mapping[str, Mapping[str, object]],
    left_out: Mapping[str, str],
    answer: str,
) -> Manifest:
    """Return the manifest of a build; the same rows give the same text."""
    return {
        "what": WHAT,
        "format": FORMAT,
        "tool_version": crossthink_hub.__version__,
        "recipe_digest": recipe_digest(),
        "kind": loaded[0].found.kind,
        "answer": answer,
        "benchmarks": {one.benchmark.name: _entry(one) for one in loaded},
        "left_out": dict(left_out),
        "configs": {name: dict(entry) for name, entry in configs.items()},
    }


def _entry(one: Loaded) -> Manifest:
    found, benchmark, account = one.found, one.benchmark, one.account
    is_sample = found.kind == SAMPLE
    return {
        "title": benchmark.title,
        "repo": found.repo,
        "host": benchmark.host,
        "revision": found.revision,
        "config": benchmark.config,
        "split": benchmark.split,
        "paper": benchmark.paper,
        "licence": SAMPLE_LICENCE if is_sample else benchmark.licence,
        "licences": _licences(one),
        "non_commercial": _not_for_commerce(one),
        "files": [asdict(file) for file in one.files],
        "files_left_alone": list(found.left_alone),
        "rows_published": account.published,
        "rows_read": account.read,
        "rows_kept": account.kept,
        "rows_dropped": dict(account.dropped),
        "flags": dict(account.flags),
        "tasks": _counts(one, "task"),
        "tasks_missing": list(account.missing),
        "subcategories": _counts(one, "subcategory"),
        "languages": _counts(one, "language"),
    }


def _licences(one: Loaded) -> dict[str, list[str]]:
    """Return the licences of the rows, each with the tasks that it holds for, if there are several."""
    benchmark, by_licence = one.benchmark, dict[str, list[str]]()
    for task in _counts(one, "task"):
        licence = licence_of(benchmark, benchmark.task(task), one.found.kind)
        by_licence.setdefault(licence, []).append(task)
    return by_licence if len(by_licence) > 1 else {licence: [] for licence in by_licence}


def _not_for_commerce(one: Loaded) -> dict[str, str]:
    """Return why tasks may not be sold, by task."""
    tasks = {} if one.found.kind == SAMPLE else _counts(one, "task")
    return {task: why for task in tasks if (why := one.benchmark.task(task).non_commercial)}


def _counts(one: Loaded, part: str) -> dict[str, int]:
    return dict(sorted(Counter(one.rows[part].to_pylist()).items()))
