"""A push from end to end: what it says, what it makes, and what it refuses."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hub_server import READ_TOKEN, TOKEN, Hub
from product import REPO, MakeFolder, Product, good, refused

import crossthink_hub.hub
from crossthink_hub.errors import FolderError


def own_files(folder: Path) -> dict[str, bytes]:
    """Return what of a folder is published: all of it but the rows that were dropped."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith("dropped/")}


def published(hub: Hub, revision: str, repo: str = REPO) -> dict[str, bytes]:
    files = hub.repos[repo].files(revision)
    files.pop(".gitattributes", None)
    return files


def test_a_first_push_is_one_commit_with_its_tag(hub: Hub, crossthink: Product, folder: MakeFolder) -> None:
    said = good(crossthink("push", REPO, "--dir", folder(), "--version", "1.0.0", "--message", "The first."))
    repo = hub.repos[REPO]
    assert repo.private
    assert repo.tags == {"v1.0.0": repo.branches["main"]}
    assert [commit.title for commit in repo.history()] == ["Version 1.0.0", "initial commit"]
    assert f'load_dataset("{REPO}", "gpr_up", revision="v1.0.0")' in said


def test_the_folder_is_then_what_was_published_and_loads_as_before(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    mine = folder()
    before = own_files(mine)
    good(crossthink("push", REPO, "--dir", mine))
    after = own_files(mine)
    assert after == published(hub, "v1.0.0")
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"README.md", "croissant.json", "versions.json"}
    assert good(crossthink("validate", mine))


