"""Laws of every build, checked on generated upstream files through the public interface."""

import json
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count, pairwise
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crossthink_hub.building.manifest import Manifest
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.errors import UsageError
from crossthink_hub.recipe.configs import config as known
from crossthink_hub.recipe.quotas import largest_size, quotas
from crossthink_hub.sources.json_lines import PIECE_BYTES

Record = dict[str, Any]
Upstream = Mapping[str, Sequence[Record]]
NewFolder = Callable[[], Path]
Taken = set[tuple[str, int]]

BLENDS = ("gpr_up", "nd", "mr_up")
COLUMNS = {
    "mmlu": pa.schema(
        {
            "question": pa.string(),
            "choices": pa.list_(pa.string()),
            "answer": pa.int32(),
            "subject": pa.string(),
        }
    ),
    "hendrycks_math": pa.schema(
        {
            "question": pa.string(),
            "answer": pa.string(),
            "subject": pa.string(),
            "extra_info": pa.struct({"index": pa.int64()}),
        }
    ),
}
"""The sources that blends are made of here, as their Parquet files have them."""

law = settings(max_examples=20, deadline=None, derandomize=True)
cheap_law = settings(law, max_examples=200)


# Upstream rows: plain ones that count, odd ones as Hypothesis finds them, and copies of both.


def mcq(question: str | None, options: Sequence[str], answer: int | None, subject: str = "") -> Record:
    return {"question": question, "choices": list(options), "answer": answer, "subject": subject}


def math(question: str, answer: str | None, subject: str = "", index: int | None = None) -> Record:
    return {"question": question, "answer": answer, "subject": subject, "extra_info": {"index": index}}


