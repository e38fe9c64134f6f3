"""A dry run with vLLM itself: `make test-vllm` runs these in an environment that has it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("vllm", reason="vLLM is not installed: make test-vllm")


def test_vllm_samples_as_the_recipe_says(recipe_file: Path):
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "2"}
    command = [
        sys.executable, "-m", "crossthink_hub", "train", "--dry-run", str(recipe_file), "use_vllm=true",
        "generation_kwargs={stop_token_ids: [65, 66, 67, 68, 69, 70, 71, 72]}", "--json",
    ]  # fmt: skip
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["completions"] == 64 * 4
    assert found["metrics"]["all/tokens_wrong"] <= 12
    # Of random letters every thirtieth ends a completion: that one has ended, and is not cut off.
    assert 0.4 < found["metrics"]["all/truncated"] < 0.95
    short = [one for one in found["worst"] if one["tokens"] < 12]
    assert not any(one["truncated"] for one in short)
