"""What is asked of versions that are there: listed, compared, checked, fetched and gone back to."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hub_server import Hub, serving
from product import REPO, MakeFolder, Product, good, refused
from test_push import flip, own_files, published

BUILDS = {"1.0.0": {"size": 200}, "1.1.0": {"size": 210, "seed": 1}}


@pytest.fixture(scope="module")
def published_twice(builds: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish two versions once; return the folder with what the Hub then has, and the folder of each."""
    home = tmp_path_factory.mktemp("published")
    with serving(Hub(home / "hub")) as hub:
        crossthink = Product(hub, home)
        for version, how in BUILDS.items():
            shutil.copytree(builds(**how), home / version)
            said = ("--version", version, "--message", f"This is {version}.")
            good(crossthink("push", REPO, "--dir", home / version, *said))
    return home


@pytest.fixture
def two(hub: Hub, published_twice: Path, tmp_path: Path) -> dict[str, Path]:
    """Give a Hub that has the two versions; return the folder of each."""
    shutil.copytree(published_twice / "hub", hub.folder, dirs_exist_ok=True)
    return {version: shutil.copytree(published_twice / version, tmp_path / version) for version in BUILDS}


def rows_of(folder: Path, config: str) -> dict[tuple[str, int], dict]:
    tables = [pq.read_table(path) for path in (folder / "data" / config).glob("*.parquet")]
    rows = (row for table in tables for row in table.to_pylist())
    return {(row["id"], row["meta_data"]["repeat"]): row for row in rows}


def became(old: dict | None, new: dict | None) -> str:
    if old is None or new is None:
        return "added" if old is None else "removed"
    return "same" if old == new else "changed"


def test_versions_are_listed_with_what_changed_and_which_one_is_on_main(
    hub: Hub, crossthink: Product, two: dict[str, Path]
) -> None:
    found = crossthink.json("versions", REPO)
    assert [(one["version"], one["main"]) for one in found] == [("1.1.0", True), ("1.0.0", False)]
    assert [one["commit"] for one in found] == [hub.repos[REPO].tags[one["tag"]] for one in found]
    assert [one["release"]["message"] for one in found] == ["This is 1.1.0.", "This is 1.0.0."]
    first = {
        name: {"added": len(rows_of(two["1.0.0"], name)), "removed": 0, "changed": 0}
        for name in ("gpr_up", "only_mr")
    }
    assert found[1]["release"]["changes"] == first
    hub.repos[REPO].tag("v9.9.9")
    hub.repos[REPO].tag("nightly")
    shown = good(crossthink("versions", REPO)).splitlines()
    assert [line.split()[0] for line in shown if line.startswith("v") and "version" not in line] == [
        "v9.9.9",
        "v1.1.0",
        "v1.0.0",
    ]
    assert "v1.1.0 (main)" in "\n".join(shown)
    assert "a tag made by hand" in "\n".join(shown)


def test_a_comparison_counts_what_comparing_all_rows_counts(
    crossthink: Product, two: dict[str, Path]
) -> None:
    found = crossthink.json("diff", REPO, "1.0.0", "v1.1.0", "--examples", "3")
    back = crossthink.json("diff", REPO, "1.1.0", "1.0.0")
    for config, by_source in found["configs"].items():
        old, new = (rows_of(mine, config) for mine in two.values())
        expected: Counter[tuple[str, str]] = Counter()
        for key in old.keys() | new.keys():
            kind = became(old.get(key), new.get(key))
            expected[(new.get(key) or old[key])["meta_data"]["source"], kind] += 1
        counted = {
            (source, kind): count for source, counts in by_source.items() for kind, count in counts.items()
        }
        assert {key: count for key, count in counted.items() if count} == expected
        mirrored = {"added": "removed", "removed": "added", "changed": "changed", "same": "same"}
        for source, counts in by_source.items():
            assert {mirrored[kind]: n for kind, n in counts.items()} == back["configs"][config][source]
        examples = found["rows"][config]
        assert (
            Counter(one["kind"] for one in examples)
            == Counter(
                {
                    kind: min(3, sum(counts[kind] for counts in by_source.values()))
                    for kind in ("added", "removed", "changed")
                }
            )
            - Counter()
        )
        for one in examples:
            key = one["id"], one["repeat"]
            assert (one["old"], one["new"]) == (old.get(key), new.get(key))


