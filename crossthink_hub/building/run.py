"""A build from end to end: collect, plan, shuffle, write, and only then show the folder to readers."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from crossthink_hub.building.card import card
from crossthink_hub.building.collect import Collected, collect, details_of, dropped_rows, read_tasks
from crossthink_hub.building.manifest import Manifest, make_manifest
from crossthink_hub.building.output import publish, scratch_folder
from crossthink_hub.building.parquet import write_parquet
from crossthink_hub.building.plan import Plan, plan_config, plan_source
from crossthink_hub.building.render import Origin
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.building.shuffle import ShuffleTask, shuffle
from crossthink_hub.building.write import Assembly, Shard, WriteJob, shard_count, write_bucket
from crossthink_hub.errors import SourceError
from crossthink_hub.progress import in_threads
from crossthink_hub.recipe.configs import config
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.recipe.quotas import weights
from crossthink_hub.sources.upstream import Upstream, open_upstream, without


def build(settings: BuildSettings, sources: str, out: Path) -> Manifest:
    """Build configs from upstream files into a folder that any tool reads; return its manifest.

    Args:
        settings: what to build.
        sources: `sample`, or a folder of upstream files.
        out: the folder; a build that is there is replaced, at once and whole.

    Raises:
        SourceError: a source is missing, or a file of it can't be read.
        UsageError: the size asked for needs repeated rows.
        OutputError: `out` can't be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     manifest = build(BuildSettings(("gpr_up",), size=100), "sample", Path(folder) / "crossthink")
        >>> manifest["configs"]["gpr_up"]["quotas"]
        {'mmlu': 66, 'hendrycks_math': 34}
    """
    taken = {source for name in settings.configs for source in weights(config(name).blend)}
    with scratch_folder(out) as scratch:
        work = scratch / "work"
        work.mkdir()
        upstream = open_upstream(sources, taken, work, settings.allow_missing)
        collected = _collect(upstream, settings, work)
        checksums = _checksums(upstream, settings)
        empty = [name for name, parts in collected.items() if not any(len(part.digests) for part in parts)]
        upstream = without(upstream, empty, settings.allow_missing)
        plan = _plan(collected, settings)
        shards = _write(upstream, plan, collected, settings, scratch)
        for name, parts in collected.items():
            write_parquet(dropped_rows(parts), scratch / "dropped" / f"{name}.parquet")
        manifest = make_manifest(settings, upstream, collected, checksums, plan, shards, scratch)
        (scratch / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
        (scratch / "README.md").write_text(card(manifest), "utf-8")
        shutil.rmtree(work)
        publish(scratch, out)
    return manifest


def _collect(upstream: Upstream, settings: BuildSettings, work: Path) -> dict[str, list[Collected]]:
    """Return what each piece of each source gave, in the order of files and places."""
    tasks = read_tasks(upstream.located, work)
    found = in_threads(partial(collect, seed=settings.seed), tasks, settings.threads, "Reading")
    return {name: [part for part in found if part.task.source.name == name] for name in upstream.located}


def _checksums(upstream: Upstream, settings: BuildSettings) -> dict[Path, str]:
    paths = [path for found in upstream.located.values() for path in found.files.values()]
    return dict(zip(paths, in_threads(_sha256, paths, settings.threads, "Checksums"), strict=True))


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"can't be read ({error.strerror})", where=path) from error


def _plan(collected: Mapping[str, Sequence[Collected]], settings: BuildSettings) -> Plan:
    none = np.zeros(0, np.uint64)
    sources = {
        name: plan_source(
            name,
            np.concatenate([none, *(part.digests for part in parts)]),
            np.concatenate([none, *(part.ranks for part in parts)]),
            partial(details_of, parts),
            settings.seed,
        )
        for name, parts in collected.items()
    }
    return Plan(sources, {name: plan_config(name, sources, settings) for name in settings.configs})


def _write(
    upstream: Upstream,
    plan: Plan,
    collected: Mapping[str, Sequence[Collected]],
    settings: BuildSettings,
    scratch: Path,
) -> list[Shard]:
    """Deal what is taken into buckets and write them out."""
    buckets = max(shard_count(config.rows) for config in plan.configs.values())
    tasks = [
        task
        for name, parts in collected.items()
        for task in _shuffle_tasks(name, parts, plan, settings.seed, buckets)
    ]
    in_threads(shuffle, tasks, settings.threads, "Shuffling")
    origins = {name: Origin(found.source, source_facts()[name]) for name, found in upstream.located.items()}
    spills = {name: [part.task.spill for part in parts] for name, parts in collected.items() if parts}
    job = WriteJob(plan, origins, spills, buckets, scratch)
    work = partial(write_bucket, job, assembly=Assembly())
    written = in_threads(work, range(buckets + 1), settings.threads, "Writing")
    return [shard for shards in written for shard in shards]


def _shuffle_tasks(
    name: str, parts: Sequence[Collected], plan: Plan, seed: int, buckets: int
) -> list[ShuffleTask]:
    source = plan.sources[name]
    quotas = [config.quotas[name] for config in plan.configs.values() if name in config.quotas]
    repeats = source.times(max(quotas, default=0))
    tasks, start = [], 0
    for part in parts:
        end = start + len(part.digests)
        own = slice(start, end)
        tasks.append(
            ShuffleTask(
                name,
                part.task.spill,
                part.digests,
                source.ordinals[own],
                source.positions[own],
                repeats[own],
                seed,
                buckets,
            )
        )
        start = end
    return tasks