def test_nothing_changed_sends_nothing_and_makes_no_commit(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    good(crossthink("push", REPO, "--dir", folder("one")))
    before = hub.repos[REPO].branches["main"]
    hub.requests.clear()
    hub.received.clear()
    for name in ("one", "again"):  # the folder that was pushed, and one that was built anew
        mine = Path(crossthink.home, name)
        again = mine if mine.exists() else folder(name)
        said = crossthink("push", REPO, "--dir", again)
        assert "Nothing changed" in good(said)
        assert "v1.0.0" in said.stdout
    assert hub.repos[REPO].branches["main"] == before
    assert not hub.received
    assert not [record for record in hub.requests if record.method in ("PUT", "POST", "DELETE")]


def test_each_change_has_its_kind_of_version(hub: Hub, crossthink: Product, folder: MakeFolder) -> None:
    def push(mine: Path, *more: str) -> dict[str, object]:
        found: dict[str, object] = crossthink.json("push", REPO, "--dir", mine, *more)
        return {name: found[name] for name in ("version", "base", "kind")}

    assert push(folder("a")) == {"version": "1.0.0", "base": None, "kind": "first"}
    assert push(folder("b", size=210)) == {"version": "1.1.0", "base": "1.0.0", "kind": "rows"}
    more = folder("c", "gpr_up", "only_mr", "mmlu", size=210)
    assert push(more) == {"version": "1.2.0", "base": "1.1.0", "kind": "rows"}
    fewer = folder("d", "gpr_up", size=210)
    assert push(fewer) == {"version": "2.0.0", "base": "1.2.0", "kind": "schema"}
    manifest = json.loads((fewer / "manifest.json").read_text())
    manifest["configs"]["gpr_up"]["title"] = "more general-purpose reasoning, said in other words"
    (fewer / "manifest.json").write_text(json.dumps(manifest))
    card = yaml.safe_dump(
        {"configs": yaml.safe_load(published(hub, "main")["README.md"].decode().split("---\n")[1])["configs"]}
    )
    (fewer / "README.md").write_text(f"---\n{card}---\n")
    assert push(fewer) == {"version": "2.0.1", "base": "2.0.0", "kind": "card"}
    assert push(fewer, "--version", "v3.1.4") == {"version": "2.0.1", "base": "2.0.1", "kind": None}
    other = push(folder("e", "gpr_up", size=220), "--version", "v3.1.4")
    assert other == {"version": "3.1.4", "base": "2.0.1", "kind": "rows"}
    assert list(hub.repos[REPO].tags) == ["v1.0.0", "v1.1.0", "v1.2.0", "v2.0.0", "v2.0.1", "v3.1.4"]


def test_columns_that_are_others_make_a_major_version(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    mine = folder("a")
    good(crossthink("push", REPO, "--dir", mine))
    path = data_file(mine)
    renamed = pq.read_table(path).rename_columns({"ability": "kind"})
    pq.write_table(renamed, path)
    repo = hub.repos[REPO]
    repo.commit({path.relative_to(mine).as_posix(): path.read_bytes()}, keep=True)
    repo.tag("v1.0.0")  # as if columns had been others then
    assert crossthink.json("push", REPO, "--dir", folder("b", size=210))["kind"] == "schema"


def test_what_will_change_is_shown_and_a_dry_run_changes_nothing(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    assert "a new repository, private" in good(crossthink("push", REPO, "--dir", folder("a"), "--dry-run"))
    assert REPO not in hub.repos
    good(crossthink("push", REPO, "--dir", Path("a")))
    before = published(hub, "main")
    said = good(crossthink("push", REPO, "--dir", folder("b", size=210), "--dry-run"))
    assert published(hub, "main") == before
    rows = {
        line.split()[0]: line.split()[1:] for line in said.splitlines() if line.startswith(("gpr_", "only"))
    }
    told = crossthink.json("push", REPO, "--dir", Path("b"), "--dry-run")
    assert told["published"] is False
    for config, counts in told["changes"].items():
        shown = [str(counts[name] or "-") for name in ("added", "removed", "changed", "same")]
        assert rows[config] == shown
        assert counts["added"] - counts["removed"] == 10
    new = {*own_files(crossthink.home / "b")} - {*before}
    assert told["files"] == len(
        {*new} | {"README.md", "croissant.json", "manifest.json", "blends.png", "versions.json"}
    )
    assert "without --dry-run this publishes v1.1.0" in said


def test_a_version_that_exists_is_refused_and_the_next_one_named(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    good(crossthink("push", REPO, "--dir", folder("a"), "--version", "1.0.0"))
    before = dict(hub.repos[REPO].refs)
    done = crossthink("push", REPO, "--dir", folder("b", size=210), "--version", "1.0.0")
    assert refused(done, 2) == f"error: {REPO}: v1.0.0 exists already The next version is 1.1.0."
    assert "'1.0' is no version" in refused(
        crossthink("push", REPO, "--dir", Path("b"), "--version", "1.0"), 2
    )
    assert hub.repos[REPO].refs == before


def test_everyone_sees_it_only_when_licences_are_accepted(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    mine = folder()
    manifest = json.loads((mine / "manifest.json").read_text())
    manifest["sources"]["mmlu"]["non_commercial"] = "only for research"
    manifest["sources"]["natural_reasoning"]["non_commercial"] = "CC-BY-NC-4.0"
    (mine / "manifest.json").write_text(json.dumps(manifest))
    said = refused(crossthink("push", REPO, "--dir", mine, "--public"), 2)
    assert "mmlu (only for research); natural_reasoning (CC-BY-NC-4.0)" in said
    assert "--accept-licences" in said
    assert REPO not in hub.repos
    done = crossthink("push", REPO, "--dir", mine)  # private: no need
    assert "mmlu is for non-commercial use only" in done.stderr
    assert good(done)
    assert hub.repos[REPO].private
    open_it = ("push", REPO, "--dir", mine, "--public", "--accept-licences")  # nothing else changes
    said = good(crossthink(*open_it, "--dry-run"))
    assert "Everyone would see it from now on" in said
    assert "mmlu is for non-commercial use only" in said
    assert hub.repos[REPO].private
    assert "Everyone sees it from now on" in good(crossthink(*open_it))
    assert not hub.repos[REPO].private
    assert list(hub.repos[REPO].tags) == ["v1.0.0"]
    again = folder("again", size=210)
    (again / "manifest.json").write_text(
        json.dumps({**json.loads((again / "manifest.json").read_text()), "sources": manifest["sources"]})
    )
    assert "--accept-licences" in refused(crossthink("push", REPO, "--dir", again), 2)  # it is public by now


def test_sources_that_may_be_sold_need_no_acceptance(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    good(crossthink("push", REPO, "--dir", folder(), "--public"))
    assert not hub.repos[REPO].private


def test_an_organisation_and_a_name_without_owner(hub: Hub, crossthink: Product, folder: MakeFolder) -> None:
    good(crossthink("push", "lab/blends", "--dir", folder("a")))
    assert crossthink.json("push", "crossthink", "--dir", folder("b"))["repo"] == "you/crossthink"
    assert {"lab/blends", "you/crossthink"} <= {*hub.repos}


def test_tokens_come_from_the_usual_places_and_are_never_shown(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    kept = crossthink.home / "hf" / "token"  # where `hf auth login` puts it
    kept.parent.mkdir()
    kept.write_text(READ_TOKEN)
    assert "does not let your token do this" in refused(
        crossthink("push", REPO, "--dir", folder(), token=None), 5
    )
    assert hub.seen == {READ_TOKEN}
    other = crossthink.home / "elsewhere"
    other.write_text(TOKEN)
    good(crossthink("push", REPO, "--dir", Path("crossthink"), token=None, HF_TOKEN_PATH=str(other)))
    published_text = b"".join(published(hub, "main").values())
    assert TOKEN.encode() not in published_text
    assert READ_TOKEN.encode() not in published_text


@pytest.mark.parametrize(
    "files",
    [
        {"README.md": b"---\nconfigs:\n- config_name: mine\n---\n", "data/mine.parquet": b"PAR1"},
        {"manifest.json": b'{"shards": []}', "shard-000.tar": b"tar"},
        {"manifest.json": b'["a"]'},
        {"train/cat/1.jpg": b"jpg"},
    ],
    ids=["a table", "a manifest of their own", "a list", "pictures"],
)
def test_another_data_set_is_not_written_over(
    hub: Hub, crossthink: Product, folder: MakeFolder, files: dict[str, bytes]
) -> None:
    hub.repo(REPO, files)
    assert "holds another data set (" in refused(crossthink("push", REPO, "--dir", folder()), 2)
    assert hub.repos[REPO].files() == files
    assert crossthink("verify", REPO).returncode == 1
    assert refused(crossthink("pull", REPO, "--out", "out"), 5)


def test_a_repository_with_only_a_card_is_taken_and_its_words_kept(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    hub.repo(
        REPO, {"README.md": b"---\nviewer: false\n---\nOur team's blends. Ask Ann.\n", "LICENSE": b"Ours."}
    )
    good(crossthink("push", REPO, "--dir", folder()))
    files = hub.repos[REPO].files()
    assert files["LICENSE"] == b"Ours."
    assert b"Our team's blends. Ask Ann." in files["README.md"]
    assert b"viewer: false" in files["README.md"]


def test_what_people_write_around_the_card_and_lay_beside_it_is_kept(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    good(crossthink("push", REPO, "--dir", folder("a")))
    repo = hub.repos[REPO]
    card = repo.files()["README.md"].decode()
    edited = card.replace("\n---\n", "\nextra_gated_prompt: Ask us.\n---\nBefore.\n", 1) + "\nAfter.\n"
    repo.commit({"README.md": edited.encode(), "notes/why.md": b"Because."}, keep=True)
    assert "Nothing changed" in good(crossthink("push", REPO, "--dir", Path("a")))
    good(crossthink("push", REPO, "--dir", folder("b", size=210)))
    files = repo.files("v1.1.0")
    text = files["README.md"].decode()
    assert files["notes/why.md"] == b"Because."
    assert "\nextra_gated_prompt: Ask us." in text.split("\n---\n")[0]
    assert text.split("\n---\n", 1)[1].startswith("Before.\n")
    assert text.endswith("\nAfter.\n")
    assert "v1.1.0" in text


def test_configs_that_people_added_are_kept_and_load(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    good(crossthink("push", REPO, "--dir", folder("a", "gpr_up", "only_mr")))
    repo = hub.repos[REPO]
    pq.write_table(pa.table({"a": [1]}), crossthink.home / "extra.parquet")
    extra = (crossthink.home / "extra.parquet").read_bytes()
    theirs = "configs:\n- config_name: extra\n  default: true\n  data_files: extra/*.parquet\n"
    card = repo.files()["README.md"].decode().replace("configs:\n", theirs, 1)
    repo.commit({"README.md": card.encode(), "extra/rows.parquet": extra}, keep=True)
    good(crossthink("push", REPO, "--dir", folder("b", "gpr_up", size=210)))
    metadata = yaml.safe_load(repo.files()["README.md"].decode().split("---\n")[1])
    assert [one["config_name"] for one in metadata["configs"]] == ["gpr_up", "extra"]
    assert good(crossthink("verify", REPO))
    good(crossthink("pull", REPO, "--out", "out"))
    assert good(crossthink("validate", "out"))
    load = f"""
from datasets import load_dataset
assert load_dataset("{REPO}", "extra", split="train")[:] == {{"a": [1]}}
assert load_dataset("{REPO}", "gpr_up", split="train").num_rows == 210
"""
    good(crossthink.program(load))


def test_old_data_files_go_and_other_peoples_stay(hub: Hub, crossthink: Product, folder: MakeFolder) -> None:
    good(crossthink("push", REPO, "--dir", folder("a")))
    hub.repos[REPO].commit({"data/gpr_up/notes.jsonl": b"{}\n"}, keep=True)
    good(crossthink("push", REPO, "--dir", folder("b", size=210)))
    files = published(hub, "main")
    assert files.pop("data/gpr_up/notes.jsonl") == b"{}\n"
    assert files == own_files(crossthink.home / "b")


@pytest.mark.parametrize(
    ("harm", "says"),
    {
        "no folder": (lambda folder: folder.rename(folder.with_name("gone")), "not a built folder"),
        "a data file is gone": (lambda folder: data_file(folder).unlink(), "is missing or can't be read"),
        "a byte is another": (lambda folder: flip(data_file(folder)), "sha256 is"),
        "no card": (lambda folder: (folder / "README.md").unlink(), "README.md: can't be read"),
        "no picture": (lambda folder: (folder / "blends.png").unlink(), "blends.png: can't be read"),
        "an index is gone": (lambda folder: index_file(folder).unlink(), "can't be read"),
        "a manifest of another kind": (
            lambda folder: (folder / "manifest.json").write_text('{"format": 1}'),
            "is a required property",
        ),
        "a file too many": (
            lambda folder: (folder / "data" / "gpr_up" / "more.parquet").write_bytes(b""),
            "is not in the manifest",
        ),
    }.values(),
)
def test_a_damaged_folder_is_refused(
    hub: Hub, crossthink: Product, folder: MakeFolder, harm, says: str
) -> None:
    mine = folder()
    harm(mine)
    assert says in refused(crossthink("push", REPO, "--dir", mine), 1)
    assert REPO not in hub.repos


def test_rows_that_are_not_what_the_manifest_says_are_found_before_anyone_sees_them(
    hub: Hub, crossthink: Product, folder: MakeFolder, builds
) -> None:
    """The checksums are right, the index is right: only reading the rows tells."""
    good(crossthink("push", REPO, "--dir", folder("a")))
    mine, other = folder("b", size=210), builds(size=220)
    path, another = data_file(mine), data_file(other)
    path.write_bytes(another.read_bytes())
    manifest = json.loads((mine / "manifest.json").read_text())
    theirs = json.loads((other / "manifest.json").read_text())["configs"]["gpr_up"]["files"][0]
    manifest["configs"]["gpr_up"]["files"][0] |= {"sha256": theirs["sha256"], "bytes": theirs["bytes"]}
    (mine / "manifest.json").write_text(json.dumps(manifest))
    before = dict(hub.repos[REPO].refs)
    for dry_run in (["--dry-run"], []):
        assert "is not the index of the rows" in refused(crossthink("push", REPO, "--dir", mine, *dry_run), 1)
    assert hub.repos[REPO].refs == before


def test_the_python_interface_does_the_same(hub: Hub, crossthink: Product, folder: MakeFolder) -> None:
    program = f"""
from crossthink_hub.hub import publish, versions, diff, verify, pull, rollback

plan = publish("{REPO}", "{folder("a")}", version="1.0.0", message="From Python.", token="{TOKEN}")
assert (str(plan.version), plan.kind) == ("1.0.0", "first"), plan
assert publish("{REPO}", "{folder("b", size=210)}", dry_run=True, token="{TOKEN}").kind == "rows"
assert str(publish("{REPO}", "{crossthink.home / "b"}", token="{TOKEN}").version) == "1.1.0"
assert [one.version.tag for one in versions("{REPO}", token="{TOKEN}")] == ["v1.1.0", "v1.0.0"]
assert diff("{REPO}", "1.0.0", "v1.1.0", token="{TOKEN}").changes["gpr_up"].total.added
assert verify("{REPO}@1.0.0", token="{TOKEN}").problems == ()
assert rollback("{REPO}", "1.0.0", token="{TOKEN}").changed
assert pull("{REPO}", "pulled", token="{TOKEN}").held.version.tag == "v1.0.0"
"""
    good(crossthink.program(program, token=None))
    assert hub.seen == {TOKEN}


def test_an_error_of_the_python_interface_is_one_to_catch(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="not a built folder"):
        crossthink_hub.hub.publish("you/crossthink", tmp_path)


def data_file(folder: Path) -> Path:
    return next((folder / "data" / "gpr_up").glob("train-*.parquet"))


def index_file(folder: Path) -> Path:
    return next((folder / "index" / "gpr_up").glob("train-*.parquet"))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_what_is_written_into_the_card_of_the_folder_is_published(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    mine = folder("a")
    card = (mine / "README.md").read_text()
    (mine / "README.md").write_text(card.replace("\n---\n", "\n---\nAsk Ann.\n", 1))
    good(crossthink("push", REPO, "--dir", mine))
    assert b"\n---\nAsk Ann.\n" in hub.repos[REPO].files()["README.md"]
    assert "Nothing changed" in good(crossthink("push", REPO, "--dir", mine))
    good(crossthink("push", REPO, "--dir", folder("b", size=210)))  # who builds it anew loses nothing of it
    assert b"\n---\nAsk Ann.\n" in hub.repos[REPO].files()["README.md"]


def test_a_version_that_would_be_the_same_is_said_not_to_be_made(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    good(crossthink("push", REPO, "--dir", folder("a")))
    assert "v2.0.0 was not made" in good(crossthink("push", REPO, "--dir", "a", "--version", "2.0.0"))
    assert list(hub.repos[REPO].tags) == ["v1.0.0"]
    for name in ("a b", "you/a/b", "https://huggingface.co/datasets/you/a"):
        assert "is not the name of a repository" in refused(crossthink("versions", name), 2)
