"""Seconds of the whole command: `crossthink eval` beside lm-evaluation-harness with vLLM.

The same model, prompts, engine arguments and sampling. The harness is given a task of its own over a file
with our prompts. It is imported from `--lm-eval PATH`, behind whatever this environment has itself.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import evaluate_generate
import yaml
from evaluate_child import Said, in_turn, markdown, ratios, run, spread
from evaluate_generate import NAMES, WORDS, Task, answers_of, seconds, task_of
from packaging.requirements import Requirement

TASK = "crossthink_prompts"
PACKAGE = "lm-eval"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    evaluate_generate.add_options(parser)
    parser.add_argument(
        "--lm-eval", type=Path, metavar="PATH", help="folder that lm-eval was installed in: pip --target"
    )


def missing(path: Sequence[str]) -> Iterator[str]:
    """Yield what is not installed of lm-eval, what it needs, and what that needs."""
    there = [*metadata.distributions(path=list(path)), *metadata.distributions()]
    known = {_plain(one.metadata["Name"]): one for one in there}
    waiting, seen = [PACKAGE], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in known:
            yield name
        elif name not in seen:
            waiting += _needed(known[name])
        seen.add(name)


def _needed(package: metadata.Distribution) -> list[str]:
    """Return what a package needs here, without its extras."""
    needed = map(Requirement, package.requires or ())
    return [_plain(one.name) for one in needed if not one.marker or one.marker.evaluate({"extra": ""})]


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def check(path: Sequence[str]) -> None:
    """End with the names of what is missing, and how to get it."""
    names = sorted(set(missing(path)))
    if names:
        raise SystemExit(
            f"not installed: {', '.join(names)}. Into a folder of its own, so that this environment stays:\n"
            f"  pip install --no-deps --target DIR {' '.join(names)}\n"
            "then --lm-eval DIR; bench/README.md names all that the harness took."
        )


def write_task(task: Task, folder: Path) -> None:
    """Write the harness's task: one user turn each, the answer scored by equality with the ground truth."""
    rows = folder / "prompts.jsonl"
    with rows.open("w") as lines:
        for row in task.rows.to_pylist():
            (message,) = row["prompt"]
            line = {"id": row["id"], "prompt": message["content"], "solution": row["solution"]}
            lines.write(json.dumps(line) + "\n")
    text = {
        "task": TASK,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(rows)}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{prompt}}",
        "doc_to_target": "{{solution}}",
        "generation_kwargs": {"until": [], "do_sample": False, **task.sampling},
        "filter_list": [
            {
                "name": "box",
                "filter": [
                    {"function": "regex", "regex_pattern": r"\\boxed\{(.*)\}"},
                    {"function": "take_first"},
                ],
            }
        ],
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }
    (folder / f"{TASK}.yaml").write_text(yaml.safe_dump(text, sort_keys=False))


def arguments(task: Task, folder: Path, out: Path) -> list[str]:
    """Return the arguments of `lm-eval`."""
    engine = {**task.engine, "pretrained": task.engine["model"]}
    given = ",".join(f"{key}={value}" for key, value in engine.items() if key != "model")
    what = ["run", "--model", "vllm", "--model_args", given, "--tasks", TASK, "--include_path", str(folder)]
    return [
        *what,
        "--apply_chat_template",
        "--batch_size",
        "auto",
        "--log_samples",
        "--output_path",
        str(out),
    ]


def compete(args: argparse.Namespace, scratch: Path) -> dict[str, list[Said]]:
    """Run both in turn, round by round; one run before is for what vLLM compiles and keeps."""
    task = task_of(args, scratch)
    write_task(task, scratch)
    path = [str(args.lm_eval.resolve())] if args.lm_eval else []
    more = {**WORDS, "HF_DATASETS_CACHE": str(scratch / "cache")}
    runs: dict[str, list[Said]] = {"ours": [], "lm-eval": []}
    asked = {"arguments": arguments(task, scratch, scratch / "first"), "path": path}
    run("lm-eval", asked, scratch, "first", more)
    for turn, name in in_turn(list(runs), args.rounds):
        out = scratch / f"{name}-{turn}"
        own = [*task.arguments, "--out", str(out)] if name == "ours" else arguments(task, scratch, out)
        said = run(name, {**asked, "arguments": own}, scratch, f"{name}-{turn}", more)
        runs[name].append({**said, "out": str(out)})
    return runs


def texts_of(out: Path) -> dict[str, str]:
    """Return the harness's answers by id."""
    (path,) = out.rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {row["doc"]["id"]: row["resps"][0][0] for row in rows}


def table(runs: Mapping[str, Sequence[Said]]) -> str:
    """Return the seconds, in all and from the engine on."""
    parts = (("start", "end"), ("ready", "end"))
    rows = [[NAMES[name], *(spread(seconds(done, *part)) for part in parts)] for name, done in runs.items()]
    each = [ratios(*(seconds(runs[name], *part) for name in runs)) for part in parts]
    return markdown(
        ("contender", "**whole command**", "engine ready to the end"), [*rows, ["to the peer", *each]]
    )


def main(args: argparse.Namespace) -> dict[str, Any]:
    """Print the table; return the numbers."""
    path = [str(args.lm_eval.resolve())] if args.lm_eval else []
    check(path)
    with TemporaryDirectory() as name:
        runs = compete(args, Path(name))
        mine = answers_of(runs["ours"][-1], args.benchmark)
        texts = texts_of(Path(runs["lm-eval"][-1]["out"]))
    same = sum(row["response"] == texts[row["id"]] for row in mine)
    print(table(runs))
    print(f"\n{len(mine):,} questions of {args.benchmark}; answers of the same text: {same:,}.")
    return {"runs": runs, "answers": len(mine), "same_text": same}
