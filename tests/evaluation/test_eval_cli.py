"""`crossthink eval`, `report` and `blend score` as a user runs them, against an endpoint on loopback."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from common import REPOSITORY
from openai_server import Fault, OpenAIServer, Written
from runs_on_disk import boxed, identity, right_every, write_run

from crossthink_hub.evaluation.benchmarks.reading import Loaded
from crossthink_hub.evaluation.evaluate import alone
from crossthink_hub.evaluation.results import read_results
from crossthink_hub.evaluation.run_folder import RunFolder
from crossthink_hub.evaluation.scoring import grade_run

Crossthink = Callable[..., subprocess.CompletedProcess[str]]
QUESTIONS = 3 * 7


@pytest.fixture
def crossthink(tmp_path: Path) -> Crossthink:
    """Run the command line in a folder of its own."""

    def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "crossthink_hub", *map(str, arguments)]
        env = {**os.environ, "HF_HUB_OFFLINE": "1", "NO_PROXY": "127.0.0.1", "COLUMNS": "100"}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def solutions(sample: Mapping[str, Loaded]) -> dict[str, str]:
    """The right answer to each prompt of the sample."""
    rows = [row for one in sample.values() for row in one.rows.to_pylist()]
    return {row["prompt"][-1]["content"]: row["solution"] for row in rows}


def knowing(solutions: dict[str, str]) -> Callable[[Any], str]:
    """A model that knows all answers; the probe of the preflight is no question of a benchmark."""

    def reply(asked: Any) -> str:
        return boxed(solutions.get(asked if isinstance(asked, str) else asked[-1]["content"], "3"))

    return reply


@pytest.fixture
def server(solutions: dict[str, str]) -> Iterator[OpenAIServer]:
    with OpenAIServer(knowing(solutions)) as running:
        yield running


def of(server: OpenAIServer, *more: str) -> tuple[str, ...]:
    return (
        "eval", server.name, "--endpoint", server.url, "--sources", "sample", "--limit", "3", "--out", "run",
        *more,
    )  # fmt: skip


def test_all_benchmarks_through_an_endpoint(crossthink: Crossthink, server: OpenAIServer, tmp_path: Path):
    done = crossthink(*of(server))
    assert "average over seven" in " ".join(done.stdout.split())
    results = read_results(tmp_path / "run")
    assert len(results.benchmarks) == 7
    for name, benchmark in results.benchmarks.items():
        assert benchmark.asked == 3
        assert benchmark.passes["greedy"].modes["equivalent"].score.value == 1, name
    assert results.engine["name"] == "endpoint"
    asked = len(server.bodies)
    again = crossthink(*of(server, "--json"))
    assert json.loads(again.stdout) == json.loads((tmp_path / "run" / "results.json").read_text())
    assert len(server.bodies) <= asked + 1  # the probe of the preflight, and no question


def test_every_sampling_field_is_sent_and_each_answer_has_its_seed(
    crossthink: Crossthink, server: OpenAIServer, tmp_path: Path
):
    crossthink(*of(server, "--benchmarks", "amc23", "--samples", "2", "--temperature", "0.5", "--seed", "7"))
    bodies = [body for body in server.bodies if body["max_tokens"] > 1]
    assert len(bodies) == 3 * 16
    assert {(body["temperature"], body["top_p"], body["top_k"], body["n"]) for body in bodies} == {
        (0.5, 0.95, 0, 1)
    }
    assert len({body["seed"] for body in bodies}) == 3 * 16
    assert read_results(tmp_path / "run").benchmarks["amc23"].passes["sampled"].modes["paper"].pass_at["16"]


def test_an_endpoint_that_dies_keeps_what_is_done_and_the_next_run_goes_on(
    crossthink: Crossthink, server: OpenAIServer, solutions: dict[str, str], tmp_path: Path
):
    server.order(lambda number: Fault("die") if number > 8 else None)
    arguments = of(server, "--set", "concurrency=1", "--set", "patience=0.5")
    died = crossthink(*arguments, code=7)
    assert "run the same command again" in died.stderr
    kept = {
        (row["benchmark"], row["id"])
        for benchmark in RunFolder(tmp_path / "run").benchmarks()
        for table in RunFolder(tmp_path / "run").generations(benchmark)
        for row in table.to_pylist()
    }
    assert 0 < len(kept) < QUESTIONS
    with OpenAIServer(knowing(solutions)) as other:
        done = crossthink(*of(other))
        assert f"{QUESTIONS - len(kept)} answers to make" in done.stderr
    results = read_results(tmp_path / "run")
    scores = [one.passes["greedy"].modes["equivalent"].score.value for one in results.benchmarks.values()]
    assert scores == [1.0] * 7


def test_prompts_that_do_not_fit_are_counted_and_named(
    crossthink: Crossthink, solutions: dict[str, str], tmp_path: Path
):
    with OpenAIServer(knowing(solutions), context=50) as small:
        done = crossthink(*of(small, "--max-tokens", "20"))
    results = read_results(tmp_path / "run")
    unfit = {name: one.passes["greedy"].prompt_too_long for name, one in results.benchmarks.items()}
    assert sum(unfit.values()) > 0
    for name, count in unfit.items():
        one = results.benchmarks[name].passes["greedy"]
        assert len(one.too_long) == count
        assert one.answers == 3 - count
        right = 3 - count - one.truncated  # an answer may have no room beside a prompt that just fits
        assert one.modes["equivalent"].pooled.value == pytest.approx(right / 3)
    assert "too long" in done.stdout


def test_cut_off_answers_are_shown(crossthink: Crossthink, tmp_path: Path):
    with OpenAIServer(lambda messages: Written({"content": "<think>and so"}, "length", 9, 5)) as endless:
        done = crossthink(*of(endless, "--benchmarks", "amc23"))
    assert read_results(tmp_path / "run").benchmarks["amc23"].passes["greedy"].truncated == 3
    assert "cut off" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("eval", "m", "--benchmarks", "amc24"), 2, "Did you mean 'amc23'?"),
        (("eval",), 2, "takes a model, or --regrade"),
        (("eval", "m", "--set", "concurency=3"), 2, "Did you mean 'concurrency'?"),
        (("eval", "m", "--set", "concurrency=many"), 2, "concurrency is 'many', and must be a whole number"),
        (("eval", "m", "--samples", "4", "--runs", "2"), 2, "adds the other"),
        (("eval", "m", "--temperature", "-1", "--samples", "2"), 2, "temperature is -1"),
        (
            ("eval", "m", "--temperature", "0.9"),
            2,
            "temperature is of sampled answers, and none are asked for",
        ),
        (("eval", "m", "--set", "benchmarks=[[mmlu]]"), 2, "benchmarks is ['mmlu'], and must be text"),
        (
            ("eval", "m", "--set", "stop_token_ids=[a]"),
            2,
            "stop_token_ids is 'a', and must be a whole number",
        ),
        (("eval", "m", "--limit", "2", "--set", "limit=0"), 2, "limit is 0"),
        (("eval", "m", "--set", "chat_template_kwargs={d: 2024-01-01}"), 2, "is no JSON"),
        (("eval", "./nothing/here"), 2, "no such folder"),
        (("eval", "missing.yaml"), 2, "missing.yaml"),
        (("eval", "--regrade", "nothing"), 1, "no evaluation lies here"),
        (("eval", "m", "--endpoint", "http://127.0.0.1:9/v1", "--set", "patience=0"), 7, "127.0.0.1:9"),
        (("eval", "--regrade", "nothing", "--limit", "2"), 2, "of all options it takes --mode"),
        (("report", "nothing"), 1, "no results here"),
        (("report", "--compare", "one"), 2, "compares two runs, and 1"),
        (("blend", "score", "nothing"), 1, "no results here"),
    ],
)
def test_bad_input_is_said_in_plain_words(
    crossthink: Crossthink, arguments: tuple[str, ...], code: int, said: str
):
    assert said in " ".join(crossthink(*arguments, code=code).stderr.split())


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed")
def test_without_vllm_the_way_out_is_named(crossthink: Crossthink, tmp_path: Path):
    said = crossthink("eval", tmp_path, "--sources", "sample", code=2).stderr
    assert "vLLM is not installed" in said
    assert "--endpoint URL" in said


def test_fewer_answers_than_are_there_are_asked_for_in_vain(
    crossthink: Crossthink, server: OpenAIServer, tmp_path: Path
):
    crossthink(*of(server, "--benchmarks", "math_500", "--runs", "3"))
    again = crossthink(*of(server, "--benchmarks", "math_500"))
    assert "still to be made" not in again.stdout
    greedy = read_results(tmp_path / "run").benchmarks["math_500"].passes["greedy"]
    assert (greedy.samples, greedy.answers, greedy.missing) == (3, 9, 0)


def test_greedy_and_sampled_answers_stand_beside_each_other(
    crossthink: Crossthink, server: OpenAIServer, tmp_path: Path
):
    crossthink(*of(server, "--benchmarks", " math_500, mmlu"))
    crossthink(*of(server, "--benchmarks", "math_500", "--samples", "2"))
    benchmarks = read_results(tmp_path / "run").benchmarks
    assert {name: list(one.passes) for name, one in benchmarks.items()} == {
        "mmlu": ["greedy"],
        "math_500": ["greedy", "sampled"],
    }
    passes = benchmarks["math_500"].passes
    assert [passes[name].sampling["temperature"] for name in ("greedy", "sampled")] == [0, 0.6]


def test_another_prompt_makes_another_evaluation(
    crossthink: Crossthink, server: OpenAIServer, tmp_path: Path
):
    crossthink(*of(server, "--benchmarks", "amc23"))
    (tmp_path / "mine.jinja").write_text("{{ messages[-1].content }}")
    arguments = of(server, "--benchmarks", "amc23", "--set", "chat_template=mine.jinja")
    assert "profile.chat_template is None there" in crossthink(*arguments, code=2).stderr
    arguments = of(server, "--benchmarks", "amc23", "--set", "chat_template_kwargs={enable_thinking: true}")
    assert "enable_thinking" in crossthink(*arguments, code=2).stderr
    crossthink(*arguments, "--out", "other")
    assert server.bodies[-1]["chat_template_kwargs"] == {"enable_thinking": True}


def test_a_command_that_came_to_nothing_binds_no_other(
    crossthink: Crossthink, server: OpenAIServer, tmp_path: Path
):
    refused = ("eval", server.name, "--endpoint", server.url, "--out", "run", "--sources", "nowhere")
    crossthink(*refused, "--seed", "3", code=3)
    crossthink(*of(server, "--benchmarks", "amc23"))
    assert read_results(tmp_path / "run").seed == 0


def test_a_run_file_may_extend_one_of_another_folder(
    crossthink: Crossthink, server: OpenAIServer, tmp_path: Path
):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "a.jinja").write_text("Q: {{ messages[-1].content }}")
    (tmp_path / "theirs" / "a.yaml").write_text(f"model: {server.name}\nchat_template: a.jinja\n")
    (tmp_path / "mine.yaml").write_text(
        "extends: theirs/a.yaml\nlimit: 1\nbenchmarks: amc23\nsources: sample\n"
    )
    with OpenAIServer(lambda prompt: boxed("1")) as texts:
        crossthink("eval", "mine.yaml", "--endpoint", texts.url, "--out", "run")
    assert texts.bodies[-1]["prompt"].startswith("Q: ")


def test_two_evaluations_do_not_write_into_one_folder(
    crossthink: Crossthink, server: OpenAIServer, tmp_path: Path
):
    with alone(tmp_path / "run"):
        refused = crossthink(*of(server, "--benchmarks", "amc23"), code=2).stderr
    assert "another evaluation is at work in it" in refused
    crossthink(*of(server, "--benchmarks", "amc23"))


def test_another_evaluation_in_the_folder_is_refused(crossthink: Crossthink, server: OpenAIServer):
    crossthink(*of(server, "--benchmarks", "amc23"))
    refused = crossthink(*of(server, "--benchmarks", "amc23", "--seed", "1"), code=2).stderr
    assert "seed is 0 there, 1 here" in refused
    grown = crossthink(*of(server, "--benchmarks", "math_500", "--runs", "2"))
    assert "6 answers to make" in grown.stderr
    assert "amc23" in grown.stdout


@pytest.mark.real
def test_a_benchmark_that_a_folder_lacks_is_skipped_by_name_or_missed(
    crossthink: Crossthink, real_benchmarks: Path, tmp_path: Path
):
    with OpenAIServer(lambda messages: boxed("4")) as server:
        arguments = (
            "eval",
            server.name,
            "--endpoint",
            server.url,
            "--sources",
            real_benchmarks,
            "--limit",
            "2",
        )
        done = crossthink(*arguments, "--out", "run")
        assert "average over six" in " ".join(done.stdout.split())
        assert "gpqa_diamond is skipped" in done.stdout
        (tmp_path / "mirror").mkdir()
        few = ("eval", server.name, "--endpoint", server.url, "--sources", "mirror", "--benchmarks", "amc23")
        assert "found no files for amc23" in crossthink(*few, "--out", "other", code=3).stderr


def test_run_files_are_shipped_with_their_prompt_profiles(
    crossthink: Crossthink, solutions: dict[str, str], tmp_path: Path
):
    """Open-Reasoner-Zero's prompt is rendered here and sent as a text; its thought is open already."""

    def reply(prompt: Any) -> str:
        content = prompt.split("This is the problem:\n")[1].removesuffix("\nAssistant: <think>")
        return rf"Well.</think> <answer>\boxed{{{solutions.get(content, 3)}}}</answer>"

    with OpenAIServer(reply, name="Open-Reasoner-Zero/Open-Reasoner-Zero-7B") as orz:
        crossthink(
            "eval", "open-reasoner-zero-7b", "--endpoint", orz.url, "--sources", "sample", "--limit", "3",
            "--out", "run",
        )  # fmt: skip
        body = next(body for body in orz.bodies if body["max_tokens"] > 1)
    assert body["stop"] == ["</answer>", "User:", "Human:", "Assistant:"]
    results = read_results(tmp_path / "run")
    for benchmark in results.benchmarks.values():
        scores = benchmark.passes["greedy"].modes["equivalent"]
        assert (scores.score.value, scores.format_rate) == (1, 1)
    assert results.model.base == "Open-Reasoner-Zero/Open-Reasoner-Zero-7B"