def plain(source: str, numbers: Sequence[int]) -> list[Record]:
    if source == "mmlu":  # two in a row differ in their options only
        pairs = [(n // 2, ["none"] * (n % 2)) for n in numbers]
        return [mcq(f"What follows {n}?", [f"{n + 2}", f"{n + 1}", *more], 1) for n, more in pairs]
    return [math(f"What is $2 \\cdot {n}$?", f"{2 * n}", "Prealgebra", n) for n in numbers]


def plain_upstream(rows: int) -> dict[str, list[Record]]:
    return {source: plain(source, range(rows)) for source in COLUMNS}


def copied(row: Record, space: str, form: Any, subject: str) -> Record:
    """Return the same problem, but spaced, composed and filed differently."""
    question = unicodedata.normalize(form, row["question"]).replace(" ", space)
    return {**row, "question": question, "subject": subject}


TEXTS = st.text(max_size=8) | st.sampled_from(["café", "cafe\u0301", "two words", "two\n words", "½ $x^2$"])
QUESTIONS = st.text(max_size=20) | st.sampled_from(["Is it so?", "Is  it\nso?", "Is it so in the café?"])
OPTIONS = st.lists(TEXTS, max_size=5) | st.sampled_from([["no", "yes"], ["yes", "yes"], ["who", "yes", "no"]])
SUBJECTS = st.sampled_from(["", "logic", "law"])
COPYING = st.tuples(st.sampled_from([" ", "  ", "\n", " \t"]), st.sampled_from(["NFC", "NFD"]), SUBJECTS)
ODD = {
    "mmlu": st.builds(mcq, QUESTIONS, OPTIONS, st.integers(-1, 5), SUBJECTS),
    "hendrycks_math": st.builds(math, QUESTIONS, TEXTS, SUBJECTS, st.none() | st.integers(0, 2)),
}


@st.composite
def rows_of(draw: st.DrawFn, source: str) -> list[Record]:
    rows = plain(source, range(draw(st.integers(3, 120))))
    rows += draw(st.lists(ODD[source], max_size=8))
    return rows + [copied(draw(st.sampled_from(rows)), *how) for how in draw(st.lists(COPYING, max_size=12))]


UPSTREAMS = st.fixed_dictionaries({source: rows_of(source) for source in COLUMNS})


def problem(row: Record) -> tuple[str, ...]:
    """Return what makes a published row this problem and no other: its texts, however spaced and composed."""
    meta = row["meta_data"]
    answer = row["solution"].removeprefix(f"({meta['answer_letter']}) ")
    texts = (meta["source"], meta["question"], answer, *meta["options"])
    return tuple(re.sub(r"[ \t\n\r\v\f]+", " ", unicodedata.normalize("NFC", text)) for text in texts)


# Folders of upstream files, and what is built from them.


@pytest.fixture(scope="module")
def new_folder() -> Iterator[NewFolder]:
    """Name a folder that is not there yet, another one each time."""
    with TemporaryDirectory() as root:
        numbers = count()
        yield lambda: Path(root, str(next(numbers)))


def write(folder: Path, upstream: Upstream, files: int = 1, kind: str = "jsonl") -> Path:
    """Deal each source's rows into so many files."""
    for source, rows in upstream.items():
        (folder / source).mkdir(parents=True)
        for number in range(files):
            path, own = folder / source / f"part-{number}.{kind}", list(rows[number::files])
            if kind == "parquet":
                pq.write_table(pa.Table.from_pylist(own, COLUMNS[source]), path)
            else:
                path.write_text("".join(json.dumps(row) + "\n" for row in own), "utf-8")
    return folder


@dataclass(frozen=True)
class Built:
    """A built folder and its manifest."""

    folder: Path
    manifest: Manifest

    def files(self, below: str = ".") -> dict[str, bytes]:
        paths = [path for path in (self.folder / below).rglob("*") if path.is_file()]
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}

    def table(self, config: str, split: str) -> pa.Table:
        paths = sorted((self.folder / "data" / config).glob(f"{split}-*.parquet"))
        return pa.concat_tables([pq.read_table(path) for path in paths])

    def rows(self, config: str, split: str) -> list[Record]:
        rows: list[Record] = self.table(config, split).to_pylist()
        return rows

    def taken(self, config: str, split: str = "train") -> dict[str, Taken]:
        """Return, by source, id and repeat of the rows of a split; fail if one stands twice."""
        rows = [(row["id"], row["meta_data"]) for row in self.rows(config, split)]
        taken = {s: {(id_, meta["repeat"]) for id_, meta in rows if meta["source"] == s} for s in COLUMNS}
        assert sum(map(len, taken.values())) == len(rows)
        return taken


def built(upstream: Path, out: Path, *configs: str, **asked: Any) -> Built:
    return Built(
        out, build(BuildSettings(configs or ("gpr_up",), allow_missing=True, **asked), str(upstream), out)
    )


def built_whole(upstream: Path, out: Path, **asked: Any) -> Built:
    """Build from all that there is of a source, not only the paper's number of rows."""
    blends = tuple(replace(known(name), samples=dict.fromkeys(COLUMNS)) for name in BLENDS)
    return Built(
        out, build(BuildSettings((), allow_missing=True, blends=blends, **asked), str(upstream), out)
    )


# Same input, same rows, same bytes.


@given(
    upstream=UPSTREAMS,
    shuffling=st.randoms(use_true_random=False),
    kind=st.sampled_from(["jsonl", "parquet"]),
    workers=st.sampled_from([1, 2, 5]),
    size=st.none() | st.integers(1, 300),
)
@law
def test_order_sharding_format_and_workers_do_not_change_the_data(
    new_folder: NewFolder,
    upstream: Upstream,
    shuffling: random.Random,
    kind: str,
    workers: int,
    size: int | None,
) -> None:
    asked = {"size": size, "oversample": bool(size)}
    shuffled = {source: shuffling.sample(rows, len(rows)) for source, rows in upstream.items()}
    one = built(write(new_folder(), upstream), new_folder(), *BLENDS, **asked, workers=1)
    other = built(write(new_folder(), shuffled, 3, kind), new_folder(), *BLENDS, **asked, workers=workers)
    assert one.files("data") == other.files("data")


@given(upstream=UPSTREAMS, workers=st.sampled_from([2, 5]))
@law
def test_building_again_gives_the_same_bytes_of_every_file(
    new_folder: NewFolder, upstream: Upstream, workers: int
) -> None:
    folder = write(new_folder(), upstream, files=2)
    first = built(folder, new_folder(), *BLENDS, workers=1).files()
    assert {"README.md", "manifest.json", "dropped/mmlu.parquet"} <= set(first)
    again = built(folder, new_folder(), *BLENDS, workers=workers)
    assert again.files() == first
    over_it = built(folder, again.folder, *BLENDS, workers=workers)
    assert over_it.files() == first


# Which rows are taken.


@given(upstream=UPSTREAMS, config=st.sampled_from(BLENDS), size=st.integers(1, 150), more=st.integers(0, 40))
@law
def test_a_blend_holds_every_smaller_one_that_is_two_smallest_weights_away(
    new_folder: NewFolder, upstream: Upstream, config: str, size: int, more: int
) -> None:
    folder = write(new_folder(), upstream)
    small = built(folder, new_folder(), config, size=size, oversample=True)
    away = ceil(2 / min(small.manifest["configs"][config]["weights"].values()))
    large = built(folder, new_folder(), config, size=size + away + more, oversample=True)
    for source, taken in small.taken(config).items():
        assert taken <= large.taken(config)[source]


@given(upstream=UPSTREAMS, sizes=st.tuples(st.integers(1, 150), st.integers(1, 150)))
@law
def test_of_two_sizes_one_takes_all_that_the_other_takes_of_a_source(
    new_folder: NewFolder, upstream: Upstream, sizes: tuple[int, int]
) -> None:
    folder = write(new_folder(), upstream)
    one, other = (built(folder, new_folder(), size=size, oversample=True).taken("gpr_up") for size in sizes)
    for source in COLUMNS:
        assert one[source] <= other[source] or other[source] <= one[source]


@given(upstream=UPSTREAMS, seed=st.integers(-(2**63), 2**63 - 1))
@law
def test_blends_take_the_same_problems_of_a_source_up_to_their_quotas(
    new_folder: NewFolder, upstream: Upstream, seed: int
) -> None:
    blends = built(write(new_folder(), upstream), new_folder(), *BLENDS, seed=seed)
    for source in COLUMNS:
        nested = sorted((blends.taken(name)[source] for name in BLENDS), key=len)
        assert nested[0] <= nested[1] <= nested[2]


@given(upstream=UPSTREAMS, size=st.integers(1, 150))
@law
def test_the_test_split_of_a_source_is_the_same_in_every_config(
    new_folder: NewFolder, upstream: Upstream, size: int
) -> None:
    folder = write(new_folder(), upstream)
    blends = built(folder, new_folder(), *BLENDS, size=size, oversample=True)
    alone = built(folder, new_folder(), "only_mr").taken("only_mr", "test")
    assert alone["hendrycks_math"]
    assert blends.taken("gpr_up", "test")["mmlu"]
    for name in BLENDS:
        assert blends.taken(name, "test")["hendrycks_math"] == alone["hendrycks_math"]
        assert blends.taken(name, "test")["mmlu"] == blends.taken("gpr_up", "test")["mmlu"]


@given(one=st.integers(0, 2**63 - 1), other=st.integers(0, 2**63 - 1))
@law
def test_another_seed_takes_other_rows(new_folder: NewFolder, one: int, other: int) -> None:
    assume(one != other)
    folder = write(new_folder(), plain_upstream(100))
    first, second = (built(folder, new_folder(), size=60, seed=seed).taken("gpr_up") for seed in (one, other))
    for source in COLUMNS:
        assert len(first[source]) == len(second[source])
        assert first[source] != second[source]


@given(
    rows=st.sampled_from([99, 199]) | st.integers(60, 260),
    source=st.sampled_from(list(COLUMNS)),
    copying=st.none() | COPYING,
    seed=st.integers(0, 1000),
)
@law
def test_one_more_upstream_row_exchanges_at_most_one_row(
    new_folder: NewFolder, rows: int, source: str, copying: tuple[str, str, str] | None, seed: int
) -> None:
    upstream = plain_upstream(rows)
    new = copied(upstream[source][seed % rows], *copying) if copying else plain(source, [10_000 + seed])[0]
    grown = {**upstream, source: [new, *upstream[source]]}
    before, after = (
        built(write(new_folder(), each), new_folder(), size=60, seed=seed).taken("gpr_up")
        for each in (upstream, grown)
    )
    for name in COLUMNS:
        assert len(before[name] ^ after[name]) <= (2 if name == source else 0)


# Who a problem is.


@given(upstream=UPSTREAMS)
@law
def test_equal_problems_share_an_id_but_its_ordinal_and_stand_on_one_side(
    new_folder: NewFolder, upstream: Upstream
) -> None:
    everything = built(write(new_folder(), upstream), new_folder(), size=1_000, oversample=True)
    sides: list[set[tuple[str, ...]]] = []
    named: dict[tuple[str, ...], set[str]] = {}
    for split in ("train", "test"):
        rows = everything.rows("gpr_up", split)
        sides.append({problem(row) for row in rows})
        for row in rows:
            named.setdefault(problem(row), set()).add(row["id"])
    assert sides[0].isdisjoint(sides[1])
    first_ids = [min(ids, key=len) for ids in named.values()]
    assert len(set(first_ids)) == len(named)
    for first, ids in zip(first_ids, named.values(), strict=True):
        assert ids == {first, *(f"{first}-{ordinal}" for ordinal in range(2, len(ids) + 1))}
    good = sum(s["rows_kept"] + s["rows_not_sampled"] for s in everything.manifest["sources"].values())
    assert sum(map(len, named.values())) == good


@given(upstream=UPSTREAMS)
@law
def test_an_id_stands_in_one_split_only(new_folder: NewFolder, upstream: Upstream) -> None:
    blends = built(write(new_folder(), upstream), new_folder(), *BLENDS)
    for name in BLENDS:
        train, test = ({row["id"] for row in blends.rows(name, split)} for split in ("train", "test"))
        assert train.isdisjoint(test)


# How many rows are taken.

WEIGHTS = st.lists(st.integers(1, 10**6), min_size=1, max_size=6).map(
    lambda parts: {f"source {i}": Fraction(part, sum(parts)) for i, part in enumerate(parts)}
)


@given(weights=WEIGHTS, rows=st.integers(0, 10**6))
@cheap_law
def test_quotas_sum_to_the_rows_and_are_less_than_one_off(weights: dict[str, Fraction], rows: int) -> None:
    found = quotas(weights, rows)
    assert sum(found.values()) == rows
    assert all(abs(found[name] - weight * rows) < 1 for name, weight in weights.items())


@given(weights=WEIGHTS, rows=st.integers(0, 10**4))
@cheap_law
def test_no_quota_shrinks_over_two_smallest_weights(weights: dict[str, Fraction], rows: int) -> None:
    small, large = quotas(weights, rows), quotas(weights, rows + ceil(2 / min(weights.values())))
    assert all(small[name] <= large[name] for name in weights)


@given(weights=WEIGHTS, data=st.data())
@cheap_law
def test_the_largest_size_fits_and_no_larger_one_does(
    weights: dict[str, Fraction], data: st.DataObject
) -> None:
    available = {name: data.draw(st.integers(0, 1000), name) for name in weights}
    size = largest_size(weights, available)
    assert all(quota <= available[name] for name, quota in quotas(weights, size).items())
    for larger in range(size + 1, size + 10):
        assert any(quota > available[name] for name, quota in quotas(weights, larger).items())


@given(upstream=UPSTREAMS, config=st.sampled_from(BLENDS))
@law
def test_the_largest_build_repeats_nothing_and_one_row_more_is_refused(
    new_folder: NewFolder, upstream: Upstream, config: str
) -> None:
    folder = write(new_folder(), upstream)
    largest = built(folder, new_folder(), config)
    entry = largest.manifest["configs"][config]
    taken = largest.taken(config)
    assert {source: len(own) for source, own in taken.items()} == entry["quotas"]
    assert {repeat for own in taken.values() for _, repeat in own} == {0}
    with pytest.raises(UsageError, match="without repeating one"):
        built(folder, new_folder(), config, size=entry["rows"] + 1)


@given(upstream=UPSTREAMS, config=st.sampled_from(BLENDS), size=st.integers(1, 1_000))
@law
def test_oversampling_repeats_a_source_in_whole_passes(
    new_folder: NewFolder, upstream: Upstream, config: str, size: int
) -> None:
    blend = built(write(new_folder(), upstream), new_folder(), config, size=size, oversample=True)
    held_out = blend.taken(config, "test")
    quota = blend.manifest["configs"][config]["quotas"]
    for source, taken in blend.taken(config).items():
        account = blend.manifest["sources"][source]
        available = account["rows_kept"] + account["rows_not_sampled"] - len(held_out[source])
        passes, rest = divmod(quota[source], available)
        per_repeat = Counter(repeat for _, repeat in taken)
        assert per_repeat == Counter({**dict.fromkeys(range(passes), available), passes: rest})
        ids = [{id_ for id_, own in taken if own == repeat} for repeat in range(passes + 1)]
        assert all(later <= earlier for earlier, later in pairwise(ids))


# Nothing is lost in silence.

GOOD, BLANK = "good", "blank"
UNREADABLE = {"not_a_json_object", "wrong_number_of_cells"}
Line = tuple[str, str]
"""A line of an upstream file and what becomes of it: good, blank, or the reason it is dropped for."""


def json_lines(reason: str, *rows: Record) -> list[Line]:
    return [(json.dumps(row), reason) for row in rows]


ODD_LINES = [
    (" ", BLANK),
    ("", BLANK),
    ('{"question": "cut o', "not_a_json_object"),
    ('["a", "list"]', "not_a_json_object"),
]
LINES: dict[str, list[Line]] = {
    "mmlu/rows.jsonl": [
        *ODD_LINES,
        *json_lines("empty_question", mcq(" \n", ["a", "b"], 0), mcq(None, ["a", "b"], 0)),
        *json_lines("no_options", mcq("One?", ["a"], 0), mcq("None?", [], 0)),
        *json_lines("answer_not_in_options", mcq("C?", ["a", "b"], 2), mcq("No gold?", ["a", "b"], None)),
        *json_lines("answer_not_in_options", mcq("Before A?", ["a", "b"], -1), mcq("Empty?", ["a", ""], 1)),
    ],
    "mmlu/rows.csv": [
        (",a,b,c,d,A", "empty_question"),
        ("E?,a,b,c,d,E", "answer_not_in_options"),
        ('Empty?,a,"",c,d,B', "answer_not_in_options"),
        ("Two options?,a,b,A", "wrong_number_of_cells"),
        ('"Five\noptions?",a,b,c,d,e,A', "wrong_number_of_cells"),
    ],
    "hendrycks_math/rows.jsonl": [
        *ODD_LINES,
        *json_lines("empty_question", math("", "1"), math("\t", "")),
        *json_lines("empty_answer", math("Why?", " \n"), math("Why not?", None)),
    ],
}


@st.composite
def lines_of(draw: st.DrawFn, file: str) -> list[Line]:
    """Mix bad lines with more good ones: a file that is mostly unreadable is refused."""
    bad = draw(st.lists(st.sampled_from(LINES[file]), max_size=20))
    numbers = range(draw(st.integers(len(bad) + 3, len(bad) + 30)))
    if file.endswith(".csv"):
        good = [(f'"Which number\nis {n}?",{n},{n + 1},NA,{n + 3},A', GOOD) for n in numbers]
    else:
        good = json_lines(GOOD, *plain(file.partition("/")[0], numbers))
    return draw(st.permutations([*bad, *good]))


@given(
    files=st.fixed_dictionaries({file: lines_of(file) for file in LINES}),
    size=st.none() | st.integers(1, 60),
)
@law
def test_every_row_read_is_kept_or_not_sampled_or_listed_at_its_place_as_dropped(
    new_folder: NewFolder, files: dict[str, list[Line]], size: int | None
) -> None:
    folder = new_folder()
    for file, lines in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("".join(text + "\n" for text, _ in lines), "utf-8")
    blends = built(folder, new_folder(), "gpr_up", "nd", size=size, oversample=bool(size))
    published = {
        (row["meta_data"]["source"], row["id"])
        for name in ("gpr_up", "nd")
        for split in ("train", "test")
        for row in blends.rows(name, split)
    }
    for source, account in blends.manifest["sources"].items():
        fates = {
            (file.partition("/")[2], place): fate
            for file, lines in files.items()
            if file.startswith(f"{source}/")
            for place, (_, fate) in enumerate(lines)
            if fate != BLANK
        }
        due = {place: fate for place, fate in fates.items() if fate != GOOD}
        dropped = pq.read_table(blends.folder / "dropped" / f"{source}.parquet").to_pylist()
        assert [(row["file"], row["row"], row["reason"]) for row in dropped] == sorted(
            (*place, fate) for place, fate in due.items()
        )
        assert all((row["id"] is None) == (row["reason"] in UNREADABLE) for row in dropped)
        assert account["rows_dropped"] == Counter(due.values())
        assert account["rows_read"] == len(fates)
        assert account["rows_kept"] == sum(own == source for own, _ in published)
        assert account["rows_not_sampled"] == len(fates) - len(due) - account["rows_kept"]


# A larger build: files of several pieces, splits of several shards.

CUT_OFF = (7, 21_000)
"""Places of the lines of the larger MMLU file that can't be read, one near each end."""


@pytest.fixture(scope="module")
def many_rows() -> dict[str, list[Record]]:
    filler = " Mind the gap." * 60
    mmlu = [{**row, "question": row["question"] + filler} for row in plain("mmlu", range(21_500))]
    return {"mmlu": mmlu, "hendrycks_math": plain("hendrycks_math", range(11_200))}


@pytest.fixture(scope="module")
def large(new_folder: NewFolder, many_rows: Upstream) -> Built:
    folder = write(new_folder(), many_rows)
    file = folder / "mmlu" / "part-0.jsonl"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    for place in CUT_OFF:
        lines.insert(place, '{"question": "cut o\n')
    file.write_text("".join(lines), "utf-8")
    assert file.stat().st_size > PIECE_BYTES
    return built_whole(folder, new_folder(), workers=1)


def worst_prefix(blend: Built, config: str) -> float:
    """Return how far, at most, a source's share of a prefix of 5,000 rows or more is from its quota's."""
    meta = blend.table(config, "train")["meta_data"].combine_chunks()
    sources = pc.struct_field(meta, "source").to_numpy(zero_copy_only=False)
    rows = np.arange(1, len(sources) + 1)
    return max(
        np.abs(np.cumsum(sources == source) / rows - quota / len(rows))[4_999:].max()
        for source, quota in blend.manifest["configs"][config]["quotas"].items()
    )


@pytest.mark.parametrize("config", BLENDS)
def test_prefixes_of_5000_rows_and_more_have_the_blends_mixture(large: Built, config: str) -> None:
    assert worst_prefix(large, config) <= 0.015


def test_prefixes_have_the_blends_mixture_and_repeats_stand_apart_when_oversampled(
    new_folder: NewFolder, many_rows: Upstream
) -> None:
    folder = write(new_folder(), {source: rows[:3_000] for source, rows in many_rows.items()})
    repeated = built(folder, new_folder(), size=30_000, oversample=True)
    assert worst_prefix(repeated, "gpr_up") <= 0.015
    neighbours = pairwise(repeated.table("gpr_up", "train")["id"].to_pylist())
    assert sum(one == other for one, other in neighbours) < 30


def test_one_problem_in_a_hundred_of_a_source_is_held_out_up_to_two_hundred(large: Built) -> None:
    for config in BLENDS:
        assert large.manifest["configs"][config]["test"]["counts"] == {"mmlu": 200, "hendrycks_math": 112}


def test_places_of_drops_count_from_the_start_of_a_file_of_many_pieces(large: Built) -> None:
    dropped = pq.read_table(large.folder / "dropped" / "mmlu.parquet")
    assert dropped["row"].to_pylist() == list(CUT_OFF)


def test_shards_do_not_depend_on_order_files_and_workers(
    new_folder: NewFolder, large: Built, many_rows: Upstream
) -> None:
    backwards = {source: rows[::-1] for source, rows in many_rows.items()}
    other = built_whole(write(new_folder(), backwards, files=5), new_folder(), workers=5)
    assert len(list((large.folder / "data" / "gpr_up").glob("train-*"))) > 1
    assert other.files("data") == large.files("data")
