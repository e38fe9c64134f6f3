"""A user's own blend, read from YAML and checked by `blend.schema.json`; mistakes have a line and column."""

import codecs
import difflib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import xxhash
import yaml
from yaml.reader import ReaderError

from crossthink_hub.errors import UsageError
from crossthink_hub.recipe.configs import AS_IS, OPEN, Config, configs
from crossthink_hub.recipe.paper import Blend, source_facts

if TYPE_CHECKING:
    from jsonschema import ValidationError

MOST_BYTES = 100_000
"""No blend is longer; a larger file is another one, named by mistake."""
MOST_DEPTH = 10
NO_TITLE = "a blend of one's own"
GROUPS = ("all", "gpr", "mr", "mcq", "open")

_TAG = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"[-+]?(?=\.?[0-9])(?:0|[1-9][0-9_]*)?(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]{1,2})?")
_NAMED = {"weights": "source", "samples": "source", "shares": "group"}

_Place = tuple[str | int, ...]


@dataclass(frozen=True)
class CustomBlend:
    """A blend of one's own.

    Attributes:
        name: of the config; none of the paper's.
        blend: its rule or weights, exact, summing to 1.
        answer: `long` or `short`, of multiple-choice questions.
        questions: `as_is`, or `open`: every multiple-choice question turned open.
        samples: how many of a source at most, instead of table 1's number; None for all.
        digest: of all this, whatever comments and order it was written with.
    """

    name: str
    blend: Blend
    answer: str
    questions: str
    samples: Mapping[str, int | None]
    digest: str

    def config(self) -> Config:
        """Return the config that the blend is built as."""
        form = OPEN if self.questions == OPEN else AS_IS
        return Config(self.name, self.blend.title, self.blend, form, self.answer, self.samples)


@dataclass(frozen=True, order=True)
class _Problem:
    """One mistake: where it stands, counted from 1, what it is and what to do about it."""

    line: int
    column: int
    message: str
    fix: str = ""


@dataclass(frozen=True)
class _Document:
    """What a file says, and where it says it: the node of each key and value by its place."""

    value: dict[str, Any] = field(default_factory=dict)
    keys: dict[_Place, yaml.Node] = field(default_factory=dict)
    values: dict[_Place, yaml.Node] = field(default_factory=dict)
    problems: list[_Problem] = field(default_factory=list)


class _Unsuited:
    """A YAML value that no blend has, such as a date or `.nan`: of no type that the schema knows."""


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a blend."""
    text = resources.files("crossthink_hub.recipe").joinpath("blend.schema.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def read_blend(path: Path) -> CustomBlend:
    """Return the blend that a YAML file describes; `docs/examples/my_blend.yaml` explains the format.

    Raises:
        UsageError: the file can't be read or is no blend; all mistakes, each with its line and column.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "my.yaml"
        ...     _ = path.write_text("name: mine\\nweights: {syn_qa: 2, hendrycks_math: 1}")
        ...     print(read_blend(path).blend.weights["syn_qa"])
        2/3
    """
    document = _document(path, _compose(path, _text(path)))
    found = {*document.problems, *_against_schema(document), *_against_names(document)}
    if found:
        raise _error(path, found)
    return _blend(document.value)


def _error(path: Path, problems: Iterable[_Problem]) -> UsageError:
    """Return the first problem as an error, with the others, if there are any, in its message."""
    first, *others = sorted(problems)
    where = f"{path}:{first.line}:{first.column}"
    if not others:
        return UsageError(first.message, where=where, fix=first.fix or None)
    lines = [f"{path}:{p.line}:{p.column}: {_sentences(p)}" for p in others]
    return UsageError("\n".join([_sentences(first), *lines]), where=where)


def _sentences(problem: _Problem) -> str:
    return f"{problem.message}. {problem.fix}" if problem.fix else problem.message


# From bytes to a tree of nodes.


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"can't be read ({error.strerror})", where=path) from error
    if len(data) > MOST_BYTES:
        raise UsageError("is too long for a blend", where=path, fix=f"Give at most {MOST_BYTES:,} bytes.")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        raise _error(path, [_after(before, "not UTF-8", "Save the file as UTF-8.")]) from None


def _after(text: str, message: str, fix: str = "") -> _Problem:
    """Return a problem that stands right after a text."""
    return _Problem(text.count("\n") + 1, len(text) - text.rfind("\n"), message, fix)


def _at(mark: yaml.Mark, message: str, fix: str = "") -> _Problem:
    return _Problem(mark.line + 1, mark.column + 1, message, fix)


def _compose(path: Path, text: str) -> yaml.Node | None:
    try:
        _check_events(path, yaml.SafeLoader(text))
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except ReaderError as error:
        message = f"the character U+{int(error.character):04X} has no place in YAML"
        raise _error(path, [_after(text[: error.position], message)]) from None
    except yaml.MarkedYAMLError as error:
        raise _error(path, [_syntax_problem(error, text)]) from None
    return node


def _check_events(path: Path, loader: Any) -> None:
    """Refuse what a tree can't be made of safely: aliases, which may be circular, and great depth."""
    depth = 0
    try:
        while loader.check_event():
            event: Any = loader.get_event()
            mark = event.start_mark
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent):
                raise _error(path, [_at(mark, f"*{event.anchor} is an alias", "Write the value out.")])
            if depth > MOST_DEPTH:
                raise _error(path, [_at(mark, "lists or mappings are nested too deep")])
    except (ValueError, OverflowError):  # the scanner's own, of an escape or a version out of range
        raise _error(path, [_at(loader.get_mark(), "not YAML")]) from None


