"""`crossthink grade`: what it reads, prints and writes, and how it says that something is wrong."""

import gzip
import json
import os
import subprocess
import sys
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossthink_hub.errors import SourceError, UsageError
from crossthink_hub.grading import GradeSettings, Status, Verdict
from crossthink_hub.grading.lines import opened
from crossthink_hub.grading.stream import Graded, grade_lines
from crossthink_hub.grading.summary import Summary, summarize

Line = dict[str, Any]

RIGHT = r"<think>a</think>\boxed{42}"
WRONG = r"<think>a</think>\boxed{43}"
LINES: list[Line] = [
    {"id": "right", "response": RIGHT, "ground_truth": "42", "tokens": 10},
    {"id": "wrong", "response": WRONG, "ground_truth": "42", "tokens": 40},
    {"id": "untagged", "response": r"\boxed{42}", "ground_truth": "42", "tokens": 20},
    {"id": "no box", "response": "<think>a</think>42", "ground_truth": "42", "tokens": 50},
    {"id": "open", "response": r"<think>a</think>\boxed{42", "ground_truth": "42", "tokens": 60},
    {"id": "no gold", "response": RIGHT, "ground_truth": "", "tokens": 70},
]
STATUSES = ["correct", "wrong", "bad_format", "no_box", "unclosed_box", "gold_ungradable"]


def crossthink(cwd: Path, *arguments: str, stdin: bytes = b"", **environment: str) -> Any:
    command = [sys.executable, "-m", "crossthink_hub", *arguments]
    env = {**os.environ, **environment}
    done = subprocess.run(command, cwd=cwd, env=env, input=stdin, capture_output=True, timeout=120)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def written(folder: Path, *lines: Line | str, name: str = "answers.jsonl") -> str:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / name).write_text("\n".join(texts) + "\n")
    return name


def verdicts(text: str) -> list[Line]:
    return [json.loads(line) for line in text.splitlines()]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_verdicts_are_lines_on_standard_output_and_the_summary_a_table_on_standard_error(
    tmp_path: Path,
) -> None:
    done = crossthink(tmp_path, "grade", written(tmp_path, *LINES))
    assert done.returncode == 0, done.stderr
    found = verdicts(done.stdout)
    assert found[0] == {
        "id": "right",
        "correct": True,
        "formatted": True,
        "reward": 1.0,
        "status": "correct",
        "answer": "42",
    }
    assert [entry["id"] for entry in found] == [line["id"] for line in LINES]
    assert [entry["status"] for entry in found] == STATUSES
    assert [entry["reward"] for entry in found] == [1.0, 0.0, 0.0, 0.0, 0.0, None]
    said = " ".join(done.stderr.split())
    for part in ("accuracy 0.4000 2 of 5", "reward 0.2000 1 of 5", "no_box 1", "tokens 41.7 15.0 50.0"):
        assert part in said
    assert "1 ground truth can't be graded" in said
    assert max(map(len, done.stderr.splitlines())) <= 80, "fits a terminal of 80 columns"
    assert "\x1b" not in done.stderr + done.stdout, "no progress bar where there is no terminal"


def test_json_is_the_summary_alone(tmp_path: Path) -> None:
    summary = json.loads(crossthink(tmp_path, "grade", written(tmp_path, *LINES), "--json").stdout)
    assert summary.pop("statuses") == dict.fromkeys(STATUSES, 1)
    assert (summary["accuracy"], summary["reward"], summary["ungradable"]) == (0.4, 0.2, 1)
    assert (summary["mean_tokens_correct"], summary["mean_tokens_wrong"]) == (15, 50)
    assert summary["mean_characters_correct"] == (len(RIGHT) + len(r"\boxed{42}")) / 2
    assert (summary["skipped"], summary["first_skipped"]) == (0, None)


