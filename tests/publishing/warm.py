"""`crossthink` from a process that has imported it: each line read is a run, in a fork of its own.

The product and the Hub's client are unmodified; only time passes faster: no pause lasts longer than `PAUSE`.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from crossthink_hub import card, hub
from crossthink_hub.building.manifest import read_manifest
from crossthink_hub.card.text import card_text
from crossthink_hub.cli import main

PAUSE = 0.02
PACKAGES = (hub, card)
LATE = (
    "crossthink_hub.cli_hub",
    "crossthink_hub.display_hub",
    "huggingface_hub.hf_file_system",
    "pyarrow.dataset",
)


def warmed(folder: Path) -> None:
    """Import what a run imports, and read what it reads of the package, so that it need not."""
    for package in PACKAGES:
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    card_text(read_manifest(folder))
    sys.argv = ["crossthink", "push", "you/nothing", "--dir", os.devnull]
    with (
        contextlib.suppress(SystemExit),
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stderr(nowhere),
    ):
        main()
    gc.freeze()  # none of this will go, so no fork need look whether it can


def become(job: dict[str, Any]) -> None:
    """Make this process the one that was asked for."""
    os.chdir(job["cwd"])
    for name, value in job["environment"].items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    if job["largest"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["largest"], job["largest"]))
    for number, name in enumerate((os.devnull, job["out"], job["err"])):
        file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["crossthink", *job["arguments"]]


def exit_code() -> int:
    """Run the command line; return the code that Python would end with."""
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        return 1
    return 0


def end(code: int) -> None:
    """End without taking apart all that was imported, which takes longer than many a run."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def code_of(pid: int) -> int | None:
    """Return the exit code of a run that has ended; None if it has not."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def served() -> bool:
    """Serve until no more is asked for; return whether this is a process that was forked to run something."""
    for line in iter(sys.stdin.readline, ""):
        job = json.loads(line)
        if "ended" in job:
            print(json.dumps(code_of(job["ended"])), flush=True)
        elif pid := os.fork():
            print(pid, flush=True)
        else:
            become(job)
            return True
    return False


if __name__ == "__main__":
    pause = time.sleep
    time.sleep = lambda seconds: pause(min(seconds, PAUSE))
    warmed(Path(sys.argv[1]))
    print("ready", flush=True)
    if served():
        end(exit_code())
