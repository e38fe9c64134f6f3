"""A card that people have edited is made anew without losing a word of theirs."""

import re

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crossthink_hub.card.markers import BEGIN, END, own_part
from crossthink_hub.card.merge import merged, without_edits


def card(text: str, **metadata: object) -> str:
    """Return a card as `card_text` makes them."""
    keys = {"license": "mit", "tags": ["reasoning", "math"], "configs": [{"config_name": "nd"}], **metadata}
    return f"---\n{yaml.safe_dump(keys, sort_keys=False)}---\n\n{BEGIN}\n\n# {text}\n\n{END}\n"


OLD, NEW = card("Old", license="other", license_name="one-per-source"), card("New", size_categories=["n<1K"])
NEW_PART = "\n# New\n\n"


def front(text: str) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load(text.split("---\n")[1])
    return found


def below(text: str) -> str:
    """Return what is below our front matter."""
    return text.split("\n---\n", 1)[1]


def edited(head: str, before: str = "\n", after: str = "") -> str:
    """Return the old card with another front matter and words around the generated part."""
    return f"---\n{head}---\n{before}{BEGIN}\n\n# Old\n\n{END}\n{after}"


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LINES = st.sampled_from(
    [
        BEGIN,
        END,
        f" {END} ",
        "---",
        "---\r",
        "",
        "\ufeff",
        "# c",
        "a: 1",
        "license: x",
        "tags: [z]",
        "- b",
        "b: &c d",
        "e: *c",
        "tags:\n- z",
        "{f: g}",
        "h: [",
        '"i": |',
        "  j",
        "...",
        "%YAML 1.1",
        "<<: {k: l}",
        "? m\n: n",
        "text",
        "a: 2",
        "!o p: q",
    ]
)
TEXTS = st.one_of(
    WORDS,
    st.lists(st.one_of(LINES, WORDS)).map("\n".join),
    st.lists(LINES).map(lambda lines: "---\n" + "\n".join(lines) + "\n---\nbody\n"),
    st.lists(LINES).map(lambda lines: edited("viewer: false\n", "\n".join(lines))),
)


@given(TEXTS)
@example("")
@example("---\n---\n")
@example("---\n" + "[" * 3_000 + "\n---\n")
@example("---\na: &b [*b]\n---\n")
@example("---\nday: 2026-13-45\nnumber: !!int x\n---\n")
@settings(max_examples=400, deadline=None)
def test_whatever_theirs_is_ours_is_in_it_once_and_merging_again_changes_nothing(theirs: str) -> None:
    once = merged(NEW, theirs)
    assert merged(NEW, once) == once
    assert once.startswith("---\n")
    assert front(once).items() >= {k: v for k, v in front(NEW).items() if k != "tags"}.items()
    assert own_part(once) == NEW_PART
    assert own_part(merged(NEW, merged(OLD, theirs))) == NEW_PART


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_every_word_outside_the_generated_part_is_kept(theirs: str) -> None:
    """Of the generated part and our keys nothing is checked: they are ours."""
    marked = (
        theirs.replace("body", "unique-body").replace("text", "unique-text").replace("viewer", "unique-key")
    )
    lost = own_part(marked) or ""
    for version in (merged(NEW, marked), merged(NEW, merged(OLD, marked))):
        for word in set(re.findall(r"unique-\w+", marked)) - set(re.findall(r"unique-\w+", lost)):
            assert word in version


@given(before=WORDS, after=WORDS)
@settings(deadline=None)
def test_what_stands_around_the_generated_part_is_kept_to_the_byte(before: str, after: str) -> None:
    before = f"{before}\n"
    theirs = edited("license: other\n", before, after)
    for version in (merged(NEW, theirs), merged(NEW, merged(OLD, theirs))):
        assert below(version) == f"{before}{BEGIN}\n{NEW_PART}{END}\n{after}"


@given(WORDS.filter(lambda text: "---" not in text))
@settings(deadline=None)
def test_a_card_without_markers_stands_below_ours(text: str) -> None:
    for version in (merged(NEW, text), merged(NEW, merged(OLD, text))):
        assert version == NEW + text


VALUES = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), WORDS), st.lists, max_leaves=5)