def test_out_is_a_file_of_the_same_lines_and_the_table_goes_to_standard_output(tmp_path: Path) -> None:
    name = written(tmp_path, *LINES)
    printed = crossthink(tmp_path, "grade", name)
    done = crossthink(tmp_path, "grade", name, "--out", "new/verdicts.jsonl")
    assert (tmp_path / "new/verdicts.jsonl").read_text() == printed.stdout
    assert (done.stdout, done.stderr) == (printed.stderr, "")
    assert names(tmp_path / "new") == ["verdicts.jsonl"]


def test_explain_says_what_was_taken_from_where_and_why(tmp_path: Path) -> None:
    response = "<think>a</think>\nOne line\nand \x1b[31m\\boxed{43}, it is"
    lines = [
        {"id": "x", "response": response, "gold": "42"},
        {"response": "<think>a</think>none", "gold": "42"},
    ]
    done = crossthink(tmp_path, "grade", written(tmp_path, *lines), "--explain")
    first, second = done.stdout.split("no_box", 1)
    for part in ("wrong", "x", "43", "line 3:17", r"and \x1b[31m\boxed{43}, it is", "ground truth", "42"):
        assert part in first
    for part in ("line 2 of the file", "<think>a</think>none", "ground truth", "accuracy"):
        assert part in second
    assert "\x1b" not in done.stdout
    coloured = crossthink(tmp_path, "grade", written(tmp_path, *lines), "--explain", FORCE_COLOR="1")
    assert "\x1b[1;7;31m43\x1b[0m" in coloured.stdout, "the answer is highlighted in its words"


@pytest.mark.parametrize(
    "line",
    [
        {"completion": RIGHT, "solution": "42"},
        {"completion": [{"role": "assistant", "content": RIGHT}], "answer": 42},
        {"response": {"role": "assistant", "content": RIGHT}, "gold": "42"},
        {"output": [{"role": "user", "content": WRONG}, {"role": "assistant", "content": RIGHT}], "gold": 42},
        {"output": [{"content": [{"type": "text", "text": RIGHT}]}], "answer": "42"},
        {"generation": RIGHT, "reward_model": {"ground_truth": "42"}},
        {"generation": RIGHT, "solution": "42", "reward_model": {"ground_truth": "42"}},
        {"response": RIGHT, "output": {"of": "another kind"}, "ground_truth": "42", "answer": "43"},
        {"response": None, "completion": RIGHT, "ground_truth": None, "answer": "42"},
        {"response": RIGHT, "gold": "42", "meta_data": None, "options": [], "kind": "math"},
        {"response": RIGHT, "gold": "42", "score": float("nan")},
    ],
)
def test_response_and_ground_truth_are_found_under_their_usual_names(tmp_path: Path, line: Line) -> None:
    (found,) = verdicts(crossthink(tmp_path, "grade", written(tmp_path, line)).stdout)
    assert (found["id"], found["status"]) == (1, "correct")


def test_kind_and_options_of_a_built_row_are_told_to_the_grader(tmp_path: Path) -> None:
    meta = {"question_type": "mcq", "options": ["Rome", "Paris"]}
    name = written(tmp_path, {"response": RIGHT, "gold": "B", "meta_data": meta, "tokens": [5, 6, 7]})
    seen: list[Graded] = []
    with opened(tmp_path / name) as lines:
        grade_lines(lines, GradeSettings(), sinks=[seen.append])
    record, _ = seen[0][0]
    assert (record.kind, record.options, record.tokens) == ("mcq", ("Rome", "Paris"), 3)


def test_fields_may_be_named(tmp_path: Path) -> None:
    name = written(tmp_path, {"response": WRONG, "gold": "43", "own": {"text": RIGHT}, "short": "42"})
    named = ("--response-field", "own.text", "--ground-truth-field", "short")
    (found,) = verdicts(crossthink(tmp_path, "grade", name, *named).stdout)
    assert found["correct"] is True


