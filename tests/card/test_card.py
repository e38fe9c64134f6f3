"""The card of a folder: what readers make of it, what it says, and that data can't break it."""

import re
import shlex
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from common import REPOSITORY
from huggingface_hub import DatasetCard
from hypothesis import example, given, settings
from hypothesis import strategies as st
from manifests import PUBLICATION, Manifest, as_real
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from crossthink_hub import row
from crossthink_hub.building.manifest import read_manifest
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.card.markers import BEGIN, END
from crossthink_hub.card.metadata import KEYS, card_metadata
from crossthink_hub.card.tables import field_rows
from crossthink_hub.card.text import card_text, own_part
from crossthink_hub.card.words import words
from crossthink_hub.cli import app
from crossthink_hub.recipe.configs import configs
from crossthink_hub.recipe.custom import read_blend
from crossthink_hub.recipe.filters import FILTERS
from crossthink_hub.recipe.opening import rules
from crossthink_hub.recipe.paper import source_facts
from crossthink_hub.releases import Publication, Release
from crossthink_hub.sources import mcq, numina_math, open_ended, prompted
from crossthink_hub.sources.headerless_csv import NOT_A_ROW, WRONG_NUMBER

MARKDOWN = MarkdownIt("commonmark").enable("table")
HOSTILE = (
    f"a | b `c` \n\n---\nlicense: none\n---\n# d\n<!-- e --> </details>\n{END}\n```\n$x$ [f](g) {{{{ h }}}}"
)
"""A text that would end a table, a front matter, a comment, a block of code and the generated part."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every config of the sample."""
    out = tmp_path_factory.mktemp("built") / "crossthink"
    build(BuildSettings(tuple(configs())), "sample", out)
    return out


@pytest.fixture(scope="module")
def manifest(folder: Path) -> Manifest:
    return read_manifest(folder)


def body(text: str) -> str:
    """Return what is below the front matter."""
    return text.split("\n---\n", 1)[1]


def structure(text: str) -> list[str]:
    """Return the blocks that Markdown makes of a card, without their text."""
    return [token.type for token in MARKDOWN.parse(body(text))]


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


def tables(text: str) -> Iterator[list[str]]:
    for block in re.findall(r"(?:^\|.*\n)+", body(text), re.MULTILINE):
        yield block.splitlines()


# What readers of the front matter make of it.


def test_the_hub_reads_the_front_matter_and_knows_its_keys(manifest: Manifest) -> None:
    data = DatasetCard(card_text(as_real(manifest), PUBLICATION)).data.to_dict()
    assert data == card_metadata(as_real(manifest), PUBLICATION)
    assert set(data) == set(KEYS)
    assert list(card_metadata(as_real(manifest), PUBLICATION)) == list(KEYS)
    for listed in ("annotations_creators", "language_creators"):
        assert data[listed] == ["found", "machine-generated"]
    assert "multiple-choice" in data["task_categories"]
    assert "nvidia/Nemotron-CrossThink" in data["source_datasets"]
    assert data["license_link"] == "https://huggingface.co/datasets/you/crossthink#licences"


def test_each_config_says_what_it_holds(folder: Path, manifest: Manifest) -> None:
    from datasets import Features

    head = card_metadata(manifest)
    assert [entry["config_name"] for entry in head["configs"]] == list(manifest["configs"])
    assert [entry["config_name"] for entry in head["configs"] if "default" in entry] == ["gpr_up"]
    for files, info in zip(head["configs"], head["dataset_info"], strict=True):
        paths = [folder / path for split in files["data_files"] for path in split["path"]]
        assert [split["split"] for split in files["data_files"]] == ["train", "test"]
        assert sorted(paths) == sorted((folder / "data" / info["config_name"]).iterdir())
        assert info["download_size"] == sum(path.stat().st_size for path in paths)
        assert Features._from_yaml_list(info["features"]) == row.features()


@pytest.mark.parametrize(
    ("names", "licence"),
    [
        (["hendrycks_math"], "mit"),
        (["syn_qa", "persona_math"], "cc-by-4.0"),
        (["natural_reasoning"], "cc-by-nc-4.0"),
        (["mmlu"], "other"),  # MIT, but for RACE
        (["mmlu", "hendrycks_math"], "other"),
        ([], "other"),
    ],
)
def test_the_licence_is_that_of_the_sources_if_they_have_the_same(
    manifest: Manifest, names: list[str], licence: str
) -> None:
    head = card_metadata(as_real(manifest, *names))
    assert head["license"] == licence
    assert ("license_name" in head) == (licence == "other")
    assert "license_link" not in head


