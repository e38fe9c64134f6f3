"""A build replaces a folder whole or not at all, and never touches files that it did not make."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.errors import CrossThinkError, OutputError, SourceError, UsageError
from crossthink_hub.validation import validate

GPR_UP = BuildSettings(("gpr_up",), size=100)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_rebuild_leaves_nothing_of_the_build_before(tmp_path: Path) -> None:
    build(BuildSettings(("gpr_up", "nd"), size=100), "sample", tmp_path / "twice")
    build(GPR_UP, "sample", tmp_path / "twice")
    build(GPR_UP, "sample", tmp_path / "once")
    assert snapshot(tmp_path / "twice") == snapshot(tmp_path / "once")


def test_a_build_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "crossthink"
    build(GPR_UP, "sample", out)
    before = snapshot(out)
    with pytest.raises(UsageError, match="has at most"):
        build(BuildSettings(("gpr_up",), size=10_000), "sample", out)
    assert snapshot(out) == before


def test_a_first_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "mirror/mmlu").mkdir(parents=True)
    (tmp_path / "mirror/mmlu/train.parquet").write_text("not parquet")
    with pytest.raises(SourceError, match=r"train\.parquet"):
        build(BuildSettings(("gpr_up",), allow_missing=True), str(tmp_path / "mirror"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_source_without_a_usable_row_is_missing_not_silent(tmp_path: Path) -> None:
    math = [json.dumps({"question": f"{i}+1?", "answer": str(i + 1)}) for i in range(20)]
    for name, lines in {"mmlu/part.csv": ["?,1,2,3,4,F"] * 3, "hendrycks_math/train.jsonl": math}.items():
        (tmp_path / "mirror" / name).parent.mkdir(parents=True)
        (tmp_path / "mirror" / name).write_text("\n".join(lines) + "\n")
    with pytest.raises(SourceError, match="none of the rows of mmlu"):
        build(BuildSettings(("mmlu",)), str(tmp_path / "mirror"), tmp_path / "out")
    settings = BuildSettings(("gpr_up",), allow_missing=True)
    manifest = build(settings, str(tmp_path / "mirror"), tmp_path / "out")
    assert manifest["left_out"]["mmlu"] == "no usable row"
    assert manifest["sources"]["mmlu"]["rows_dropped"] == {"answer_not_in_options": 3}
    assert "mmlu" in (tmp_path / "out/README.md").read_text().split("Built without")[1]


@pytest.mark.parametrize("name", ["README.md", "notes.txt", "data"])
def test_files_that_no_build_made_are_not_touched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match="no build made"):
        build(GPR_UP, "sample", tmp_path)
    assert snapshot(tmp_path) == {name: b"mine"}


def test_a_file_in_the_place_of_the_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="is a file"):
        build(GPR_UP, "sample", tmp_path / "out")


def test_a_full_disk_is_said_and_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "crossthink"
    build(GPR_UP, "sample", out)
    before = snapshot(out)
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000));"
        "from crossthink_hub.cli import main;"
        "sys.argv = ['crossthink', 'build', 'gpr_up', '--sources', 'sample', '--seed', '1']; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 4, done.stderr
    assert "can't be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert snapshot(out) == before


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_leaves_what_was_there_and_does_not_stop_the_next(
    tmp_path: Path, kill: signal.Signals
) -> None:
    out = tmp_path / "crossthink"
    build(GPR_UP, "sample", out)
    command = ["build", "gpr_up", "--sources", "sample", "--size", "300000", "--oversample"]
    command += ["--out", str(out), "--seed", "3"]
    running = subprocess.Popen([sys.executable, "-m", "crossthink_hub", *command], stderr=subprocess.PIPE)
    scratch = out / f".building-{running.pid}"
    deadline = time.monotonic() + 60
    while not list(scratch.glob("data/gpr_up/*.parquet")):
        assert time.monotonic() < deadline
        assert running.poll() is None, running.stderr
        time.sleep(0.01)
    with pytest.raises(OutputError, match="another build is at work"):
        build(GPR_UP, "sample", out)
    running.send_signal(kill)
    _, said = running.communicate(timeout=60)
    assert running.returncode != 0
    assert b"Traceback" not in said
    assert validate(out) == []
    assert json.loads((out / "manifest.json").read_text())["seed"] == 0
    build(GPR_UP, "sample", out)
    assert not list(out.glob(".*"))


def test_all_errors_are_one_family() -> None:
    codes = {error: error.exit_code for error in (CrossThinkError, UsageError, SourceError, OutputError)}
    assert list(codes.values()) == [1, 2, 3, 4]