def test_null_is_graded_not_lost(tmp_path: Path) -> None:
    lines = [{"response": None, "gold": "42"}, {"response": RIGHT, "gold": None}]
    found = verdicts(crossthink(tmp_path, "grade", written(tmp_path, *lines)).stdout)
    assert [entry["status"] for entry in found] == ["not_text", "gold_ungradable"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (r'{"response": "a"', "expected JSON in UTF-8 (Expecting ',' delimiter at column 17)"),
        ("[" * 100_000, "nested too deeply"),
        ("[1]", "expected a JSON object, found a list"),
        ('{"response": "a"}', "no ground truth among the fields 'response'"),
        ('{"gold": "a"}', "no response among the fields 'gold'"),
        ("{}", "(there are none)"),
        ('{"\\u001b[31m": 1}', r"'\x1b[31m'"),
        ('{"response": "a", "solution": "so 4", "answer": "4"}', "solution is 'so 4', answer is '4'"),
        ('{"response": ["a", "b"], "gold": "4"}', "response: expected text or messages, found a list"),
        ('{"response": "a", "gold": ["4", "5"]}', "gold: expected text, found a list: ['4', '5']"),
        ('{"response": "a", "gold": true}', "gold: expected text, found true or false"),
        ('{"response": "a", "gold": 12345678901234567890123}', "found a number"),
        ('{"response": "a", "gold": "4", "kind": "maths"}', "kind: expected mcq, math, text, found 'maths'"),
        (
            '{"response": "a", "gold": "4", "options": {"A": "x"}}',
            "options: expected a list, found an object",
        ),
        ('{"response": "a", "gold": "4", "tokens": "7"}', "tokens: expected how many tokens, found text"),
    ],
)
def test_a_bad_line_stops_after_what_comes_before_it(tmp_path: Path, line: str, said: str) -> None:
    name = written(tmp_path, LINES[0], "", line, LINES[1])
    done = crossthink(tmp_path, "grade", name)
    assert done.returncode == 3
    assert done.stderr.startswith("error: answers.jsonl, line 3: ")
    assert said in done.stderr
    assert "--skip-bad" in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert [entry["id"] for entry in verdicts(done.stdout)] == ["right"]
    with opened(tmp_path / name) as lines:
        summary = grade_lines(lines, GradeSettings(), skip_bad=True)
    assert (summary.every.responses, summary.skipped) == (2, 1)
    assert said in str(summary.first_skipped)


