"""`manifest.json`: what a built folder holds and what it was made from."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

import crossthink_hub
from crossthink_hub.building.collect import Collected
from crossthink_hub.building.digest import hexadecimal
from crossthink_hub.building.plan import HELD_OUT, Plan
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.building.shards import Shard
from crossthink_hub.errors import FolderError
from crossthink_hub.recipe.paper import recipe_digest, source_facts
from crossthink_hub.sources.registry import Located
from crossthink_hub.sources.upstream import Upstream

Manifest = dict[str, Any]
FILE_NAME = "manifest.json"
FORMAT = 1


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a manifest."""
    text = resources.files("crossthink_hub.building").joinpath("manifest.schema.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def problems_of(manifest: object) -> list[str]:
    """Return what the schema has against a manifest, a line each.

    Example:
        >>> problems_of({})[0]
        "manifest.json: 'commercial_only' is a required property"
    """
    from jsonschema import Draft202012Validator

    found = [
        (".".join(map(str, error.path)), error.message)
        for error in Draft202012Validator(schema()).iter_errors(manifest)
    ]
    return [f"{FILE_NAME}: {f'{place}: ' if place else ''}{message}" for place, message in sorted(found)]


def read_json(folder: Path) -> Manifest:
    """Return a built folder's manifest as it stands.

    Raises:
        FolderError: there is none, or it is no JSON.
    """
    path = folder / FILE_NAME
    try:
        manifest: Manifest = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise FolderError(
            "not a built folder: it has no manifest.json",
            where=folder,
            fix="`crossthink build gpr_up --sources sample --out crossthink` makes one.",
        ) from None
    except (OSError, ValueError) as error:
        raise FolderError(f"can't be read ({error})", where=path, fix="Build the folder again.") from error
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Return a built folder's manifest, checked against the schema.

    Raises:
        FolderError: there is none, or it does not fit the schema.
    """
    manifest = read_json(folder)
    if isinstance(manifest, dict) and manifest.get("what"):
        raise FolderError(
            f"holds {manifest['what']}, and no training data",
            where=folder,
            fix=f"`hf upload OWNER/NAME {folder} --repo-type dataset` sends it to the Hub as it is.",
        )
    if found := problems_of(manifest):
        raise FolderError(found[0], where=folder, fix="Build it again, or use the version that made it.")
    return manifest


def data_files(manifest: Manifest) -> dict[str, Mapping[str, Any]]:
    """Return what a manifest says of each data file, by path."""
    return {
        file["path"]: file
        for entry in manifest["configs"].values()
        for part in (entry, entry["test"])
        for file in part["files"]
    }


def make_manifest(
    settings: BuildSettings,
    upstream: Upstream,
    collected: Mapping[str, Sequence[Collected]],
    checksums: Mapping[Path, str],
    plan: Plan,
    shards: Iterable[Shard],
    folder: Path,
) -> Manifest:
    """Return the manifest of a build."""
    by_split: dict[tuple[str, str], list[Shard]] = {}
    for shard in sorted(shards, key=lambda shard: shard.number):
        by_split.setdefault((shard.output.plan.config.name, shard.output.split), []).append(shard)
    return {
        "format": FORMAT,
        "tool_version": crossthink_hub.__version__,
        "recipe_digest": recipe_digest(),
        "seed": settings.seed,
        "size": settings.size,
        "oversample": settings.oversample,
        "commercial_only": settings.commercial_only,
        "strict": settings.strict,
        "kind": upstream.kind,
        "sources": {
            name: _source(found, collected[name], checksums, plan, settings.forms_of(name))
            for name, found in upstream.located.items()
        },
        "left_out": dict(upstream.left_out),
        "configs": {
            name: {
                "title": config.config.title,
                "form": config.config.form,
                "answer": config.config.answer,
                "weights": dict(config.weights),
                "quotas": dict(config.quotas),
                **_split(by_split.get((name, "train"), []), folder),
                "test": _split(by_split.get((name, "test"), []), folder),
            }
            for name, config in plan.configs.items()
        },
        "configs_left_out": dict(plan.left_out),
    }


def _source(
    found: Located,
    parts: Sequence[Collected],
    checksums: Mapping[Path, str],
    plan: Plan,
    forms: Sequence[str],
) -> Manifest:
    source = found.source
    dropped, refused = _drops(parts)
    good = sum(int(np.any([part.usable[form] for form in forms], axis=0).sum()) for part in parts)
    kept = _kept(source.name, plan)
    return {
        "repo": found.repo or source.repo,
        "revision": found.revision,
        "licence": source.licence,
        "non_commercial": source.non_commercial,
        "files": [
            {"path": name, "bytes": path.stat().st_size, "sha256": checksums[path]}
            for name, path in found.files.items()
        ],
        "files_left_alone": list(found.left_alone),
        "columns_not_found": sorted({name for part in parts for name in part.task.absent}),
        "instruction": sorted({text for part in parts for text in part.task.habits.instruction.texts}),
        "labels_decide": any(part.task.habits.labels_decide for part in parts),
        "rows_read": good + dropped.total(),
        "rows_kept": kept,
        "rows_dropped": dict(sorted(dropped.items())),
        "rows_not_sampled": good - kept,
        "rows_usable": {form: sum(int(part.usable[form].sum()) for part in parts) for form in forms},
        "rows_refused": {form: dict(sorted(counts.items())) for form, counts in refused.items()},
        "rows_in_paper": source_facts()[source.name].samples,
        "flags": dict(sorted(sum((Counter(part.flags) for part in parts), Counter()).items())),
    }


def _drops(parts: Sequence[Collected]) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """Return the rows that no config can hold by reason, and those that some can't by form and reason."""
    dropped: Counter[str] = Counter()
    refused: dict[str, Counter[str]] = {}
    for part in parts:
        forms, reasons = (part.dropped[name].to_pylist() for name in ("form", "reason"))
        for form, reason in zip(forms, reasons, strict=True):
            (dropped if form is None else refused.setdefault(form, Counter())).update([reason])
    return dropped, refused


def _kept(source: str, plan: Plan) -> int:
    """Return how many problems of a source some config holds, in train or test."""
    if source not in plan.sources:
        return 0
    positions = plan.sources[source].positions
    taken = np.zeros(len(plan.sources[source].ordinals), bool)
    for config in plan.configs.values():
        if taking := config.takings.get(source):
            own = positions[taking.form]
            taken |= (own == HELD_OUT) | (taking.times(own) > 0)
    return int(taken.sum())


def _split(shards: Sequence[Shard], folder: Path) -> Manifest:
    counts: Counter[str] = Counter()
    for shard in shards:
        counts.update(shard.counts)
    digest = sum((shard.row_digest for shard in shards), np.zeros(2, np.uint64))
    return {
        "rows": sum(shard.rows for shard in shards),
        "counts": {name: count for name, count in counts.items() if count},
        "files": [
            {
                "path": shard.path.relative_to(folder).as_posix(),
                "rows": shard.rows,
                "bytes": shard.path.stat().st_size,
                "bytes_in_memory": shard.memory,
                "sha256": shard.sha256,
            }
            for shard in shards
        ],
        "row_digest": hexadecimal(digest),
    }
