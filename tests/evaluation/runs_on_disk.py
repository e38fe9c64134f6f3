"""Runs for tests, made through the public interface: rows of real files or the sample, answers made up."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
from xxhash import xxh3_64_intdigest

from crossthink_hub.evaluation.generation import Finish, Generation, Key, Sampling
from crossthink_hub.evaluation.item import Item, items
from crossthink_hub.evaluation.run_folder import RunFolder

Answerer = Callable[[Item, int], str | None]


def identity(name: str = "Qwen/Qwen2.5-7B", **changed: object) -> dict[str, object]:
    """What decides the answers of a made-up run."""
    model = {"name": name, "revision": None, "base": "Qwen/Qwen2.5-7B", "config": None, "answer": "long"}
    return {
        "model": {**model, "data_version": None},
        "weights": None,
        "engine": {"name": "made up", "version": "1"},
        "profile": {
            "name": "chat",
            "thought": "tagged",
            "answer_in": "box",
            "stop": [],
            "stop_token_ids": [],
        },
        "seed": 0,
        "~sources": "sample",
        "~versions": {"crossthink-hub": "0"},
        "~git": None,
        **changed,
    }


def facts(name: str, rows: pa.Table) -> dict[str, object]:
    """What a run keeps of a benchmark."""
    mr = name in ("math_500", "amc23")
    return {
        "title": name,
        "category": "mr" if mr else "gpr",
        "published": len(rows),
        "kept": len(rows),
        "~notes": [],
        "repo": f"owner/{name}",
        "revision": None,
        "row_digest": "0",
        "~prompt_digest": "0",
        "publishable": name != "gpqa_diamond",
    }


def write_run(
    path: Path,
    benchmarks: Mapping[str, pa.Table],
    answer: Answerer,
    samples: int = 1,
    said: Mapping[str, object] | None = None,
) -> RunFolder:
    """Write a run whose answers are made by a function of the question and the number of the sample."""
    folder = RunFolder(path)
    folder.settle(said or identity())
    greedy = {"sampling": asdict(Sampling()), "~samples": dict.fromkeys(benchmarks, samples)}
    folder.add("passes", "greedy", greedy)
    for name, rows in benchmarks.items():
        folder.add("benchmarks", name, facts(name, rows))
        folder.write_questions(name, rows)
        asked = list(items(rows.to_pylist()))
        made = [_generation(one, sample, answer(one, sample)) for one in asked for sample in range(samples)]
        for start in range(0, len(made), 1000):
            folder.write_generations(made[start : start + 1000])
    return folder


def _generation(one: Item, sample: int, text: str | None) -> Generation:
    tokens = 0 if text is None else len(text.split())
    finish = Finish.PROMPT_TOO_LONG if text is None else Finish.LENGTH if text.endswith("…") else Finish.STOP
    return Generation(Key(one.benchmark, one.id, "greedy", sample), text, tokens, 100, finish)


def boxed(answer: str) -> str:
    """A response in the format."""
    return rf"<think>So it is.</think>\boxed{{{answer}}}"


def right_every(share: float, seed: int = 0) -> Answerer:
    """Answers of which so many are right, the same for the same question and sample."""

    def answer(one: Item, sample: int) -> str:
        drawn = xxh3_64_intdigest(f"{seed} {one.id} {sample}".encode()) / 2**64
        return boxed(one.solution if drawn < share else "(Z) something else")

    return answer
