"""A user's own blend from YAML: what it means, and every mistake with its line and column."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from common import REPOSITORY
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from crossthink_hub.errors import UsageError
from crossthink_hub.recipe.configs import configs
from crossthink_hub.recipe.custom import MOST_BYTES, CustomBlend, read_blend, schema
from crossthink_hub.recipe.paper import blends, source_facts
from crossthink_hub.recipe.quotas import weights

EXAMPLE = REPOSITORY / "docs" / "examples" / "my_blend.yaml"
GOOD = "name: mine\nweights: {syn_qa: 2, hendrycks_math: 1}\n"
SHARES = {"all": ["all"], "category": ["gpr", "mr"], "question_type": ["mcq", "open"]}
law = settings(max_examples=200, deadline=None, derandomize=True)


def read(text: str | bytes) -> CustomBlend:
    with TemporaryDirectory() as folder:
        path = Path(folder, "my.yaml")
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_blend(path)


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], UsageError]:
    monkeypatch.chdir(tmp_path)

    def refuse(text: str | bytes) -> UsageError:
        Path("my.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(UsageError) as caught:
            read_blend(Path("my.yaml"))
        return caught.value

    return refuse


# What a blend means.


def test_the_example_in_the_docs_loads() -> None:
    blend = read_blend(EXAMPLE)
    assert blend.name == "my_blend"
    assert weights(blend.blend) == {"syn_qa": Fraction(2, 3), "hendrycks_math": Fraction(1, 3)}
    assert (blend.answer, blend.questions) == ("long", "as_is")
    assert blend.samples == {"syn_qa": 50_000, "hendrycks_math": None}


def test_only_a_name_and_weights_have_to_be_there() -> None:
    blend = read(GOOD)
    assert (blend.name, blend.answer, blend.questions, blend.samples) == ("mine", "long", "as_is", {})
    assert blend.blend.title
    assert not blend.blend.shares


@pytest.mark.parametrize("name", [name for name, blend in blends().items() if blend.shares])
def test_a_rule_written_as_the_paper_has_it_gives_the_paper_s_weights(name: str) -> None:
    paper = blends()[name]
    shares = {group: str(share) for group, share in paper.shares.items()}
    own = read(yaml.safe_dump({"name": "mine", "by": paper.by, "shares": shares}))
    assert weights(own.blend) == weights(paper)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0.1", "1/10"),
        ("'0.1'", "1/10"),
        ("2/3", "2/3"),
        ("'2/3'", "2/3"),
        ("1_000", "1000"),
        ("1e3", "1000"),
        ("1.5e+2", "150"),
        (".5", "1/2"),
        ("5.", "5"),
        (
            "0.3333333333333333333333333333333333",
            "3333333333333333333333333333333333/10000000000000000000000000000000000",
        ),
    ],
)
def test_a_weight_is_exactly_what_is_written(written: str, meant: str) -> None:
    exact = Fraction(meant)
    assert read(f"name: mine\nweights: {{mmlu: {written}, syn_qa: 1}}").blend.weights == {
        "mmlu": exact / (exact + 1),
        "syn_qa": 1 / (exact + 1),
    }


def test_samples_are_numbers_or_all() -> None:
    assert read(f"{GOOD}samples: {{mmlu: 10_000, syn_qa: all, numina_math: 5.0}}\n").samples == {
        "mmlu": 10_000,
        "syn_qa": None,
        "numina_math": 5,
    }


def test_a_byte_order_mark_and_a_title_in_several_lines_of_source_are_fine() -> None:
    assert read(f"\ufeff{GOOD}title: |\n  Größer\n").blend.title == "Größer"


# Digests.


@pytest.mark.parametrize(
    "same",
    [
        "# Hi\nname:   mine # mine\nweights:\n  hendrycks_math: 1\n  syn_qa: 2\n",
        "weights: {'syn_qa': \"2\", hendrycks_math: 1.0}\nname: 'mine'\n",
        "name: mine\nweights: {syn_qa: 2/3, hendrycks_math: 1/3}\n",
        f"{GOOD}answer: long\nquestions: as_is\nsamples: {{}}\n",
    ],
)
def test_the_digest_knows_nothing_of_how_a_blend_is_written(same: str) -> None:
    assert read(same) == read(GOOD)


def test_the_digest_tells_blends_apart() -> None:
    others = [
        GOOD,
        GOOD.replace("mine", "yours"),
        GOOD.replace("2", "2.0000001"),
        GOOD.replace("syn_qa", "mmlu"),
        "name: mine\nby: category\nshares: {gpr: 2, mr: 1}\n",
        "name: mine\nby: question_type\nshares: {mcq: 2, open: 1}\n",
        *(
            f"{GOOD}{line}\n"
            for line in (
                "title: what it is",
                "answer: short",
                "questions: open",
                "samples: {syn_qa: all}",
                "samples: {syn_qa: 5}",
            )
        ),
    ]
    assert len({read(text).digest for text in others}) == len(others)


def test_the_digest_stays_what_it_is() -> None:
    assert read(GOOD).digest == "4aa09b3760f721638371fe6ad26a1379"


# Laws.

names = st.from_regex(r"[a-z][a-z0-9_]{0,62}", fullmatch=True).filter(lambda name: name not in configs())
fractions = st.builds(Fraction, st.integers(1, 10**6), st.integers(1, 10**6))
decimals = st.builds(
    lambda number, places: Fraction(number, 10**places), st.integers(1, 10**9), st.integers(0, 9)
)


def written(number: Fraction) -> st.SearchStrategy[object]:
    """Return the ways to write a number in YAML."""
    ways = [f"{number.numerator}/{number.denominator}"]
    if 10**9 % number.denominator == 0:
        digits = f"{int(number * 10**9):010d}"
        ways.append(f"{digits[:-9]}.{digits[-9:]}")
    if number.denominator == 1:
        ways.append(str(number))
    return st.sampled_from(ways)


@st.composite
def valid(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Fraction]]:
    """Draw what a file says, and the exact numbers of its weights or shares."""
    by = draw(st.sampled_from([None, *SHARES]))
    keys = st.sampled_from(SHARES[by] if by else list(source_facts()))
    exact = draw(st.dictionaries(keys, fractions | decimals, min_size=1))
    numbers = {key: draw(written(number)) for key, number in exact.items()}
    said: dict[str, Any] = {
        "name": draw(names),
        **({"by": by, "shares": numbers} if by else {"weights": numbers}),
    }
    most = st.just("all") | st.integers(1, 10**12)
    optional = {
        "title": st.text("abc äß'\"#:{}", min_size=1).filter(str.strip),
        "answer": st.sampled_from(["long", "short"]),
        "questions": st.just("as_is"),
        "samples": st.dictionaries(st.sampled_from(list(source_facts())), most),
    }
    return {**said, **draw(st.fixed_dictionaries({}, optional=optional))}, exact


def as_yaml(said: dict[str, Any], order: Random) -> str:
    """Write keys in random order, numbers bare or in quotes as may be."""

    def shuffled(entries: dict[str, Any]) -> list[tuple[str, Any]]:
        return order.sample(list(entries.items()), len(entries))

    def flow(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {value}" for key, value in shuffled(value)) + "}"
        return json.dumps(value, ensure_ascii=False)

    return "".join(f"{key}: {flow(value)} # {order.random()}\n" for key, value in shuffled(said))


@law
@given(valid(), st.randoms(use_true_random=False))
def test_weights_are_proportional_sum_to_1_and_do_not_depend_on_the_order_of_keys(
    drawn: tuple[dict[str, Any], dict[str, Fraction]], order: Random
) -> None:
    said, exact = drawn
    blend = read(as_yaml(said, order))
    found = blend.blend.shares or blend.blend.weights
    total = sum(exact.values())
    assert found == {key: number / total for key, number in exact.items()}
    assert sum(found.values()) == 1
    assert sum(weights(blend.blend).values()) == 1
    assert blend.samples == {
        source: None if most == "all" else most for source, most in said.get("samples", {}).items()
    }
    again = read(as_yaml(said, order))
    assert again == blend
    assert list(again.blend.weights) == list(blend.blend.weights)
    assert list(again.blend.shares) == list(blend.blend.shares)
    assert list(again.samples) == list(blend.samples)


@law
@given(st.binary(max_size=200) | st.text("{}[]:,-?*&!|>%@'\"\\ \n\tname0.1\ufeff\x85", max_size=60))
@example(b'name: "\\U99999999"')
@example(f"%YAML {'9' * 5000}.1\n--- {{}}")
@example("[" * 5000)
@example("a: &a [*a]")
@example(f"name: {'9' * 5000}")
@example(f"weights: {{mmlu: 1e-{'9' * 5000}}}")
@example(f"title: {'x' * 90_000}|")
def test_whatever_else_a_file_holds_is_a_usage_error_with_a_line(text: str | bytes) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert [part.isdigit() for part in str(caught.value.where).split(":")[-2:]] == [True, True]


# Mistakes. `where` of each is my.yaml and the line and column given here.

NOT_YAML = {
    "empty": (b"", "1:1", "the file is empty"),
    "only a comment": (b"# name: mine\n", "1:1", "the file is empty"),
    "an empty document": (b"---\n", "2:1", "the file is empty"),
    "a list": (b"# Hi\n- name: mine\n", "2:1", "the file is a list"),
    "a word": (b"mine", "1:1", "the file is 'mine'"),
    "Latin-1": ("name: mine\ntitle: größer\n".encode("latin-1"), "2:10", "not UTF-8"),
    "not UTF-8 after UTF-8": ("title: größer".encode() + b"\xff", "1:14", "not UTF-8"),
    "not UTF-8 after a byte order mark": (b"\xef\xbb\xbfname: \xff", "1:7", "not UTF-8"),
    "UTF-16": ("name: mine".encode("utf-16"), "1:1", "not UTF-8"),
    "a control character": (b"name: mine\ntitle: a\x07b\n", "2:9", "the character U+0007"),
    "a tab": (b"name: mine\nweights:\n\tmmlu: 1\n", "3:1", "a tab"),
    "a tab after spaces": (b"name: mine\nweights:\n  syn_qa: 1\n \tmmlu: 1\n", "4:2", "a tab"),
    "no colon": (b"name: mine\ntitle\nweights: {mmlu: 1}\n", "2:1", "not YAML ("),
    "two colons": (b"name: mine\ntitle: more: math\n", "2:12", "not YAML (mapping values are not allowed"),
    "an open quote": (
        b"name: mine\ntitle: 'more\nweights: {mmlu: 1}\n",
        "2:8",
        "not YAML (while scanning a quoted",
    ),
    "an open brace": (b"name: mine\nweights: {mmlu: 1\n", "2:10", "not YAML (while parsing a flow mapping"),
    "no comma": (
        b"name: mine\nweights: {mmlu: 1 syn_qa: 2}\n",
        "2:25",
        "not YAML (while parsing a flow mapping",
    ),
    "an impossible escape": (b'name: "\\U99999999"\n', "1:10", "not YAML"),
    "two documents": (GOOD.encode() + b"---\nname: yours\n", "3:1", "not YAML (expected a single document"),
    "an alias": (b"name: &it mine\ntitle: *it\n", "2:8", "*it is an alias"),
    "deep": (b"name: mine\nweights: " + b"[" * 400, "2:19", "lists or mappings are nested too deep"),
}
NUMBER = 'Give a positive number, such as 2, 0.66 or "2/3".'
ROWS = "Give a number of rows, at least 1, or all."
NAME = "Give a name of at most 63 small letters, digits and _, a letter first."
SOURCES = f"Known are {', '.join(source_facts())}."
EITHER = "Give weights by source, or shares of groups."
NO_NUMBERS = (
    "0",
    "0.0",
    "-1",
    "-0.5",
    "true",
    "yes",
    "null",
    ".nan",
    ".inf",
    "-.inf",
    "1.0e+400",
    "017",
    "0x10",
    "1:30",
)
NO_NUMBERS_AS_TEXT = (
    "",
    "0",
    "0.00",
    "0e5",
    "0/5",
    "2/0",
    "-1",
    "1e400",
    "nan",
    "inf",
    "٣",
    "half",
    " 1",
    "1/2/3",
)
WRONG: dict[str, tuple[str, str, str, str]] = {
    "no name": ("# Hi\nweights: {mmlu: 1}", "2:1", "no name", "Give one, such as `name: my_blend`."),
    "a misspelt key": ("nmae: mine\nweights: {mmlu: 1}", "1:1", "unknown key 'nmae'", "Did you mean 'name'?"),
    "misspelt weights": (
        "name: mine\nWieghts: {mmlu: 1}",
        "2:1",
        "unknown key 'Wieghts'",
        "Did you mean 'weights'?",
    ),
    "an unknown key": (
        f"{GOOD}rows: 7\n",
        "3:1",
        "unknown key 'rows'",
        "Known are name, title, weights, by, shares, answer, questions, samples.",
    ),
    "a name twice": (
        f"{GOOD}name: yours\n",
        "3:1",
        "'name' stands twice, first in line 1",
        "Leave one of them out.",
    ),
    "a source twice": (
        "name: mine\nweights:\n  mmlu: 1\n  # and\n  mmlu: 1\n",
        "5:3",
        "'mmlu' stands twice, first in line 3",
        "Leave one of them out.",
    ),
    "a key that is a list": (f"{GOOD}? [a]\n: 1\n", "3:3", "a key is a list", "Give a word."),
    "a misspelt source": (
        "name: mine\nweights:\n  mmul: 1",
        "3:3",
        "unknown source 'mmul'",
        "Did you mean 'mmlu'?",
    ),
    "a source in capitals": (
        "name: mine\nweights: {MMLU: 1}",
        "2:11",
        "unknown source 'MMLU'",
        "Did you mean 'mmlu'?",
    ),
    "an unknown source": ("name: mine\nweights: {gsm8k: 1}", "2:11", "unknown source 'gsm8k'", SOURCES),
    "a source that is a number": ("name: mine\nweights: {7: 1}", "2:11", "unknown source 7", SOURCES),
    "a merged source": ("name: mine\nweights: {<<: {mmlu: 1}}", "2:11", "unknown source <<", SOURCES),
    "an unknown source in samples": (
        f"{GOOD}samples: {{sin_qa: all}}",
        "3:11",
        "unknown source 'sin_qa'",
        "Did you mean 'syn_qa'?",
    ),
    "neither weights nor shares": ("\nname: mine", "2:1", "neither weights nor shares", EITHER),
    "both weights and shares": (
        "name: mine\nby: all\nshares: {all: 1}\nweights: {mmlu: 1}",
        "4:1",
        "both weights and shares",
        EITHER,
    ),
    "shares without by": ("name: mine\nshares: {gpr: 1}", "2:1", "shares without by", "A rule has both."),
    "by without shares": ("name: mine\nby: category", "2:1", "by without shares", "A rule has both."),
    "by with weights": (f"{GOOD}by: category", "3:1", "by without shares", "A rule has both."),
    "a group of another rule": (
        "name: mine\nby: category\nshares:\n  gpr: 0.5\n  mcq: 0.5",
        "5:3",
        "unknown group 'mcq'",
        "Known are gpr, mr.",
    ),
    "a misspelt group": (
        "name: mine\nby: question_type\nshares: {opne: 1}",
        "3:10",
        "unknown group 'opne'",
        "Did you mean 'open'?",
    ),
    "a misspelt value": (f"{GOOD}answer:  lnog", "3:10", "answer is 'lnog'", "Did you mean 'long'?"),
    "an unknown value": (f"{GOOD}questions: yes", "3:12", "questions is yes", "Give as_is or open."),
    "a short answer to open questions": (
        f"{GOOD}questions: open\nanswer: short",
        "4:1",
        "`answer: short` with `questions: open`",
        "Leave one of them out.",
    ),
    "no weight": ("name: mine\nweights:\n  mmlu:\n", "3:8", "weights.mmlu is empty", NUMBER),
    "no weights": (
        "name: mine\nweights: {}",
        "2:10",
        "weights is an empty mapping",
        "Give at least one source with its weight, such as `syn_qa: 2`.",
    ),
    "weights in a list": (
        "name: mine\nweights: [mmlu]",
        "2:10",
        "weights is a list",
        "Give at least one source with its weight, such as `syn_qa: 2`.",
    ),
    "a weight that is a mapping": (
        "name: mine\nweights: {mmlu: {a: 1}}",
        "2:17",
        "weights.mmlu is a mapping",
        NUMBER,
    ),
    "no shares": (
        "name: mine\nby: all\nshares:",
        "3:8",
        "shares is empty",
        "Give at least one group with its share, such as `gpr: 0.66`.",
    ),
    "a share of nothing": ("name: mine\nby: all\nshares: {all: 0}", "3:15", "shares.all is 0", NUMBER),
    "samples that are a number": (
        f"{GOOD}samples: 7",
        "3:10",
        "samples is 7",
        "Give sources with the most rows to take of each, such as `mmlu: 1000`.",
    ),
    "a name with a line break": ('name: "mine\\n"\nweights: {mmlu: 1}', "1:7", r"name is 'mine\n'", NAME),
    "a weight of 41 digits": (
        f"name: mine\nweights: {{mmlu: {'7' * 41}}}",
        "2:17",
        f"weights.mmlu is {'7' * 39}…",
        NUMBER,
    ),
    "a weight of 41 digits as text": (
        f"name: mine\nweights: {{mmlu: '{'7' * 41}'}}",
        "2:17",
        f"weights.mmlu is '{'7' * 39}…'",
        NUMBER,
    ),
    "a name after a byte order mark": ("\ufeffname: Mine\nweights: {mmlu: 1}", "1:7", "name is 'Mine'", NAME),
    "a name in capitals": ("name: Mine\nweights: {mmlu: 1}", "1:7", "name is 'Mine'", NAME),
    "a name of 64 letters": (
        f"name: {'x' * 64}\nweights: {{mmlu: 1}}",
        "1:7",
        f"name is '{'x' * 39}…'",
        NAME,
    ),
    "a name that YAML takes for a truth": (
        "name: no\nweights: {mmlu: 1}",
        "1:7",
        "name is no",
        "Put it in quotes: 'no'.",
    ),
    "a title that YAML takes for a date": (
        f"{GOOD}title: 2025-04-17",
        "3:8",
        "title is 2025-04-17",
        "Put it in quotes: '2025-04-17'.",
    ),
    "a title that would break the card's table": (
        f"{GOOD}title: a | b",
        "3:8",
        "title is 'a | b'",
        "Give one line of text without |, at most 200 characters long.",
    ),
    **{
        f"a weight of {text}": (
            f"name: mine\nweights: {{mmlu: {text}}}",
            "2:17",
            f"weights.mmlu is {text}",
            NUMBER,
        )
        for text in NO_NUMBERS
    },
    **{
        f"a weight of '{text}'": (
            f"name: mine\nweights: {{mmlu: '{text}'}}",
            "2:17",
            f"weights.mmlu is '{text}'",
            NUMBER,
        )
        for text in NO_NUMBERS_AS_TEXT
    },
    **{
        f"a weight of {text}, which is text": (
            f"name: mine\nweights: {{mmlu: {text}}}",
            "2:17",
            f"weights.mmlu is '{text}'",
            NUMBER,
        )
        for text in ("1e400", "nan", "inf", "-2/3")
    },
    **{
        f"samples of {text}": (f"{GOOD}samples: {{mmlu: {text}}}", "3:17", f"samples.mmlu is {text}", ROWS)
        for text in ("0", "-5", "1.5", "true", "'7'", "'ALL'", "10000000000000", ".inf")
    },
    **{
        f"the reserved name {name}": (
            f"name: {name}\nweights: {{mmlu: 1}}",
            "1:7",
            f"'{name}' is the name of another config",
            f"Choose another, such as my_{name}.",
        )
        for name in configs()
        if "-" not in name
    },
}


@pytest.mark.parametrize("mistake", NOT_YAML)
def test_a_file_that_is_no_yaml_says_where(
    refused: Callable[[str | bytes], UsageError], mistake: str
) -> None:
    text, place, said = NOT_YAML[mistake]
    error = refused(text)
    assert error.where == f"my.yaml:{place}"
    assert error.message.startswith(said), error.message


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_says_where_it_is_and_what_to_do(
    refused: Callable[[str | bytes], UsageError], mistake: str
) -> None:
    text, place, message, fix = WRONG[mistake]
    error = refused(text)
    assert (error.where, error.message, error.fix) == (f"my.yaml:{place}", message, fix)


def test_all_mistakes_are_listed_in_the_order_of_the_file(
    refused: Callable[[str | bytes], UsageError],
) -> None:
    error = refused(
        "name: gpr_up\n"
        "weights:\n"
        "  mmlu: 2\n"
        "  mmul: 2\n"
        "  syn_qa: 0\n"
        "answer: shrt\n"
        "weights: {}\n"
        "samples: {mmlu: none}\n"
    )  # fmt: skip
    assert error.exit_code == 2
    assert str(error).splitlines() == [
        "my.yaml:1:7: 'gpr_up' is the name of another config. Choose another, such as my_gpr_up.",
        "my.yaml:4:3: unknown source 'mmul'. Did you mean 'mmlu'?",
        f"my.yaml:5:11: weights.syn_qa is 0. {NUMBER}",
        "my.yaml:6:9: answer is 'shrt'. Did you mean 'short'?",
        "my.yaml:7:1: 'weights' stands twice, first in line 2. Leave one of them out.",
        f"my.yaml:8:17: samples.mmlu is 'none'. {ROWS}",
    ]


@pytest.mark.parametrize("name", ["GPR_UP", "Nd"])
def test_a_name_is_taken_in_capitals_too(refused: Callable[[str | bytes], UsageError], name: str) -> None:
    said = str(refused(f"name: {name}\nweights: {{mmlu: 1}}"))
    assert f"my.yaml:1:7: '{name}' is the name of another config" in said
    assert f"Choose another, such as my_{name.lower()}." in said


def test_a_file_that_is_not_there_or_is_none_or_is_long_is_a_usage_error(tmp_path: Path) -> None:
    long = tmp_path / "long.yaml"
    long.write_text(GOOD + "#" * MOST_BYTES)
    for path, said in (
        (tmp_path / "no.yaml", "can't be read"),
        (tmp_path, "can't be read"),
        (long, "is too long"),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            read_blend(path)
        assert caught.value.where == path


# The schema file.


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def test_the_schema_names_the_sources_and_groups_there_are() -> None:
    for place in ("weights", "samples"):
        assert list(schema()["properties"][place]["properties"]) == list(source_facts())
    rules = {
        part["if"]["properties"]["by"]["const"]: list(part["then"]["properties"]["shares"]["properties"])
        for part in schema()["allOf"]
    }
    assert rules == SHARES
    facts = source_facts().values()
    assert {fact.category for fact in facts} == set(SHARES["category"])
    assert {fact.question_type for fact in facts} == set(SHARES["question_type"])


def test_an_editor_that_knows_only_the_schema_finds_the_example_valid() -> None:
    said = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    assert Draft202012Validator(schema()).is_valid(said)
    assert not Draft202012Validator(schema()).is_valid({**said, "name": "My blend"})
