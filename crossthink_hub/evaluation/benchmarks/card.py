"""`README.md` of a folder of benchmarks, rendered from `card.md.j2`."""

from collections.abc import Mapping
from importlib import resources
from typing import Any

from crossthink_hub.card.front import front_matter
from crossthink_hub.card.metadata import LARGEST, SIZES, yaml_features
from crossthink_hub.card.template import card_template
from crossthink_hub.evaluation.item import SCHEMA
from crossthink_hub.sources.upstream import SAMPLE


def card_text(manifest: Mapping[str, Any]) -> str:
    """Return the text of README.md, front matter included."""
    body = card_template(_text()).render(manifest=manifest, sample=manifest["kind"] == SAMPLE).strip()
    return f"{front_matter(card_metadata(manifest))}\n{body}\n"


def card_metadata(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the card's YAML: every config with the explicit path of its file, and what the Hub shows."""
    configs, entries = manifest["configs"], manifest["benchmarks"].values()
    total = sum(entry["rows"] for entry in configs.values())
    is_sample = manifest["kind"] == SAMPLE
    return {
        "pretty_name": "CrossThink benchmarks" + (" (sample of made-up questions)" if is_sample else ""),
        "language": sorted({language for entry in entries for language in entry["languages"]}),
        **_licence(is_sample),
        "task_categories": ["question-answering", "multiple-choice"],
        "size_categories": [next((name for most, name in SIZES if total < most), LARGEST)],
        "tags": ["benchmark", "evaluation", "reasoning", "arxiv:2504.13941"],
        "configs": [
            {
                "config_name": name,
                "data_files": [{"split": "test", "path": [file["path"] for file in entry["files"]]}],
            }
            for name, entry in configs.items()
        ],
        "dataset_info": [_info(name, entry) for name, entry in configs.items()],
    }


def _licence(is_sample: bool) -> dict[str, str]:
    if is_sample:
        return {"license": "apache-2.0"}
    return {"license": "other", "license_name": "one-per-benchmark"}


def _info(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    size = sum(file["bytes_in_memory"] for file in entry["files"])
    return {
        "config_name": name,
        "features": yaml_features(SCHEMA),
        "splits": [{"name": "test", "num_bytes": size, "num_examples": entry["rows"]}],
        "download_size": sum(file["bytes"] for file in entry["files"]),
        "dataset_size": size,
    }


def _text() -> str:
    return resources.files("crossthink_hub.evaluation.benchmarks").joinpath("card.md.j2").read_text("utf-8")
