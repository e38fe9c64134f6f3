"""What training needs to be installed; planning and grading do not."""

from importlib.util import find_spec

from crossthink_hub.errors import UsageError

NEEDED = ("torch", "transformers", "accelerate", "trl")


def check_installed() -> None:
    """Say what is missing, before anything is begun.

    Raises:
        UsageError: something is.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise UsageError(
            f"{', '.join(missing)} can't be imported",
            where="training",
            fix="Install what it needs: pip install 'crossthink-hub[train]'.",
        )
