"""The published row, defined once: what every config of every build holds, and what every reader gets."""

from typing import Any

import pyarrow as pa

MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])

MESSAGES = pa.list_(MESSAGE)

REWARD_MODEL = pa.struct([("style", pa.string()), ("ground_truth", pa.string())])

UPSTREAM = pa.struct([("repo", pa.string()), ("revision", pa.string()), ("id", pa.string())])

META_DATA = pa.struct(
    [
        ("index", pa.int64()),
        ("split", pa.string()),
        ("repeat", pa.int32()),
        ("source", pa.string()),
        ("domain", pa.string()),
        ("flags", pa.list_(pa.string())),
        ("question_type", pa.string()),
        ("answer_template", pa.string()),
        ("question", pa.string()),
        ("options", pa.list_(pa.string())),
        ("answer_letter", pa.string()),
        ("persona", pa.string()),
        ("skills", pa.list_(pa.string())),
        ("licence", pa.string()),
        ("upstream", UPSTREAM),
    ]
)

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("data_source", pa.string()),
        ("prompt", MESSAGES),
        ("solution", pa.string()),
        ("reward_model", REWARD_MODEL),
        ("ability", pa.string()),
        ("meta_data", META_DATA),
    ]
)
"""Arrow schema of a published row. The release's four columns stand under their own names."""


def features() -> Any:
    """Return the row as `datasets.Features`, for the reader's version of `datasets`.

    Example:
        >>> features()["solution"].dtype
        'string'
    """
    from datasets import Features

    return Features.from_arrow_schema(SCHEMA)


def json_schema() -> dict[str, Any]:
    """Return the row as a JSON Schema (draft 2020-12), for readers without Arrow.

    Example:
        >>> json_schema()["properties"]["solution"]
        {'type': ['string', 'null']}
    """
    schema = _json_type(pa.struct(list(SCHEMA)))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "CrossThink row", **schema}


def _json_type(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_struct(kind):
        fields = {field.name: _json_type(field.type) for field in kind}
        return {
            "type": "object",
            "properties": fields,
            "required": list(fields),
            "additionalProperties": False,
        }
    if pa.types.is_list(kind):
        return {"type": "array", "items": _json_type(kind.value_type)}
    return {"type": ["integer" if pa.types.is_integer(kind) else "string", "null"]}
