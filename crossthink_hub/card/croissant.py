"""Croissant metadata of a built or published folder: what is in it, for readers that do not know `datasets`.

A file is a FileObject with its checksum, the files of a config are a FileSet, and its rows a RecordSet, whose
fields are the columns of a published row. Paths are relative to the folder.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.card.metadata import HUB, one_licence, pretty_name, splits, used_sources
from crossthink_hub.card.words import words
from crossthink_hub.releases import Publication
from crossthink_hub.row import SCHEMA

FILE_NAME = "croissant.json"
VERSION = "http://mlcommons.org/croissant/1.1"
PARQUET = "application/x-parquet"
TOOL = "crossthink-hub"


def croissant_json(manifest: Manifest, publication: Publication | None = None) -> str:
    """Return the text of `croissant.json`."""
    return json.dumps(croissant(manifest, publication), ensure_ascii=False, indent=1) + "\n"


def croissant(manifest: Manifest, publication: Publication | None = None) -> dict[str, Any]:
    """Return the metadata of a folder in Croissant's words.

    Args:
        manifest: of a build.
        publication: where it is published, if it is.
    """
    facts = words("croissant")
    return {
        "@context": facts["context"],
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": pretty_name(manifest),
        "description": facts["description"].strip(),
        "license": _licences(manifest),
        "citeAs": words("citation")["paper"].strip(),
        "inLanguage": "en",
        "keywords": facts["keywords"],
        **_published(publication),
        "distribution": [
            *(_file(file) for entry in manifest["configs"].values() for file in _files(entry)),
            *(_file_set(name, entry) for name, entry in manifest["configs"].items()),
        ],
        "recordSet": [_records(name, entry) for name, entry in manifest["configs"].items()],
    }


def _licences(manifest: Manifest) -> list[str]:
    names = {manifest["sources"][name]["licence"] for name in used_sources(manifest)}
    one = one_licence(manifest)
    known = words("licences")
    return [known[name]["url"] if name in known else name for name in ([one] if one else sorted(names))]


def _published(publication: Publication | None) -> dict[str, Any]:
    """Return what only a published data set has; a folder has no maker of its own but the tool."""
    if not publication:
        return {"creator": {"@type": "sc:Organization", "name": TOOL}}
    return {
        "creator": {"@type": "sc:Organization", "name": publication.repo.split("/")[0]},
        "url": f"{HUB}/{publication.repo}",
        "version": publication.version,
        "datePublished": publication.releases[0].date,
    }


def _files(entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for _, part in splits(entry):
        yield from part["files"]


def _file(file: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file["path"],
        "name": file["path"],
        "contentUrl": file["path"],
        "contentSize": f"{file['bytes']} B",
        "encodingFormat": PARQUET,
        "sha256": file["sha256"],
    }


def _file_set(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": _files_of(name),
        "name": _files_of(name),
        "encodingFormat": PARQUET,
        "includes": [file["path"] for file in _files(entry)],
    }


def _files_of(name: str) -> str:
    return f"{name}/files"


def _records(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": entry["title"],
        "key": [{"@id": f"{name}/id"}, {"@id": f"{name}/meta_data/repeat"}],
        "field": [_column(name, field) for field in SCHEMA],
    }


def _column(config: str, field: pa.Field) -> dict[str, Any]:
    """Return a column; each of its nested fields has the way to it below the column."""
    own = _described(f"{config}/{field.name}", field.name)
    if pa.types.is_nested(field.type) and (nested := _members(field.type)):
        many = {"isArray": True} if pa.types.is_list(field.type) else {}
        inner = [_nested(config, field.name, [], one) for one in nested]
        return {**own, **many, "subField": inner}
    return {**own, **_type(field.type), "source": _source(config, field.name, [])}


def _nested(config: str, column: str, way: list[str], field: pa.Field) -> dict[str, Any]:
    here = [*way, field.name]
    own = _described("/".join([config, column, *here]), ".".join([column, *here]))
    if nested := _members(field.type):
        return {**own, "subField": [_nested(config, column, here, one) for one in nested]}
    return {**own, **_type(field.type), "source": _source(config, column, here)}


def _described(key: str, path: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": key,
        "name": key,
        "description": words("fields")[path],
    }


def _members(kind: pa.DataType) -> list[pa.Field]:
    """Return the fields of a struct, or of a list of structs; none of anything else."""
    inner = kind.value_type if pa.types.is_list(kind) else kind
    return list(inner) if pa.types.is_struct(inner) else []


def _type(kind: pa.DataType) -> dict[str, Any]:
    many = pa.types.is_list(kind)
    inner = kind.value_type if many else kind
    name = "sc:Integer" if pa.types.is_integer(inner) else "sc:Text"
    return {"dataType": name, **({"isArray": True} if many else {})}


def _source(config: str, column: str, way: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"fileSet": {"@id": _files_of(config)}, "extract": {"column": column}}
    return {**found, "transform": {"jsonPath": ".".join(way)}} if way else found
