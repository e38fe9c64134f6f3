"""A copy of the model in a process of its own: `python -m crossthink_hub.evaluation.engines.worker`.

It reads lines of JSON: first how to load the model, then requests. It writes lines of JSON: first that it is
ready, then what came of each request as it is done. Where its input ends it ends too, whoever closed it.
"""

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

AHEAD = 2
"""Requests in hand are so many times what vLLM computes at once: it never waits for the next one."""


@dataclass(frozen=True)
class Lines:
    """Lines of JSON from a stream, read by a thread so that nobody who writes them waits."""

    waiting: "queue.Queue[Any]"

    @classmethod
    def of(cls, stream: BinaryIO) -> "Lines":
        """Begin to read; after the last line comes None."""
        lines = cls(queue.Queue())
        threading.Thread(target=lines._read, args=(stream,), daemon=True).start()
        return lines

    def _read(self, stream: BinaryIO) -> None:
        for line in stream:
            self.waiting.put(orjson.loads(line))
        self.waiting.put(None)

    def take(self, wait: bool) -> Iterator[Any]:
        """Yield what is there; if asked to, wait for the first. None is the end."""
        try:
            yield self.waiting.get(block=wait)
            while True:
                yield self.waiting.get_nowait()
        except queue.Empty:
            return


def main() -> None:
    """Load the model and answer, until the input ends."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints is no answer

    def write(value: Mapping[str, Any]) -> None:
        out.write(orjson.dumps(value) + b"\n")
        out.flush()

    # Not sys.stdin itself: Python can't end while a thread waits in that.
    lines = Lines.of(os.fdopen(os.dup(sys.stdin.fileno()), "rb"))
    settings = next(lines.take(wait=True))
    if settings is not None:
        _serve(settings, lines, write)


def _serve(settings: Mapping[str, Any], lines: Lines, write: Callable[[Mapping[str, Any]], None]) -> None:
    import vllm

    engine = vllm.LLM(**settings).llm_engine
    config = engine.vllm_config
    write(
        {
            "version": vllm.__version__,
            "window": AHEAD * config.scheduler_config.max_num_seqs,
            "dtype": str(config.model_config.dtype).removeprefix("torch."),
            "device": config.device_config.device_type,
        }
    )
    while True:
        for request in lines.take(wait=not engine.has_unfinished_requests()):
            if request is None:
                return
            _add(engine, request)
        for output in engine.step():
            if output.finished:
                write(_answer(output))


def _add(engine: Any, request: Mapping[str, Any]) -> None:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    how = SamplingParams(**request["sampling"], output_kind=RequestOutputKind.FINAL_ONLY)
    engine.add_request(request["id"], {"type": "token", "prompt_token_ids": request["prompt"]}, how)


def _answer(output: Any) -> dict[str, Any]:
    (one,) = output.outputs
    return {
        "id": output.request_id,
        "text": one.text,
        "tokens": len(one.token_ids),
        "finish": one.finish_reason,
    }


if __name__ == "__main__":
    main()
