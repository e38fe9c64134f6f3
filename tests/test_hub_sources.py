"""Sources from the Hub: unmodified clients against a small Hub on loopback, each in a process of its own."""

import io
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_server import STRANGER_TOKEN, TOKEN, Fault, Hub, client_environment, serving, upstreams

from crossthink_hub.errors import OutputError, SourceError
from crossthink_hub.sources.lock import LockedFile, LockedSource, read_lock, write_lock
from crossthink_hub.sources.registry import choose

MMLU, MATH = "cais/mmlu", "hkust-nlp/SimpleRL-Zoo-Data"
MMLU_FILE = "all/auxiliary_train-00000-of-00001.parquet"
MATH_FILE = "simplelr_qwen_level3to5/train.jsonl"
Done = subprocess.CompletedProcess[str]
Crossthink = Callable[..., Done]


def parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


def mmlu(rows: int, first: int = 0) -> dict[str, bytes]:
    """Return the files of the upstream, with other splits and configs beside the training rows."""
    train = [
        {"question": f"{n} + 1?", "choices": [str(n), str(n + 1)], "answer": 1, "subject": ""}
        for n in range(first, first + rows)
    ]
    return {
        "README.md": b"---\nlicense: mit\n---\n",
        MMLU_FILE: parquet(train),
        "all/test-00000-of-00001.parquet": parquet(train[:1]),
        "all/dev-00000-of-00001.parquet": parquet(train[:1]),
        "virology/test-00000-of-00001.parquet": parquet(train[:1]),
    }


def math(rows: int) -> dict[str, bytes]:
    lines = [json.dumps({"question": f"What is {n} * 2?", "answer": str(2 * n)}) + "\n" for n in range(rows)]
    return {MATH_FILE: "".join(lines).encode() + b"\n"}


@pytest.fixture
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Serve two sources, in pages so small that clients have to follow the links."""
    with serving(Hub(tmp_path_factory.mktemp("hub"), page_size=3)) as found:
        found.repo(MMLU, mmlu(7))
        found.repo(MATH, math(5))
        yield found


@pytest.fixture
def crossthink(hub: Hub, tmp_path: Path) -> Iterator[Crossthink]:
    """Run the command line as someone whose Hub is the small one; no run ever prints a token."""
    said: list[str] = []

    def run(*arguments: str, code: str | None = None, **environment: str) -> Done:
        program = ["-c", code] if code else ["-m", "crossthink_hub", *arguments]
        done = subprocess.run(
            [sys.executable, *program],
            cwd=tmp_path,
            env={**client_environment(tmp_path, hub.url), **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        said.append(done.stdout + done.stderr)
        return done

    yield run
    assert TOKEN not in "".join(said)
    assert "Traceback" not in "".join(said)


def plain(done: Done, code: int = 0) -> str:
    """Return what a run said to a person, after checking its exit code."""
    assert done.returncode == code, done.stdout + done.stderr
    return " ".join(done.stderr.split())


def lock_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "sources.lock.json").read_text())["sources"]
    return found


def closed_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_the_first_run_says_what_it_downloads_and_locks_it(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    done = crossthink("sources", "lock", "mmlu", "hendrycks_math", "--json")
    said = plain(done)
    sizes = {
        "mmlu": len(hub.repos[MMLU].files()[MMLU_FILE]),
        "hendrycks_math": len(math(5)[MATH_FILE]),
    }
    assert f"mmlu: {MMLU} at {hub.repos[MMLU].refs['main'][:8]} (newest): 1 file" in said
    assert f"{sizes['hendrycks_math']} bytes to download" in said
    assert "total:" in said
    assert "free in" in said
    assert json.loads(done.stdout) == lock_of(tmp_path)
    for name, repo, rows in (("mmlu", MMLU, 7), ("hendrycks_math", MATH, 5)):
        locked = lock_of(tmp_path)[name]
        assert (locked["repo"], locked["revision"]) == (repo, hub.repos[repo].refs["main"])
        assert locked["rows"] == rows
        assert [file["bytes"] for file in locked["files"]] == [sizes[name]]


def test_locked_sources_are_read_at_their_commit_until_a_refresh(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    plain(crossthink("sources", "lock", "mmlu"))
    first = (tmp_path / "sources.lock.json").read_bytes()
    newer = hub.repos[MMLU].commit(mmlu(9))
    hub.requests.clear()
    assert plain(crossthink("sources", "lock", "mmlu")) == "", "nothing to download, nothing to say"
    assert not hub.requests, "what is locked and in the cache needs no request"
    said = plain(crossthink("sources", "lock", "mmlu", HF_HOME=str(tmp_path / "elsewhere")))
    assert "(locked)" in said
    assert (tmp_path / "sources.lock.json").read_bytes() == first
    assert "(newest)" in plain(crossthink("sources", "lock", "mmlu", "--refresh"))
    assert (lock_of(tmp_path)["mmlu"]["revision"], lock_of(tmp_path)["mmlu"]["rows"]) == (newer, 9)


def test_a_refresh_keeps_what_is_not_named_and_downloads_no_equal_file(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    plain(crossthink("sources", "lock", "mmlu", "hendrycks_math"))
    before = lock_of(tmp_path)
    hub.repos[MMLU].commit({**mmlu(7), "more.md": b"x"})
    assert plain(crossthink("sources", "lock", "mmlu", "--refresh")) == "", "the same file is in the cache"
    after = lock_of(tmp_path)
    assert after["hendrycks_math"] == before["hendrycks_math"]
    assert after["mmlu"]["revision"] != before["mmlu"]["revision"]
    assert after["mmlu"]["files"] == before["mmlu"]["files"]


FETCH = """
from pathlib import Path
from crossthink_hub.sources import SOURCES
from crossthink_hub.sources.hub import fetch
from crossthink_hub.sources.registry import named
for name, found in fetch(named(SOURCES, ["mmlu"]), Path("sources.lock.json")).items():
    print(name, found.repo, found.revision, *found.files)
    print(all(found.folder / file == path and path.is_file() for file, path in found.files.items()))
