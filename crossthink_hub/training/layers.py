"""Recipes as they lie on disk: YAML files that extend others, with overlays and settings on top."""

from collections.abc import Collection, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from crossthink_hub.errors import UsageError

EXTENDS = "extends"
SHIPPED = ("training/recipes", "../train/recipes")
"""Where the shipped recipes lie from the package's folder: in the wheel, and in a checkout."""


class _Loader(yaml.SafeLoader):
    """Reads YAML in which no key stands twice."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key is no word", problem_mark=key.start_mark)
        if key.value in seen:
            raise yaml.MarkedYAMLError(problem=f"{key.value} stands twice", problem_mark=key.start_mark)
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def shipped_recipes() -> Path | None:
    """Return the folder of the recipes that come with this package; None where it was installed without."""
    package = Path(str(resources.files("crossthink_hub")))
    return next((folder for place in SHIPPED if (folder := (package / place).resolve()).is_dir()), None)


def recipe_path(path: Path) -> Path:
    """Return the file of a recipe: the path itself, or the shipped recipe of that name.

    Raises:
        UsageError: there is neither.
    """
    if path.is_file():
        return path
    folder = shipped_recipes()
    named = folder / path.with_suffix(".yaml").name if folder else None
    if named and named.is_file() and path.parent == Path():
        return named
    names = sorted(file.stem for file in folder.glob("*.yaml")) if folder else []
    raise UsageError("no such file", where=path, fix=f"Shipped are {', '.join(names)}." if names else None)


def layered(path: Path, files: Collection[str] = (), open_files: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Return what a recipe says with all that it extends: a file goes over those that it extends, key by key.

    A value that is a mapping is replaced as a whole, never merged.

    Args:
        path: the file.
        files: keys whose values are files, named from where the file that says so lies.
        open_files: those that extend this one.

    Raises:
        UsageError: a file is missing, is no YAML mapping, or extends itself.
    """
    file = path.resolve()
    if file in open_files:
        chain = " -> ".join(one.name for one in (*open_files, file))
        raise UsageError(f"extends itself: {chain}", where=path)
    own = _read(path)
    own |= {key: str(path.parent / own[key]) for key in files if isinstance(own.get(key), str)}
    values: dict[str, Any] = {}
    for name in _extended(own.pop(EXTENDS, []), path):
        values |= layered(path.parent / name, files, (*open_files, file))
    return values | own


def _extended(value: object, path: Path) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError(f"{EXTENDS} is {value!r}, and must be a file or a list of files", where=path)
    return names


def _read(path: Path) -> dict[str, Any]:
    try:
        value = yaml.load(path.read_text("utf-8"), Loader=_Loader)
    except OSError as error:
        raise UsageError(f"can't be read ({error.strerror})", where=path) from error
    except UnicodeDecodeError:
        raise UsageError("not UTF-8", where=path, fix="Save the file as UTF-8.") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: of a date that is none
        raise UsageError(f"not YAML: {_said(error)}", where=path) from None
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise UsageError("is not a mapping of keys to values", where=path)
    return value


def _said(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"{error.problem} (line {error.problem_mark.line + 1})"
    return str(error)


def parse_settings(settings: Iterable[str]) -> Mapping[str, Any]:
    """Return settings given as `key=value`, the values read as YAML.

    Raises:
        UsageError: one is none.

    Example:
        >>> parse_settings(["max_steps=3", "use_vllm=false", "generation_kwargs={stop_token_ids: [2]}"])
        {'max_steps': 3, 'use_vllm': False, 'generation_kwargs': {'stop_token_ids': [2]}}
    """
    found = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not (key and equals):
            raise UsageError("is no setting", where=setting, fix="Write key=value, such as max_steps=10.")
        try:
            found[key] = yaml.load(text, Loader=_Loader)
        except (yaml.YAMLError, ValueError) as error:
            raise UsageError(f"not YAML: {_said(error)}", where=setting) from None
    return found
