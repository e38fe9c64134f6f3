"""`README.md` of a built folder: the YAML that `datasets` reads, and what a person wants to know."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from crossthink_hub.building.manifest import Manifest

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
FIGURE = "blends.png"
RULE_APPLIES = "Each blend's rule is applied to the sources that are there."
SAMPLE_NOTE = (
    "> **A sample.** These rows are made up by the toolkit, in the upstream formats, to try things out. "
    "They are not the paper's data.\n"
)


def card_metadata(manifest: Manifest) -> dict[str, Any]:
    """Return the card's YAML: every config with the explicit paths of its files.

    `datasets` caches a folder by this text alone, so the paths carry a digest of the rows.
    """
    names = list(manifest["configs"])
    default = "gpr_up" if "gpr_up" in names else names[0]
    rows = max(entry["rows"] for entry in manifest["configs"].values())
    return {
        "pretty_name": _title(manifest),
        "language": ["en"],
        "license": "other",
        "license_name": "one-per-source",
        "task_categories": ["question-answering", "text-generation"],
        "size_categories": [next((name for most, name in SIZES if rows < most), "1M<n<10M")],
        "tags": ["reasoning", "reinforcement-learning", "rlvr", "arxiv:2504.13941"],
        "configs": [
            {
                "config_name": name,
                **({"default": True} if name == default else {}),
                "data_files": [
                    {"split": split, "path": [file["path"] for file in files]}
                    for split, files in (("train", entry["files"]), ("test", entry["test"]["files"]))
                    if files
                ],
            }
            for name, entry in manifest["configs"].items()
        ],
    }


def card(manifest: Manifest) -> str:
    """Return the text of README.md."""
    head = yaml.safe_dump(card_metadata(manifest), sort_keys=False, allow_unicode=True, width=200)
    parts = [
        f"---\n{head}---\n\n# {_title(manifest)}\n",
        *([SAMPLE_NOTE] if manifest["kind"] == "sample" else []),
        "Blends of general-purpose and math questions with verifiable answers, for reinforcement learning, "
        "rebuilt after [NEMOTRON-CROSSTHINK](https://arxiv.org/abs/2504.13941) by crossthink-hub "
        f"{manifest['tool_version']} with seed {manifest['seed']}.\n",
        "```python\nfrom datasets import load_dataset\n\n"
        f'load_dataset("PATH/TO/THIS/FOLDER", "{next(iter(manifest["configs"]))}")\n```\n',
        "## Configs\n",
        f"![Share of each source in each config]({FIGURE})\n",
        _table(["config", "what", "train", "test", "share of each source"], _config_rows(manifest)),
        *(f"{note}\n" for note in notes(manifest)),
        "## Sources\n",
        _table(["source", "read", "dropped", "kept", "not sampled", "licence"], _source_rows(manifest)),
        "Dropped rows are listed in `dropped/`, each with its reason and its place in the source file. "
        "All files, checksums and counts are in `manifest.json`.\n",
    ]
    return "\n".join(parts)


def _title(manifest: Manifest) -> str:
    return "CrossThink blends" + (" (sample of made-up rows)" if manifest["kind"] == "sample" else "")


def _config_rows(manifest: Manifest) -> list[list[str]]:
    return [
        [
            f"`{name}`",
            entry["title"],
            f"{entry['rows']:,}",
            f"{entry['test']['rows']:,}",
            ", ".join(f"{source} {count / entry['rows']:.4f}" for source, count in entry["counts"].items()),
        ]
        for name, entry in manifest["configs"].items()
    ]


def _source_rows(manifest: Manifest) -> list[list[str]]:
    return [
        [
            f"`{name}` ({entry['repo']})",
            f"{entry['rows_read']:,}",
            _counts(entry["rows_dropped"]),
            f"{entry['rows_kept']:,}",
            f"{entry['rows_not_sampled']:,}",
            entry["licence"] + (f"; {entry['non_commercial']}" if entry["non_commercial"] else ""),
        ]
        for name, entry in manifest["sources"].items()
    ]


def notes(manifest: Manifest) -> list[str]:
    """Return in words what a reader of the tables would miss: what is left out, and what was decided."""
    return [
        *_stale_golds(manifest),
        *_refused(manifest),
        *_left_out(manifest["left_out"], "Built without", RULE_APPLIES),
        *_left_out(manifest["configs_left_out"], "Not built:", ""),
    ]


def _stale_golds(manifest: Manifest) -> Iterator[str]:
    for name, source in manifest["sources"].items():
        if (count := source["flags"].get("relabelled", 0)) and not manifest["strict"]:
            taken = "label" if source["labels_decide"] else "text"
            yield (
                f"{name}: {count:,} golds have the label of one option and the text of another; the {taken} "
                "was taken (flag relabelled, --strict drops them)."
            )


def _refused(manifest: Manifest) -> Iterator[str]:
    for name, source in manifest["sources"].items():
        for form, reasons in source["rows_refused"].items():
            count = sum(reasons.values())
            yield f"{name}: {count:,} rows can't stand in configs that are {form}; dropped/ has the reasons."


def _left_out(reasons: Mapping[str, str], head: str, then: str) -> Iterator[str]:
    names: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        names.setdefault(reason, []).append(name)
    if names:
        why = "; ".join(f"{', '.join(own)} ({reason})" for reason, own in names.items())
        yield f"{head} {why}. {then}".rstrip()


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"
