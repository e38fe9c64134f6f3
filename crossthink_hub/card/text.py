"""`README.md` of a built or published folder, rendered from `dataset_card/card.md.j2`."""

from collections.abc import Iterator, Mapping
from typing import Any

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.card import tables
from crossthink_hub.card.front import front_matter
from crossthink_hub.card.history import version_rows
from crossthink_hub.card.markers import BEGIN, END, own_part
from crossthink_hub.card.metadata import (
    HUB,
    card_metadata,
    default_config,
    is_sample,
    one_licence,
    pretty_name,
    used_sources,
)
from crossthink_hub.card.rebuild import has_own_blends, rebuild_command
from crossthink_hub.card.template import card_template
from crossthink_hub.card.words import prose, words
from crossthink_hub.releases import Publication

__all__ = ["FIGURE", "card_text", "notes", "own_part"]

FIGURE = "blends.png"
TEMPLATE = "card.md.j2"
RULE_APPLIES = "Each blend's rule is applied to the sources that are there."


def card_text(manifest: Manifest, publication: Publication | None = None) -> str:
    """Return the text of README.md, front matter included.

    Args:
        manifest: of a build.
        publication: where it is published, if it is.
    """
    head = front_matter(card_metadata(manifest, publication))
    body = card_template(prose(TEMPLATE)).render(_facts(manifest, publication)).strip()
    return f"{head}\n{BEGIN}\n\n{body}\n\n{END}\n"


def _facts(manifest: Manifest, publication: Publication | None) -> dict[str, Any]:
    """Return what the template may speak of."""
    sources: Mapping[str, Any] = manifest["sources"]
    used = used_sources(manifest)
    return {
        "manifest": manifest,
        "publication": publication,
        "title": pretty_name(manifest),
        "sample": is_sample(manifest),
        "default": default_config(manifest),
        "figure": FIGURE,
        "hub": HUB,
        "problems": sum(source["rows_kept"] for source in sources.values()),
        "used": used,
        "forbidden": [name for name in used if sources[name]["non_commercial"]],
        "cited": [name for name in words("citation")["sources"] if name in used and not is_sample(manifest)],
        "opened": any(tables.is_opened(entry) for entry in manifest["configs"].values()),
        "own_blends": has_own_blends(manifest),
        "command": rebuild_command(manifest),
        "licence": one_licence(manifest),
        "by_reason": tables.by_reason,
        "configs": tables.config_rows(manifest),
        "blended": tables.blended(manifest),
        "weights": tables.weights_rows(manifest),
        "fields": tables.field_rows(),
        "dropped": tables.count_rows({k: v["rows_dropped"] for k, v in sources.items()}, "reasons"),
        "refused": tables.refused(manifest),
        "flags": tables.count_rows({k: v["flags"] for k, v in sources.items()}, "flags"),
        "shortfalls": list(tables.shortfalls(manifest)),
        "versions": version_rows(publication) if publication else [],
        "words": words,
    }


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
    if reasons:
        why = "; ".join(f"{', '.join(own)} ({reason})" for reason, own in tables.by_reason(reasons).items())
        yield f"{head} {why}. {then}".rstrip()
