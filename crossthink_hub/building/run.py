"""A build from end to end: collect, plan, shuffle, write, and only then show the folder to readers."""

import json
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from crossthink_hub.building.collect import (
    Collected,
    check_files,
    collect,
    details_of,
    dropped_rows,
    read_tasks,
    reasons,
)
from crossthink_hub.building.figure import blends_figure
from crossthink_hub.building.manifest import Manifest, make_manifest
from crossthink_hub.building.output import publish, scratch_folder
from crossthink_hub.building.parquet import write_parquet
from crossthink_hub.building.plan import Plan, plan_configs, plan_source
from crossthink_hub.building.render import Origin
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.building.shards import Shard, ShardWriter, shard_count
from crossthink_hub.building.shuffle import ShuffleTask, shuffle
from crossthink_hub.building.write import WriteJob, write_bucket
from crossthink_hub.card.croissant import FILE_NAME as CROISSANT
from crossthink_hub.card.croissant import croissant_json
from crossthink_hub.card.text import FIGURE, card_text
from crossthink_hub.progress import in_threads
from crossthink_hub.recipe.configs import AS_IS
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.recipe.quotas import weights
from crossthink_hub.sources.checksum import sha256
from crossthink_hub.sources.registry import Content
from crossthink_hub.sources.sample import write_sample
from crossthink_hub.sources.upstream import LOCK, Upstream, WriteFiles, check_content, open_upstream, without


def build(
    settings: BuildSettings,
    sources: str,
    out: Path,
    lock: Path = LOCK,
    made_up: WriteFiles = write_sample,
) -> Manifest:
    """Build configs from upstream files into a folder that any tool reads; return its manifest.

    Args:
        settings: what to build.
        sources: `sample`, `hub`, or a folder of upstream files.
        out: the folder; a build that is there is replaced, at once and whole.
        lock: which commits of the Hub's repositories to read; written if it is not there.
        made_up: writes the files that `sample` stands for; the embedded sample's by default.

    Raises:
        SourceError: a source is missing, or a file of it can't be read.
        UsageError: the size asked for needs repeated rows.
        OutputError: `out` can't be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     manifest = build(BuildSettings(("gpr_up",), size=100), "sample", Path(folder) / "crossthink")
        >>> manifest["configs"]["gpr_up"]["quotas"]["syn_qa"]
        32
    """
    wanted = {source for config in settings.chosen for source in weights(config.blend)}
    with scratch_folder(out) as scratch:
        work = scratch / "work"
        work.mkdir()
        upstream = open_upstream(sources, wanted, work, settings, lock, made_up)
        collected = _collect(upstream, settings, work)
        check_content(upstream, {name: _content(parts) for name, parts in collected.items()})
        checksums = _checksums(upstream, settings)
        empty = {
            name: reasons(parts)
            for name, parts in collected.items()
            if not any(len(part.digests) for part in parts)
        }
        upstream = without(upstream, empty, settings.allow_missing)
        plan = _plan(collected, settings)
        shards = _write(upstream, plan, collected, settings, scratch)
        for name, parts in collected.items():
            write_parquet(dropped_rows(parts), scratch / "dropped" / f"{name}.parquet")
        manifest = make_manifest(settings, upstream, collected, checksums, plan, shards, scratch)
        (scratch / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
        (scratch / FIGURE).write_bytes(blends_figure(manifest))
        (scratch / CROISSANT).write_text(croissant_json(manifest), "utf-8")
        (scratch / "README.md").write_text(card_text(manifest), "utf-8")
        shutil.rmtree(work)
        publish(scratch, out)
    return manifest


def _collect(upstream: Upstream, settings: BuildSettings, work: Path) -> dict[str, list[Collected]]:
    """Return what each piece of each source gave, in the order of files and places."""
    tasks = read_tasks(upstream.located, work)
    found = in_threads(partial(collect, settings=settings), tasks, settings.threads, "Reading")
    check_files(found)
    return {name: [part for part in found if part.task.source.name == name] for name in upstream.located}


def _content(parts: Sequence[Collected]) -> Content:
    """Return what was read of a source: how many rows, and a digest that does not depend on their order."""
    digest = sum(part.all_read for part in parts) % 2**64
    return Content(sum(part.read for part in parts), f"{digest:016x}")


def _checksums(upstream: Upstream, settings: BuildSettings) -> dict[Path, str]:
    paths = list({path for found in upstream.located.values() for path in found.files.values()})
    return dict(zip(paths, in_threads(sha256, paths, settings.threads, "Checksums"), strict=True))


def _plan(collected: Mapping[str, Sequence[Collected]], settings: BuildSettings) -> Plan:
    sources = {
        name: plan_source(
            name,
            np.concatenate([part.digests for part in parts]),
            np.concatenate([part.ranks for part in parts]),
            {
                form: np.concatenate([part.usable[form] for part in parts])
                for form in dict.fromkeys([*settings.forms, AS_IS])
            },
            partial(details_of, parts),
            settings.seed,
        )
        for name, parts in collected.items()
        if parts
    }
    return plan_configs(sources, settings)


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
        if parts
        for task in _shuffle_tasks(name, parts, plan, settings, buckets)
    ]
    in_threads(shuffle, tasks, settings.threads, "Shuffling")
    origins = {
        name: Origin(found.source, source_facts()[name], found.repo or found.source.repo, found.revision)
        for name, found in upstream.located.items()
        if collected[name]
    }
    spills = {name: [part.task.spill for part in parts] for name, parts in collected.items()}
    job = WriteJob(plan, origins, spills, buckets)
    work = partial(write_bucket, job, writer=ShardWriter(scratch))
    written = in_threads(work, range(buckets + 1), settings.threads, "Writing")
    return [shard for shards in written for shard in shards]


def _shuffle_tasks(
    name: str, parts: Sequence[Collected], plan: Plan, settings: BuildSettings, buckets: int
) -> list[ShuffleTask]:
    source = plan.sources[name]
    positions = {form: source.positions[form] for form in settings.forms}
    takings = [config.takings[name] for config in plan.configs.values() if name in config.takings]
    repeats = np.zeros(len(source.ordinals), np.int32)
    for taking in takings:
        np.maximum(repeats, taking.times(positions[taking.form]), out=repeats)
    ends = np.cumsum([0, *(len(part.digests) for part in parts)]).tolist()
    return [
        ShuffleTask(
            name,
            part.task.spill,
            part.digests,
            source.ordinals[start:end],
            {form: own[start:end] for form, own in positions.items()},
            repeats[start:end],
            settings.seed,
            buckets,
        )
        for part, start, end in zip(parts, ends, ends[1:], strict=False)
    ]