def test_the_thin_entry_point_does_the_same(server: OpenAIServer, tmp_path: Path):
    command = [
        sys.executable, REPOSITORY / "train" / "evaluate.py", server.name, "--out", tmp_path / "run",
        f"endpoint={server.url}", "sources=sample", "limit=2", "benchmarks=[amc23, mmlu]",
    ]  # fmt: skip
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=True)
    shown = [line.split()[:3] for line in done.stdout.splitlines() if line.startswith(("mmlu", "amc23"))]
    assert shown == [["mmlu", "2/17", "100.00"], ["amc23", "2/8", "100.00"]]


# Reports.


@pytest.fixture
def three_runs(tmp_path: Path, sample: Mapping[str, Loaded]) -> list[Path]:
    rows = {name: one.rows for name, one in sample.items()}
    return [
        a_run(tmp_path / name, rows, config, share)
        for name, config, share in (("base", None, 0.3), ("gpr_up_7b", "gpr_up", 0.8), ("mr", "only_mr", 0.6))
    ]


def a_run(path: Path, rows: dict[str, pa.Table], config: str | None, share: float) -> Path:
    said = identity()
    model = {**said["model"], "config": config}  # type: ignore[dict-item]
    write_run(path, rows, right_every(share), said={**said, "model": model})
    grade_run(path)
    return path


