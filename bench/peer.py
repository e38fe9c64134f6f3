"""The pipeline everyone writes with `datasets`: load, filter, map, shuffle, interleave, write Parquet."""

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Pool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
from datasets import Dataset, interleave_datasets, load_dataset
from xxhash import xxh3_128_hexdigest

from crossthink_hub.row import SCHEMA, features

GROUPS = {
    0.66: ("mmlu", "syn_qa", "natural_reasoning"),
    0.34: ("numina_math", "persona_math", "hendrycks_math"),
}
PROCESSES = 2
SHARDS = 2

Row = dict[str, Any]


@dataclass
class Question:
    """What any source's row says."""

    question: str
    answer: str
    options: list[str] = field(default_factory=list)
    index: int | None = None
    persona: str | None = None
    skills: list[str] = field(default_factory=list)

    def usable(self) -> bool:
        """Tell whether there is an answer and, for a multiple-choice question, it is an option."""
        return bool(self.answer) and (not self.options or self.answer in self.options)


def mmlu(row: Row) -> Question:
    """Read a row of the Hub's `cais/mmlu`."""
    return Question(row["question"], row["choices"][row["answer"]], row["choices"])


def hendrycks_math(row: Row) -> Question:
    """Read a row of the 8,523 training problems."""
    return Question(row["question"], row["gt_answer"], index=row["extra_info"]["index"])


def syn_qa(row: Row) -> Question:
    """Read a row of the release: instruction, question and options stand in the prompt."""
    _, _, text = row["prompt"][0]["content"].partition("\n")
    options = re.findall(r"^[A-J][:.] (.*)$", text, re.MULTILINE)
    question = re.split(r"^A[:.] ", text, maxsplit=1, flags=re.MULTILINE)[0].strip()
    answer = row["reward_model"]["ground_truth"][3:]
    return Question(question, answer, options, row["meta_data"]["index"])


def persona_math(row: Row) -> Question:
    """Read a row of the release's mathematics."""
    meta = row["meta_data"]
    answer = row["reward_model"]["ground_truth"]
    return Question(meta["question"], answer, [], meta["index"], meta["persona"], meta["skills"])


def natural_reasoning(row: Row) -> Question:
    """Read a row of `facebook/natural_reasoning`."""
    return Question(row["question"], row["reference_answer"])


def numina_math(row: Row) -> Question:
    """Read a row of `AI-MO/NuminaMath`."""
    return Question(row["problem"], row["answer"])


READERS: dict[str, Callable[[Row], Question]] = {
    reader.__name__: reader
    for reader in (mmlu, syn_qa, natural_reasoning, numina_math, persona_math, hendrycks_math)
}


def published(source: str, found: Question) -> Row:
    """Return the row as it is published."""
    question, options = found.question, found.options
    lines = [f"({letter}) {option}" for letter, option in zip("ABCDEFGHIJ", options, strict=False)]
    solution = lines[options.index(found.answer)] if options else found.answer
    kind = "multiple-choice question" if options else "problem"
    instruction = f"Answer the following {kind}. Put the final answer inside \\boxed{{}}."
    name = xxh3_128_hexdigest("\x1f".join([source, question, *options, found.answer]).encode())
    return {
        "id": name,
        "data_source": source,
        "prompt": [{"role": "user", "content": "\n".join([instruction, question, *lines])}],
        "solution": solution,
        "reward_model": {"style": "rule", "ground_truth": solution},
        "ability": "math" if source in GROUPS[0.34] else "general",
        "meta_data": {
            "index": found.index,
            "split": "train",
            "repeat": 0,
            "source": source,
            "domain": "math" if source in GROUPS[0.34] else "general_purpose",
            "flags": [],
            "question_type": "mcq" if options else "open",
            "answer_template": "long" if options else None,
            "question": question,
            "options": options,
            "answer_letter": solution[1] if options else None,
            "persona": found.persona,
            "skills": found.skills,
            "licence": "cc-by-4.0",
            "upstream": {"repo": f"upstream/{source}", "revision": "main", "id": name},
        },
    }


def read(folder: Path, cache: str) -> Dataset:
    """Load one source with the cache in a folder of its own, or the second run would be free."""
    kinds = {".parquet": "parquet", ".jsonl": "json"}
    files = sorted(path for path in folder.rglob("*") if path.suffix in kinds)
    return load_dataset(
        kinds[files[0].suffix], data_files=[str(path) for path in files], split="train", cache_dir=cache
    )


def convert(rows: Dataset, source: str) -> Dataset:
    """Filter, then map, row by row: what one writes first."""
    reader = READERS[source]
    usable = rows.filter(lambda row: reader(row).usable(), num_proc=PROCESSES)
    return usable.map(
        lambda row: published(source, reader(row)),
        num_proc=PROCESSES,
        remove_columns=rows.column_names,
        features=features(),
    )


def convert_batched(rows: Dataset, source: str) -> Dataset:
    """Filter and map in one pass over batches: what one writes when the first takes too long."""
    reader = READERS[source]

    def over(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        found = [
            reader(dict(zip(batch, values, strict=True))) for values in zip(*batch.values(), strict=True)
        ]
        made = [published(source, question) for question in found if question.usable()]
        return {name: [row[name] for row in made] for name in SCHEMA.names}

    return rows.map(
        over, batched=True, num_proc=PROCESSES, remove_columns=rows.column_names, features=features()
    )


def blend(sources: dict[str, Dataset], seed: int) -> Dataset:
    """Draw from the sources 2:1 between the groups, inside each group by size."""
    weights = {}
    for share, members in GROUPS.items():
        sizes = {name: len(sources[name]) for name in members if name in sources}
        weights |= {name: share * size / sum(sizes.values()) for name, size in sizes.items()}
    total = sum(weights.values())
    return interleave_datasets(
        [sources[name].shuffle(seed=seed) for name in weights],
        probabilities=[weight / total for weight in weights.values()],
        seed=seed,
        stopping_strategy="first_exhausted",
    )


def shards(rows: Dataset, folder: Path) -> list[tuple[Dataset, Path]]:
    """Return the parts of the rows, each with the file it goes to."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        (rows.shard(SHARDS, shard, contiguous=True), folder / f"train-{shard:05}-of-{SHARDS:05}.parquet")
        for shard in range(SHARDS)
    ]


def write(rows: Dataset, folder: Path) -> None:
    """Write the shards with `to_parquet`: what one writes first."""
    for part, path in shards(rows, folder):
        part.to_parquet(path)


def write_batched(rows: Dataset, folder: Path) -> None:
    """Write the shards in a process each, from tables in one piece."""
    with Pool(PROCESSES) as pool:
        pool.starmap(write_shard, shards(rows, folder))


def write_shard(part: Dataset, path: Path) -> None:
    """Write one shard; shuffled rows come as a chunk each, which is slow to write."""
    with pq.ParquetWriter(path, SCHEMA) as writer:
        for rows in part.with_format("arrow").iter(10_000):
            writer.write_table(rows.combine_chunks())


def main() -> None:
    """Build `gpr_up` from the sources that are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batched", action="store_true", help="the same rows, faster")
    args = parser.parse_args()
    made, written = (convert_batched, write_batched) if args.batched else (convert, write)
    args.out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=args.out.parent) as cache:
        found = [name for name in READERS if (args.sources / name).is_dir()]
        sources = {name: made(read(args.sources / name, cache), name) for name in found}
        rows = blend(sources, args.seed)
        written(rows.select(range(min(args.rows, len(rows)))), args.out / "data" / "gpr_up")


if __name__ == "__main__":
    main()
