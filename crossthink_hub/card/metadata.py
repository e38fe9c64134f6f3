"""The YAML at the head of README.md: what `datasets` and the Hub read."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from crossthink_hub.building.index import OWN_TABLE
from crossthink_hub.building.manifest import Manifest
from crossthink_hub.card.words import words
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.releases import Publication
from crossthink_hub.row import SCHEMA

DEFAULT = "gpr_up"
"""The config that is loaded where none is named, if it is there; else the first one."""
SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
LARGEST = "10M<n<100M"
HUB = "https://huggingface.co/datasets"
SOMETIMES = ("license_name", "license_link")
"""Keys that are ours to write, though not every card has them."""
KEYS = (
    "pretty_name",
    "language",
    "license",
    *SOMETIMES,
    "annotations_creators",
    "language_creators",
    "multilinguality",
    "task_categories",
    "size_categories",
    "source_datasets",
    "tags",
    "configs",
    "dataset_info",
)
"""All keys that are ours to write, in their order."""
LICENCES = "licences"
"""The section of the card that a licence is found in."""


def card_metadata(manifest: Manifest, publication: Publication | None = None) -> dict[str, Any]:
    """Return the card's YAML: every config with the explicit paths of its files, and what the Hub shows.

    `datasets` caches a folder by this text alone, so the paths carry a digest of the rows.

    Args:
        manifest: of a build.
        publication: where it is published, if it is.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from crossthink_hub.building.run import build
        >>> from crossthink_hub.building.settings import BuildSettings
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     manifest = build(BuildSettings(("nd", "gpr_up"), size=100), "sample", Path(folder, "out"))
        >>> [(entry["config_name"], "default" in entry) for entry in card_metadata(manifest)["configs"]]
        [('nd', False), ('gpr_up', True)]
    """
    default = default_config(manifest)
    return {
        "pretty_name": pretty_name(manifest),
        "language": ["en"],
        **_licence(manifest, publication),
        **_creators(manifest),
        "multilinguality": "monolingual",
        "task_categories": _tasks(manifest),
        "size_categories": [_size(manifest)],
        "source_datasets": _source_datasets(manifest),
        "tags": ["reasoning", "math", "reinforcement-learning", "rlvr", "arxiv:2504.13941"],
        "configs": [
            {
                "config_name": name,
                **({"default": True} if name == default else {}),
                "data_files": [
                    {"split": split, "path": [file["path"] for file in part["files"]]}
                    for split, part in splits(entry)
                ],
            }
            for name, entry in manifest["configs"].items()
        ],
        "dataset_info": [_info(name, entry) for name, entry in manifest["configs"].items()],
    }


def config_problems(metadata: Mapping[str, Any], manifest: Manifest) -> list[str]:
    """Return why readers of a card would not get the configs of a manifest, a line each.

    Configs that people added, of files of their own, are none of our business, unless they break ours.
    """
    listed = metadata.get("configs")
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        return ["has no YAML with configs"]
    if [entry for entry in listed if OWN_TABLE.search(str(entry))] != card_metadata(manifest)["configs"]:
        return ["its configs are not those of the manifest, so readers get other files"]
    found = []
    names = [str(entry.get("config_name")) for entry in listed]
    if len(set(names)) < len(names):
        found.append("names a config twice, so none can be loaded")
    if sum(bool(entry.get("default")) for entry in listed) > 1:
        found.append("has several default configs, so none can be loaded")
    return found


def pretty_name(manifest: Manifest) -> str:
    """Return the name of the data set for people."""
    return "CrossThink blends" + (" (sample of made-up rows)" if is_sample(manifest) else "")


def is_sample(manifest: Manifest) -> bool:
    """Tell whether the rows are made up."""
    return bool(manifest["kind"] == "sample")


def default_config(manifest: Manifest) -> str:
    """Return the config that is loaded where none is named.

    Example:
        >>> default_config({"configs": {"nd": {}, "gpr_up": {}}}), default_config({"configs": {"nd": {}}})
        ('gpr_up', 'nd')
    """
    names: list[str] = list(manifest["configs"])
    return DEFAULT if DEFAULT in names else names[0]


def splits(entry: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the splits of a config that have rows, each with its part of the manifest.

    `datasets` can't load a split without rows.
    """
    for split, part in (("train", entry), ("test", entry["test"])):
        if part["files"]:
            yield split, part


