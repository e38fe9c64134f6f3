"""Every config by its rule: which there are, which names are refused, and what each holds of six sources."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from upstream_files import Built, Record, built, write_rows

from crossthink_hub.building.manifest import problems_of
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.errors import SourceError, UsageError
from crossthink_hub.identity import ranks
from crossthink_hub.recipe.configs import config, configs
from crossthink_hub.recipe.custom import read_blend
from crossthink_hub.recipe.paper import blends, source_facts
from crossthink_hub.recipe.quotas import weights
from crossthink_hub.validation import validate

BLENDS = ["nd", "mr_up", "gpr_up", "mcq_up", "open_up", "score", "only_mr", "only_gpr"]
SHORT = [
    "nd-short",
    "mr_up-short",
    "gpr_up-short",
    "mcq_up-short",
    "open_up-short",
    "score-short",
    "only_gpr-short",
]
OPEN = ["nd-open", "mr_up-open", "gpr_up-open", "score-open", "only_gpr-open"]
SOURCES = ["mmlu", "syn_qa", "natural_reasoning", "numina_math", "persona_math", "hendrycks_math"]
RELEASE = {"qa": "syn_qa", "math": "persona_math"}
EVERY = [*BLENDS, *SHORT, *OPEN, *SOURCES, *RELEASE]


# Which configs there are.


def test_every_config_is_there() -> None:
    assert list(configs()) == EVERY
    assert len(EVERY) == 28


@pytest.mark.parametrize("name", EVERY)
def test_a_config_is_what_its_name_says(name: str) -> None:
    own, (base, _, variant) = config(name), name.partition("-")
    assert own.base == base
    assert own.answer == ("short" if variant == "short" else "long")
    assert own.form == ("released" if name in RELEASE else "open" if variant == "open" else "as_is")
    if base in BLENDS:
        assert own.blend == blends()[base]
    else:
        assert weights(own.blend) == {RELEASE.get(name, name): 1}


@pytest.mark.parametrize("name", EVERY)
def test_a_config_takes_no_more_of_a_source_than_table_1_has_unless_it_is_the_release(name: str) -> None:
    table_1 = {source: facts.samples for source, facts in source_facts().items()}
    most = {source: config(name).most(source) for source in weights(config(name).blend)}
    assert most == {source: None if name in RELEASE else table_1[source] for source in most}


NO_CONFIG = {
    "only_mr-short": ("would be a copy of only_mr", "Use only_mr."),
    "only_mr-open": ("would be a copy of only_mr", "Use only_mr."),
    "numina_math-short": ("would be a copy of numina_math", "Use numina_math."),
    "natural_reasoning-open": ("would be a copy of natural_reasoning", "Use natural_reasoning."),
    "mcq_up-open": ("contradicts itself", "Use nd-open"),
    "open_up-open": ("contradicts itself", "Use nd-open"),
    "gpr_up_hard": ("needs difficulty labels", "gpr_up is the"),
    "gpr_up_hard-short": ("needs difficulty labels", "gpr_up is the"),
    "qa-short": ("qa is the release to the letter", "Use syn_qa, or a blend of your own (--blend)"),
    "math-open": ("math is the release to the letter", "Use persona_math, or a blend of your own (--blend)"),
    "mmlu-short": ("the paper has no mmlu-short", "weights {mmlu: 1}, answer: short"),
    "syn_qa-open": ("the paper has no syn_qa-open", "weights {syn_qa: 1}, questions: open"),
    "gpr_upp": ("unknown config 'gpr_upp'", "Did you mean 'gpr_up'?"),
    "nd_short": ("unknown config 'nd_short'", "Did you mean 'nd-short'?"),
    "nd-shorter": ("unknown config 'nd-shorter'", "Did you mean 'nd-short'?"),
    "hendrycks-math": ("unknown config 'hendrycks-math'", "Did you mean 'hendrycks_math'?"),
    "": ("unknown config ''", f"Known are {', '.join(EVERY)}."),
    "everything": ("unknown config 'everything'", f"Known are {', '.join(EVERY)}."),
}


@pytest.mark.parametrize("name", NO_CONFIG)
def test_a_name_that_is_no_config_is_refused_with_what_to_do(name: str) -> None:
    said, fix = NO_CONFIG[name]
    with pytest.raises(UsageError) as caught:
        BuildSettings((name,))
    assert said in caught.value.message
    assert fix in (caught.value.fix or "")


# Six sources of plain rows, some of them not usable in every form. What is expected is counted by hand here.

ROWS = {
    "mmlu": 420,
    "syn_qa": 600,
    "natural_reasoning": 330,
    "numina_math": 320,
    "persona_math": 310,
    "hendrycks_math": 102,
}
DROPPED = {
    "mmlu": {"answer_not_in_options": 20},
    "syn_qa": {},
    "natural_reasoning": {"answer_too_long": 20, "empty_answer": 10},
    "numina_math": {"no_boxed_answer": 20},
    "persona_math": {"empty_question": 4},
    "hendrycks_math": {"empty_answer": 2},
}
REFUSED = {
    "mmlu": {"as_is": {}, "open": {"all_or_none_of_the_above": 40, "which_of_the_following": 60}},
    "syn_qa": {
        "as_is": {"no_options": 30},
        "open": {"no_options": 30, "all_or_none_of_the_above": 40, "answer_too_long": 50},
        "released": {},
    },
    "natural_reasoning": {"as_is": {}, "open": {}},
    "numina_math": {"as_is": {}, "open": {}},
    "persona_math": {
        "as_is": {},
        "open": {},
        "released": {"nothing_asked_or_no_gold": 6},
    },
    "hendrycks_math": {"as_is": {}, "open": {}},
}
RELABELLED = 25
"""So many rows of syn_qa have a stale letter."""


def multiple_choice(n: int, question: str, *last: str) -> Record:
    options = [f"{2 * n}", f"{2 * n + 1}", f"{2 * n + 3}", *last]
    return {"question": question, "choices": options, "answer": 1, "subject": ""}


def mmlu() -> list[Record]:
    sums = [multiple_choice(n, f"What is {n} plus {n + 1}?") for n in range(300)]
    chosen = [multiple_choice(n, f"Which of the following is {n} plus {n + 1}?") for n in range(300, 360)]
    none = [multiple_choice(n, f"What is {n} plus {n + 1}?", "none of the above") for n in range(360, 400)]
    wrong = [{**multiple_choice(n, f"What is {n} plus {n + 1}?"), "answer": 7} for n in range(400, 420)]
    return [*sums, *chosen, *none, *wrong]


def released(n: int, prompt: str | None, gold: str | None, **meta: Any) -> Record:
    return {
        "data_source": "nemotron-crossthink",
        "prompt": prompt if prompt is None else [{"role": "user", "content": prompt}],
        "reward_model": {"style": "rule", "ground_truth": gold},
        "meta_data": {"index": n, "split": "train", **meta},
    }


def syn_qa() -> list[Record]:
    def row(n: int, gold: str, answer: str, *last: str) -> Record:
        options = [f"{2 * n}", answer, f"{2 * n + 3}", *last]
        lines = "\n".join(f"{label}: {text}" for label, text in zip("ABCD", options, strict=False))
        return released(
            n, f"Answer with a letter.\nWhat is {n} plus {n + 1}, in words or digits?\n{lines}", gold
        )

    sums = [f"{2 * n + 1}" for n in range(600)]
    long = "far more than one might think of a sum of two such small numbers, namely "
    return [
        *(row(n, f"B: {sums[n]}", sums[n]) for n in range(455)),
        *(row(n, f"C: {sums[n]}", sums[n]) for n in range(455, 455 + RELABELLED)),
        *(row(n, f"B: {sums[n]}", sums[n], "All of the above") for n in range(480, 520)),
        *(row(n, f"B: {long}{sums[n]}", f"{long}{sums[n]}") for n in range(520, 570)),
        *(released(n, f"Answer with a letter.\nWhat is {n} plus {n + 1}?", sums[n]) for n in range(570, 600)),
    ]


def natural_reasoning() -> list[Record]:
    answers = (
        [f"{n} metres" for n in range(300)]
        + [f"{n}" + " more" * 10 for n in range(20)]
        + [""] * 4
        + [None] * 6
    )
    return [
        {"question": f"How far is house {n} from the pond?", "reference_answer": answer, "responses": []}
        for n, answer in enumerate(answers)
    ]


def numina_math() -> list[Record]:
    solutions = [f"It is $\\boxed{{{3 * n}}}$." for n in range(300)] + ["It follows."] * 20
    return [
        {"problem": f"What is $3 \\cdot {n}$?", "solution": solution, "source": "synthetic_math"}
        for n, solution in enumerate(solutions)
    ]


def persona_math() -> list[Record]:
    def row(n: int) -> Record:
        question = f"A cook buys {n} sacks of 4 kg. How many kg are {n} sacks?"
        return released(
            n, f"Solve it.\n{question}", f"{4 * n}", question=question, persona="a cook", skills=["sums"]
        )

    rows = [row(n) for n in range(310)]
    for own in rows[300:306]:
        own["prompt"] = None
    for own in rows[306:]:
        own["prompt"][0]["content"], own["meta_data"]["question"] = "Solve it.\n", ""
    return rows


def hendrycks_math() -> list[Record]:
    return [
        {
            "question": f"What is the square of ${n}$?",
            "answer": f"{n * n}" if n < 100 else "",
            "subject": "Algebra",
        }
        for n in range(102)
    ]


def write_upstream(folder: Path, *sources: str) -> Path:
    makers = (mmlu, syn_qa, natural_reasoning, numina_math, persona_math, hendrycks_math)
    for make in makers:
        if make.__name__ in (sources or SOURCES):
            write_rows(folder / make.__name__ / "rows.jsonl", make())
    return folder


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_upstream(tmp_path_factory.mktemp("configs") / "upstream")


@pytest.fixture(scope="module")
def everything(upstream: Path) -> Built:
    return built(upstream, upstream.parent / "everything", *EVERY)


def assert_accounted_for(found: Built) -> None:
    """Check that every row read of every source is somewhere, and that files and manifest say the same."""
    assert problems_of(found.manifest) == []
    assert validate(found.folder) == []
    held: dict[str, set[str]] = {}
    for name in found.manifest["configs"]:
        for row in found.rows(name):
            held.setdefault(row["meta_data"]["source"], set()).add(row["id"])
    for name, own in found.manifest["sources"].items():
        dropped = sum(own["rows_dropped"].values())
        assert own["rows_kept"] == len(held.get(name, ())), name
        assert own["rows_read"] == own["rows_kept"] + dropped + own["rows_not_sampled"] == ROWS[name], name
        for form, usable in own["rows_usable"].items():
            refused = own["rows_refused"].get(form, {})
            assert own["rows_read"] == usable + sum(refused.values()) + dropped, (name, form)
        listed = Counter((row["form"], row["reason"]) for row in found.dropped(name))
        said = {(None, reason): count for reason, count in own["rows_dropped"].items()}
        for form, refused in own["rows_refused"].items():
            said |= {(form, reason): count for reason, count in refused.items()}
        assert listed == said, name


def test_every_row_of_every_source_is_accounted_for(everything: Built) -> None:
    assert_accounted_for(everything)
    assert list(everything.manifest["configs"]) == EVERY
    for name, own in everything.manifest["sources"].items():
        assert own["rows_dropped"] == DROPPED[name]
        refused = {form: own["rows_refused"].get(form, {}) for form in own["rows_usable"]}
        assert refused == REFUSED[name]
    assert everything.manifest["sources"]["syn_qa"]["flags"] == {
        "all_of_the_above": 40,
        "relabelled": RELABELLED,
    }


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_by_its_name_is_all_of_it(everything: Built, name: str) -> None:
    unusable = sum(DROPPED[name].values()) + sum(REFUSED[name]["as_is"].values())
    assert len(everything.ids(name)) == len(everything.rows(name)) == ROWS[name] - unusable


@pytest.mark.parametrize("name", EVERY)
def test_no_problem_of_the_test_split_stands_in_train(everything: Built, name: str) -> None:
    train, test = everything.ids(name, "train"), everything.ids(name, "test")
    assert train
    assert test
    assert train.isdisjoint(test)
    splits = {
        split: {row["meta_data"]["split"] for row in everything.rows(name, split)}
        for split in ("train", "test")
    }
    assert splits == {"train": {"train"}, "test": {"test"}}


@pytest.mark.parametrize("name", EVERY)
def test_the_test_split_is_the_same_problems_in_every_config(everything: Built, name: str) -> None:
    own = config(name)
    for source in weights(own.blend):
        alone = everything.ids(source, "test")
        there = {id_ for id_ in everything.ids(name, "test") if id_.startswith(source)}
        unasked = {row["id"] for row in everything.dropped(source) if row["form"] == own.form}
        only_here = {row["id"] for row in everything.dropped(source) if row["form"] == "as_is"}
        assert there - only_here == alone - unasked
        assert alone


def test_no_problem_held_out_in_one_config_is_trained_on_in_another(everything: Built) -> None:
    test = {id_ for name in EVERY for id_ in everything.ids(name, "test")}
    train = {id_ for name in EVERY for id_ in everything.ids(name, "train")}
    assert train.isdisjoint(test)


@pytest.mark.parametrize("name", [*BLENDS, *SHORT, *OPEN])
def test_a_blend_is_as_large_as_it_can_be_and_its_shares_are_its_weights(
    everything: Built, name: str
) -> None:
    entry = everything.manifest["configs"][name]
    share = weights(config(name).blend)
    counts = Counter(row["meta_data"]["source"] for row in everything.rows(name, "train"))
    assert counts == entry["quotas"] == entry["counts"]
    assert all(abs(counts[source] - weight * entry["rows"]) < 1 for source, weight in share.items())
    usable = {
        source: everything.manifest["sources"][source]["rows_usable"][entry["form"]] for source in share
    }
    held_out = Counter(row["meta_data"]["source"] for row in everything.rows(name, "test"))
    assert any(counts[source] >= usable[source] - held_out[source] - 1 for source in share)


@pytest.mark.parametrize("base", [name.partition("-")[0] for name in SHORT])
def test_short_is_the_same_rows_answered_by_letter(everything: Built, base: str) -> None:
    long, short = ({row["id"]: row for row in everything.rows(name)} for name in (base, f"{base}-short"))
    assert long.keys() == short.keys()
    for id_, row in short.items():
        meta = row["meta_data"]
        if meta["question_type"] == "mcq":
            assert (row["solution"], meta["answer_template"]) == (meta["answer_letter"], "short")
            assert long[id_]["solution"].startswith(f"({row['solution']}) ")
            assert row["prompt"] != long[id_]["prompt"]
        else:
            assert row == long[id_]


@pytest.mark.parametrize("name", OPEN)
def test_open_shows_no_options_and_answers_with_the_text(everything: Built, name: str) -> None:
    as_is = {row["id"]: row for source in SOURCES for row in everything.rows(source)}
    for row in everything.rows(name):
        meta, before = row["meta_data"], as_is[row["id"]]
        assert (meta["question_type"], meta["options"], meta["answer_letter"]) == ("open", [], None)
        assert before["solution"] in (
            row["solution"],
            f"({before['meta_data']['answer_letter']}) {row['solution']}",
        )
        assert row["prompt"][0]["content"].endswith(f"\n\n{meta['question']}")
        if row["ability"] == "gpr":
            assert len(row["solution"].split()) <= 10


@pytest.mark.parametrize("name", RELEASE)
def test_the_release_is_prompt_and_gold_to_the_letter(everything: Built, name: str) -> None:
    source = RELEASE[name]
    upstream = {row["meta_data"]["index"]: row for row in (syn_qa() if name == "qa" else persona_math())}
    rows = everything.rows(name)
    refused = (*REFUSED[source]["released"].values(), *DROPPED[source].values())
    assert len(rows) == ROWS[source] - sum(refused)
    for row in rows:
        given = upstream[row["meta_data"]["index"]]
        assert row["prompt"] == given["prompt"]
        assert row["solution"] == row["reward_model"]["ground_truth"] == given["reward_model"]["ground_truth"]
        assert row["meta_data"]["answer_template"] == "released"


def test_the_release_keeps_a_stale_letter_and_flags_its_row(everything: Built) -> None:
    stale = {row["id"]: row for row in everything.rows("qa") if "relabelled" in row["meta_data"]["flags"]}
    mended = {row["id"]: row for row in everything.rows("syn_qa") if row["id"] in stale}
    assert len(stale) == len(mended) == RELABELLED
    for id_, row in stale.items():
        assert row["solution"].startswith("C: ")
        assert mended[id_]["solution"] == f"(B) {row['solution'].removeprefix('C: ')}"


def test_configs_take_the_lowest_ranks_of_what_they_can_ask(everything: Built) -> None:
    for name in (*BLENDS, *SHORT, *OPEN):
        own = config(name)
        for source in weights(own.blend):
            unasked = {row["id"] for row in everything.dropped(source) if row["form"] == own.form}
            there = by_rank(everything.ids(source, "train") - unasked)
            taken = {id_ for id_ in everything.ids(name, "train") if id_.startswith(source)}
            assert taken == set(there[: len(taken)]), (name, source)


def by_rank(ids: set[str]) -> list[str]:
    listed = sorted(ids)
    rank = dict(zip(listed, ranks(listed, 0).tolist(), strict=True))
    return sorted(listed, key=rank.__getitem__)


# What a build is asked for.


@pytest.mark.parametrize("size", [1, 60, 97])
def test_a_size_is_exact_and_what_is_not_taken_is_counted(upstream: Path, tmp_path: Path, size: int) -> None:
    names = ("gpr_up", "nd-open", "qa", "hendrycks_math")
    found = built(upstream, tmp_path / "out", *names, size=size)
    assert {name: entry["rows"] for name, entry in found.manifest["configs"].items()} == dict.fromkeys(
        names, size
    )
    assert {name: len(found.ids(name, "train")) for name in names} == dict.fromkeys(names, size)
    assert_accounted_for(found)


def test_a_size_that_repeats_rows_is_refused_or_repeats_whole_passes(upstream: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"hendrycks_math has at most 99 rows .*, 250 were asked for"
    ) as caught:
        build(BuildSettings(("hendrycks_math",), size=250), str(upstream), tmp_path / "out")
    assert "--oversample" in str(caught.value)
    found = built(upstream, tmp_path / "out", "hendrycks_math", "nd-open", size=250, oversample=True)
    times = Counter(row["id"] for row in found.rows("hendrycks_math", "train"))
    assert Counter(times.values()) == {3: 52, 2: 47}
    assert {id_ for id_, count in times.items() if count == 3} == set(by_rank(set(times))[:52])
    assert_accounted_for(found)


@pytest.mark.parametrize("names", [("syn_qa",), ("syn_qa", "qa"), ("nd", "nd-open", "qa")])
def test_strict_drops_rows_with_a_stale_letter_and_counts_them(
    upstream: Path, tmp_path: Path, names: Sequence[str]
) -> None:
    found = built(upstream, tmp_path / "out", *names, strict=True)
    assert_accounted_for(found)
    own = found.manifest["sources"]["syn_qa"]
    flagged = {
        name: sum("relabelled" in row["meta_data"]["flags"] for row in found.rows(name)) for name in names
    }
    assert flagged == {name: RELABELLED if name == "qa" else 0 for name in names}
    if "qa" in names:  # the release keeps them
        forms = [form for form in own["rows_usable"] if form != "released"]
        assert "relabelled" not in own["rows_dropped"]
        assert [own["rows_refused"][form]["relabelled"] for form in forms] == [RELABELLED] * len(forms)
        assert own["flags"]["relabelled"] == RELABELLED
    else:
        assert own["rows_dropped"] == {"no_options": 30, "relabelled": RELABELLED}
        assert "relabelled" not in own["flags"]


def test_only_what_may_be_sold_is_taken_where_that_is_asked(upstream: Path, tmp_path: Path) -> None:
    found = built(upstream, tmp_path / "out", "gpr_up", "nd-open", "qa", commercial_only=True)
    assert_accounted_for(found)
    assert found.manifest["left_out"] == {
        "mmlu": "may not be sold: most questions come from RACE, licensed for non-commercial research only",
        "natural_reasoning": "may not be sold: CC-BY-NC-4.0",
    }
    assert list(found.manifest["sources"]) == ["syn_qa", "numina_math", "persona_math", "hendrycks_math"]
    sources = {row["meta_data"]["source"] for row in found.rows("gpr_up")}
    assert sources == set(found.manifest["sources"])
    entry = found.manifest["configs"]["gpr_up"]
    assert abs(entry["counts"]["syn_qa"] - 0.66 * entry["rows"]) < 1


@pytest.mark.parametrize("name", ["mmlu", "natural_reasoning"])
def test_a_config_of_which_nothing_may_be_sold_is_refused(upstream: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="none of the sources may be sold"):
        build(BuildSettings((name,), commercial_only=True), str(upstream), tmp_path / "out")


def test_every_config_is_built_of_two_sources_and_those_without_any_are_left_out(tmp_path: Path) -> None:
    two = write_upstream(tmp_path / "upstream", "mmlu", "hendrycks_math")
    found = built(two, tmp_path / "out", *EVERY, allow_missing=True)
    assert_accounted_for(found)
    without = ["syn_qa", "natural_reasoning", "numina_math", "persona_math", "qa", "math"]
    assert found.manifest["configs_left_out"] == dict.fromkeys(without, "none of its sources is there")
    assert list(found.manifest["configs"]) == [name for name in EVERY if name not in without]
    assert found.manifest["left_out"] == dict.fromkeys(without[:4], "no files found")
    with pytest.raises(SourceError, match=r"found no files for syn_qa, natural_reasoning, .*") as caught:
        build(BuildSettings(tuple(EVERY)), str(two), tmp_path / "out")
    assert "--allow-missing" in str(caught.value)


def test_configs_none_of_whose_sources_is_there_are_refused(tmp_path: Path) -> None:
    one = write_upstream(tmp_path / "upstream", "hendrycks_math")
    for names in (("qa",), ("only_gpr", "mmlu")):
        with pytest.raises(SourceError):
            build(BuildSettings(names, allow_missing=True), str(one), tmp_path / "out")
        assert not (tmp_path / "out").exists()


CAPPED = "name: mine\nweights: {syn_qa: 1, mmlu: 1}\nsamples: {syn_qa: 120, mmlu: all}\n"


@pytest.mark.parametrize("more", ["", "questions: open\n", "answer: short\n"])
def test_a_source_is_cut_to_the_rows_of_lowest_rank_that_a_blend_may_take(
    upstream: Path, tmp_path: Path, everything: Built, more: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(CAPPED + more, "utf-8")
    mine = read_blend(path).config()
    found = built(upstream, tmp_path / "out", "syn_qa", blends=(mine,))
    assert_accounted_for(found)
    unasked = {row["id"] for row in everything.dropped("syn_qa") if row["form"] == mine.form}
    there = everything.ids("syn_qa") - unasked
    held_out = found.ids("mine", "test")
    taken = {id_ for id_ in found.ids("mine", "train") if id_.startswith("syn_qa")}
    mine_only = {id_ for id_ in held_out if id_.startswith("syn_qa")}
    assert taken | mine_only == set(by_rank(there)[:120])
    counts = found.manifest["configs"]["mine"]["counts"]
    assert counts == {"mmlu": len(taken) + 1, "syn_qa": len(taken)}  # at a tie the earlier source is first
    assert len(found.ids("syn_qa")) == 570


def test_a_source_is_cut_to_the_number_of_table_1(tmp_path: Path) -> None:
    most = source_facts()["hendrycks_math"].samples
    rows = [{"question": f"What is the cube of {n}?", "answer": f"{n**3}"} for n in range(most + 40)]
    write_rows(tmp_path / "upstream" / "hendrycks_math" / "rows.jsonl", rows)
    found = built(tmp_path / "upstream", tmp_path / "out", "hendrycks_math")
    own = found.manifest["sources"]["hendrycks_math"]
    assert (own["rows_read"], own["rows_kept"], own["rows_not_sampled"]) == (most + 40, most, 40)
    assert len(found.ids("hendrycks_math")) == most
    with pytest.raises(UsageError, match="has at most"):
        build(BuildSettings(("hendrycks_math",), size=most), str(tmp_path / "upstream"), tmp_path / "out")
