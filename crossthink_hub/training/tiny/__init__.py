"""A proof in a minute or two on two cores: model and data made on the spot, and GRPO has something to learn.

What is held out is the `test` split: the build takes one problem in a hundred of each source out of every
config. GRPO trains on the `train` splits. The warm-up sees neither: its problems are in no config.
"""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from crossthink_hub.errors import OutputError
from crossthink_hub.training.recipe import Recipe
from crossthink_hub.training.tiny.settings import TINY, TinySettings

__all__ = ["TINY", "TinySettings", "prepare"]


def prepare(recipe: Recipe, say: Callable[[str], None], settings: TinySettings = TINY) -> None:
    """Make the data set and the model of a recipe, if they are not there: `dataset` and `model` are folders.

    A folder appears once it is whole; one that was interrupted is made again.

    Args:
        recipe: names the folders.
        say: is told what is made.
        settings: sizes.

    Raises:
        OutputError: a folder can't be written.
    """
    from crossthink_hub.training.tiny.data import make_data
    from crossthink_hub.training.tiny.model import make_model

    _make_once(Path(recipe.dataset), "a tiny data set", partial(make_data, settings=settings), say)
    _make_once(Path(recipe.model), "a tiny model", partial(make_model, settings=settings), say)


def _make_once(folder: Path, what: str, make: Callable[[Path], None], say: Callable[[str], None]) -> None:
    if folder.exists():
        return
    say(f"making {what}: {folder}")
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        make(part)
        part.rename(folder)
    except OSError as error:
        raise OutputError(
            f"can't be written ({error.strerror or error})",
            where=folder,
            fix="Check the disk's free space and your permissions, or set another folder in the recipe.",
        ) from error
