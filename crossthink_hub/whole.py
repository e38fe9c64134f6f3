"""Files that are there once they are whole: a kill leaves the one from before, or none."""

import os
from collections.abc import Callable
from pathlib import Path

from crossthink_hub.errors import OutputError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have a file written beside its place, and put there at once.

    Args:
        path: of the file; its folder is made if it is not there.
        write: writes to the path that it is given.

    Raises:
        OutputError: it can't be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(Path(folder, "new", "a.txt"), lambda part: part.write_text("a"))
        ...     [path.name for path in Path(folder, "new").iterdir()]
        ['a.txt']
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())  # else a power cut may leave its name without its content
        part.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: object, error: OSError) -> OutputError:
    """Return what to say of something that can't be written."""
    return OutputError(f"can't be written ({error.strerror or error})", where=path)
