"""The folder a build ends in: a reader sees the old build or the new one, never a mixture."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crossthink_hub.errors import OutputError

OURS = ("data", "dropped", "manifest.json", "README.md")
SCRATCH = ".building-"


@contextmanager
def scratch_folder(out: Path) -> Iterator[Path]:
    """Give an empty folder inside `out` to build in; nothing of it is left behind.

    Raises:
        OutputError: `out` holds files that no build made, another build is at work in it, or it can't
            be written (permission, disk full).
    """
    _check(out)
    created = not out.exists()
    scratch = out / f"{SCRATCH}{os.getpid()}"
    try:
        scratch.mkdir(parents=True)
        yield scratch
    except OSError as error:
        raise OutputError(
            f"can't be written ({error.strerror or error})",
            where=error.filename or out,
            fix="Check the disk's free space and your permissions, or choose another --out.",
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if created and out.is_dir() and not any(out.iterdir()):
            out.rmdir()


def _check(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError("is a file", where=out, fix="Choose another --out.")
    names = [path.name for path in out.iterdir()] if out.is_dir() else []
    for name in names:
        if name.startswith(SCRATCH):
            _clear(out / name)
    visible = [name for name in names if not name.startswith(".")]
    if visible and "manifest.json" not in visible:
        raise OutputError(
            f"holds files that no build made ({', '.join(sorted(visible)[:3])})",
            where=out,
            fix="Choose another --out, or an empty folder.",
        )


def _clear(scratch: Path) -> None:
    """Remove what an interrupted build left, unless that build is still running."""
    pid = scratch.name.removeprefix(SCRATCH)
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        shutil.rmtree(scratch, ignore_errors=True)
    except PermissionError:
        pass
    if scratch.exists():
        raise OutputError(
            f"another build is at work in it (process {pid})", where=scratch.parent, fix="Wait for it to end."
        )


def publish(scratch: Path, out: Path) -> None:
    """Move a finished build into `out`: data first under names of its own, README.md last, then tidy up.

    Files in `data/` and `dropped/` that the new build does not have are removed.
    """
    new = {path.relative_to(scratch) for folder in OURS[:2] for path in (scratch / folder).rglob("*.parquet")}
    for name in (*sorted(new), *map(Path, OURS[2:])):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).replace(out / name)
    for folder in OURS[:2]:
        for path in sorted((out / folder).rglob("*"), reverse=True):
            if path.is_file() and path.suffix == ".parquet" and path.relative_to(out) not in new:
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
