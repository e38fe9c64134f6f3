"""Time of `crossthink push` beside `HfApi.create_commit` of the same files, and of a check of the version.

python bench/publish.py [--rows K] [--rounds N] [--line MB/S ...] [--json FILE]

The Hub is the one of the tests, on this machine: it takes part of the processor. `--line 0` is loopback as it
is; another number is the speed of the line in megabytes a second, each way.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from build import DATA, data
from generate import PAPER_ROWS
from rich.console import Console
from rich.table import Table

from crossthink_hub.building.parquet import WRITER

TESTS = Path(__file__).parent.parent / "tests"
PLAIN = """
import sys
from pathlib import Path
from huggingface_hub import CommitOperationAdd, HfApi

folder, repo = Path(sys.argv[1]), sys.argv[2]
api = HfApi()
api.create_repo(repo, repo_type="dataset", private=True)
files = [path for path in folder.rglob("*") if path.is_file() and "dropped" not in path.parts]
adds = [CommitOperationAdd(path.relative_to(folder).as_posix(), path) for path in files]
done = api.create_commit(repo, adds, commit_message="Version 1.0.0", repo_type="dataset")
api.create_tag(repo, tag="v1.0.0", revision=done.oid, repo_type="dataset")
"""
CHUNK, LEAST, MOST = 2**16, 2**13, 2**17
"""Bytes of a chunk of the store: on average, at least and at most, as the Hub's has them."""

Run = Callable[..., float]


@contextmanager
def hub(folder: Path, line: float) -> Iterator[dict[str, str]]:
    """Serve a Hub in a process of its own; gives the environment of its clients."""
    command = [sys.executable, "-m", "hub_server", str(folder / "store")]
    command += ["--bytes-per-second", str(line * 1e6)] if line else []
    path = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen(command, env=path, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        told = dict(word.split("=", 1) for word in server.stdout.readline().split())
        settings = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "NO_PROXY": "*"}
        yield {**os.environ, **told, **settings, "HF_HOME": str(folder / "hf")}
        server.terminate()


def timed(environment: dict[str, str]) -> Run:
    """Return what runs a program and gives its wall time in seconds, its start included."""

    def run(*command: str) -> float:
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, *command],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return time.perf_counter() - start

    return run


def round_of(folder: Path, scratch: Path, line: float) -> dict[str, float]:
    """Publish once each way, then again without a change, and verify; return the seconds of each."""
    product = ("-m", "crossthink_hub")
    found = {}
    with TemporaryDirectory(dir=scratch) as place, hub(Path(place), line) as environment:
        run = timed(environment)
        found["push"] = run(*product, "push", "you/ours", "--dir", str(folder))
        found["create_commit"] = run("-c", PLAIN, str(folder), "you/plain")
        found["push, unchanged"] = run(*product, "push", "you/ours", "--dir", str(folder))
        found["verify, with download"] = run(*product, "verify", "you/ours")
        found["verify, in the cache"] = run(*product, "verify", "you/ours")
    return found


def hashing(folder: Path) -> float:
    """Return the seconds in which one core hashes the folder's data files."""
    start = time.perf_counter()
    for path in (folder / "data").rglob("*.parquet"):
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256").hexdigest()
    return time.perf_counter() - start


def new_bytes(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the bytes that a store of chunks lacks when one row is added, and how many there are.

    With our writer, and with the same but for its content-defined chunking.
    """
    rows = pq.read_table(sorted((folder / "data" / "gpr_up").glob("train-*.parquet"))[0])
    more = pa.concat_tables([rows.slice(0, 50), rows.slice(len(rows) - 1), rows.slice(50)])
    found = {}
    for name, choices in {"ours": {}, "without": {"use_content_defined_chunking": False}}.items():
        files = []
        for table in (rows, more):
            sink = pa.BufferOutputStream()
            pq.write_table(table.combine_chunks(), sink, **{**WRITER, **choices})
            files.append(sink.getvalue().to_pybytes())
        known = {hashlib.sha256(chunk).digest() for chunk in chunks(files[0])}
        lacking = (chunk for chunk in chunks(files[1]) if hashlib.sha256(chunk).digest() not in known)
        found[name] = (sum(map(len, lacking)), len(files[1]))
    return found


def chunks(content: bytes) -> Iterator[bytes]:
    """Cut where the content says so: where a rolling hash of the last 64 bytes ends in zeros."""
    gear = np.random.default_rng(0).integers(0, 2**64, 256, np.uint64)
    values = gear[np.frombuffer(content, np.uint8)]
    hashes = np.zeros(len(values), np.uint64)
    for age in range(64):
        hashes[age:] += values[: len(values) - age] << np.uint64(age)
    ends = np.flatnonzero(hashes >> np.uint64(48) == 0) + 1
    start = 0
    for end in [*ends.tolist(), len(content)]:
        while end - start > MOST:
            yield content[start : start + MOST]
            start += MOST
        if end - start >= LEAST or end == len(content):
            yield content[start:end]
            start = end


def main() -> None:
    """Take turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=sum(PAPER_ROWS.values()))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--line", type=float, nargs="+", default=[0, 125, 25])
    parser.add_argument("--json", type=Path, help="keep the numbers in this file")
    args = parser.parse_args()
    sources = data(args.rows)
    with TemporaryDirectory(dir=DATA) as scratch:
        folder = Path(scratch, "crossthink")
        build = [sys.executable, "-m", "crossthink_hub", "build", "gpr_up", "--sources", str(sources)]
        subprocess.run([*build, "--out", str(folder)], check=True, stdout=subprocess.DEVNULL)
        size = sum(path.stat().st_size for path in (folder / "data").rglob("*.parquet"))
        numbers = {
            str(line): [round_of(folder, Path(scratch), line) for _ in range(args.rounds)]
            for line in args.line
        }
        Console().print(f"{size / 1e6:.1f} MB of data; hashed by one core in {hashing(folder):.2f} s")
        for name, (lacking, total) in new_bytes(folder).items():
            Console().print(f"one row more, chunking {name}: {lacking:,} of {total:,} bytes are new")
    for line, rounds in numbers.items():
        show(line, rounds)
    if args.json:
        args.json.write_text(json.dumps(numbers, indent=2) + "\n")


def show(line: str, rounds: list[dict[str, float]]) -> None:
    """Print the medians on one line."""
    peer = statistics.median(one["create_commit"] for one in rounds)
    title = "loopback" if float(line) == 0 else f"{line} MB/s"
    table = Table("what", "median s (min-max)", "to create_commit", title=title, title_justify="left")
    for name in rounds[0]:
        times = [one[name] for one in rounds]
        middle = statistics.median(times)
        table.add_row(name, f"{middle:.2f} ({min(times):.2f}-{max(times):.2f})", f"{middle / peer:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
