"""The floor: pyarrow alone reading the sources and writing the finished output, on two threads."""

import argparse
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.parquet as pq

from crossthink_hub.building.parquet import WRITER

THREADS = 2
AT_ONCE = 32
"""Shards loaded at a time."""
READERS: dict[str, Callable[[Path], pa.Table]] = {
    ".parquet": pq.read_table,
    ".jsonl": pa_json.read_json,
    ".csv": pa_csv.read_csv,
}


def read(sources: Path) -> float:
    """Read every source file, one after the other, each on all threads; return the seconds."""
    files = sorted(path for path in sources.rglob("*") if path.suffix in READERS)
    start = perf_counter()
    for path in files:
        READERS[path.suffix](path)
    return perf_counter() - start


def write(shards: Sequence[Path], built: Path, out: Path) -> tuple[float, int]:
    """Write the shards again, a file per thread at a time; return the seconds and the rows.

    A few are loaded at a time, which is not timed, so that an output of any size fits in memory.
    """
    seconds, rows = 0.0, 0
    with ThreadPoolExecutor(THREADS) as pool:
        for place in range(0, len(shards), AT_ONCE):
            names = [path.relative_to(built) for path in shards[place : place + AT_ONCE]]
            tables = {name: pq.read_table(built / name).combine_chunks() for name in names}
            for name in names:
                (out / name).parent.mkdir(parents=True, exist_ok=True)
            start = perf_counter()
            list(pool.map(lambda name: pq.write_table(tables[name], out / name, **WRITER), tables))  # noqa: B023
            seconds += perf_counter() - start
            rows += sum(table.num_rows for table in tables.values())
    return seconds, rows


def main() -> None:
    """Time both and print the numbers as JSON; loading the finished output is not timed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path)
    parser.add_argument("built", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    pa.set_cpu_count(THREADS)
    read_s = read(args.sources)
    shards = sorted(args.built.glob("data/*/*.parquet"))
    if not shards:
        raise SystemExit(f"{args.built}: no finished output (data/<config>/*.parquet)")
    write_s, rows = write(shards, args.built, args.out)
    print(json.dumps({"read_s": read_s, "write_s": write_s, "total_s": read_s + write_s, "rows": rows}))


if __name__ == "__main__":
    main()