def test_a_comparison_shows_a_person_the_fields_that_differ(
    crossthink: Product, two: dict[str, Path]
) -> None:
    said = good(crossthink("diff", REPO, "1.0.0", "1.1.0"))
    assert "meta_data.split: test → train" in said or "meta_data.split: train → test" in said
    assert "No row differs between v1.0.0 and v1.0.0." in good(crossthink("diff", REPO, "1.0.0", "1.0.0"))
    assert "has no such version" in refused(crossthink("diff", REPO, "1.0.0", "7.0.0"), 5)


def test_a_comparison_downloads_indexes_and_not_the_data(
    hub: Hub, crossthink: Product, two: dict[str, Path]
) -> None:
    hub.sent.clear()
    good(
        crossthink("diff", REPO, "1.0.0", "1.1.0", "--examples", "0", HF_HOME=str(crossthink.home / "other"))
    )
    assert any(path.startswith("index/") for path in hub.sent)
    assert not any(path.startswith("data/") for path in hub.sent)


def test_a_version_without_indexes_is_compared_by_its_data(
    hub: Hub, crossthink: Product, two: dict[str, Path]
) -> None:
    repo = hub.repos[REPO]
    expected = crossthink.json("diff", REPO, "1.0.0", "1.1.0")["configs"]
    files = {path: data for path, data in repo.files("v1.0.0").items() if not path.startswith("index/")}
    repo.commit(files)
    repo.tag("v0.9.0")
    assert crossthink.json("diff", REPO, "0.9.0", "1.1.0")["configs"] == expected


def test_a_whole_version_is_verified(crossthink: Product, two: dict[str, Path]) -> None:
    for place in (REPO, f"{REPO}@1.0.0", f"{REPO}@v1.1.0", f"{REPO}@main"):
        found = crossthink.json("verify", place)
        assert found["problems"] == []
        assert found["version"] == ("1.0.0" if "1.0.0" in place else "1.1.0")
    assert "all is well" in good(crossthink("verify", REPO))


def damaged(files: dict[str, bytes], damage: str) -> dict[str, bytes]:
    """Return the files of a version with one thing wrong."""
    data = next(path for path in files if path.startswith("data/gpr_up/train"))
    index = data.replace("data/", "index/")
    other = next(path for path in files if path.startswith("data/only_mr/train"))
    return {
        "a data file is another's": lambda: files | {data: files[other]},
        "a data file is gone": lambda: {path: content for path, content in files.items() if path != data},
        "an index is another's": lambda: files | {index: files[other.replace("data/", "index/")]},
        "the card lists other files": lambda: (
            files | {"README.md": files["README.md"].replace(data.encode(), other.encode())}
        ),
        "the list names another version": lambda: (
            files | {"versions.json": files["versions.json"].replace(b'"1.1.0"', b'"1.1.1"')}
        ),
        "Croissant has another checksum": lambda: (
            files | {"croissant.json": files["croissant.json"].replace(b'"sha256": "', b'"sha256": "0')}
        ),
        "no manifest": lambda: {path: content for path, content in files.items() if path != "manifest.json"},
        "a data file too many": lambda: files | {data.replace("00000-of", "00009-of"): files[other]},
    }[damage]()


@pytest.mark.parametrize(
    ("damage", "said"),
    {
        "a data file is another's": "the manifest says",
        "a data file is gone": "is missing",
        "an index is another's": "is not the index of the rows",
        "the card lists other files": "README.md: its configs are not those of the manifest",
        "the list names another version": "versions.json: calls itself v1.1.1, the tag is v1.1.0",
        "Croissant has another checksum": "croissant.json: its files and checksums are not",
        "no manifest": "manifest.json: is missing",
        "a data file too many": "is not in the manifest",
    }.items(),
)
def test_a_damaged_version_is_found_out(
    hub: Hub, crossthink: Product, two: dict[str, Path], damage: str, said: str
) -> None:
    repo = hub.repos[REPO]
    repo.commit(damaged(repo.files(), damage))
    repo.tag("v1.1.0")
    done = crossthink("verify", f"{REPO}@1.1.0")
    assert done.returncode == 1
    assert said in done.stdout


def test_a_pulled_folder_is_the_pushed_one_and_validates(
    hub: Hub, crossthink: Product, two: dict[str, Path]
) -> None:
    out = crossthink.home / "out"
    for place, version in ((f"{REPO}@1.0.0", "1.0.0"), (REPO, "1.1.0")):
        said = good(crossthink("pull", place, "--out", out))
        assert own_files(out) == own_files(two[version]) == published(hub, f"v{version}")
        assert f"{REPO} v{version} is in" in said
        assert good(crossthink("validate", out))
    before = Counter(hub.sent)
    assert "it was there already" in good(crossthink("pull", REPO, "--out", out))
    assert not [path for path in hub.sent - before if path.startswith(("data/", "index/"))]


