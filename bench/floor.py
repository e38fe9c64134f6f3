"""The floor: pyarrow alone reading the sources and writing the finished output, on two threads."""

import argparse
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.parquet as pq

from crossthink_hub.building.parquet import WRITER

THREADS = 2
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


def write(tables: dict[str, pa.Table], out: Path) -> float:
    """Write the tables, a file per thread at a time; return the seconds."""
    for name in tables:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
    start = perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda name: pq.write_table(tables[name], out / name, **WRITER), tables))
    return perf_counter() - start


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
    tables = {str(path.relative_to(args.built)): pq.read_table(path).combine_chunks() for path in shards}
    write_s = write(tables, args.out)
    rows = sum(table.num_rows for table in tables.values())
    print(json.dumps({"read_s": read_s, "write_s": write_s, "total_s": read_s + write_s, "rows": rows}))


if __name__ == "__main__":
    main()