def used_sources(manifest: Manifest) -> list[str]:
    """Return the sources that some config holds rows of."""
    return [name for name, source in manifest["sources"].items() if source["rows_kept"]]


def _licence(manifest: Manifest, publication: Publication | None) -> dict[str, str]:
    if one := one_licence(manifest):
        return {"license": words("licences")[one]["hub"]}
    link = f"{HUB}/{publication.repo}#{LICENCES}" if publication else None
    return {
        "license": "other",
        "license_name": "one-per-source",
        **({"license_link": link} if link else {}),
    }


def one_licence(manifest: Manifest) -> str | None:
    """Return the licence of all rows, if there is one that says it all.

    It does not where the sources' licences differ, or where a source is under terms that its licence does not
    have, as MMLU is.
    """
    sources = [manifest["sources"][name] for name in used_sources(manifest)]
    further = any(source["non_commercial"] not in (None, source["licence"]) for source in sources)
    licences = {source["licence"] for source in sources}
    return (
        licences.pop() if len(licences) == 1 and not further and licences <= set(words("licences")) else None
    )


def _creators(manifest: Manifest) -> dict[str, list[str]]:
    """Return who made questions and answers: people found on the way, or machines."""
    made = {words("sources")[name]["made_by"] for name in used_sources(manifest)}
    who = ["machine-generated"] if is_sample(manifest) else sorted(made)
    return {"annotations_creators": who, "language_creators": who}


def _tasks(manifest: Manifest) -> list[str]:
    entries = manifest["configs"].values()
    mcq = any(asks_choices(entry) for entry in entries)
    return ["question-answering", "text-generation", *(["multiple-choice"] if mcq else [])]


def asks_choices(entry: Mapping[str, Any]) -> bool:
    """Tell whether a config has multiple-choice questions."""
    sources = (source_facts()[name].question_type for name in entry["counts"])
    return entry["form"] != "open" and "mcq" in sources


def _size(manifest: Manifest) -> str:
    rows = sum(part["rows"] for entry in manifest["configs"].values() for _, part in splits(entry))
    return next((name for most, name in SIZES if rows < most), LARGEST)


def _source_datasets(manifest: Manifest) -> list[str]:
    if is_sample(manifest):
        return ["original"]
    return list(dict.fromkeys(manifest["sources"][name]["repo"] for name in used_sources(manifest)))


def _info(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `datasets` wants to know of a config before it reads it."""
    sizes = [
        {"name": split, "num_bytes": _sum(part, "bytes_in_memory"), "num_examples": part["rows"]}
        for split, part in splits(entry)
    ]
    return {
        "config_name": name,
        "features": yaml_features(SCHEMA),
        "splits": sizes,
        "download_size": sum(_sum(part, "bytes") for _, part in splits(entry)),
        "dataset_size": sum(size["num_bytes"] for size in sizes),
    }


def _sum(part: Mapping[str, Any], size: str) -> int:
    return sum(file[size] for file in part["files"])


def yaml_features(fields: Iterable[pa.Field]) -> list[dict[str, Any]]:
    """Return fields as `datasets` writes them in YAML, in words that its versions 3, 4 and 5 all read.

    Example:
        >>> yaml_features([pa.field("flags", pa.list_(pa.string())), pa.field("index", pa.int64())])
        [{'name': 'flags', 'sequence': 'string'}, {'name': 'index', 'dtype': 'int64'}]
    """
    return [{"name": field.name, **_feature(field.type)} for field in fields]


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_struct(kind):
        return {"struct": yaml_features(kind)}
    if not pa.types.is_list(kind):
        return {"dtype": str(kind)}
    inner = kind.value_type
    if pa.types.is_struct(inner):
        return {"list": yaml_features(inner)}
    return {"sequence": str(inner)}
