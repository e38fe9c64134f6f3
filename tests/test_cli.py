"""The command line: what it prints, its exit codes, and errors in plain words."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from common import REPOSITORY

EXAMPLE = REPOSITORY / "docs" / "examples" / "my_blend.yaml"


SAMPLE = ("--sources", "sample")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a built sample in it."""
    folder = tmp_path_factory.mktemp("cli")
    assert crossthink(folder, "build", "gpr_up", *SAMPLE).returncode == 0
    return folder


def crossthink(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "crossthink_hub", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_build_says_what_it_read_dropped_and_wrote_and_how_to_load_it(tmp_path: Path) -> None:
    done = crossthink(tmp_path, "build", "gpr_up", *SAMPLE, "--seed", "0")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    for part in ("answer_not_in_options 3", "0.3243", "made-up rows", 'load_dataset("crossthink", "gpr_up")'):
        assert part in said
    assert max(map(len, done.stdout.splitlines())) <= 80, "fits a terminal of 80 columns"
    assert "…" not in done.stdout
    assert done.stderr == "", "no progress bar where there is no terminal"


def test_build_prints_its_manifest_for_a_script(tmp_path: Path) -> None:
    done = crossthink(tmp_path, "build", "gpr_up", *SAMPLE, "--json", "--size", "1_00")
    assert json.loads(done.stdout) == json.loads((tmp_path / "crossthink/manifest.json").read_text())
    assert json.loads(done.stdout)["configs"]["gpr_up"]["rows"] == 100


def test_show_prints_the_prompt_the_solution_and_the_source(place: Path) -> None:
    rows = [json.loads(line) for line in crossthink(place, "show", "gpr_up", "--json").stdout.splitlines()]
    assert len(rows) == 3
    text = " ".join(crossthink(place, "show", "gpr_up").stdout.replace("│", " ").split())
    for row in rows:
        assert row["id"] in text
        assert " ".join(row["solution"].split()) in text
        assert " ".join(row["meta_data"]["question"].split()) in text


def test_show_prints_the_test_split(place: Path) -> None:
    done = crossthink(place, "show", "gpr_up", "--split", "test", "-n", "1", "--json")
    assert json.loads(done.stdout)["meta_data"]["split"] == "test"


def test_configs_lists_the_paper_and_the_folder(place: Path) -> None:
    entries = json.loads(crossthink(place, "configs", "--json").stdout)
    by_name = {entry["config"]: entry for entry in entries["configs"]}
    assert len(by_name) == 28
    assert by_name["gpr_up"]["built"]["rows"] > 100
    assert by_name["nd"]["built"] is None
    assert round(by_name["nd"]["weights"]["mmlu"], 4) == 0.1696
    text = crossthink(place, "configs").stdout
    assert "0.1696" in text
    assert "no: CC-BY-NC-4.0" in text
    assert max(map(len, text.splitlines())) <= 80, "fits a terminal of 80 columns"
    assert "…" not in text


def test_all_builds_every_config(tmp_path: Path) -> None:
    manifest = json.loads(crossthink(tmp_path, "build", "--all", *SAMPLE, "--json").stdout)
    known = json.loads(crossthink(tmp_path, "configs", "--json").stdout)["configs"]
    assert list(manifest["configs"]) == [entry["config"] for entry in known]
    assert crossthink(tmp_path, "validate").returncode == 0


def test_a_blend_of_ones_own_is_built(tmp_path: Path) -> None:
    done = crossthink(tmp_path, "build", "--blend", str(EXAMPLE), *SAMPLE, "--json")
    assert list(json.loads(done.stdout)["configs"]["my_blend"]["counts"]) == ["syn_qa", "hendrycks_math"]
    assert crossthink(tmp_path, "show", "my_blend", "-n", "1").returncode == 0
    assert crossthink(tmp_path, "validate").returncode == 0


def test_validate_exits_with_1_and_lists_problems(tmp_path: Path) -> None:
    crossthink(tmp_path, "build", "gpr_up", *SAMPLE)
    good = crossthink(tmp_path, "validate")
    assert (good.returncode, "all is well" in good.stdout) == (0, True)
    (tmp_path / "crossthink/README.md").unlink()
    bad = crossthink(tmp_path, "validate", "crossthink", "--json")
    assert bad.returncode == 1
    assert len(json.loads(bad.stdout)["problems"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["build", "gpr_upp"], 2, "Did you mean 'gpr_up'?"),
        (["build", "gpr_up", "--size", "many"], 2, "a number of rows, or `max`"),
        (["build", "gpr_up", "--size", "0"], 2, "at least 1"),
        (["build", "gpr_up", *SAMPLE, "--size", "1000000"], 2, "at most 2,923 rows"),
        (["build"], 2, "or all of them (--all)"),
        (["build", "gpr_up_hard"], 2, "difficulty labels"),
        (["build", "--blend", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["build", "gpr_up", "--oversample"], 2, "--size N with --oversample"),
        (["build", "gpr_up", "--workers", "-1"], 2, "0 for one a core"),
        (["build", "gpr_up", "gpr_up"], 2, "named twice"),
        (["build", "gpr_up", "--sources", "nowhere"], 3, "nowhere"),
        (["build", "only_mr", "--sources", "."], 3, "hendrycks_math"),
        (["build", "gpr_up", *SAMPLE, "--out", "."], 4, "no build made"),
        (["validate", "nowhere"], 1, "crossthink build gpr_up"),
        (["show", "nd"], 2, "crossthink build gpr_up nd"),
        (["show", "ndd"], 2, "Did you mean 'nd'?"),
        (["show", "gpr_up", "--split", "dev"], 2, "train or test"),
        (["show", "gpr_up", "--dir", "nowhere"], 1, "not a built folder"),
    ],
)
def test_errors_are_plain_words_and_an_exit_code(
    place: Path, arguments: list[str], code: int, said: str
) -> None:
    done = crossthink(place, *arguments)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(place: Path) -> None:
    done = crossthink(place, "--debug", "build", "gpr_upp")
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("verb", ["build", "validate", "show", "configs", "doctor", "sources lock"])
def test_every_verb_has_help_with_an_example(place: Path, verb: str) -> None:
    assert "Example: crossthink " + verb in " ".join(
        crossthink(place, *verb.split(), "--help").stdout.split()
    )


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\nsys.argv = ['crossthink', '--help']\n"
        "from crossthink_hub.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'datasets', 'torch', 'pyarrow', 'numpy', 'jsonschema', 'huggingface_hub', 'matplotlib'}\n"
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()", done.stdout[-300:]
