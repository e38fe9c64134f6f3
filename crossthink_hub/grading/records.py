"""A line of a file of responses: which fields hold what grading asks for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from reprlib import Repr
from typing import Any, get_args

import orjson

from crossthink_hub.errors import SourceError
from crossthink_hub.grading.rewards import completion_text
from crossthink_hub.grading.settings import Kind

RESPONSE = ("response", "completion", "output", "generation")
GROUND_TRUTH = ("ground_truth", "solution", "answer", "gold", "reward_model.ground_truth")
OPTIONS = ("options", "meta_data.options")
EXACT = 1 << 53
"""Up to here a number read from JSON is the number that was written."""
SHORT = Repr()
SHORT.maxstring = 70
NAMES = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}
ABSENT = object()
AsText = Callable[[str, Any], str | None]


@dataclass(frozen=True)
class Fields:
    """The fields to look in, with dots for a field in a field; the first that is there counts.

    Args:
        response: where the response may be.
        ground_truth: where the ground truth may be.

    Example:
        >>> Fields(response=("text",)).ground_truth[0]
        'ground_truth'
    """

    response: tuple[str, ...] = RESPONSE
    ground_truth: tuple[str, ...] = GROUND_TRUTH

    @classmethod
    def named(cls, response: str | None, ground_truth: str | None) -> "Fields":
        """Return the fields a person named, and for None the usual ones."""
        return cls((response,) if response else RESPONSE, (ground_truth,) if ground_truth else GROUND_TRUTH)


FIELDS = Fields()


@dataclass(frozen=True, slots=True)
class Record:
    """A response, and what to grade it by.

    Args:
        line: the line it stands in, from 1.
        id: its own id, or else the line.
        response: what the model wrote; None if the line says null.
        ground_truth: what the answer should be; None if the line says null.
        kind: `mcq`, `math`, `text`, or None to tell from the rest.
        options: of a multiple-choice question.
        tokens: how long the response is, if the line says so.

    Example:
        >>> Record(1, "a", r"\\boxed{42}", "42").tokens is None
        True
    """

    line: int
    id: Any
    response: str | None
    ground_truth: str | None
    kind: Kind | None = None
    options: tuple[str, ...] | None = None
    tokens: int | None = None


def read_record(line: bytes, number: int = 1, fields: Fields = FIELDS) -> Record:
    r"""Return what a line holds.

    Args:
        line: a JSON object in UTF-8.
        number: the number of the line.
        fields: the fields to look in.

    Raises:
        SourceError: it is no JSON object, lacks a response or a ground truth, or has two that differ.

    Example:
        >>> read_record(b'{"id": "a", "completion": "I say 4.", "answer": 4}').ground_truth
        '4'
        >>> read_record(b'{"response": "4"}', fields=Fields(ground_truth=("gold",)))
        Traceback (most recent call last):
        crossthink_hub.errors.SourceError: no ground truth among the fields 'response'
        Put it under gold, or use --ground-truth-field.
    """
    values = _object(line)
    found = values.get("id")
    return Record(
        number,
        number if found is None else found,
        _one(values, fields.response, "response", _response),
        _one(values, fields.ground_truth, "ground truth", _ground_truth),
        _kind(values),
        _options(values),
        _tokens(values.get("tokens")),
    )


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = _json(line)
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"expected JSON in UTF-8 ({_why(error)}), found {_shown(line)}",
            fix="Write one JSON object a line. Was the file cut off, or not fully downloaded?",
        ) from error
    if not isinstance(value, dict):
        raise SourceError(
            f"expected a JSON object, found {_named(value)}: {_shown(line)}",
            fix="Write one JSON object a line; of a JSON array, `jq -c '.[]'` makes such lines.",
        )
    return value


def _json(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        # Slower, but it takes what Python's own `json` writes: NaN, and halves of characters.
        return json.loads(line.decode().rstrip())


def _why(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.pos + 1}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.object[error.start]:#x} at column {error.start + 1}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _one(values: Mapping[str, Any], names: tuple[str, ...], what: str, as_text: AsText) -> str | None:
    """Return the text of the field that counts; null only if no other is there.

    The first name says what it is. The others say it less well (is `answer` the model's?): they must agree.
    """
    flag = f"--{what.replace(' ', '-')}-field"
    found = {name: value for name in names if (value := _at(values, name)) is not ABSENT}
    if not found:
        raise SourceError(
            f"no {what} among the fields {', '.join(map(_shown, values)) or '(there are none)'}",
            fix=f"Put it under {' or '.join(names)}, or use {flag}.",
        )
    told = [name for name in found if found[name] is not None]
    if not told or told[0] == names[0]:
        return as_text(names[0], found[names[0]]) if told else None
    first, *others = [(name, as_text(name, found[name])) for name in told]
    for name, text in others:
        if text != first[1]:
            raise SourceError(
                f"two values for the {what}: {first[0]} is {_shown(first[1])}, {name} is {_shown(text)}",
                fix=f"Put the right one under {names[0]}, or use {flag}.",
            )
    return first[1]


def _at(values: Mapping[str, Any], name: str) -> Any:
    if "." not in name:
        return values.get(name, ABSENT)
    value: Any = values
    for step in name.split("."):
        value = value.get(step, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def _response(name: str, value: Any) -> str | None:
    """Return a response that is text or a message, or the assistant's last of a list of messages."""
    messages = value if isinstance(value, list) and value else [value]
    spoken = [
        own for own in messages if not isinstance(own, dict) or own.get("role", "assistant") == "assistant"
    ]
    last = (spoken or messages)[-1]
    content = last.get("content", ABSENT) if isinstance(last, dict) else value
    texts = isinstance(content, list) and content and all(map(_is_text_part, content))
    if isinstance(last, dict) and (content is None or isinstance(content, str) or texts):
        return completion_text([{**last, "role": "assistant"}], "tagged")
    if content is None or isinstance(content, str):
        return content
    raise SourceError(
        f"{name}: expected text or messages, found {_named(value)}: {_shown(value)}",
        fix="Write one response a line, as a string or as chat messages.",
    )


def _is_text_part(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)


def _ground_truth(name: str, value: Any) -> str | None:
    """Return a ground truth as text; verl's rows have it in a list of one."""
    return _plain(name, value[0] if isinstance(value, list) and len(value) == 1 else value)


def _plain(name: str, value: Any) -> str | None:
    """Return text, or a number as text; not a number that may not be the one that was written."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and abs(value) < EXACT:
        return orjson.dumps(value).decode()
    raise SourceError(f"{name}: expected text, found {_named(value)}: {_shown(value)}", fix="Write a string.")


def _kind(values: Mapping[str, Any]) -> Kind | None:
    kind: Kind | None = values.get("kind")
    if kind is None:
        return "mcq" if _at(values, "meta_data.question_type") == "mcq" else None
    if kind not in get_args(Kind):
        raise SourceError(
            f"kind: expected {', '.join(get_args(Kind))}, found {_shown(kind)}",
            fix="Leave the field out if the kind is not known.",
        )
    return kind


def _options(values: Mapping[str, Any]) -> tuple[str, ...] | None:
    for name in OPTIONS:
        options = _at(values, name)
        if options is ABSENT or not options:
            continue
        if not isinstance(options, list):
            raise SourceError(
                f"{name}: expected a list, found {_named(options)}: {_shown(options)}",
                fix="Write the options without labels, in the order of their labels.",
            )
        return tuple(_plain(name, option) or "" for option in options)
    return None


def _tokens(value: Any) -> int | None:
    """Return a count of tokens; of token ids, how many they are."""
    if isinstance(value, list):
        return len(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise SourceError(
        f"tokens: expected how many tokens, found {_named(value)}: {_shown(value)}",
        fix="Leave the field out if the number of tokens is not known.",
    )


def _named(value: Any) -> str:
    return NAMES.get(type(value), "null")


def _shown(value: Any) -> str:
    """Return a value, or its ends, with what a terminal would obey escaped."""
    return SHORT.repr(value.decode(errors="replace").strip() if isinstance(value, bytes) else value)
