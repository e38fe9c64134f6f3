"""The command line many times over: each run is the fork of a process that has imported it."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import certifi
from hub_server import READ_TOKEN, STRANGER_TOKEN, TOKEN, Hub, client_environment
from product import Done

WARM = Path(__file__).with_name("warm.py")
PORTS = range(12_000, 20_000)
"""Below those that the Hubs of other tests take, so that none takes it while ours is down."""
LONGEST_RUN = 60.0
TOKENS = (TOKEN, READ_TOKEN, STRANGER_TOKEN)


@dataclass
class Running:
    """A run that goes on.

    Attributes:
        pid: its process.
        out: where its standard output goes.
        err: where its standard error goes.
    """

    warm: "Warm"
    arguments: list[str]
    pid: int
    out: Path
    err: Path
    code: int | None = None

    def kill(self) -> None:
        """End it as a power cut would; it may have ended by itself."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def done(self) -> Done:
        """Wait for its end; it never prints a token or a traceback."""
        last = time.monotonic() + LONGEST_RUN
        while (code := self.warm.ask({"ended": self.pid})) is None:
            if time.monotonic() > last:
                self.kill()
                raise TimeoutError(f"{self.arguments} does not end: {self.err.read_text()}")
            time.sleep(0.005)
        out, err = self.out.read_text(), self.err.read_text()
        assert not any(token in out + err for token in TOKENS), err
        assert "Traceback" not in err, err
        return Done(self.arguments, code, out, err)


@dataclass
class Warm:
    """Runs `crossthink` as the owner of `TOKEN`, for a Hub at one address.

    Attributes:
        built: a built folder, to warm up with.
        folder: where the client's cache is, what is written on the way, and what the runs print.
        port: of the Hub.
    """

    built: Path
    folder: Path
    port: int = 0

    def __post_init__(self) -> None:
        self._numbers = count()
        self._lock = threading.Lock()

    def __call__(self, *arguments: str | Path, **more: Any) -> Done:
        """Run the command line to its end; `more` is as for `start`."""
        return self.start(*arguments, **more).done()

    def start(self, *arguments: str | Path, largest: int | None = None, **environment: str | None) -> Running:
        """Begin a run.

        Args:
            arguments: of the command line.
            largest: the size in bytes above which no file can be written.
            environment: what is other for this run; only what is not read when it is imported has an effect.
        """
        number, words = next(self._numbers), [str(word) for word in arguments]
        out, err = self.folder / f"{number}.out", self.folder / f"{number}.err"
        places = {"cwd": str(self.folder), "out": str(out), "err": str(err)}
        pid = self.ask({"arguments": words, "largest": largest, "environment": environment, **places})
        return Running(self, words, pid, out, err)

    def forget(self) -> None:
        """Empty the client's cache."""
        shutil.rmtree(self.folder / "hf", ignore_errors=True)

    def hub(self, folder: Path) -> Hub:
        """Return a Hub on a folder, at the address that the runs ask."""
        return Hub(folder, port=self.port)

    def ask(self, job: dict[str, Any]) -> Any:
        """Tell the process what to do; return what it answers."""
        with self._lock:
            self._stdin.write(json.dumps(job) + "\n")
            self._stdin.flush()
            return json.loads(self._stdout.readline())

    @contextmanager
    def running(self) -> Iterator["Warm"]:
        """Begin; at the end, nothing runs any more."""
        self.folder.mkdir(parents=True)
        self.port = free_port()
        environment = client_environment(self.folder, f"http://127.0.0.1:{self.port}", TOKEN)
        process = subprocess.Popen(
            [sys.executable, WARM, self.built],
            env={**environment, "TMPDIR": str(self.folder), "SSL_CERT_FILE": str(self._certificate())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin
        assert process.stdout
        self._stdin, self._stdout = process.stdin, process.stdout
        with process:
            assert self._stdout.readline() == "ready\n"
            yield self
            self._stdin.close()

    def _certificate(self) -> Path:
        """Return a file with one certificate: nothing here is encrypted, and reading all takes time."""
        first, end, _ = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----\n")
        found = self.folder / "certificate.pem"
        found.write_text(first + end)
        return found


def free_port() -> int:
    """Return a port that no other test takes."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