def _syntax_problem(error: yaml.MarkedYAMLError, text: str) -> _Problem:
    """Return what the parser says, where the cause is: an open quote begins, a tab stands."""
    mark, begun = error.problem_mark, error.context_mark
    assert mark is not None
    if begun and (mark.index >= len(text.rstrip()) or error.context == "while scanning a simple key"):
        mark = begun
    if text[mark.index : mark.index + 1] == "\t":
        return _at(mark, "a tab", "Indent with spaces.")
    said = ", ".join(part for part in (error.context, error.problem) if part)
    return _at(mark, f"not YAML ({said})")


# From nodes to values.


def _document(path: Path, root: yaml.Node | None) -> _Document:
    document = _Document()
    if not isinstance(root, yaml.MappingNode):
        line, column = (root.start_mark.line, root.start_mark.column) if root else (0, 0)
        message = f"the file is {_shown(root) if root else 'empty'}"
        fix = "Give keys and values, such as `name: my_blend`."
        raise _error(path, [_Problem(line + 1, column + 1, message, fix)])
    document.value.update(_mapping(root, (), document))
    return document


def _value(node: yaml.Node, place: _Place, document: _Document) -> Any:
    document.values[place] = node
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, document)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*place, number), document) for number, item in enumerate(node.value)]
    return _scalar(node)


def _mapping(node: yaml.MappingNode, place: _Place, document: _Document) -> dict[str, Any]:
    document.values[place] = node
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            document.problems.append(_at(key.start_mark, f"a key is {_shown(key)}", "Give a word."))
        elif key.value in found:
            first = document.keys[*place, key.value].start_mark
            message = f"{_shown(key)} stands twice, first in line {first.line + 1}"
            document.problems.append(_at(key.start_mark, message, "Leave one of them out."))
        else:
            document.keys[*place, key.value] = key
            found[key.value] = _value(value, (*place, key.value), document)
    return found


def _scalar(node: yaml.Node) -> Any:
    """Return a scalar as JSON has it, numbers exactly as they are written: 0.1 is 1/10, 010 is none."""
    if node.tag == f"{_TAG}str":
        return node.value
    if (
        node.tag in (f"{_TAG}int", f"{_TAG}float")
        and len(node.value) <= 40
        and _DECIMAL.fullmatch(node.value)
    ):
        number = Fraction(node.value.replace("_", ""))
        return int(number) if number.denominator == 1 else number
    return _Unsuited()


def _shown(node: yaml.Node) -> str:
    """Return a value as an error message shows it."""
    if isinstance(node, yaml.ScalarNode):
        text = node.value if len(node.value) <= 40 else f"{node.value[:39]}…"
        return repr(text) if node.tag == f"{_TAG}str" else text or "empty"
    kind = "list" if isinstance(node, yaml.SequenceNode) else "mapping"
    return f"a {kind}" if node.value else f"an empty {kind}"


# What is wrong with them.


def _against_schema(document: _Document) -> Iterator[_Problem]:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schema())
    meant = {_nearest(key, schema()["properties"]) for key in document.value}
    for error in validator.iter_errors(document.value):
        match error.validator:
            case "additionalProperties":
                yield from _unknown(document, error)
            case "required" | "oneOf":
                yield from _missing_or_both(document, error, meant)
            case "dependentRequired":
                yield from _half_a_rule(document)
            case "not":
                fix = "Leave one of them out."
                yield _later(document, ("answer", "questions"), "`answer: short` with `questions: open`", fix)
            case _:
                quoted = validator.evolve(schema=error.schema)
                yield _wrong_value(document, error, quoted.is_valid)


