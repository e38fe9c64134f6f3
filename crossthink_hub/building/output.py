"""The folder a build ends in: a reader sees the old build or the new one, never a mixture."""

import os
import shutil
import signal
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from crossthink_hub.errors import OutputError

FOLDERS = ("data", "index", "dropped")
FILES = ("manifest.json", "blends.png", "croissant.json", "versions.json", "README.md")
"""`index` and `versions.json` are in published folders; README.md, which readers look for, comes last."""
OURS = (*FOLDERS, *FILES)
SCRATCH = ".building-"


@contextmanager
def scratch_folder(out: Path) -> Iterator[Path]:
    """Give an empty folder inside `out` to build in; nothing of it is left behind.

    Raises:
        OutputError: `out` holds files that no build made, another build is at work in it, or it can't
            be written (permission, disk full).
    """
    with writing(out):
        check_out(out)
        created = not out.exists()
    scratch = out / f"{SCRATCH}{os.getpid()}"
    try:
        with writing(out):
            scratch.mkdir(parents=True)
            yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if created and out.is_dir() and not any(out.iterdir()):
            out.rmdir()


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Turn errors of the disk into one that says what to do.

    Raises:
        OutputError: something can't be written.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"can't be written ({error.strerror or error})",
            where=error.filename or out,
            fix="Check the disk's free space and your permissions, or choose another --out.",
        ) from error


def check_out(out: Path) -> None:
    """Check that a folder is one to build in.

    Raises:
        OutputError: it holds files that no build made, or another build is at work in it.
    """
    if out.exists() and not out.is_dir():
        raise OutputError("is a file", where=out, fix="Choose another --out.")
    names = [path.name for path in out.iterdir()] if out.is_dir() else []
    ended = [name for name in names if name.startswith(SCRATCH)]
    for name in ended:
        _clear(out / name)
    visible = [name for name in names if not name.startswith(".")]
    # A first build that was killed at the very end may have moved some of its own.
    foreign = [name for name in visible if not (ended and name in OURS)]
    if foreign and "manifest.json" not in visible:
        raise OutputError(
            f"holds files that no build made ({', '.join(sorted(foreign)[:3])})",
            where=out,
            fix="Choose another --out, or an empty folder.",
        )
    for name in visible:
        if name in OURS and (out / name).is_dir() != (name in FOLDERS):
            raise OutputError(
                f"is {'a folder' if (out / name).is_dir() else 'a file'}, which no build made",
                where=out / name,
                fix="Choose another --out, or take it out of this one.",
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

    What an earlier build left and the new one does not have is removed. Ctrl-C comes too late.
    """
    tables = [path for folder in FOLDERS for path in (scratch / folder).rglob("*.parquet")]
    files = [path for name in FILES if (path := scratch / name).exists()]
    new = [path.relative_to(scratch) for path in (*sorted(tables), *files)]
    with _uninterrupted():
        for name in new:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).replace(out / name)
        _remove_old(out, set(new))


def _remove_old(out: Path, new: Collection[Path]) -> None:
    for name in FILES:
        if Path(name) not in new:
            (out / name).unlink(missing_ok=True)
    for folder in FOLDERS:
        for path in sorted((out / folder).rglob("*"), reverse=True):
            if path.is_file() and path.suffix == ".parquet" and path.relative_to(out) not in new:
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        if (out / folder).is_dir() and not any((out / folder).iterdir()):
            (out / folder).rmdir()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off until the end: what is done here must not be left half done."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Ctrl-C is the main thread's
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
    if came and callable(before):
        before(signal.SIGINT, None)