def test_a_report_has_a_page_markdown_and_figures(
    crossthink: Crossthink, three_runs: list[Path], sample: Mapping[str, Loaded], tmp_path: Path
):
    done = crossthink("report", *three_runs, "--out", "report", "--json")
    said = json.loads(done.stdout)
    assert said["runs"] == ["base", "gpr_up_7b", "mr"]
    page, text = ((tmp_path / said[name]).read_text() for name in ("page", "markdown"))
    shown = [Path(figure).name for figure in said["figures"]]
    assert shown == [f"figure_{number}.png" for number in (1, 3, 4, 5, 6, 7)]
    assert all((tmp_path / figure).read_bytes()[:4] == b"\x89PNG" for figure in said["figures"])
    assert all(f"figures/{figure}" in text for figure in shown)
    for row in sample["gpqa_diamond"].rows.to_pylist():
        assert row["meta_data"]["question"] not in page
        assert row["id"] not in page
    assert sample["amc23"].rows["id"][0].as_py() in page


def test_a_report_leaves_no_figure_of_an_earlier_one(
    crossthink: Crossthink, three_runs: list[Path], tmp_path: Path
):
    crossthink("report", *three_runs, "--out", "report")
    (tmp_path / "report" / "figures" / "figure_99.png").write_bytes(b"old")
    (tmp_path / "training").mkdir()
    said = crossthink("report", three_runs[0], "training", "--out", "report").stderr
    assert "training holds no evaluation, and is left out" in said
    assert not (tmp_path / "report" / "figures" / "figure_99.png").exists()