"""


def test_files_are_found_offline_with_their_repository_and_commit(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    plain(crossthink("sources", "lock", "mmlu"))
    done = crossthink(code=FETCH, HF_HUB_OFFLINE="1", HF_ENDPOINT=closed_port())
    plain(done)
    assert done.stdout.splitlines() == [f"mmlu {MMLU} {hub.repos[MMLU].refs['main']} {MMLU_FILE}", "True"]
    empty = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "empty")}
    assert "HF_HUB_OFFLINE" in plain(crossthink("sources", "lock", "mmlu", **empty), 3)


@pytest.mark.parametrize("locked", [False, True])
def test_without_a_network_it_says_so_soon(crossthink: Crossthink, tmp_path: Path, locked: bool) -> None:
    if locked:
        plain(crossthink("sources", "lock", "mmlu"))
    start, address = time.monotonic(), closed_port()
    done = crossthink("sources", "lock", "mmlu", HF_ENDPOINT=address, HF_HOME=str(tmp_path / "empty"))
    assert f"the connection to {address} failed" in plain(done, 3)
    assert "Check the network" in done.stderr
    assert time.monotonic() - start < 30


def test_a_file_that_is_not_what_the_lock_says_is_refused(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    plain(crossthink("sources", "lock", "mmlu"))
    path = tmp_path / "sources.lock.json"
    right = lock_of(tmp_path)["mmlu"]["files"][0]["sha256"]
    path.write_text(path.read_text().replace(right, "f" * 64))
    said = plain(crossthink("sources", "lock", "mmlu"), 3)
    for part in (MMLU_FILE, right, "f" * 64, "not what the lock file says", "--refresh"):
        assert part in said


@pytest.mark.parametrize(("name", "file"), [("mmlu", MMLU_FILE), ("hendrycks_math", MATH_FILE)])
def test_a_damaged_download_is_never_locked_and_can_be_had_again(
    hub: Hub, crossthink: Crossthink, tmp_path: Path, name: str, file: str
) -> None:
    hub.faults.append(Fault("corrupt", path=file))
    said = plain(crossthink("sources", "lock", name), 3)
    assert "not what the Hub says" in said
    assert not (tmp_path / "sources.lock.json").exists()
    Path(said.split("delete ")[1].split(" and run again")[0]).unlink()
    plain(crossthink("sources", "lock", name))
    assert list(lock_of(tmp_path)) == [name]


def test_a_download_that_breaks_off_is_resumed(hub: Hub, crossthink: Crossthink, tmp_path: Path) -> None:
    hub.faults.append(Fault("truncate", path=MMLU_FILE))
    plain(crossthink("sources", "lock", "mmlu"))
    assert lock_of(tmp_path)["mmlu"]["rows"] == 7


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("truncate", path=MMLU_FILE, keep=0, times=None), "the connection to"),
        (Fault("status", path=MMLU, status=500, times=None), "HTTP 500"),
    ],
)
def test_a_failing_hub_is_an_error_in_plain_words(
    hub: Hub, crossthink: Crossthink, fault: Fault, said: str
) -> None:
    hub.faults.append(fault)
    assert said in plain(crossthink("sources", "lock", "mmlu"), 3)


ALTERNATES = """
from dataclasses import replace
from pathlib import Path
from crossthink_hub.cli import main
from crossthink_hub import sources
from crossthink_hub.sources.registry import Alternate
others = tuple(Alternate(repo, ("**/*",)) for repo in ("gone/too", "empty/repo", "copy/of-math"))
sources.SOURCES = (replace(sources.HENDRYCKS_MATH, alternates=others),)
main()
"""


def test_an_alternate_is_taken_when_the_repository_is_gone(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    del hub.repos[MATH]
    hub.repo("empty/repo", {"README.md": b"moved"})
    hub.repo("copy/of-math", math(4))
    program = ALTERNATES.replace("main()", "import sys; sys.argv[1:] = ['sources', 'lock']; main()")
    said = plain(crossthink(code=program))
    assert f"hendrycks_math: {MATH} is not on the Hub, or is private; taking copy/of-math instead" in said
    locked = lock_of(tmp_path)["hendrycks_math"]
    assert (locked["repo"], locked["rows"]) == ("copy/of-math", 4)
    del hub.repos["copy/of-math"]
    said = plain(crossthink(code=program.replace("'lock'", "'lock', '--refresh'")), 3)
    for part in (MATH, "gone/too", "empty/repo has no file like **/*", "README.md", "copy/of-math"):
        assert part in said


def test_a_source_whose_repository_is_gone_can_be_left_out(hub: Hub, crossthink: Crossthink) -> None:
    del hub.repos[MMLU]
    program = FETCH.replace('["mmlu"]', '["mmlu", "hendrycks_math"]')
    program = program.replace('lock.json")', 'lock.json"), allow_missing=True')
    done = crossthink(code=program)
    assert f"{MMLU} is not on the Hub, or is private; left out" in plain(done)
    assert done.stdout.startswith("hendrycks_math")


def test_two_sources_in_one_repository_are_locked_each_with_its_file(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    qa, math_ = (f"Data/Nemotron-CrossThink-{part}.jsonl" for part in ("QA", "Math"))
    hub.repo("nvidia/Nemotron-CrossThink", {qa: b'{"a": "qa"}\n', math_: b'{"a": "math"}\n'})
    plain(crossthink("sources", "lock", "persona_math", "syn_qa"))
    paths = {name: [file["path"] for file in found["files"]] for name, found in lock_of(tmp_path).items()}
    assert paths == {"persona_math": [math_], "syn_qa": [qa]}


def test_a_gated_repository_asks_to_accept_its_terms(hub: Hub, crossthink: Crossthink) -> None:
    hub.repos[MMLU].gated = True
    for token in ({}, {"HF_TOKEN": STRANGER_TOKEN}):
        said = plain(crossthink("sources", "lock", "mmlu", **token), 3)
        assert f"{hub.url}/datasets/{MMLU}" in said
        assert "hf auth login" in said
    plain(crossthink("sources", "lock", "mmlu", HF_TOKEN=TOKEN))
    assert TOKEN in hub.seen


def test_a_commit_that_is_gone_is_named(hub: Hub, crossthink: Crossthink, tmp_path: Path) -> None:
    plain(crossthink("sources", "lock", "mmlu"))
    path = tmp_path / "sources.lock.json"
    path.write_text(path.read_text().replace(hub.repos[MMLU].refs["main"], "a" * 40))
    said = plain(crossthink("sources", "lock", "mmlu"), 3)
    assert MMLU in said
    assert "does not have this commit" in said
    assert "--refresh" in said


def test_a_disk_that_is_too_small_is_known_before_the_download(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    hub.sizes[MMLU_FILE] = 5 * 10**15
    said = plain(crossthink("sources", "lock", "mmlu"), 4)
    assert "5.0 PB to download" in said
    assert "needs 5.0 PB" in said
    assert not any(str(request).startswith("GET /lfs/") for request in hub.requests)
    assert not (tmp_path / "sources.lock.json").exists()


def test_an_unknown_source_is_a_usage_error(crossthink: Crossthink) -> None:
    assert "Did you mean 'mmlu'?" in plain(crossthink("sources", "lock", "mmlo"), 2)


@pytest.mark.parametrize("verb", [["sources", "lock"], ["doctor"]])
def test_help_has_an_example(crossthink: Crossthink, verb: list[str]) -> None:
    assert f"Example: crossthink {' '.join(verb)}" in " ".join(crossthink(*verb, "--help").stdout.split())


def test_doctor_says_what_this_machine_has_and_no_token(crossthink: Crossthink) -> None:
    environment = {"HF_ENDPOINT": "http://me:secret@127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    done = crossthink("doctor", "--json", HF_TOKEN=TOKEN, **environment)
    plain(done)
    assert "secret" not in done.stdout
    texts = " ".join(finding["text"] for finding in json.loads(done.stdout))
    for part in ("pyarrow", "free", "a Hub token is set", "HF_HUB_OFFLINE", "http://127.0.0.1:9"):
        assert part in texts


def test_doctor_reads_little_of_each_upstream_and_says_what_differs(hub: Hub, crossthink: Crossthink) -> None:
    hub.repo(MATH, {MATH_FILE: math(5)[MATH_FILE] * 200_000})
    hub.repo("facebook/natural_reasoning", {"data.jsonl": b'{"ask": "?", "say": "!"}\n'})
    hub.repo("AI-MO/NuminaMath-CoT", {"data/train-0.parquet": b"no Parquet at all"})
    hub.repo("nvidia/Nemotron-CrossThink", {"Data/Nemotron-CrossThink-QA.jsonl": b"{}\n"}, gated=True)
    done = crossthink("doctor", "--hub", "--json")
    assert done.returncode == 1
    findings = json.loads(done.stdout)
    said = {name: [f for f in findings if f["about"] == name] for name in (f["about"] for f in findings)}
    assert [finding["level"] for finding in said["mmlu"]] == ["ok", "warning", "ok", "ok"]
    texts = {name: " ".join(finding["text"] for finding in found) for name, found in said.items()}
    assert f"{MMLU} at {hub.repos[MMLU].refs['main']}" in texts["mmlu"]
    assert "7 rows, the paper has 99,842" in texts["mmlu"]
    assert "7 of the first 7 rows have question and answer: “0 + 1?” — “1”" in texts["mmlu"]
    assert [finding["level"] for finding in said["hendrycks_math"]] == ["ok", "ok", "ok"]
    assert "What is 0 * 2?" in texts["hendrycks_math"]
    assert hub.sent[MATH_FILE] < 3 << 18, "a small part of 46 MB"
    assert "found ask, say" in texts["natural_reasoning"]
    assert "expected a Parquet file" in texts["numina_math"]
    assert "gated" in texts["syn_qa"]
    assert "has no file like" in texts["persona_math"]
    shown = crossthink("doctor", "--hub")
    assert "natural_reasoning" in shown.stdout
    assert "4 errors" in shown.stdout


FILE = {"path": "a/b.jsonl", "bytes": 3, "sha256": "0" * 64}
SOURCE = {"repo": "a/b", "revision": "c" * 40, "files": [FILE], "rows": 1}


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ("{", "line 1, column 2"),
        ("[]", "is not of type 'object'"),
        ({"format": 2, "sources": {}}, "format: 1 was expected"),
        ({"format": 1, "sources": {"mmlu": {**SOURCE, "revision": "main"}}}, "sources.mmlu.revision: 'main'"),
        ({"format": 1, "sources": {"mmlu": {**SOURCE, "files": []}}}, "sources.mmlu.files"),
        ({"format": 1, "sources": {"mmlu": {**SOURCE, "rows": "7"}}}, "sources.mmlu.rows"),
        ({"format": 1, "sources": {"mmlu": {**SOURCE, "files": [{**FILE, "path": "../x"}]}}}, "files.0.path"),
        ({"format": 1, "sources": {"mmlu": {**SOURCE, "files": [{**FILE, "path": "/x"}]}}}, "files.0.path"),
        ({"format": 1, "sources": {"mmlu": {"repo": "a/b"}}}, "(and 2 more)"),
    ],
)
def test_a_broken_lock_file_names_the_place(tmp_path: Path, lock: Any, said: str) -> None:
    path = tmp_path / "sources.lock.json"
    path.write_text(lock if isinstance(lock, str) else json.dumps(lock))
    with pytest.raises(SourceError) as caught:
        read_lock(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "crossthink sources lock" in str(caught.value)


def test_a_lock_file_is_the_same_bytes_whatever_the_order(tmp_path: Path) -> None:
    files = (LockedFile("a.jsonl", 1, "0" * 64), LockedFile("b.jsonl", 2, "1" * 64))
    one, other = (LockedSource("a/b", "c" * 40, some, 3) for some in (files, files[::-1]))
    write_lock(tmp_path / "one", {"x": one, "y": one})
    write_lock(tmp_path / "other", {"y": other, "x": other})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert read_lock(tmp_path / "one") == {"x": one, "y": one}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "other"]
    with pytest.raises(OutputError):
        write_lock(tmp_path / "one" / "below-a-file", {})


PATHS = ["train.csv", "data/train-0.csv", "data/x.csv", "a/all/train.csv", "a/b/c.csv", "a/data/y.csv"]


@pytest.mark.parametrize(
    "pattern", ["**/*", "*", "data/*", "data/train-*", "**/all/train*", "**/data/*", "a/**/*.csv"]
)
def test_patterns_choose_what_globbing_a_folder_finds(tmp_path: Path, pattern: str) -> None:
    for name in PATHS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    globbed = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob(pattern) if path.is_file()}
    assert choose(PATHS, [pattern]) == sorted(globbed)


def test_other_splits_and_hidden_files_are_not_chosen() -> None:
    names = ["data/test-0.csv", ".git/x.csv", "data/.x.csv", "dev/x.csv", "x.md", "data/train.csv"]
    assert choose(names, ["nowhere/*", "**/*"]) == ["data/train.csv"]


# A build from the Hub, from end to end.


def test_a_build_from_the_hub_locks_its_sources_and_says_in_every_row_where_it_is_from(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    build = ("build", "gpr_up", "--sources", "hub", "--allow-missing", "--json")
    first = json.loads(crossthink(*build).stdout)
    assert first["kind"] == "hub"
    for name, repo in (("mmlu", MMLU), ("hendrycks_math", MATH)):
        found = first["sources"][name]["repo"], first["sources"][name]["revision"]
        assert found == (repo, hub.repos[repo].refs["main"]) == (repo, lock_of(tmp_path)[name]["revision"])
    row = json.loads(crossthink("show", "gpr_up", "-n", "1", "--json").stdout)
    source = row["meta_data"]["source"]
    assert row["meta_data"]["upstream"]["revision"] == lock_of(tmp_path)[source]["revision"]
    hub.repo(MMLU, mmlu(9, first=100))
    assert json.loads(crossthink(*build).stdout) == first, "a newer commit changes nothing"
    assert crossthink("validate").returncode == 0


TRAINING_FILES = {
    "mmlu": ["auxiliary_train/train-00000-of-00001.parquet"],
    "syn_qa": ["Data/Nemotron-CrossThink-QA.jsonl"],
    "natural_reasoning": ["full.jsonl"],
    "numina_math": ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"],
    "persona_math": ["Data/Nemotron-CrossThink-Math.jsonl"],
    "hendrycks_math": ["simplelr_qwen_level3to5/train.parquet"],
}


def test_all_upstreams_are_built_from_the_layouts_they_have_and_stay_as_they_were_locked(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    for id_, files in upstreams.upstreams().items():
        hub.repo(id_, files)
    before = {id_: repo.refs["main"] for id_, repo in hub.repos.items()}
    plain(crossthink("sources", "lock"))
    locked = lock_of(tmp_path)
    assert {
        name: [file["path"] for file in found["files"]] for name, found in locked.items()
    } == TRAINING_FILES
    assert {found["rows"] for found in locked.values()} == {20}
    assert all(found["revision"] == before[found["repo"]] for found in locked.values())
    for id_, files in upstreams.upstreams(rows=30).items():
        hub.repos[id_].commit(files)
        assert hub.repos[id_].refs["main"] != before[id_]
    build = ("build", "gpr_up", "--sources", "hub", "--json")
    done = crossthink(*build, HF_HOME=str(tmp_path / "elsewhere"))
    plain(done)
    sources = json.loads(done.stdout)["sources"]
    assert {name: found["revision"] for name, found in sources.items()} == {
        name: found["revision"] for name, found in locked.items()
    }
    assert all(found["rows_usable"] == {"as_is": 20} for found in sources.values())
    assert not any("test-" in path or "abel" in path for path in hub.sent)


@pytest.mark.parametrize("layout", [upstreams.mmlu, upstreams.flat_mmlu, upstreams.csv_mmlu])
def test_every_layout_of_mmlu_is_read(
    hub: Hub, crossthink: Crossthink, tmp_path: Path, layout: Callable[[int], dict[str, bytes]]
) -> None:
    hub.repo(MMLU, layout(20))
    done = crossthink("build", "mmlu", "--sources", "hub", "--json")
    plain(done)
    assert json.loads(done.stdout)["sources"]["mmlu"]["rows_usable"] == {"as_is": 20}
    assert lock_of(tmp_path)["mmlu"]["rows"] == 20


def test_a_build_from_a_gated_repository_says_where_to_accept_its_terms(
    hub: Hub, crossthink: Crossthink, tmp_path: Path
) -> None:
    hub.repos[MMLU].gated = True
    build = ("build", "mmlu", "--sources", "hub")
    said = plain(crossthink(*build, HF_TOKEN=STRANGER_TOKEN), 3)
    assert f"{hub.url}/datasets/{MMLU}" in said
    assert hub.requests[-1].status == 403
    assert not (tmp_path / "crossthink").exists()
    plain(crossthink(*build, HF_TOKEN=TOKEN))


def test_an_alternate_with_other_rows_is_refused(hub: Hub, crossthink: Crossthink, tmp_path: Path) -> None:
    del hub.repos[MATH]
    hub.repo("aidando73/math_level3to5_data", {"train.jsonl": math(5)[MATH_FILE]})
    done = crossthink("build", "hendrycks_math", "--sources", "hub")
    said = plain(done, code=3)
    assert "stands in for hkust-nlp/SimpleRL-Zoo-Data but holds other rows: expected 8,523" in said
    assert not (tmp_path / "crossthink").exists()
