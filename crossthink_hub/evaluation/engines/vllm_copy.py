"""A copy of a model in a process of its own, as the engine sees it: lines of JSON there and back."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import orjson

from crossthink_hub.errors import EngineError
from crossthink_hub.evaluation.engines.vllm_settings import VllmSettings
from crossthink_hub.evaluation.generation import Request
from crossthink_hub.training.sampling import VLLM_LOGS

ENDING = 20.0
"""Seconds that a process has to end by itself."""
ERROR = re.compile(r"\w*(?:Error|Exception)\b.*:")
BELOW = 2
"""Lines after an error that often say more of it."""
LONGEST = 500


class Copy:
    """A copy of the model in a process."""

    def __init__(
        self, settings: VllmSettings, gpus: tuple[str, ...], log: Path, said: "queue.Queue[Any]"
    ) -> None:
        self.log = log
        self.ready: dict[str, Any] = {}
        self.asked: dict[str, tuple[Request, int]] = {}
        self._count = 0
        self._begins = log.stat().st_size if log.is_file() else 0
        with log.open("ab") as words:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "crossthink_hub.evaluation.engines.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                env={**os.environ, **_environment(settings, gpus)},
                start_new_session=True,  # Ctrl-C is for us: we end it, children and all
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin: IO[bytes] = self._process.stdin
        threading.Thread(target=self._read, args=(self._process.stdout, said), daemon=True).start()
        self._write(_arguments(settings, gpus))

    def _read(self, stream: IO[bytes], said: "queue.Queue[Any]") -> None:
        with suppress(orjson.JSONDecodeError):  # the last line of one that was killed
            for line in stream:
                said.put((self, orjson.loads(line)))
        said.put((self, None))

    def _write(self, value: Mapping[str, Any]) -> None:
        with suppress(BrokenPipeError):  # that it ended is read from its output
            self._stdin.write(orjson.dumps(value) + b"\n")
            self._stdin.flush()

    def ask(self, request: Request, tokens: list[int], sampling: Mapping[str, Any]) -> None:
        """Send a request."""
        self._count += 1
        name = str(self._count)
        self.asked[name] = (request, len(tokens))
        self._write({"id": name, "prompt": tokens, "sampling": sampling})

    def ended(self) -> EngineError:
        """Return what to say of a copy that has ended before its time."""
        code = self._process.wait()
        last = _last_words(self.log, self._begins)
        return EngineError(
            f"ended with exit code {code}" + (f": {last}" if last else ""),
            where="vLLM",
            fix=f"All that it said is in {self.log}. The same command goes on where it stopped.",
        )

    def close(self) -> None:
        """End it: by the end of its input, or by force, what it started too."""
        with suppress(BrokenPipeError):
            self._stdin.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDING)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _arguments(settings: VllmSettings, gpus: tuple[str, ...]) -> dict[str, Any]:
    """Return the arguments of `vllm.LLM`."""
    alone = {"max_num_seqs": 1, "enable_prefix_caching": False}
    return {
        "model": settings.model,
        "revision": settings.revision,
        "tokenizer_revision": settings.revision,
        "dtype": settings.dtype,
        "max_model_len": settings.context,
        "tensor_parallel_size": settings.tensor_parallel if gpus else 1,
        "gpu_memory_utilization": settings.gpu_memory,
        "trust_remote_code": settings.trust_remote_code,
        "seed": settings.seed,
        "generation_config": "vllm",  # nothing is taken from the model's files without being said
        **(alone if settings.batch_invariant and not gpus else {}),
    }


def _environment(settings: VllmSettings, gpus: tuple[str, ...]) -> dict[str, str]:
    words = {key: os.environ.get(key, value) for key, value in VLLM_LOGS.items()}
    if gpus:
        invariant = {"VLLM_BATCH_INVARIANT": "1"} if settings.batch_invariant else {}
        return {**words, **invariant, "CUDA_VISIBLE_DEVICES": ",".join(gpus)}
    return {**words, "VLLM_CPU_KVCACHE_SPACE": os.environ.get("VLLM_CPU_KVCACHE_SPACE", "1")}


def _last_words(log: Path, begins: int) -> str:
    """Return what a log last says is wrong: a line, and what is set off below it."""
    text = log.read_bytes()[begins:].decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    places = [place for place, line in enumerate(lines) if ERROR.search(line)]
    last = places[-1] if places else len(lines) - 1
    return " ".join(lines[max(last, 0) : last + 1 + BELOW])[:LONGEST]