def test_two_runs_are_compared_question_by_question(
    crossthink: Crossthink, three_runs: list[Path], tmp_path: Path
):
    done = crossthink("report", "--compare", three_runs[1], three_runs[0], "--out", "report")
    assert "McNemar" in (tmp_path / "report" / "report.md").read_text()
    assert "difference" in done.stdout


def test_a_blend_is_scored_by_runs_of_single_sources(
    crossthink: Crossthink, sample: Mapping[str, Loaded], tmp_path: Path
):
    rows = {name: sample[name].rows for name in ("mmlu", "amc23")}
    runs = [
        a_run(tmp_path / source, rows, source, share)
        for source, share in (("mmlu", 0.3), ("numina_math", 0.9))
    ]
    crossthink("blend", "score", *runs, "--name", "mine", "--out", "mine.yaml")
    said = yaml.safe_load((tmp_path / "mine.yaml").read_text())
    expected = {}
    for run in runs:
        scores = [
            one.passes["greedy"].modes["equivalent"].score.value
            for one in read_results(run).benchmarks.values()
        ]
        expected[run.name] = pytest.approx(100 * sum(scores) / 2, abs=1e-5)
    assert said["weights"] == expected
    crossthink("build", "--blend", "mine.yaml", "--sources", "sample", "--out", "built")
    refused = crossthink("blend", "score", runs[0], runs[0], code=2).stderr
    assert "two runs are of models trained on mmlu" in refused


# Benchmarks as data.


def test_benchmarks_are_listed_built_and_checked(crossthink: Crossthink, tmp_path: Path):
    listed = json.loads(crossthink("benchmarks", "list", "--json").stdout)
    assert [one["rows"] for one in listed] == [14_042, 12_032, 198, 8_062, 26_529, 500, 40]
    built = crossthink("benchmarks", "build", "--sources", "sample")
    assert "gpqa_diamond is left out" in built.stdout
    assert "all is well" in crossthink("validate", "crossthink-eval").stdout
    (path,) = (tmp_path / "crossthink-eval" / "data" / "amc23").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    found = crossthink("validate", "crossthink-eval", "--json", code=1)
    assert json.loads(found.stdout)["problems"] == [
        f"data/amc23/{path.name}: is not what it was: its checksum differs"
    ]


def test_benchmarks_are_not_pushed_as_training_data(crossthink: Crossthink):
    crossthink("benchmarks", "build", "amc23", "--sources", "sample", "--out", "eval")
    refused = crossthink("push", "you/eval", "--dir", "eval", "--dry-run", code=1).stderr
    assert "holds benchmarks, and no training data" in refused
    assert "hf upload" in refused
