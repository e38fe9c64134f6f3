"""What a card says in prose, read from the YAML files of `dataset_card/`."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

FOLDER = "dataset_card"


def prose(name: str) -> str:
    """Return the text of a file of `dataset_card/`."""
    return resources.files("crossthink_hub").joinpath(FOLDER, name).read_text("utf-8")


@cache
def words(name: str) -> Any:
    """Return one of the YAML files of `dataset_card/`, parsed.

    Example:
        >>> words("sources")["mmlu"]["title"]
        'MMLU, auxiliary training set'
    """
    return yaml.safe_load(prose(f"{name}.yaml"))
