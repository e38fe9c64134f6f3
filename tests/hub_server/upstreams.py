"""The upstream repositories with few rows of ours, each in the layout that it has on the Hub.

Every row is a sum with another first number, so no question is in two sources. Beside the training files lie
those that must be left alone: other splits, other configs, cards.
"""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

MMLU = "cais/mmlu"
RELEASE = "nvidia/Nemotron-CrossThink"
NATURAL = "facebook/natural_reasoning"
NUMINA = "AI-MO/NuminaMath-CoT"
MATH = "hkust-nlp/SimpleRL-Zoo-Data"
CARD = b"---\nlicense: mit\n---\n"
OTHER = {"question": "?", "choices": ["a", "b"], "answer": 0, "subject": "virology"}
Files = dict[str, bytes]


def upstreams(rows: int = 20) -> dict[str, Files]:
    """Return the files of each repository; each source has so many training rows."""
    return {
        MMLU: mmlu(rows),
        RELEASE: {
            "README.md": CARD,
            "Data/Nemotron-CrossThink-QA.jsonl": json_lines(map(_syn_qa, range(rows))),
            "Data/Nemotron-CrossThink-Math.jsonl": json_lines(map(_persona_math, range(rows))),
        },
        NATURAL: {"README.md": CARD, "full.jsonl": json_lines(map(_natural, range(rows)))},
        NUMINA: {
            "README.md": CARD,
            "data/train-00000-of-00002.parquet": parquet(map(_numina, range(rows // 2))),
            "data/train-00001-of-00002.parquet": parquet(map(_numina, range(rows // 2, rows))),
            "data/test-00000-of-00001.parquet": parquet([_numina(0)]),
        },
        MATH: {
            "README.md": CARD,
            "simplelr_qwen_level3to5/train.parquet": parquet(map(_math, range(rows))),
            "simplelr_qwen_level3to5/test.parquet": parquet([_math(0)]),
            "simplelr_abel_level3to5/train.parquet": parquet(map(_math, range(2 * rows))),
        },
    }


def mmlu(rows: int) -> Files:
    """Return MMLU with its training rows in one column of structs."""
    return {
        "README.md": CARD,
        "auxiliary_train/train-00000-of-00001.parquet": parquet({"train": _mmlu(n)} for n in range(rows)),
        "virology/test-00000-of-00001.parquet": parquet([OTHER]),
        "virology/dev-00000-of-00001.parquet": parquet([OTHER]),
    }


def flat_mmlu(rows: int) -> Files:
    """Return MMLU with its training rows in the config of all subjects."""
    return {
        **mmlu(rows + 1),
        "all/auxiliary_train-00000-of-00001.parquet": parquet(map(_mmlu, range(rows))),
        "all/validation-00000-of-00001.parquet": parquet([OTHER]),
    }


def csv_mmlu(rows: int) -> Files:
    """Return MMLU as its authors' archive has it: tables without a header, the right letter last."""
    sink = io.StringIO()
    for found in map(_mmlu, range(rows)):
        csv.writer(sink).writerow([found["question"], *found["choices"], "ABCD"[found["answer"]]])
    return {"auxiliary_train/race.csv": sink.getvalue().encode(), "test/virology_test.csv": b"?,a,b,c,d,A\n"}


def _mmlu(n: int) -> dict[str, Any]:
    choices = [str(n + 1), str(n + 2), str(n + 3), "none of them"]
    return {"answer": n % 3, "choices": choices, "question": f"{n} + {n % 3 + 1}?", "subject": ""}


def _syn_qa(n: int) -> dict[str, Any]:
    options = "\n".join(f"{letter}: {1_000 + n + place}" for place, letter in enumerate("ABCDEFGHIJ"))
    return _released(
        "QA",
        f"Choose one and box its letter.\nWhat is 1000 + {n}?\n{options}",
        f"A: {1_000 + n}",
        {"index": n, "split": "train"},
    )


def _persona_math(n: int) -> dict[str, Any]:
    asked = f"A baker has 2000 loaves and bakes {n} more. How many are there?"
    meta = {"index": n, "question": asked, "persona": "a baker", "skills": ["addition"]}
    return _released("Math", f"Solve this and box the result.\n{asked}", str(2_000 + n), meta)


def _released(part: str, prompt: str, truth: str, meta: dict[str, Any]) -> dict[str, Any]:
    return {
        "data_source": f"Nemotron-CrossThink-{part}",
        "prompt": [{"role": "user", "content": prompt}],
        "reward_model": {"style": "rule", "ground_truth": truth},
        "meta_data": meta,
    }


def _natural(n: int) -> dict[str, Any]:
    responses = [{"response_model": "some-model", "response": f"It is {3_000 + n}."}]
    return {
        "question": f"What is 3000 + {n}?",
        "reference_answer": str(3_000 + n),
        "responses": responses,
    }


def _numina(n: int) -> dict[str, Any]:
    problem, solution = f"What is $4000 + {n}$?", rf"It is $\boxed{{{4_000 + n}}}$."
    messages = [{"content": problem, "role": "user"}, {"content": solution, "role": "assistant"}]
    return {"source": "olympiads", "problem": problem, "solution": solution, "messages": messages}


def _math(n: int) -> dict[str, Any]:
    question, answer = f"What is $5000 + {n}$?", str(5_000 + n)
    asked = {"answer": answer, "level": 3, "question": question}
    return {
        **asked,
        "gt_answer": answer,
        "subject": "Algebra",
        "target": answer,
        "data_source": "simplelr",
        "prompt": [{"role": "user", "content": question}],
        "ability": "math",
        "reward_model": {"ground_truth": answer, "style": "rule"},
        "extra_info": {**asked, "index": n, "split": "train"},
    }


def parquet(rows: Iterable[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), sink)
    return sink.getvalue()


def json_lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
