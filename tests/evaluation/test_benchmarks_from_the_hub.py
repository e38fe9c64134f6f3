"""Benchmarks from the Hub and from GitHub: unmodified clients against servers on loopback."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hub_server import TOKEN, Hub, client_environment, serving

from crossthink_hub.errors import SourceError
from crossthink_hub.evaluation.benchmarks import github, named
from crossthink_hub.evaluation.benchmarks.fetching import fetch
from crossthink_hub.evaluation.benchmarks.loading import read_benchmark
from crossthink_hub.evaluation.benchmarks.sample import write_sample

AGIEVAL = "ruixiangcui/AGIEval"
LOAD = """
import sys
import crossthink_hub
from crossthink_hub.errors import CrossThinkError
try:
    for name in sys.argv[1:]:
        rows = crossthink_hub.load_benchmark(name)
        print(name, rows.num_rows, rows[0]["meta_data"]["upstream"]["revision"])
except CrossThinkError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def hub(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[Hub]:
    """Serve the sample's files where the benchmarks are on the Hub, among files of other splits."""
    with serving(Hub(tmp_path_factory.mktemp("hub"))) as found:
        for name in ("mmlu", "math_500", "gpqa_diamond", "amc23"):
            (benchmark,) = named([name])
            own = write_sample([benchmark], tmp_path / "sample")[name]
            files = {file: path.read_bytes() for file, path in own.files.items()}
            files |= {"README.md": b"---\nlicense: mit\n---\n", "all/dev-00000-of-00001.parquet": b"PAR1"}
            found.repo(benchmark.repo, files, gated=benchmark.gated)
        yield found


def load(hub: Hub, folder: Path, *names: str, token: str | None = None, **environment: str) -> Any:
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", LOAD, *names],
        cwd=folder,
        env={**client_environment(folder, hub.url, token), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_benchmarks_are_locked_and_read_at_their_commit(hub: Hub, tmp_path: Path) -> None:
    place = tmp_path / "here"
    first = load(hub, place, "math_500", "amc23")
    assert first.returncode == 0, first.stderr
    commits = {name: hub.repos[named([name])[0].repo].refs["main"] for name in ("math_500", "amc23")}
    assert first.stdout.splitlines() == [f"math_500 20 {commits['math_500']}", f"amc23 8 {commits['amc23']}"]
    assert "math_500: HuggingFaceH4/MATH-500 at" in first.stderr
    assert "to download" in first.stderr
    assert "21 of the 500 published rows are here" in first.stderr
    lock = json.loads((place / "hf/crossthink/benchmarks.lock.json").read_text())["sources"]
    assert {name: (own["revision"], own["rows"]) for name, own in lock.items()} == {
        "math_500": (commits["math_500"], 21),
        "amc23": (commits["amc23"], 8),
    }
    assert [file["path"] for file in lock["math_500"]["files"]] == ["test.jsonl"]
    hub.repos["HuggingFaceH4/MATH-500"].commit({"test.jsonl": b'{"problem": "1?", "answer": "1"}\n'})
    again = load(hub, place, "math_500", HF_HUB_OFFLINE="1")
    assert again.stdout == first.stdout.splitlines(keepends=True)[0]
    assert "to download" not in again.stderr


def test_a_file_that_is_not_what_the_lock_says_is_refused(hub: Hub, tmp_path: Path) -> None:
    place = tmp_path / "here"
    load(hub, place, "amc23")
    lock = (place / "hf/crossthink/benchmarks.lock.json").read_text()
    right = json.loads(lock)["sources"]["amc23"]["files"][0]["sha256"]
    (place / "benchmarks.lock.json").write_text(lock.replace(right, "0" * 64))
    done = load(hub, place, "amc23")
    assert done.returncode
    assert right in done.stderr
    assert "0" * 64 in done.stderr


def test_gpqa_asks_to_accept_its_terms_and_is_read_by_who_did(hub: Hub, tmp_path: Path) -> None:
    refused = load(hub, tmp_path / "a", "gpqa_diamond")
    assert "is gated" in refused.stderr
    assert "Accept them at" in refused.stderr
    done = load(hub, tmp_path / "b", "gpqa_diamond", token=TOKEN)
    assert done.stdout.startswith("gpqa_diamond 13 "), done.stderr


def test_the_hub_errors_speak_of_benchmarks(hub: Hub, tmp_path: Path) -> None:
    done = load(hub, tmp_path / "a", "supergpqa")
    assert "m-a-p/SuperGPQA: is not on the Hub" in done.stderr
    assert "crossthink sources lock" not in done.stderr
    assert "a folder of your own for `sources`" in done.stderr


# ---------------------------------------------------------------- GitHub


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a folder as raw.githubusercontent.com; its files of AGIEval are the sample's."""
    (benchmark,) = named(["agieval"])
    root = tmp_path / "raw" / AGIEVAL / str(benchmark.revision)
    (tmp_path / "sample").mkdir()
    write_sample([benchmark], tmp_path / "sample")
    root.parent.mkdir(parents=True)
    (tmp_path / "sample/agieval").rename(root)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "raw")))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(github, "RAW", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf/hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "*")
    yield root
    server.shutdown()
    server.server_close()


def test_agieval_comes_from_github_without_the_tasks_that_are_not_there(raw: Path, tmp_path: Path) -> None:
    lock = tmp_path / "benchmarks.lock.json"
    loaded = read_benchmark("agieval", "hub", lock=lock)
    assert (loaded.account.read, loaded.account.kept) == (44, 40)
    assert "logiqa-en" in loaded.account.missing
    assert not loaded.account.left_alone, "only files of tasks are asked for"
    locked = json.loads(lock.read_text())["sources"]["agieval"]
    assert locked["revision"] == named(["agieval"])[0].revision
    assert (locked["rows"], len(locked["files"])) == (44, 10)


def test_what_is_locked_and_in_the_cache_needs_no_network(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "benchmarks.lock.json"
    first = fetch(named(["agieval"]), lock)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(github, "RAW", "http://127.0.0.1:1")
    assert fetch(named(["agieval"]), lock) == first
    next(iter(first["agieval"].files.values())).unlink()
    with pytest.raises(SourceError, match="HF_HUB_OFFLINE"):
        fetch(named(["agieval"]), lock)


def test_a_file_that_github_changed_is_refused(raw: Path, tmp_path: Path) -> None:
    lock = tmp_path / "benchmarks.lock.json"
    file = fetch(named(["agieval"]), lock)["agieval"].files["data/v1/math.jsonl"]
    file.write_text("{}\n")
    with pytest.raises(SourceError, match="checksum"):
        fetch(named(["agieval"]), lock)


def test_github_that_does_not_answer_is_said_so(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github, "RAW", "http://127.0.0.1:1")
    with pytest.raises(SourceError) as raised:
        fetch(named(["agieval"]), tmp_path / "lock.json")
    assert "the download failed" in str(raised.value)
    assert "a folder of your own" in str(raised.value)
    assert not (tmp_path / "lock.json").exists()
