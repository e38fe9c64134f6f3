"""The workflow in the documentation does what it says, step by step, against a Hub with the upstreams."""

import os
import re
import sys
from pathlib import Path

import pytest
import yaml
from hub_server import Hub
from hub_server.upstreams import upstreams
from product import REPO, Product, good

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture
def workflow() -> dict:
    found: dict = yaml.safe_load((EXAMPLES / "publish.yml").read_text())
    return found


def test_the_workflow_builds_from_the_lock_file_and_publishes(
    hub: Hub, crossthink: Product, workflow: dict
) -> None:
    for name, files in upstreams(rows=40).items():
        hub.repo(name, files)
    good(crossthink("sources", "lock", "--lock", "sources.lock.json"))
    locked = (crossthink.home / "sources.lock.json").read_bytes()
    scripts = [step["run"] for step in workflow["jobs"]["publish"]["steps"] if "run" in step]
    assert scripts[0].startswith("pip install")
    environment = {
        **crossthink.environment(),
        **{name: value for name, value in workflow["env"].items() if name != "HF_HOME"},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MESSAGE": 'Said "so" & $(so)',
        "CONFIGS": "only_mr mmlu",
    }
    for version in ("", "2.0.0"):
        for script in scripts[1:]:
            line = script.replace("crossthink ", f"{sys.executable} -m crossthink_hub ", 1)
            command = ["bash", "-eu", "-o", "pipefail", "-c", line]
            good(crossthink.run(command, {**environment, "VERSION": version}))
        environment["CONFIGS"] = "only_mr"
    assert list(hub.repos[REPO].tags) == ["v1.0.0", "v2.0.0"]
    assert hub.repos[REPO].tag_messages["v1.0.0"] == 'Said "so" & $(so)'
    assert (crossthink.home / "sources.lock.json").read_bytes() == locked


def test_the_workflow_shows_its_secret_to_no_step_that_needs_none(workflow: dict) -> None:
    steps = workflow["jobs"]["publish"]["steps"]
    with_secret = {step["name"] for step in steps if "HF_TOKEN" in str(step.get("env"))}
    assert with_secret == {"Build", "Publish", "Verify"}
    assert "secrets." not in str(workflow.get("env"))
    assert not any(
        re.search(r"\$\{\{.*inputs", step.get("run", "")) for step in steps
    )  # no text becomes code