def test_a_licence_of_a_source_that_no_config_holds_does_not_count(manifest: Manifest) -> None:
    real = as_real(manifest, "mmlu", "hendrycks_math")
    real["sources"]["mmlu"]["rows_kept"] = 0
    assert card_metadata(real)["license"] == "mit"


@pytest.mark.parametrize(
    ("rows", "category"),
    [
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (999_999, "100K<n<1M"),
        (9_999_999, "1M<n<10M"),
        (10**7, "10M<n<100M"),
    ],
)
def test_the_size_is_that_of_all_rows(manifest: Manifest, rows: int, category: str) -> None:
    entry = deepcopy(manifest["configs"]["nd"])
    one = {**manifest, "configs": {"nd": entry}}
    entry["rows"] = rows - entry["test"]["rows"]
    assert card_metadata(one)["size_categories"] == [category]


def test_a_split_without_rows_is_not_named(manifest: Manifest) -> None:
    entry = deepcopy(manifest["configs"]["nd"])
    entry["test"]["files"] = []
    (files,) = card_metadata({**manifest, "configs": {"nd": entry}})["configs"]
    assert [split["split"] for split in files["data_files"]] == ["train"]


# What the card says.


def test_the_card_is_the_same_every_time_and_all_of_it_is_generated(manifest: Manifest) -> None:
    text = card_text(manifest, PUBLICATION)
    assert text == card_text(deepcopy(manifest), PUBLICATION)
    head, part = text.split(BEGIN)
    assert yaml.safe_load(head.split("---\n")[1]) == card_metadata(manifest, PUBLICATION)
    assert own_part(text) == part.removesuffix(f"{END}\n").removeprefix("\n")
    assert own_part("# Other\n") is None


def test_the_build_writes_that_card(folder: Path, manifest: Manifest) -> None:
    assert (folder / "README.md").read_text("utf-8") == card_text(manifest)


def test_it_names_every_config_source_and_field(manifest: Manifest) -> None:
    text = card_text(manifest)
    for name in (*manifest["configs"], *manifest["sources"], *(field.path for field in field_rows())):
        assert f"`{name}`" in text


def test_a_sample_says_that_it_is_one_and_nothing_of_real_rows(manifest: Manifest) -> None:
    sample, real = card_text(manifest), card_text(as_real(manifest))
    assert "made up" in sample
    assert "made up" not in real
    for part in ("RACE", "Qwen", "AGIEval", "2,936", "Fewer usable rows"):
        assert part in real, part
        assert part not in sample, part


def test_sources_not_for_sale_are_named_and_why(manifest: Manifest) -> None:
    text = card_text(as_real(manifest))
    assert "leave out `mmlu`, `natural_reasoning`" in text
    assert "commercial use, leave out" not in card_text(as_real(manifest, "syn_qa"))
    assert "were left out (`--commercial-only`)" in card_text(
        as_real(manifest, "syn_qa") | {"commercial_only": True}
    )


def test_what_a_build_was_made_without_stands_at_the_top(manifest: Manifest) -> None:
    left_out = {"mmlu": "no files found", "syn_qa": "no files found", "persona_math": "no usable row"}
    text = card_text(
        manifest | {"left_out": left_out, "configs_left_out": {"qa": "none of its sources is there"}}
    )
    top = text.split("## Load")[0]
    assert "Built without `mmlu`, `syn_qa` (no files found); `persona_math` (no usable row)" in top
    assert "Not built: `qa` (none of its sources is there)" in top
    assert "Not complete" not in card_text(manifest)


NUMBERS: dict[str, tuple[str, ...]] = {
    "train rows": ("configs", "gpr_up", "rows"),
    "test rows": ("configs", "gpr_up", "test", "rows"),
    "rows read": ("sources", "mmlu", "rows_read"),
    "rows kept": ("sources", "mmlu", "rows_kept"),
    "rows not sampled": ("sources", "mmlu", "rows_not_sampled"),
    "rows in the paper": ("sources", "mmlu", "rows_in_paper"),
    "dropped rows": ("sources", "mmlu", "rows_dropped", "answer_not_in_options"),
    "rows that can't be open": ("sources", "mmlu", "rows_refused", "open", "negative_choice"),
    "flags": ("sources", "syn_qa", "flags", "equal_options"),
    "stale golds": ("sources", "syn_qa", "flags", "relabelled"),
    "bytes": ("sources", "mmlu", "files", 0, "bytes"),
}


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_follows_the_manifest(manifest: Manifest, number: str) -> None:
    changed = deepcopy(manifest)
    place: Any = changed
    for key in NUMBERS[number][:-1]:
        place = place[key]
    assert f"{place[NUMBERS[number][-1]]:,}" in card_text(manifest)
    place[NUMBERS[number][-1]] = 76_543_210
    assert "76,543,210" not in card_text(manifest)
    assert "76,543,210" in card_text(changed)


