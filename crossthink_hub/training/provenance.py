"""What a model came from: recipe, data, code. It lies beside each checkpoint and in the model's card."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import crossthink_hub

PACKAGES = ("torch", "transformers", "trl", "accelerate", "datasets", "vllm")
"""Whose versions decide what a run does."""


@dataclass(frozen=True)
class DataOrigin:
    """Which rows a run trains on.

    Attributes:
        dataset: a folder, or a name on the Hub.
        config: of it.
        split: of the config.
        version: the tag, or `built here` with the build's digest of the recipe.
        commit: on the Hub; None for a folder.
        row_digest: of the split's rows, as the manifest has it; None without a manifest.
        kind: `hub`, `local` or `sample`, as the manifest has it; None without one.
        licences: of each source with rows in the config.
    """

    dataset: str
    config: str
    split: str
    version: str | None
    commit: str | None
    row_digest: str | None
    kind: str | None
    licences: Mapping[str, str]


@dataclass(frozen=True)
class Provenance:
    """What a model came from.

    Attributes:
        recipe: the whole of it as YAML; `read_recipe` reads it.
        data: the rows.
        git: the commit of this code with `-dirty` where it was changed since; None outside a checkout.
        versions: of this package and of those that decide what a run does.
        own_reward: the name of a reward of one's own that took the place of the recipe's.
    """

    recipe: str
    data: DataOrigin
    git: str | None
    versions: Mapping[str, str]
    own_reward: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as a checkpoint keeps it."""
        return asdict(self)

    @staticmethod
    def of_json(text: str) -> "Provenance":
        """Return what `as_json` gave.

        Example:
            >>> data = DataOrigin("crossthink", "gpr_up", "train", None, None, None, None, {})
            >>> one = Provenance("title: a", data, None, {})
            >>> Provenance.of_json(json.dumps(one.as_json())) == one
            True
        """
        values = json.loads(text)
        return Provenance(**{**values, "data": DataOrigin(**values["data"])})


def git_commit() -> str | None:
    """Return the commit of the checkout that this package lies in, marked if files of it differ."""
    folder = Path(crossthink_hub.__file__).resolve().parents[1]
    if not (folder / ".git").exists():
        return None
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
    except (OSError, subprocess.SubprocessError):  # no git, or no commit yet
        return None


def versions() -> dict[str, str]:
    """Return the versions that decide what a run does, of what is installed.

    Example:
        >>> "crossthink-hub" in versions()
        True
    """
    found = {"crossthink-hub": crossthink_hub.__version__}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