def test_a_pull_takes_over_what_the_folder_has(
    hub: Hub, crossthink: Product, two: dict[str, Path], folder
) -> None:
    out = folder("out", **BUILDS["1.1.0"])
    hub.sent.clear()
    good(crossthink("pull", REPO, "--out", out))
    assert not [path for path in hub.sent if path.startswith(("data/", "index/"))]
    assert own_files(out) == own_files(two["1.1.0"])
    assert not (out / "dropped").exists()  # it was of the build that stood there


def test_a_pull_writes_only_into_folders_of_ours(crossthink: Product, two: dict[str, Path]) -> None:
    out = crossthink.home / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    assert "holds files that no build made (thesis.txt)" in refused(crossthink("pull", REPO, "--out", out), 4)
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]
    assert "has no such version" in refused(crossthink("pull", f"{REPO}@2.0.0", "--out", out / "new"), 5)
    assert not (out / "new").exists()


def test_a_damaged_file_on_the_hub_is_not_pulled(hub: Hub, crossthink: Product, two: dict[str, Path]) -> None:
    """What the Hub itself says of the file is not what the manifest of the version says."""
    repo = hub.repos[REPO]
    data = next(path for path in repo.files() if path.startswith("data/gpr_up/train"))
    other = next(path for path in repo.files() if path.startswith("data/only_mr/train"))
    repo.commit({data: repo.files()[other]}, keep=True)
    out = crossthink.home / "out"
    good(crossthink("pull", f"{REPO}@1.0.0", "--out", out))
    before = own_files(out)
    said = refused(crossthink("pull", REPO, "--out", out), 5)
    assert "is damaged" in said
    assert "the manifest says" in said
    assert own_files(out) == before


def test_a_rollback_is_a_new_commit_and_no_tag_moves(
    hub: Hub, crossthink: Product, two: dict[str, Path]
) -> None:
    repo = hub.repos[REPO]
    tags, history, received = dict(repo.tags), len(repo.history()), Counter(hub.received)
    said = good(crossthink("rollback", REPO, "1.0.0"))
    assert "holds v1.0.0 again" in said
    assert published(hub, "main") == published(hub, "v1.0.0")
    assert repo.tags == tags
    assert len(repo.history()) == history + 1
    assert hub.received == received
    assert [one["main"] for one in crossthink.json("versions", REPO)] == [False, True]
    assert "Nothing to do" in good(crossthink("rollback", REPO, "v1.0.0"))
    assert len(repo.history()) == history + 1
    assert good(crossthink("verify", REPO))


def test_after_a_rollback_a_push_goes_on_from_the_newest_version(
    hub: Hub, crossthink: Product, two: dict[str, Path], folder: MakeFolder
) -> None:
    good(crossthink("rollback", REPO, "1.0.0"))
    assert "Nothing changed" in good(crossthink("push", REPO, "--dir", two["1.0.0"]))
    found = crossthink.json("push", REPO, "--dir", folder("new", size=220))
    assert (found["version"], found["base"]) == ("1.2.0", "1.0.0")
    releases = json.loads(published(hub, "main")["versions.json"])
    assert [one["version"] for one in releases] == ["1.2.0", "1.1.0", "1.0.0"]


def test_a_rollback_keeps_what_people_wrote_into_the_card(
    hub: Hub, crossthink: Product, two: dict[str, Path]
) -> None:
    repo = hub.repos[REPO]
    repo.commit({"README.md": repo.files()["README.md"] + b"\nAsk Ann.\n", "notes.md": b"Ours."}, keep=True)
    good(crossthink("rollback", REPO, "1.0.0"))
    files = repo.files()
    assert files["README.md"] == repo.files("v1.0.0")["README.md"] + b"\nAsk Ann.\n"
    assert files["notes.md"] == b"Ours."
    assert "v1.0.0 (main)" in good(crossthink("versions", REPO))


def test_a_rollback_to_what_is_not_there_is_refused(
    hub: Hub, crossthink: Product, two: dict[str, Path]
) -> None:
    before = dict(hub.repos[REPO].refs)
    assert "has no v3.0.0, only v1.1.0, v1.0.0" in refused(crossthink("rollback", REPO, "3.0.0"), 5)
    assert "'latest' is no version" in refused(crossthink("rollback", REPO, "latest"), 2)
    assert hub.repos[REPO].refs == before


