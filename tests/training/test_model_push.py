"""A finished model is pushed to the Hub of the tests; what would stand in the way is said before training."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub_server import READ_TOKEN, STRANGER_TOKEN, TOKEN, Fault, Hub, Token, User, client_environment, serving

from crossthink_hub.errors import UsageError
from crossthink_hub.training.pushing import check_model_name, push_model

NAME = "you/gpr_up_7b"
FILES = {
    "README.md": b"---\nlibrary_name: transformers\n---\n# gpr_up_7b\n",
    "config.json": b"{}",
    "model.safetensors": b"\0weights",
    "tokenizer.json": b"{}",
    "recipe.yaml": b"model: Qwen/Qwen2.5-7B\n",
    "crossthink.json": b'{"provenance": {}, "files": {}}',
}
LEFT_OUT = {"training_args.bin": b"\0pickled", "model.safetensors.part": b"\0half", ".cache/lock": b""}
PROGRAM = """
import json, sys
from pathlib import Path
from crossthink_hub.errors import CrossThinkError
from crossthink_hub.training.pushing import check_push, push_model

said = []
for verb, name in json.loads(sys.argv[1]):
    try:
        said.append(["done", push_model(Path("model"), name) if verb == "push" else check_push(name)])
    except CrossThinkError as error:
        said.append([type(error).__name__, str(error)])