def test_skipped_lines_are_counted_and_said(tmp_path: Path) -> None:
    name = written(tmp_path, "{", LINES[0], "{")
    summary = json.loads(crossthink(tmp_path, "grade", name, "--skip-bad", "--json").stdout)
    assert (summary["responses"], summary["skipped"]) == (1, 2)
    assert summary["first_skipped"].startswith("answers.jsonl, line 1: expected JSON")
    done = crossthink(tmp_path, "grade", name, "--skip-bad")
    assert done.returncode == 0
    assert "2 bad lines skipped, the first: answers.jsonl, line 1: expected JSON" in " ".join(
        done.stderr.split()
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere.jsonl"], 3, "nowhere.jsonl: can't be read"),
        (["."], 3, "can't be read"),
        (["-"], 3, "standard input: nothing to grade"),
        (["answers.jsonl", "--mode", "papr"], 2, "not one of paper, letter, equivalent"),
        (["answers.jsonl", "--thought", "none"], 2, "not one of tagged, opened, optional"),
        (["answers.jsonl", "--answer-in", "none"], 2, "not one of box, claim"),
        (["answers.jsonl", "--json", "--explain"], 2, "Leave out --json or --explain"),
        (["answers.jsonl", "--out", "./answers.jsonl"], 2, "is the file to grade"),
        (["answers.jsonl", "--out", "."], 4, "can't be written"),
        (["answers.jsonl", "--out", "answers.jsonl/verdicts"], 4, "can't be written"),
    ],
)
def test_errors_are_plain_words_and_an_exit_code(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    written(tmp_path, *LINES)
    done = crossthink(tmp_path, "grade", *arguments)
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert names(tmp_path) == ["answers.jsonl"]
    assert (tmp_path / "answers.jsonl").read_text().count("\n") == len(LINES)


def test_a_run_that_fails_leaves_the_verdicts_of_the_one_before(tmp_path: Path) -> None:
    crossthink(tmp_path, "grade", written(tmp_path, *LINES), "--out", "verdicts.jsonl")
    before = (tmp_path / "verdicts.jsonl").read_bytes()
    done = crossthink(tmp_path, "grade", written(tmp_path, LINES[0], "{"), "--out", "verdicts.jsonl")
    assert done.returncode == 3
    assert (tmp_path / "verdicts.jsonl").read_bytes() == before
    assert names(tmp_path) == ["answers.jsonl", "verdicts.jsonl"]


def test_a_device_is_written_to_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    name = written(tmp_path, *LINES)
    with subprocess.Popen(["cat", "pipe"], cwd=tmp_path, stdout=subprocess.PIPE) as reader:
        crossthink(tmp_path, "grade", name, "--out", "pipe")
        assert reader.communicate(timeout=60)[0].count(b"\n") == len(LINES)
    assert (tmp_path / "pipe").is_fifo()


def test_standard_input_and_gzip_are_read_alike(tmp_path: Path) -> None:
    plain = b"\xef\xbb\xbf" + (tmp_path / written(tmp_path, *LINES)).read_bytes().replace(b"\n", b"\r\n")
    packed = gzip.compress(plain)
    (tmp_path / "answers.jsonl.gz").write_bytes(packed)
    expected = crossthink(tmp_path, "grade", "answers.jsonl").stdout
    assert len(verdicts(expected)) == len(LINES)
    assert crossthink(tmp_path, "grade", "-", stdin=plain).stdout == expected
    assert crossthink(tmp_path, "grade", "-", stdin=packed).stdout == expected
    assert crossthink(tmp_path, "grade", "answers.jsonl.gz").stdout == expected
    (tmp_path / "answers.jsonl.gz").write_bytes(packed[:-20])
    cut = crossthink(tmp_path, "grade", "answers.jsonl.gz")
    assert (cut.returncode, "can't be read" in cut.stderr, "Traceback" in cut.stderr) == (3, True, False)


def test_what_a_terminal_would_obey_is_escaped_and_still_the_same(tmp_path: Path) -> None:
    evil = "\x1b]0;x\x07\x7f\x9b31m\u202e\u2066\u200b\ufeff é 😀 \ud83d"
    line = {"id": evil, "response": rf"<think>a</think>\boxed{{{evil}}}", "gold": "42"}
    done = crossthink(tmp_path, "grade", written(tmp_path, line))
    assert done.stdout.strip("\n").isprintable()
    (found,) = verdicts(done.stdout)
    assert (found["id"], found["status"]) == (evil, "wrong")
    assert found["answer"].startswith("\x1b]0;x\x07")
    explained = crossthink(tmp_path, "grade", "answers.jsonl", "--explain")
    assert explained.returncode == 0
    assert explained.stdout.replace("\n", "").isprintable()


def test_a_terminal_without_unicode_gets_escapes(tmp_path: Path) -> None:
    line = {"response": "<think>é\n</think>\\boxed{😀}", "gold": "42"}
    done = crossthink(tmp_path, "grade", written(tmp_path, line), "--explain", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert r"\U0001f600" in done.stdout


@pytest.mark.parametrize("how", [[], ["--explain"]])
def test_a_closed_pipe_ends_it_quietly(tmp_path: Path, how: list[str]) -> None:
    name = written(tmp_path, *LINES * 5_000)
    command = [sys.executable, "-m", "crossthink_hub", "grade", name, *how]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.read(100)
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    program = (
        "import atexit, resource, sys; from crossthink_hub.cli import main;"
        "usage = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "atexit.register(lambda: print(usage(), file=sys.stderr));"
        "sys.argv = ['crossthink', 'grade', '-', '--json', '--out', 'verdicts.jsonl']; main()"
    )

    def peak(blocks: int) -> int:
        """Grade so many thousands of lines from a pipe; return the most memory used, in KiB."""
        block = "".join(
            json.dumps({"id": n, "response": "<think>" + "so " * 100 + RIGHT[7:], "gold": "42"}) + "\n"
            for n in range(1_000)
        ).encode()
        with subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as running:
            assert running.stdin
            assert running.stdout
            assert running.stderr
            for _ in range(blocks):
                running.stdin.write(block)
            running.stdin.close()
            assert json.loads(running.stdout.read())["responses"] == blocks * 1_000
            return int(running.stderr.read())

    assert peak(200) - peak(2) < 20_000


def test_help_has_an_example(tmp_path: Path) -> None:
    assert "Example: crossthink grade answers.jsonl" in crossthink(tmp_path, "grade", "--help").stdout


def any_verdict(correct: bool | None, formatted: bool, status: Status) -> Verdict:
    return Verdict(correct, formatted, None, status)


VERDICTS = st.builds(
    any_verdict, st.sampled_from([True, False, None]), st.booleans(), st.sampled_from(list(Status))
)
GRADED = st.lists(st.tuples(st.text() | st.none(), VERDICTS, st.integers(0, 1 << 40) | st.none()))


def summed(graded: list[Any]) -> Summary:
    responses, found, tokens = zip(*graded, strict=True) if graded else ((), (), ())
    return summarize(responses, found, tokens)


@given(st.lists(GRADED))
def test_summaries_of_parts_merge_into_that_of_the_whole(parts: list[list[Any]]) -> None:
    def merged(whole: Summary, part: list[Any]) -> Summary:
        whole.merge(summed(part))
        return whole

    assert reduce(merged, parts, Summary()) == summed([one for part in parts for one in part])


@given(GRADED)
def test_rates_are_what_they_say(graded: list[Any]) -> None:
    gradable = [verdict for _, verdict, _ in graded if verdict.correct is not None]
    summary = summed(graded)
    if not gradable:
        assert (summary.accuracy, summary.format_rate, summary.reward) == (None, None, None)
        return
    assert summary.accuracy == sum(verdict.correct for verdict in gradable) / len(gradable)
    assert summary.format_rate == sum(verdict.formatted for verdict in gradable) / len(gradable)
    assert summary.reward == sum(verdict.reward for verdict in gradable) / len(gradable)
    counted = [tokens for _, _, tokens in graded if tokens is not None]
    assert summary.rates()["mean_tokens"] == (sum(counted) / len(counted) if counted else None)
    assert sum(summary.rates()["statuses"].values()) == len(graded)


def test_first_skipped_stays_the_first() -> None:
    first, second = Summary(), Summary()
    for summary, line in ((first, 3), (second, 9)):
        summary.skip(SourceError("bad", where=f"a.jsonl, line {line}", fix="Mend it."))
    first.merge(second)
    assert (first.skipped, first.first_skipped) == (2, "a.jsonl, line 3: bad")


def test_columns_must_be_as_long() -> None:
    with pytest.raises(UsageError, match="tokens: 2 for 1 responses"):
        summarize(["a"], [Verdict(True, True, "a", Status.CORRECT)], [1, 2])


def test_a_ground_truth_in_a_list_of_one_is_graded(tmp_path: Path) -> None:
    path = tmp_path / "verl.jsonl"
    response = r"<think>a</think>\boxed{55}"
    path.write_text(json.dumps({"response": response, "reward_model": {"ground_truth": ["55"]}}))
    with opened(path) as lines:
        assert grade_lines(lines, GradeSettings()).accuracy == 1