def test_weights_and_the_shares_that_came_of_them_follow_the_manifest(manifest: Manifest) -> None:
    changed = deepcopy(manifest)
    entry = changed["configs"]["gpr_up"]
    entry["weights"]["mmlu"], entry["counts"]["mmlu"], entry["rows"] = 0.1234, 4321, 10_000
    assert "| .1234<br>→\u00a0.4321 |" in card_text(changed)
    entry["counts"]["mmlu"] = 1234
    assert "| .1234 |" in card_text(changed)


def test_configs_of_one_source_have_no_weights_to_tell(manifest: Manifest) -> None:
    one = {**manifest, "configs": {name: manifest["configs"][name] for name in ("mmlu", "qa")}}
    assert "Weight of each source" not in card_text(one)
    assert "1.0000" not in card_text(manifest)


def test_versions_are_listed_the_newest_first(manifest: Manifest) -> None:
    text = card_text(manifest, PUBLICATION)
    assert [line for line in text.splitlines() if re.match(r"\| 1\.\d\.\d ", line)] == [
        "| 1.1.0 | 2026-12-24 | rows changed | `gpr_up`: +1,200 -3; `nd`: ~7 | More of Natural Reasoning. |",
        "| 1.0.1 | 2026-12-01 | rows as before |  |  |",
        "| 1.0.0 | 2026-11-26 | first version |  | Hello. |",
    ]
    assert 'load_dataset("you/crossthink", "gpr_up", split="train", revision="v1.1.0")' in text
    assert "## Versions" not in card_text(manifest)


def test_each_link_within_the_card_leads_somewhere(manifest: Manifest) -> None:
    for text in (card_text(manifest), card_text(as_real(manifest), PUBLICATION)):
        headings = re.findall(r"^##+ (.+)$", text, re.MULTILINE)
        anchors = [heading.lower().replace(" ", "-") for heading in headings]
        linked = re.findall(r"\]\(#([^)]+)\)", text)
        assert linked[: len(anchors)] == anchors
        assert set(linked) <= set(anchors)


def test_every_reason_and_flag_is_explained(manifest: Manifest) -> None:
    reasons = {
        *(rule.reason for rule in (*FILTERS, *rules())),
        *(mcq.OPTION_WITHOUT_TEXT, prompted.SEVERAL_ANSWERS, open_ended.NO_BOX, NOT_A_ROW, WRONG_NUMBER),
        *numina_math.NO_ANSWERS.values(),
        *(f"{name}_is_not_valid" for name in ("problem", "solution")),
        *("not_a_json_object", "nothing_asked_or_no_gold"),
    }
    assert set(words("reasons")) == reasons
    assert set(words("flags")) == {mcq.RELABELLED, mcq.EQUAL_OPTIONS, mcq.NOTE, *mcq.OPTION_FLAGS}
    for source in manifest["sources"].values():
        counted = [source["rows_dropped"], *source["rows_refused"].values()]
        assert {name for counts in counted for name in counts} <= reasons
    documented = (REPOSITORY / "docs/data.md").read_text().split("## What is dropped")[1].split("Flags")[0]
    named = {
        name
        for line in re.findall(r"^\| (`.*?) \|", documented, re.MULTILINE)
        for name in line.split("`")[1::2]
    }
    assert named <= reasons


def test_every_source_and_licence_is_described(manifest: Manifest) -> None:
    assert set(words("sources")) == set(source_facts())
    licences = {source["licence"] for source in as_real(manifest)["sources"].values()}
    assert licences <= set(words("licences"))