def test_a_push_after_a_rollback_says_what_it_changes_for_all_readers(
    hub: Hub, crossthink: Product, folder: MakeFolder
) -> None:
    """Main holds one config less than the newest version: who reads that one loses it."""
    good(crossthink("push", REPO, "--dir", folder("a", "gpr_up")))
    good(crossthink("push", REPO, "--dir", folder("b", "gpr_up", "only_mr")))
    good(crossthink("rollback", REPO, "1.0.0"))
    found = crossthink.json("push", REPO, "--dir", folder("c", "gpr_up", size=210))
    assert (found["version"], found["base"], found["kind"]) == ("2.0.0", "1.0.0", "schema")


def test_a_later_version_of_an_earlier_line_and_tags_by_hand_lose_no_entry(
    hub: Hub, crossthink: Product, two: dict[str, Path], folder: MakeFolder
) -> None:
    repo = hub.repos[REPO]
    repo.tag("v9.0.0", repo.history()[-1].oid)  # on the empty first commit
    good(crossthink("push", REPO, "--dir", folder("back", size=190), "--version", "1.0.1"))
    found = crossthink.json("push", REPO, "--dir", folder("next", size=230))
    assert (found["version"], found["base"]) == ("1.2.0", "1.0.1")
    listed = json.loads(repo.files()["versions.json"])
    assert [one["version"] for one in listed] == ["1.2.0", "1.1.0", "1.0.1", "1.0.0"]
    told = {one["version"]: one["release"] for one in crossthink.json("versions", REPO)}
    assert [version for version, release in told.items() if release is None] == ["9.0.0"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("README.md", None),
        ("README.md", b"---\nlicense: mit\n---\nWiped.\n"),
        ("manifest.json", b"oops"),
        ("manifest.json", b"{}"),
        ("versions.json", b"[1]"),
    ],
)
def test_a_rollback_mends_whatever_was_damaged_on_main(
    hub: Hub, crossthink: Product, two: dict[str, Path], path: str, content: bytes | None
) -> None:
    repo = hub.repos[REPO]
    files = repo.files() | ({path: content} if content else {})
    repo.commit({name: data for name, data in files.items() if content or name != path})
    assert crossthink("verify", REPO).returncode == 1
    assert "is damaged" in refused(crossthink("pull", REPO, "--out", "out"), 5)
    assert good(crossthink("versions", REPO))
    assert "holds v1.1.0 again" in good(crossthink("rollback", REPO, "1.1.0"))
    assert "all is well" in good(crossthink("verify", REPO))
    if content == b"---\nlicense: mit\n---\nWiped.\n":
        assert repo.files()["README.md"].endswith(b"Wiped.\n")  # someone's words, all the same


def test_a_comment_of_dashes_in_the_front_matter_is_none_of_our_business(
    hub: Hub, crossthink: Product, two: dict[str, Path]
) -> None:
    repo = hub.repos[REPO]
    card = repo.files()["README.md"].decode().replace("---\n", "---\n# ------- my notes ---\n", 1)
    repo.commit({"README.md": card.encode()}, keep=True)
    assert "all is well" in good(crossthink("verify", REPO))


def test_a_version_is_what_its_tag_is_at_whatever_a_branch_is_called(
    hub: Hub, crossthink: Product, two: dict[str, Path]
) -> None:
    repo = hub.repos[REPO]
    repo.point("refs/heads/v1.0.0", repo.tags["v1.1.0"])
    assert crossthink.json("pull", f"{REPO}@1.0.0", "--out", "out")["version"] == "1.0.0"


def test_orders_to_a_terminal_are_not_passed_on(hub: Hub, crossthink: Product, folder: MakeFolder) -> None:
    good(crossthink("push", REPO, "--dir", folder(), "--message", "\x1b[31mred\x07"))
    assert "\x1b" not in good(crossthink("versions", REPO))
    assert b"\x1b" not in hub.repos[REPO].files()["README.md"]


def test_a_file_flipped_in_the_pulled_folder_is_fetched_again(
    hub: Hub, crossthink: Product, two: dict[str, Path]
) -> None:
    out = crossthink.home / "out"
    good(crossthink("pull", REPO, "--out", out))
    flip(next((out / "data" / "only_mr").glob("train-*")))
    assert crossthink.json("pull", REPO, "--out", out)["files_downloaded"] == 1
    assert own_files(out) == own_files(two["1.1.0"])