print(json.dumps(said))
"""
Run = Callable[..., list[list[str | None]]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serving(Hub(tmp_path / "hub")) as found:
        yield found


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with all that a finished model has, and some things that nobody is to get."""
    folder = tmp_path / "model"
    for name, content in {**FILES, **LEFT_OUT}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def run(hub: Hub, tmp_path: Path) -> Run:
    """Check and push as the owner of a token; return what came of each, a token never with it."""

    def run(*asked: tuple[str, str], token: str | None = TOKEN, **environment: str) -> list[list[str | None]]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, json.dumps(asked)],
            cwd=tmp_path,
            env={**client_environment(tmp_path, hub.url, token), **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert not token or token not in done.stdout + done.stderr
        found: list[list[str | None]] = json.loads(done.stdout)
        return found

    return run


def pushed(hub: Hub, name: str = NAME) -> dict[str, bytes]:
    files = hub.repos[name].files()
    del files[".gitattributes"]
    return files


def test_a_model_is_one_commit_in_a_private_repository_and_the_second_time_none(
    hub: Hub, run: Run, model: Path
) -> None:
    first, second = run(("push", NAME), ("push", NAME))
    repo = hub.repos[NAME]
    assert first == second == ["done", f"{hub.url}/{NAME}"]
    assert (repo.type, repo.private) == ("model", True)
    assert pushed(hub) == FILES
    assert [commit.title for commit in repo.history()] == [
        "Trained with GRPO by crossthink-hub",
        "initial commit",
    ]


def test_weights_of_an_earlier_push_go_in_the_same_commit_and_what_people_added_stays(
    hub: Hub, run: Run, model: Path
) -> None:
    run(("push", NAME))
    repo = hub.repos[NAME]
    repo.private = False
    repo.commit({"LICENSE": b"mine"}, keep=True)
    (model / "model.safetensors").unlink()
    shards = {"model-00001-of-00001.safetensors": b"\0new", "model.safetensors.index.json": b"{}"}
    for name, content in shards.items():
        (model / name).write_bytes(content)
    assert run(("push", NAME))[0][0] == "done"
    kept = {name: content for name, content in FILES.items() if name != "model.safetensors"}
    assert pushed(hub) == {**kept, **shards, "LICENSE": b"mine"}
    assert len(repo.history()) == 4
    assert not repo.private, "a push changes nobody's settings"


def test_an_answer_that_is_lost_is_asked_for_again_and_makes_no_second_commit(
    hub: Hub, run: Run, model: Path
) -> None:
    hub.faults = [Fault("lost", path="/commit/main", status=503)]
    assert run(("push", NAME)) == [["done", f"{hub.url}/{NAME}"]]
    assert hub.faults[0].struck == 1
    assert pushed(hub) == FILES
    assert len(hub.repos[NAME].history()) == 2


def test_a_token_in_a_recipe_stays_here(hub: Hub, run: Run, model: Path) -> None:
    secret = "hf_" + "a1B2" * 8
    for name in ("README.md", "recipe.yaml", "crossthink.json"):
        (model / name).write_bytes(FILES[name] + f"\nhub_token: {secret}\nhub_model_id: hf_math\n".encode())
    run(("push", NAME))
    sent = b"".join(pushed(hub).values())
    assert secret.encode() not in sent
    assert sent.count("hub_token: hf_…\nhub_model_id: hf_math".encode()) == 3


def test_a_check_finds_nothing_wrong_and_changes_nothing(hub: Hub, run: Run) -> None:
    hub.repo("lab/ours", {"crossthink.json": b"{}", "model.safetensors": b"\0"}, type="model")
    hub.repo("you/empty", {".gitattributes": b"", "README.md": b"mine"}, type="model")
    names = [NAME, "You/other", "lab/new", "lab/ours", "you/empty"]
    assert run(*(("check", name) for name in names)) == [["done", None]] * len(names)
    assert sorted(hub.repos) == ["lab/ours", "you/empty"]
    assert {record.method for record in hub.requests} == {"GET"}


WRITE = "Use a token with write permission, of an account that may write to it (`hf auth login`)."
REFUSED: list[tuple[str | None, dict[str, str], dict[str, str]]] = [
    (TOKEN, {}, {"else/new": "you may not make a repository of else", "club/new": WRITE}),
    (
        TOKEN,
        {},
        {"else/open": "does not let your token do this", "you/other": "holds another model (weights)"},
    ),
    (READ_TOKEN, {}, {NAME: "your token may only read", "you/other": "does not let your token do this"}),
    (STRANGER_TOKEN, {}, {NAME: "stranger may not make a repository of you", "lab/new": WRITE}),
    ("hf_thistokenisnobodys", {}, {NAME: "the Hub does not know your token"}),
    (None, {}, {NAME: "Log in (`hf auth login`), or set HF_TOKEN."}),
    (TOKEN, {"HF_HUB_OFFLINE": "1"}, {NAME: "HF_HUB_OFFLINE keeps the Hub from being asked"}),
]


@pytest.mark.parametrize(("token", "environment", "says"), REFUSED)
def test_what_would_keep_a_push_from_ending_is_said_before_training(
    hub: Hub, run: Run, token: str | None, environment: dict[str, str], says: dict[str, str]
) -> None:
    hub.tokens[TOKEN] = Token(User("you", {"lab": "write", "club": "read"}))
    hub.repo("else/open", {"weights": b"\0"}, type="model")
    hub.repo("you/other", {"weights": b"\0"}, type="model")
    before = {name: dict(repo.refs) for name, repo in hub.repos.items()}
    found = run(*(("check", name) for name in says), token=token, **environment)
    for (name, words), (kind, message) in zip(says.items(), found, strict=True):
        assert kind == ("UsageError" if "another model" in words else "HubError")
        assert str(message).startswith(f"{name}: ")
        assert words in str(message)
    assert {name: dict(repo.refs) for name, repo in hub.repos.items()} == before


def test_another_model_is_never_pushed_over(hub: Hub, run: Run, model: Path) -> None:
    repo = hub.repo("you/other", {"weights": b"\0"}, type="model")
    ((kind, message),) = run(("push", "you/other"))
    assert (kind, repo.files()) == ("UsageError", {"weights": b"\0"})
    assert str(message).startswith("you/other: holds another model (weights)\nChoose another repository")


def test_no_network_is_said(hub: Hub, run: Run, model: Path) -> None:
    hub.stop()
    ((kind, message),) = run(("push", NAME))
    assert kind == "HubError"
    assert str(message).startswith(f"{NAME}: the connection to {hub.url} failed (")


@pytest.mark.parametrize("name", ["gpr_up_7b", "a/b/c", "you/", "/x", "you/a--b", "you/x.git", "you/a b", ""])
def test_what_is_no_name_is_refused_before_anything_is_asked(name: str) -> None:
    with pytest.raises(UsageError, match=r"is not the name of a repository\nWrite it as OWNER/NAME"):
        check_model_name(name)


@pytest.mark.parametrize("name", ["README.md", "crossthink.json", "recipe.yaml", "config.json"])
def test_what_is_no_finished_model_is_refused(model: Path, name: str) -> None:
    (model / name).unlink()
    with pytest.raises(UsageError, match=rf"is no finished model: it has no {name}"):
        push_model(model, NAME)