def _unknown(document: _Document, error: "ValidationError") -> Iterator[_Problem]:
    allowed: Any = error.schema
    given: Any = error.instance
    place, known = tuple(error.absolute_path), allowed["properties"]
    kind = _NAMED[str(place[0])] if place else "key"
    for key in given:
        if key not in known:
            near = _nearest(key, known)
            fix = f"Did you mean {near!r}?" if near else f"Known are {', '.join(known)}."
            node = document.keys[*place, key]
            yield _at(node.start_mark, f"unknown {kind} {_shown(node)}", fix)


def _nearest(name: str, known: Collection[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name.lower(), known, n=1)), None)


def _missing_or_both(
    document: _Document, error: "ValidationError", meant: set[str | None]
) -> Iterator[_Problem]:
    """Yield what is missing, unless a misspelt key says it already, or that there is one too many."""
    value = document.value
    start = document.values[()].start_mark
    if error.validator == "required":
        if "name" not in meant:
            yield _at(start, "no name", "Give one, such as `name: my_blend`.")
    elif "weights" in value and "shares" in value:
        fix = "Give weights by source, or shares of groups."
        yield _later(document, ("weights", "shares"), "both weights and shares", fix)
    elif meant.isdisjoint(("weights", "shares", "by")):
        yield _at(start, "neither weights nor shares", "Give weights by source, or shares of groups.")


def _half_a_rule(document: _Document) -> Iterator[_Problem]:
    for key, other in (("by", "shares"), ("shares", "by")):
        if key in document.value and other not in document.value:
            yield _at(document.keys[key,].start_mark, f"{key} without {other}", "A rule has both.")


def _later(document: _Document, keys: Iterable[str], message: str, fix: str) -> _Problem:
    """Return a problem of keys that don't go together, at the later one."""
    return _at(max((document.keys[key,].start_mark for key in keys), key=lambda m: m.index), message, fix)


def _wrong_value(document: _Document, error: "ValidationError", is_valid: Callable[[Any], bool]) -> _Problem:
    place = tuple(error.absolute_path)
    node, allowed = document.values[place], error.schema
    assert isinstance(allowed, Mapping)
    fix = f"Give {allowed['description']}."
    if error.validator == "enum":
        near = _nearest(str(node.value), allowed["enum"])
        fix = f"Did you mean {near!r}?" if near else f"Give {' or '.join(allowed['enum'])}."
    if isinstance(node, yaml.ScalarNode) and not isinstance(error.instance, str) and is_valid(node.value):
        fix = f"Put it in quotes: '{node.value}'."
    return _at(node.start_mark, f"{'.'.join(map(str, place))} is {_shown(node)}", fix)


def _against_names(document: _Document) -> Iterator[_Problem]:
    name = document.value.get("name")
    if isinstance(name, str) and name.casefold() in {known.casefold() for known in configs()}:
        mark = document.values["name",].start_mark
        own = f"my_{name.casefold().replace('-', '_')}"
        yield _at(mark, f"{name!r} is the name of another config", f"Choose another, such as {own}.")


# The blend they say.


def _blend(value: Mapping[str, Any]) -> CustomBlend:
    blend = Blend(
        title=value.get("title", NO_TITLE).strip(),
        by=value.get("by", "all"),
        shares=_normalised(value.get("shares", {})),
        weights=_normalised(value.get("weights", {})),
    )
    limits = _ordered(value.get("samples", {}))
    samples = {source: None if most == "all" else int(most) for source, most in limits.items()}
    options = (value.get("answer", "long"), value.get("questions", "as_is"))
    digest = _digest(value["name"], blend, *options, samples)
    return CustomBlend(value["name"], blend, *options, MappingProxyType(samples), digest)


def _ordered(by_name: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries in the order of table 1."""
    return {name: by_name[name] for name in (*source_facts(), *GROUPS) if name in by_name}


def _normalised(numbers: Mapping[str, Any]) -> Mapping[str, Fraction]:
    """Return exact numbers of the same ratio that sum to 1."""
    exact = {name: Fraction(number) for name, number in _ordered(numbers).items()}
    total = sum(exact.values())
    return MappingProxyType({name: number / total for name, number in exact.items()})


def _digest(name: str, blend: Blend, answer: str, questions: str, samples: Mapping[str, int | None]) -> str:
    said = {
        "name": name,
        "title": blend.title,
        "by": blend.by,
        "shares": {group: str(share) for group, share in blend.shares.items()},
        "weights": {source: str(weight) for source, weight in blend.weights.items()},
        "answer": answer,
        "questions": questions,
        "samples": dict(samples),
    }
    return xxhash.xxh3_128_hexdigest(json.dumps(said, sort_keys=True).encode())