@given(st.dictionaries(st.from_regex(r"\A[a-z_]{1,8}\Z"), VALUES, max_size=5), st.booleans())
@settings(max_examples=60, deadline=None)
def test_keys_of_others_keep_their_values_and_ours_are_ours(theirs: dict[str, object], flow: bool) -> None:
    head = yaml.safe_dump(theirs, allow_unicode=True, default_flow_style=flow)
    own, written = front(NEW), yaml.safe_load(head)
    for version in (merged(NEW, f"---\n{head}---\n"), merged(NEW, merged(OLD, f"---\n{head}---\n"))):
        found = front(version)
        further = {key: value for key, value in written.items() if key not in {*own, "license_name"}}
        assert found == {**own, **further, "tags": found["tags"]}


def test_entries_and_comments_of_others_stay_as_they_wrote_them() -> None:
    kept = "# asked by legal\nextra_gated_prompt: >\n  Be kind.\n\nviewer:   no # not yet\n"
    theirs = edited(f"# by hand\nlicense: other\n{kept}tags: [math]\n# the end\n")
    assert merged(NEW, theirs).split("---\n")[1] == NEW.split("---\n")[1] + f"# by hand\n{kept}# the end\n"


def test_tags_of_others_are_added_to_ours() -> None:
    for tags in ("[math, medicine, 'a: b']", "\n- math\n- medicine\n- 'a: b'"):
        assert front(merged(NEW, edited(f"tags: {tags}\n")))["tags"] == [
            "reasoning",
            "math",
            "medicine",
            "a: b",
        ]
    assert front(merged(NEW, edited("tags: medicine\n")))["tags"] == ["reasoning", "math", "medicine"]
    assert merged(NEW, edited("tags:\n")) == NEW


def test_a_key_of_ours_that_is_not_needed_any_more_goes() -> None:
    assert "license_name" in front(OLD)
    assert merged(NEW, OLD) == NEW


def test_there_may_be_no_card_yet_or_ours_untouched() -> None:
    assert merged(NEW, None) == NEW == merged(NEW, "") == merged(NEW, NEW) == merged(NEW, OLD)


BROKEN = {
    "no YAML": "---\nlicense: [mit\n---\nMine.\n",
    "no keys": "---\njust words\n---\nMine.\n",
    "a key twice": "---\nlicense: a\nlicense: b\n---\nMine.\n",
    "no end": "---\nlicense: a\n\nMine.\n",
    "an alias of nothing": "---\nlicense: *a\n---\nMine.\n",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_front_matter_that_can_not_be_read_is_kept_as_text(kind: str) -> None:
    assert merged(NEW, BROKEN[kind]) == NEW + BROKEN[kind]


def test_entries_that_refer_to_ours_still_say_the_same() -> None:
    theirs = edited("license: &own other\ncited: *own\nmore: &list [1, 2]\nsame: *list\n")
    assert front(merged(NEW, theirs)).items() >= {"cited": "other", "more": [1, 2], "same": [1, 2]}.items()


def test_windows_line_ends_and_a_byte_order_mark_are_no_hindrance() -> None:
    theirs = "\ufeff" + edited("viewer: false\n", "Hello!\n", "Bye.\n").replace("\n", "\r\n")
    version = merged(NEW, theirs)
    assert front(version)["viewer"] is False
    assert below(version) == f"Hello!\r\n{BEGIN}\n{NEW_PART}{END}\nBye.\r\n"


LOST = {
    "only the beginning": f"{BEGIN}\nMine.\n",
    "only the end": f"Mine.\n{END}\n",
    "the wrong order": f"{END}\nMine.\n{BEGIN}\n",
    "a marker within a line": f"See {BEGIN} mine {END}\n",
}


@pytest.mark.parametrize("kind", LOST)
def test_without_both_markers_in_order_nothing_is_taken_for_ours(kind: str) -> None:
    assert merged(NEW, LOST[kind]) == NEW + LOST[kind]
    assert own_part(LOST[kind]) is None


def test_what_follows_a_beginning_without_its_end_is_not_taken_for_ours() -> None:
    theirs = f"{BEGIN}\nMine.\n{BEGIN}\nOld.\n{END}\nToo.\n"
    assert below(merged(NEW, theirs)) == f"{BEGIN}\nMine.\n{BEGIN}\n{NEW_PART}{END}\nToo.\n"


def test_a_card_without_its_edits_is_as_it_was_made() -> None:
    theirs = merged(OLD, edited("viewer: false\n", "Hello!\n", "Bye.\n"))
    assert without_edits(theirs) == OLD
    assert without_edits("# Other\n") == "# Other\n"
