"""The command line as a user of a Hub has it, and what the tests of publishing call things."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub_server import TOKEN, Hub, client_environment

REPO = "you/crossthink"
CONFIGS = ("gpr_up", "only_mr")
READER = Path(__file__).parents[2] / ".venv-reader" / "bin" / "python"
"""Python with `datasets`, and nothing of ours."""

Done = subprocess.CompletedProcess[str]
MakeFolder = Callable[..., Path]


@dataclass
class Product:
    """Runs `crossthink` in a folder of its own; what it ever said is kept."""

    hub: Hub
    home: Path
    said: list[str] = field(default_factory=list)

    def environment(self, token: str | None = TOKEN, **more: str) -> dict[str, str]:
        return {**client_environment(self.home, self.hub.url, token), "COLUMNS": "200", **more}

    def __call__(self, *arguments: str | Path, token: str | None = TOKEN, **environment: str) -> Done:
        """Run the command line as the owner of a token."""
        command = [sys.executable, "-m", "crossthink_hub", *map(str, arguments)]
        return self.run(command, self.environment(token, **environment))

    def program(self, code: str, token: str | None = TOKEN, python: Path | str = sys.executable) -> Done:
        """Run a Python program as the owner of a token."""
        return self.run([str(python), "-c", code], self.environment(token))

    def run(self, command: list[str], environment: dict[str, str]) -> Done:
        done = subprocess.run(
            command, cwd=self.home, env=environment, capture_output=True, text=True, timeout=180
        )
        self.said.append(done.stdout + done.stderr)
        return done

    def json(self, *arguments: str | Path, token: str | None = TOKEN) -> Any:
        """Run the command line for a script, and return what it printed."""
        return json.loads(good(self(*arguments, "--json", token=token)))


def good(done: Done) -> str:
    """Return what a run printed, after checking that it went well."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(done: Done, code: int) -> str:
    """Return what a run said on standard error, on one line, after checking its exit code."""
    assert done.returncode == code, done.stdout + done.stderr
    return " ".join(done.stderr.split())