def test_the_command_in_the_card_makes_the_same_rows_again(tmp_path: Path) -> None:
    blend = REPOSITORY / "docs/examples/my_blend.yaml"
    asked = BuildSettings(
        ("nd", "only_gpr-open"),
        seed=-3,
        size=150,
        oversample=True,
        strict=True,
        blends=(read_blend(blend).config(),),
    )
    manifest = build(asked, "sample", tmp_path / "first")
    assert "| `my_blend` | two questions of Syn-QA to one of MATH | mixed |" in card_text(manifest)
    (command,) = re.findall(r"```bash\ncrossthink (.+)\n```", card_text(manifest))
    command = command.replace("my_blend.yaml", str(blend))
    done = CliRunner().invoke(app, [*shlex.split(command), "--out", str(tmp_path / "again")])
    assert done.exit_code == 0, done.output
    assert read_manifest(tmp_path / "again") == manifest


# What data can't do to it.


@pytest.mark.parametrize("publication", [None, PUBLICATION])
def test_all_rows_of_a_table_have_as_many_cells(manifest: Manifest, publication: Publication | None) -> None:
    found = list(tables(card_text(as_real(manifest), publication)))
    assert len(found) >= 7
    for lines in found:
        assert {cells(line) for line in lines} == {cells(lines[0])}, lines[0]


def hostile(manifest: Manifest, text: str) -> tuple[Manifest, Publication]:
    """Return a manifest and a publication in which everything that others write is this text."""
    bad = deepcopy(manifest)
    for entry in bad["configs"].values():
        entry["title"] = text
    for source in bad["sources"].values():
        source |= {"repo": text, "licence": text, "non_commercial": text, "revision": text}
        source |= {"rows_dropped": {text: 1}, "rows_refused": {text: {text: 1}}, "flags": {text: 1}}
        for file in source["files"]:
            file["path"] = text
    bad |= {"left_out": {"qa": text}, "configs_left_out": {"math": text}, "tool_version": text}
    release = Release(text, text, text, text, {"nd": {"added": 1}})
    return bad, Publication("you/crossthink", (release,))


@given(st.text(min_size=1, max_size=40))
@example(HOSTILE)
@example("|")
@example("`")
@example("\\")
@example("\x85")
@settings(max_examples=25, deadline=None)
def test_no_text_breaks_the_card(two_configs: Manifest, text: str) -> None:
    tame, bad = (card_text(*hostile(two_configs, value)) for value in ("tame", text))
    assert structure(bad) == structure(tame)
    assert all(cells(line) == cells(lines[0]) for lines in tables(bad) for line in lines)
    assert own_part(bad) == bad.split(f"{BEGIN}\n", 1)[1].removesuffix(f"{END}\n")
    assert DatasetCard(bad).data.to_dict() == card_metadata(*hostile(two_configs, text))


@pytest.fixture(scope="module")
def two_configs(manifest: Manifest) -> Manifest:
    """The manifest of a build as of real sources, small enough to make many cards of it."""
    real = as_real(manifest)
    return {**real, "configs": {name: real["configs"][name] for name in ("nd", "only_gpr-open")}}


def test_a_name_that_data_has_stays_a_name(manifest: Manifest) -> None:
    text = card_text(*hostile(as_real(manifest), "<b>x</b> *y* [z](w)"))
    html = MARKDOWN.render(body(text))
    assert "&lt;b&gt;x&lt;/b&gt; *y* [z](w)" in html
    assert "<b>" not in html


# On real files.


@pytest.mark.real
def test_the_card_of_a_build_of_real_files(real_sources: Path, tmp_path: Path) -> None:
    settings = BuildSettings(("gpr_up", "nd-open", "qa"), allow_missing=True)
    manifest = build(settings, str(real_sources), tmp_path / "real")
    text = (tmp_path / "real/README.md").read_text()
    for part in (
        "`syn_qa` 600 of 192,930",
        "`syn_qa` has 87 ground truths with the letter of one option and the text of another. The letter was",
        "| `control_characters` | The text was damaged",
        "Built without `natural_reasoning`, `persona_math` (no files found)",
        "--sources FOLDER --seed 0 --allow-missing",
    ):
        assert part in text, part
    for source in manifest["sources"].values():
        for file in source["files"]:
            assert file["sha256"] in text


@pytest.mark.real
def test_it_is_written_in_words_of_its_own(manifest: Manifest) -> None:
    originals = list((REPOSITORY.parent / "shared/paper").glob("000_*.txt"))
    if not originals:
        pytest.skip("no card of the paper's release beside the repository")
    text = " ".join(card_text(as_real(manifest), PUBLICATION).split())
    for line in originals[0].read_text("utf-8").splitlines():
        line = " ".join(line.split())
        if len(line) >= 40 and not line.startswith("http"):
            assert line not in text
