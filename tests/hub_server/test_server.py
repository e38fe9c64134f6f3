"""The Hub of the tests, used by unmodified clients: each program in a process of its own."""

import hashlib
import http.client
import io
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_server import READ_TOKEN, STRANGER_TOKEN, TOKEN, Fault, Hub, Record, client_environment, serving

ID = "lab/blends"
PRELUDE = f"""
import json, sys
from huggingface_hub import *
from huggingface_hub.errors import *
api, ID, TYPE = HfApi(), {ID!r}, {{"repo_type": "dataset"}}
def refused(do, *arguments, **named):
    try:
        do(*arguments, **named)
    except Exception as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        return [type(error).__name__, status, str(error)]
def add(path, content):
    return CommitOperationAdd(path, content)
def commit(*operations, **named):
    return api.create_commit(ID, list(operations), commit_message="change", **TYPE, **named).oid
"""
Run = Callable[..., Any]
Ask = Callable[..., tuple[int, dict[str, str], bytes]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serving(Hub(tmp_path / "hub")) as found:
        yield found


@pytest.fixture
def run(hub: Hub, tmp_path: Path) -> Run:
    """Run a program of the Hub's client; return what it printed, read as JSON."""

    def run(program: str, token: str = TOKEN, **environment: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", PRELUDE + program],
            cwd=tmp_path,
            env={**client_environment(tmp_path, hub.url, token), **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.fixture
def ask(hub: Hub) -> Ask:
    """Send one request as it is; return status, headers and body."""

    def ask(
        method: str, path: str, body: Any = None, token: str | None = TOKEN, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=20)
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            connection.request(method, path, sent, {**authorization, **headers})
            reply = connection.getresponse()
            return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
        finally:
            connection.close()

    return ask


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def parquet(**columns: list[Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


UPLOAD = """
made = api.create_repo(ID, private=True, **TYPE)
again = api.create_repo(ID, exist_ok=True, **TYPE)
hidden = api.dataset_info(ID).private
api.update_repo_settings(ID, visibility="public", **TYPE)
first = api.upload_folder(folder_path="data", repo_id=ID, **TYPE).oid
second = api.upload_folder(folder_path="data", repo_id=ID, **TYPE).oid
there = snapshot_download(ID, **TYPE)
from pathlib import Path
files = {path.relative_to(there).as_posix(): path.read_bytes().hex()
         for path in Path(there).rglob("*") if path.is_file()}
print(json.dumps({"made": str(made), "same": str(made) == str(again), "first": first, "second": second,
    "files": files, "taken": refused(api.create_repo, ID, **TYPE), "me": api.whoami()["name"],
    "private": [hidden, api.dataset_info(ID).private],
    "exists": [api.repo_exists(ID, **TYPE), api.repo_exists("lab/no", **TYPE),
               api.file_exists(ID, "data/b.csv", **TYPE), api.file_exists(ID, "no", **TYPE),
               api.revision_exists(ID, "no", **TYPE)],
    "gone": [api.delete_repo(ID, **TYPE), api.repo_exists(ID, **TYPE)]}))
"""


@pytest.mark.parametrize("redirect", [True, False])
def test_a_folder_is_uploaded_and_comes_back_and_the_second_time_nothing_is_sent(
    hub: Hub, run: Run, tmp_path: Path, redirect: bool
) -> None:
    hub.redirect = redirect
    files = {
        "README.md": b"---\nlicense: mit\n---\n",
        "data/a.parquet": parquet(n=[1, 2]),
        "data/b.csv": b"a,b\n",
        "data/none.csv": b"",
        "odd/\xc3\xa4 b+c#d%20&=.txt".encode("latin-1").decode(): b"x",
        "blob": b"\0\1",
    }
    for name, content in files.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(content)
    kept: list[dict[str, bytes]] = []

    def before_it_goes(record: Record) -> None:
        if record.method == "DELETE":
            kept.append(hub.repos[ID].files())

    hub.on_request = before_it_goes
    said = run(UPLOAD)
    assert said["made"] == f"{hub.url}/datasets/{ID}"
    assert said["same"]
    assert said["taken"][1] == 409
    assert (said["me"], said["private"]) == ("you", [True, False])
    assert said["first"] == said["second"]
    assert said["exists"] == [True, False, True, False, False]
    assert said["gone"] == [None, False]
    [stored] = kept
    assert stored.pop(".gitattributes").startswith(b"*.arrow filter=lfs")
    assert stored == files
    downloaded = {name: bytes.fromhex(content) for name, content in said["files"].items()}
    assert {name: downloaded[name] for name in files} == files
    assert hub.received == {sha256(files[name]): len(files[name]) for name in ("data/a.parquet", "blob")}
    assert (
        any(record.path.startswith("/lfs/") for record in hub.requests if record.method == "GET") is redirect
    )


COMMITS = """
api.create_repo(ID, **TYPE)
start = api.list_repo_refs(ID, **TYPE).branches[0].target_commit
many = commit(*(add(f"data/{n % 7}/{n}.txt", str(n).encode()) for n in range(300)), parent_commit=start)
fewer = commit(CommitOperationDelete("data/0/", is_folder=True), CommitOperationDelete("data/1/1.txt"),
               add("data/1/8.txt", b"new"), parent_commit=many)
tree = list(api.list_repo_tree(ID, recursive=True, **TYPE))
top = list(api.list_repo_tree(ID, "data", expand=True, **TYPE))
found = api.get_paths_info(ID, ["data/1/8.txt", "data/2", "no"], expand=True, **TYPE)
info = api.dataset_info(ID, files_metadata=True)
print(json.dumps({"start": start, "many": many, "fewer": fewer,
    "tree": [entry.path for entry in tree], "top": [[entry.path, entry.last_commit.oid] for entry in top],
    "found": [[entry.path, entry.last_commit.oid] for entry in found],
    "history": [[c.commit_id, c.title, c.authors] for c in api.list_repo_commits(ID, **TYPE)],
    "stale": refused(commit, add("x", b"x"), parent_commit=many),
    "unknown": refused(commit, add("x", b"x"), revision="no"),
    "missing": refused(commit, add("x", b"x"), CommitOperationDelete("no")),
    "clash": refused(commit, add("data", b"x")),
    "yaml": refused(commit, add("README.md", b"---\\na: [\\n---\\n")),
    "sizes": {sibling.rfilename: sibling.size for sibling in info.siblings}, "sha": info.sha}))
"""


def test_commits_are_whole_and_checked(hub: Hub, run: Run, ask: Ask) -> None:
    hub.page_size = 50
    said = run(COMMITS)
    repo, fewer = hub.repos[ID], said["fewer"]
    expected = {f"data/{n % 7}/{n}.txt": str(n).encode() for n in range(300) if n % 7 and n != 1}
    expected["data/1/8.txt"] = b"new"
    files = repo.files()
    del files[".gitattributes"]
    assert files == expected
    assert set(said["tree"]) == {*expected, ".gitattributes", "data", *(f"data/{n}" for n in range(1, 7))}
    assert said["top"] == [["data/1", fewer], *([f"data/{n}", said["many"]] for n in range(2, 7))]
    assert said["found"] == [["data/1/8.txt", fewer], ["data/2", said["many"]]]
    history = [[fewer, "change", ["you"]], [said["many"], "change", ["you"]]]
    assert said["history"] == [*history, [said["start"], "initial commit", ["system"]]]
    assert (said["sizes"]["data/1/8.txt"], said["sha"]) == (3, fewer)
    assert said["stale"][:2] == ["HfHubHTTPError", 412]
    assert said["unknown"][:2] == ["RevisionNotFoundError", 404]
    assert said["missing"][:2] == ["RemoteEntryNotFoundError", 404]
    assert said["clash"][:2] == ["BadRequestError", 400]
    assert said["yaml"][0] == "ValueError"
    assert repo.branches == {"main": fewer}
    asked = {"files": [{"path": str(n), "size": 1, "sample": ""} for n in range(257)]}
    assert ask("POST", f"/api/datasets/{ID}/preupload/main", asked)[0] == 413


REFS = """
api.create_repo(ID, **TYPE)
one = commit(add("data/train.txt", b"1"), add("a.parquet", b"PAR1"))
api.create_tag(ID, tag="v1.0", tag_message="the first", **TYPE)
two = commit(add("data/train.txt", b"2"))
api.create_tag(ID, tag="odd/tag", revision=one[:8], **TYPE)
api.create_tag(ID, tag="v1.0", exist_ok=True, **TYPE)
api.create_tag(ID, tag="gone", **TYPE)
api.delete_tag(ID, tag="gone", **TYPE)
api.create_branch(ID, branch="work/next", revision="v1.0", **TYPE)
api.create_branch(ID, branch="short", **TYPE)
api.delete_branch(ID, branch="short", **TYPE)
three = commit(add("data/train.txt", b"3"), revision="work/next")
errors = {"tag": refused(api.create_tag, ID, tag="v1.0", **TYPE),
    "branch": refused(api.create_branch, ID, branch="main", **TYPE),
    "nowhere": refused(api.create_tag, ID, tag="x", revision="no", **TYPE),
    "main": refused(api.delete_branch, ID, branch="main", **TYPE),
    "on a tag": refused(api.super_squash_history, ID, branch="v1.0", **TYPE),
    "to a tag": refused(commit, add("x", b"x"), revision="v1.0")}
api.super_squash_history(ID, commit_message="one", **TYPE)
refs = api.list_repo_refs(ID, **TYPE)
text = lambda revision: open(hf_hub_download(ID, "data/train.txt", revision=revision, **TYPE)).read()
print(json.dumps({"one": one, "two": two, "three": three, "errors": errors,
    "texts": {revision: text(revision) for revision in ("main", "v1.0", "odd/tag", "work/next", one, two)},
    "convert": HfFileSystem().cat(f"datasets/{ID}@refs/convert/parquet/default/0.parquet").decode(),
    "tags": {tag.name: tag.target_commit for tag in refs.tags},
    "branches": {branch.name: branch.target_commit for branch in refs.branches},
    "converts": [[ref.name, ref.ref] for ref in refs.converts],
    "history": [c.title for c in api.list_repo_commits(ID, **TYPE)]}))
"""


def test_tags_and_branches_and_what_a_squash_leaves(hub: Hub, run: Run) -> None:
    def convert(record: Record) -> None:
        if record.path.endswith("super-squash/main"):
            hub.repos[ID].commit({"default/0.parquet": b"PAR1"}, "refs/convert/parquet")

    hub.on_request = convert
    said, repo = run(REFS), hub.repos[ID]
    one, two, three = said["one"], said["two"], said["three"]
    texts = {"main": "2", "v1.0": "1", "odd/tag": "1", "work/next": "3", one: "1", two: "2"}
    assert said["texts"] == texts
    assert said["tags"] == repo.tags == {"v1.0": one, "odd/tag": one}
    assert repo.tag_messages == {"v1.0": "the first"}
    assert said["branches"] == repo.branches == {"main": repo.refs["main"], "work/next": three}
    assert said["history"] == ["one"]
    assert repo.refs["main"] not in (one, two)
    assert said["converts"] == [["parquet", "refs/convert/parquet"]]
    assert said["convert"] == "PAR1"
    statuses = {name: error[1] for name, error in said["errors"].items()}
    expected = {"tag": 409, "branch": 409, "nowhere": 404, "main": 403, "on a tag": 400, "to a tag": 400}
    assert statuses == expected
    assert said["errors"]["nowhere"][0] == "RevisionNotFoundError"


RANGES = """
with HfFileSystem().open(f"datasets/{ID}/big.parquet", block_size=1000, cache_type="none") as file:
    parts = [(file.seek(start), file.read(size))[1].hex() for start, size in ((5_000, 100), (10, 10))]
whole = open(hf_hub_download(ID, "big.parquet", **TYPE), "rb").read()
print(json.dumps([*parts, file.size, len(whole)]))
"""


@pytest.mark.parametrize("redirect", [True, False])
def test_parts_of_files(hub: Hub, run: Run, ask: Ask, redirect: bool) -> None:
    hub.redirect = redirect
    data = bytes(range(256)) * 40
    commit = hub.repo(ID, {"big.parquet": data, "a.txt": b"0123456789"}).refs["main"]
    assert run(RANGES) == [data[5_000:5_100].hex(), data[10:20].hex(), len(data), len(data)]
    assert hub.sent["big.parquet"] == 100 + 10 + len(data)
    place = f"/datasets/{ID}/resolve/main/a.txt"
    for asked, answer in (("2-4", b"234"), ("8-", b"89"), ("-3", b"789"), ("5-99", b"56789")):
        status, headers, body = ask("GET", place, Range=f"bytes={asked}")
        assert (status, body) == (206, answer)
        assert headers["content-range"].endswith("/10")
    assert ask("GET", place, Range="bytes=10-")[0] == 416
    status, headers, body = ask("HEAD", place)
    assert (status, body, headers["content-length"]) == (200, b"", "10")
    assert headers["x-repo-commit"] == commit
    status, headers, _ = ask("HEAD", f"/datasets/{ID}/resolve/main/big.parquet")
    assert status == (302 if redirect else 200)
    assert (headers["x-linked-etag"], headers["x-linked-size"]) == (f'"{sha256(data)}"', str(len(data)))


LFS = """
api.create_repo(ID, **TYPE)
commit(add("big.bin", "big.bin"), add("small.bin", open("small.bin", "rb").read()))
print(json.dumps(commit(add("again.bin", "big.bin"))))
"""


def test_large_files_come_in_parts_and_only_what_was_announced_is_kept(
    hub: Hub, run: Run, ask: Ask, tmp_path: Path
) -> None:
    hub.multipart_above, hub.chunk_size = 1_000_000, 300_000
    files = {"big.bin": bytes(range(256)) * 5_000, "small.bin": b"\0" * 1_000}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    run(LFS)
    repo = hub.repos[ID]
    assert repo.files() == {**repo.files(), **files, "again.bin": files["big.bin"]}
    assert hub.received == {sha256(content): len(content) for content in files.values()}
    parts = [record.received for record in hub.requests if record.method == "PUT"]
    assert sorted(parts) == [1_000, 80_000, 300_000, 300_000, 300_000, 300_000]
    assert not any((repo.folder / "uploads").iterdir())
    place, good = f"/lfs/{ID}/{sha256(b'new')}", b"new"
    for body, size in ((b"now", 3), (b"news", 3), (good, 4)):
        assert ask("PUT", f"{place}?size={size}", body, token=None)[0] == 400
        assert not repo.objects.has(sha256(good))
    line = {"key": "lfsFile", "value": {"path": "new.bin", "oid": sha256(good), "size": 3, "algo": "sha256"}}
    rows = [{"key": "header", "value": {"summary": "new"}}, line]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    before = repo.refs["main"]
    assert ask("POST", f"/api/datasets/{ID}/commit/main", lines)[0] == 400
    assert repo.refs["main"] == before
    assert ask("PUT", f"{place}?size=3", good, token=None)[0] == 200
    assert ask("POST", f"/api/datasets/{ID}/commit/main", lines)[0] == 200
    assert repo.files()["new.bin"] == good
    assert ask("PUT", f"{place}?size=3", good)[0] == 400
    assert len(hub.leaks) == 1
    hub.leaks.clear()


RIGHTS = """
tokens = TOKENS
print(json.dumps({name: [refused(do, token=token) for do in (
    lambda token: api.whoami(token=token),
    lambda token: api.dataset_info("lab/private", token=token),
    lambda token: api.dataset_info("lab/gated", token=token),
    lambda token: hf_hub_download("lab/gated", "a.txt", token=token, local_dir=name, **TYPE),
    lambda token: api.auth_check("lab/gated", token=token, **TYPE),
    lambda token: api.upload_file(
        path_or_fileobj=name.encode(), path_in_repo="x", repo_id="lab/open", token=token, **TYPE),
    lambda token: api.create_repo(f"lab/{name}", token=token, **TYPE),
    lambda token: api.update_repo_settings("lab/open", gated=False, token=token, **TYPE),
)] for name, token in tokens.items()}))
"""


def test_who_may_do_what(hub: Hub, run: Run) -> None:
    for name in ("private", "gated", "open"):
        hub.repo(f"lab/{name}", {"a.txt": b"a"}, private=name == "private", gated=name == "gated")
    tokens = {
        "you": TOKEN,
        "reader": READ_TOKEN,
        "stranger": STRANGER_TOKEN,
        "bad": "hf_bad",
        "nobody": False,
    }
    program = RIGHTS.replace("TOKENS", repr(tokens))
    errors = run(program)
    said = {name: [error and error[:2] for error in found] for name, found in errors.items()}
    forbidden = ["HfHubHTTPError", 403]
    bad = ["HfHubHTTPError", 401]
    hidden = ["RepositoryNotFoundError", 401]
    assert said["you"] == [None] * 8
    assert said["reader"] == [None] * 5 + [forbidden] * 3
    assert said["stranger"] == [
        None,
        ["RepositoryNotFoundError", 404],
        None,
        ["GatedRepoError", 403],
        ["GatedRepoError", 403],
        *[forbidden] * 3,
    ]
    assert said["bad"] == [bad] * 8
    assert said["nobody"][1:5] == [hidden, None, ["GatedRepoError", 401], ["GatedRepoError", 401]]
    assert [error[1] for error in said["nobody"][5:]] == [401] * 3
    assert all("Invalid credentials in Authorization header" in error[2] for error in errors["bad"][1:])
    assert "Invalid username or password." in errors["nobody"][5][2]
    assert hub.seen == {token for token in tokens.values() if token}


def test_a_hub_opened_again_has_everything(hub: Hub, ask: Ask) -> None:
    repo = hub.repo(ID, {"a.txt": b"a", "b.parquet": b"b"}, private=True, gated=True)
    repo.tag("v1", message="first")
    repo.commit({"c.txt": b"c"}, keep=True)
    for other in (Hub(hub.folder), hub):
        again = other.repos[ID]
        assert list(other.repos) == [ID]
        assert again.files("v1") == {"a.txt": b"a", "b.parquet": b"b"}
        assert again.files() == {**again.files("v1"), "c.txt": b"c"}
        assert (again.refs, again.commits) == (repo.refs, repo.commits)
        assert (again.private, again.gated, again.tag_messages) == (True, True, {"v1": "first"})
    port = hub.port
    hub.stop()
    assert not hub.alive
    with pytest.raises(ConnectionRefusedError):
        ask("GET", f"/api/datasets/{ID}")
    hub.revive()
    assert (hub.alive, hub.port) == (True, port)
    assert json.loads(ask("GET", f"/api/datasets/{ID}/revision/v1")[2])["sha"] == repo.tags["v1"]


def test_each_fault_strikes_once(hub: Hub, ask: Ask) -> None:
    data = b"0123456789" * 10
    hub.repo(ID, {"a.txt": data})
    place = f"/datasets/{ID}/resolve/main/a.txt"
    hub.faults = [
        Fault("status", r"a\.txt", "GET", status=429, retry_after=3),
        Fault("status", path="a.txt", status=403, code="GatedRepo", skip=1),
    ]
    status, headers, _ = ask("GET", place)
    assert (status, headers["retry-after"]) == (429, "3")
    assert ask("HEAD", place)[0] == 200
    assert ask("GET", place)[1]["x-error-code"] == "GatedRepo"
    hub.faults = [Fault("wrong_etag"), Fault("corrupt"), Fault("slow", seconds=0.2, request=hub.asked + 3)]
    right = ask("HEAD", f"/datasets/{ID}/resolve/main/none")[1]
    assert "etag" not in right
    assert ask("HEAD", place)[1]["etag"] != ask("HEAD", place)[1]["etag"]
    _, _, body = ask("GET", place)
    assert (len(body), body == data) == (len(data), False)
    assert ask("GET", place)[2] == data
    assert [fault.struck for fault in hub.faults] == [1, 1, 1]
    hub.faults = [Fault("slow", bytes_per_second=500)]
    start = time.monotonic()
    assert ask("GET", place)[2] == data
    assert time.monotonic() - start > 0.15
    hub.faults = [Fault("truncate", path="a.txt", keep=0.2)]
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask("GET", place)
    assert caught.value.partial == data[:20]
    assert ask("GET", place)[2] == data


def test_deaths_come_before_or_after_the_effect(hub: Hub, ask: Ask) -> None:
    repo = hub.repo(ID, {"a.txt": b"a"})
    idle = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=20)
    for kind, tags in (("die_before", []), ("die_after", ["die_after"])):
        idle.request("GET", f"/api/datasets/{ID}")
        idle.getresponse().read()
        hub.faults = [Fault(kind, path="/tag/")]  # type: ignore[arg-type]
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            ask("POST", f"/api/datasets/{ID}/tag/main", {"tag": kind})
        assert not hub.alive
        assert idle.sock.recv(1) == b"", "other connections end too"
        idle.close()
        with pytest.raises(ConnectionRefusedError):
            ask("GET", f"/api/datasets/{ID}")
        hub.revive()
        assert list(repo.tags) == tags
        assert hub.requests[-1].status is None
    hub.faults = [Fault("die_during", method="PUT")]
    content = b"x" * 3_000_000
    with pytest.raises(ConnectionError):
        ask("PUT", f"/lfs/{ID}/{sha256(content)}?size={len(content)}", content, token=None)
    assert not repo.objects.has(sha256(content))
    assert 0 < hub.received[sha256(content)] < len(content)


ENDURING = """
api.create_repo(ID, exist_ok=True, **TYPE)
oid = commit(add("a.parquet", b"PAR1" * 1000))
path = hf_hub_download(ID, "a.parquet", **TYPE)
print(json.dumps([oid, open(path, "rb").read() == b"PAR1" * 1000]))
"""


def test_a_client_goes_on_after_a_death_and_refusals(hub: Hub, run: Run) -> None:
    hub.faults = [
        Fault("die_before", method="PUT"),
        Fault("status", path="/preupload/", status=503),
        Fault("status", path="/objects/verify", status=429, retry_after=0),
        Fault("truncate", path="/lfs/", method="GET"),
    ]
    ended = threading.Event()

    def nurse() -> None:
        while not ended.wait(0.05):
            if not hub.alive:
                hub.revive()

    helper = threading.Thread(target=nurse)
    helper.start()
    try:
        assert run(ENDURING) == [hub.repos[ID].refs["main"], True]
    finally:
        ended.set()
        helper.join()
    assert [fault.struck for fault in hub.faults] == [1] * 4
    assert hub.received[sha256(b"PAR1" * 1000)] == 4_000


CROWD = """
from concurrent.futures import ThreadPoolExecutor
name = sys.argv[-1]
api.create_repo(ID, exist_ok=True, **TYPE)
def work(n):
    return commit(add(f"{name}/{n}.parquet", f"{name} {n}".encode()), add(f"{name}/{n}.txt", b"x"))
with ThreadPoolExecutor(4) as pool:
    print(json.dumps(list(pool.map(work, range(10)))))
"""


def test_two_clients_at_once(hub: Hub, run: Run) -> None:
    oids: list[str] = []
    programs = [CROWD.replace("sys.argv[-1]", repr(name)) for name in ("one", "two")]
    threads = [threading.Thread(target=lambda text=text: oids.extend(run(text))) for text in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = [commit.oid for commit in hub.repos[ID].history()]
    assert (len(oids), set(history[:-1])) == (20, set(oids))
    assert len(hub.repos[ID].files()) == 1 + 40


CARD = """---
configs:
- config_name: sums
  data_files: [{split: train, path: sums/train-*}]
- config_name: products
  data_files: [{split: train, path: products/train-*}]
---
"""
LOAD = """
import os
from datasets import load_dataset
def rows(config, **named):
    return [list(row.values())[0] for row in load_dataset(ID, config, split="train", **named)]
print(json.dumps({f"{config} {tag} {streaming}": rows(config, revision=tag, streaming=streaming)
    for config in ("sums", "products") for tag in ("v1", "v2") for streaming in (False, True)}), flush=True)
os._exit(0)  # a thread of the reader that streams may still run, beside which Python at times can't end
"""


def test_data_sets_load_at_their_tags(hub: Hub, run: Run) -> None:
    def files(first: int) -> dict[str, bytes]:
        return {
            "README.md": CARD.encode(),
            "sums/train-0.parquet": parquet(total=[first, first + 1]),
            "products/train-0.parquet": parquet(product=[first * 10]),
        }

    repo = hub.repo(ID, files(1))
    repo.tag("v1")
    repo.commit(files(2))
    repo.tag("v2")
    repo.commit(files(3))
    expected = {"sums v1": [1, 2], "sums v2": [2, 3], "products v1": [10], "products v2": [20]}
    assert run(LOAD) == {
        f"{name} {streaming}": rows for name, rows in expected.items() for streaming in (False, True)
    }


def test_the_command_line_serves_a_folder_and_a_killed_one_leaves_it_whole(tmp_path: Path) -> None:
    Hub(tmp_path).repo(ID, {"a.txt": b"a"})
    program = [sys.executable, "-m", "hub_server", str(tmp_path), "--no-redirect"]
    tests = Path(__file__).parent.parent
    with subprocess.Popen(program, cwd=tests, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        said = dict(part.split("=", 1) for part in server.stdout.readline().split())
        assert said["HF_TOKEN"] == TOKEN
        port = int(said["HF_ENDPOINT"].rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", f"/datasets/{ID}/resolve/main/a.txt")
        assert connection.getresponse().read() == b"a"
        connection.putrequest("PUT", f"/lfs/{ID}/{sha256(b'xy')}?size=2")
        connection.putheader("Content-Length", "2")
        connection.endheaders(b"x")
        server.send_signal(signal.SIGKILL)
    again = Hub(tmp_path).repos[ID]
    assert again.files() == {"a.txt": b"a"}
    assert not again.objects.has(sha256(b"xy"))
