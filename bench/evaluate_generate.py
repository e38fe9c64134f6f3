"""Seconds of `crossthink eval` beyond engine start-up, beside bare `vllm.LLM.chat`.

Both answer the same questions with the same engine arguments and the same sampling, each in a fresh process.
From the moment the engine is ready: of ours until the last answer lies in the run's folder, of the peer
until the call is done and the texts are in one Parquet file. Both make tokens of conversations in that time.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from evaluate_child import EVAL, Said, in_turn, markdown, ratios, run, spread

from crossthink_hub.evaluation.evaluate import prepare
from crossthink_hub.evaluation.run_folder import RunFolder
from crossthink_hub.evaluation.settings import Evaluation

NAMES = {"ours": "`crossthink eval`", "bare": "`vllm.LLM.chat`", "lm-eval": "lm-evaluation-harness"}
WORDS = {
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "VLLM_CPU_KVCACHE_SPACE": "1",
}


@dataclass(frozen=True)
class Task:
    """What all contenders are to do.

    Attributes:
        arguments: of `crossthink`, without the run's folder.
        rows: `id`, `prompt` and `solution` of the questions.
        engine: arguments of `vllm.LLM`, those that ours gives it.
        sampling: fields of `vllm.SamplingParams`, those that ours sends.
    """

    arguments: Sequence[str]
    rows: pa.Table
    engine: Mapping[str, Any]
    sampling: Mapping[str, Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--model", type=Path, required=True, help="folder of a model")
    parser.add_argument("--benchmark", default="mmlu_pro")
    parser.add_argument("--sources", type=Path, default=EVAL, help="folder of benchmarks")
    parser.add_argument("--questions", type=int, default=2_000)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)


def task_of(args: argparse.Namespace, scratch: Path) -> Task:
    """Return the task that the options describe, prepared as `crossthink eval` prepares it."""
    settings = Evaluation(
        model=str(args.model.resolve()),
        benchmarks=(args.benchmark,),
        sources=str(args.sources.resolve()),
        limit=args.questions,
        max_tokens=args.max_tokens,
    )
    prepared = prepare(settings, scratch / "prepared", lambda line: None)
    limits = ["--limit", str(args.questions), "--max-tokens", str(args.max_tokens)]
    places = ["--benchmarks", args.benchmark, "--sources", settings.sources, "--set", "data_parallel=1"]
    sampling, stops = prepared.passes[0].sampling, prepared.chosen.stops["stop_token_ids"]
    return Task(
        arguments=["eval", settings.model, *places, *limits],
        rows=prepared.folder.questions(args.benchmark).select(["id", "prompt", "solution"]),
        engine={
            "model": settings.model,
            "dtype": settings.dtype,
            "max_model_len": min(prepared.chosen.positions or 0, prepared.longest + args.max_tokens),
            "gpu_memory_utilization": settings.gpu_memory,
            "seed": settings.seed,
            "generation_config": "vllm",
        },
        sampling={**vars(sampling), "seed": settings.seed, "stop_token_ids": list(stops)},
    )


def compete(args: argparse.Namespace, scratch: Path) -> dict[str, list[Said]]:
    """Run the contenders in turn, round by round; one run before is for what vLLM compiles and keeps."""
    task = task_of(args, scratch)
    prompts = scratch / "prompts.parquet"
    pq.write_table(task.rows, prompts)
    peer = {"prompts": str(prompts), "engine": task.engine, "sampling": task.sampling}
    runs: dict[str, list[Said]] = {"ours": [], "bare": []}
    run("bare", {**peer, "out": str(scratch / "first")}, scratch, "first", WORDS)
    for turn, name in in_turn(list(runs), args.rounds):
        out = scratch / f"{name}-{turn}"
        own = {"arguments": [*task.arguments, "--out", str(out)]}
        asked = own if name == "ours" else {**peer, "out": str(out)}
        runs[name].append({**run(name, asked, scratch, f"{name}-{turn}", WORDS), "out": str(out)})
    assert {one["context"] for one in runs["ours"]} == {task.engine["max_model_len"]}
    return runs


def answers_of(said: Said, benchmark: str) -> list[dict[str, Any]]:
    """Return a contender's answers, in the order of their ids."""
    out = Path(said["out"])
    table = pa.concat_tables(RunFolder(out).generations(benchmark)) if out.is_dir() else pq.read_table(out)
    names = ["id", "response", "tokens", "prompt_tokens"]
    rows: list[dict[str, Any]] = table.select(names).sort_by("id").to_pylist()
    return rows


def seconds(runs: Sequence[Said], begin: str, end: str) -> list[float]:
    """Return how long it was from one moment to another, of each run."""
    return [one[end] - one[begin] for one in runs]


def table(runs: Mapping[str, Sequence[Said]]) -> str:
    """Return the seconds, part by part."""
    parts = (
        ("start", "begun"),
        ("begun", "ready"),
        ("ready", "written"),
        ("written", "end"),
        ("start", "end"),
    )
    head = (
        "contender",
        "before the engine",
        "its start",
        "**ready to last answer written**",
        "after",
        "whole",
    )
    rows = [[NAMES[name], *(spread(seconds(done, *part)) for part in parts)] for name, done in runs.items()]
    each = [ratios(*(seconds(runs[name], *part) for name in runs)) for part in parts]
    return markdown(head, [*rows, ["to the peer", "", "", each[2], "", each[4]]])


def agreement(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many answers, prompts by length and texts are the same."""
    pairs = list(zip(one, other, strict=True))
    return {
        "answers": len(pairs),
        "same_prompt_tokens": sum(mine["prompt_tokens"] == its["prompt_tokens"] for mine, its in pairs),
        "same_text": sum(mine["response"] == its["response"] for mine, its in pairs),
        "tokens": sum(mine["tokens"] for mine in one),
        "prompt_tokens": sum(mine["prompt_tokens"] for mine in one),
    }


def main(args: argparse.Namespace) -> dict[str, Any]:
    """Print the table; return the numbers."""
    with TemporaryDirectory() as name:
        runs = compete(args, Path(name))
        same = agreement(*(answers_of(done[-1], args.benchmark) for done in runs.values()))
    print(table(runs))
    print(
        f"\n{same['answers']:,} questions of {args.benchmark}, {same['prompt_tokens']:,} tokens in prompts, "
        f"{same['tokens']:,} in answers; prompts of the same length: {same['same_prompt_tokens']:,}, "
        f"answers of the same text: {same['same_text']:,}."
    )
    return {"runs": runs, "agreement": same}
