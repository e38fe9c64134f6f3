"""What the tables and lists of a card say, taken from the manifest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.card.metadata import asks_choices, default_config
from crossthink_hub.card.words import words
from crossthink_hub.recipe.configs import OPEN, RELEASED, SHORT
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.row import SCHEMA

NONE = "-"


class ConfigRow(NamedTuple):
    """A config in the table of configs."""

    name: str
    title: str
    asked: str
    answer: str
    train: int
    test: int
    default: bool


class WeightsRow(NamedTuple):
    """Configs with the same weights and rows, and for each source its weight and share."""

    names: Sequence[str]
    cells: Sequence[str]


class CountRow(NamedTuple):
    """How often a source has something that is counted, by source."""

    name: str
    meaning: str
    counts: Mapping[str, int]


class FieldRow(NamedTuple):
    """A field of the row, nested ones by their path."""

    path: str
    kind: str
    meaning: str


def config_rows(manifest: Manifest) -> list[ConfigRow]:
    """Return every config: what it is, how it is asked and answered, and its rows."""
    default = default_config(manifest)
    return [
        ConfigRow(
            name,
            entry["title"],
            asked(entry),
            ("`A`" if entry["answer"] == SHORT else "`(A)\u00a0text`")
            if asks_choices(entry) and entry["form"] != RELEASED
            else NONE,
            entry["rows"],
            entry["test"]["rows"],
            name == default,
        )
        for name, entry in manifest["configs"].items()
    ]


def asked(entry: Mapping[str, Any]) -> str:
    """Return how the questions of a config are asked, in a word of `forms.yaml`.

    Example:
        >>> asked({"form": "as_is", "counts": {"mmlu": 1, "numina_math": 1}})
        'mixed'
    """
    if entry["form"] == RELEASED:
        return "as released"
    kinds = {source_facts()[name].question_type for name in entry["counts"]}
    if entry["form"] == OPEN or kinds == {"open"}:
        return "open"
    return "mixed" if "open" in kinds else "multiple choice"


def is_opened(entry: Mapping[str, Any]) -> bool:
    """Tell whether a config asks multiple-choice questions without their options."""
    return entry["form"] == OPEN and any(
        source_facts()[name].question_type == "mcq" for name in entry["counts"]
    )


def weights_rows(manifest: Manifest) -> list[WeightsRow]:
    """Return the weights of the configs of several sources, those with the same rows together."""
    groups: dict[str, list[str]] = {}
    for name, entry in manifest["configs"].items():
        if len(entry["weights"]) > 1:
            groups.setdefault(str((entry["weights"], entry["counts"])), []).append(name)
    return [
        WeightsRow(names, [_weight(manifest["configs"][names[0]], source) for source in blended(manifest)])
        for names in groups.values()
    ]


def blended(manifest: Manifest) -> list[str]:
    """Return the sources of the configs of several sources."""
    several = [entry for entry in manifest["configs"].values() if len(entry["weights"]) > 1]
    return [name for name in manifest["sources"] if any(name in entry["weights"] for entry in several)]


def _weight(entry: Mapping[str, Any], source: str) -> str:
    """Return a source's weight, and the share that came of it where four digits tell them apart."""
    if source not in entry["weights"]:
        return NONE
    weight = _four_digits(entry["weights"][source])
    share = _four_digits(entry["counts"].get(source, 0) / entry["rows"])
    return weight if weight == share else f"{weight}<br>→\u00a0{share}"


def _four_digits(share: float) -> str:
    return f"{share:.4f}".removeprefix("0")


def count_rows(counts: Mapping[str, Mapping[str, int]], meanings: str) -> list[CountRow]:
    """Return what is counted, in the order of its meanings.

    Args:
        counts: by source, and by name of what is counted.
        meanings: the file of `dataset_card/` that says what each name means.

    Example:
        >>> count_rows({"mmlu": {"no_options": 2}, "syn_qa": {}}, "reasons")
        [CountRow(name='no_options', meaning='There are fewer than two options.', counts={'mmlu': 2})]
    """
    known = words(meanings)
    names = {name for own in counts.values() for name in own}
    order = [*(name for name in known if name in names), *sorted(names - set(known))]
    return [
        CountRow(
            name, known.get(name, NONE), {source: own[name] for source, own in counts.items() if name in own}
        )
        for name in order
    ]


def refused(manifest: Manifest) -> dict[str, list[CountRow]]:
    """Return by form why rows can't stand in configs of that form, though others hold them."""
    forms = dict.fromkeys(form for source in manifest["sources"].values() for form in source["rows_refused"])
    return {
        form: count_rows(
            {name: source["rows_refused"].get(form, {}) for name, source in manifest["sources"].items()},
            "reasons",
        )
        for form in forms
    }


def shortfalls(manifest: Manifest) -> Iterator[tuple[str, int, int]]:
    """Give the sources with fewer usable rows than the paper takes: how many, and how many it takes."""
    for name, source in manifest["sources"].items():
        usable = source["rows_kept"] + source["rows_not_sampled"]
        if usable < source["rows_in_paper"]:
            yield name, usable, source["rows_in_paper"]


def by_reason(reasons: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the names under each reason.

    Example:
        >>> by_reason({"qa": "no files found", "math": "no files found"})
        {'no files found': ['qa', 'math']}
    """
    names: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        names.setdefault(reason, []).append(name)
    return names


def field_rows() -> list[FieldRow]:
    """Return every field of the published row, nested ones under the one that holds them.

    Example:
        >>> field_rows()[2:4]
        [FieldRow(path='prompt', kind='list of structs', meaning='What the model is given, ...
    """
    return list(_fields(SCHEMA, ""))


def _fields(fields: Iterable[pa.Field], above: str) -> Iterator[FieldRow]:
    for field in fields:
        kind, inner = _kind(field.type)
        path = above + field.name
        yield FieldRow(path, kind, words("fields")[path])
        yield from _fields(inner, f"{path}.")


def _kind(kind: pa.DataType) -> tuple[str, Iterable[pa.Field]]:
    """Return a type in words, and the fields in it."""
    if pa.types.is_struct(kind):
        return "struct", kind
    if pa.types.is_list(kind):
        inner, fields = _kind(kind.value_type)
        return f"list of {inner}s", fields
    return str(kind), ()
