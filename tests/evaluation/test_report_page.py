"""The page of a report, as a browser shows it: from disk, without a network, whatever a model wrote."""

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from browser import Opened, OpenPage, chromium, open_page
from PIL import Image
from playwright.sync_api import Page, expect

from crossthink_hub.errors import FolderError
from crossthink_hub.evaluation.benchmarks.reading import Loaded
from crossthink_hub.evaluation.generation import Finish, Generation, Key
from crossthink_hub.evaluation.report.blocks import Cell, Picture, Sample, Section, Table, Tone
from crossthink_hub.evaluation.report.page import page
from crossthink_hub.evaluation.report.samples import LONGEST, samples
from crossthink_hub.evaluation.results import BenchmarkResult, Model, Results
from crossthink_hub.evaluation.run_folder import VERDICT, RunFolder

__all__ = ["chromium", "open_page"]

HOSTILE = (
    "</script><script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    "<!--<script>",
    "</textarea></title></style><svg onload=window.pwned=1>",
    "'\"`${window.pwned = 1}",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp;",
    "\u202eover\u202c \u2066isolated\u2069",
    "שלום (1) \\boxed{2} עולם",
    "\u2028line\u2029paragraph\ufeff",
    "a\ud800b\udfffc",
    "\x00\x08\x1b[31mred\x7f\x0b",
    "小明有一只山羊",
    "\\u003cscript\\u003e \\",
    "https://example.org/?q=1#answers",
)
PICTURES = {code: chr(0x2400 + code) for code in (*range(9), *range(11, 32))} | {127: "␡"}
"""Control characters as the page shows them."""
INSTRUCTION = "Answer the question below.\n\n"
BENCHMARKS = ("mmlu", "math_500", "amc23")
PHONE = {"width": 390, "height": 844}


# A report made up.


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", (640, 240), (0, 0, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def scores() -> Table:
    rows = (
        (
            Cell("Qwen2.5-7B", "as printed"),
            Cell("74.20", tone=Tone.QUOTED, why="from its authors' report"),
            Cell("64.96"),
        ),
        (Cell("gpr_up"), Cell("+1.25", "−0.3 to 2.8", Tone.GOOD, "paired"), Cell("−2.00", tone=Tone.BAD)),
        (Cell("mr_up"), Cell("–", tone=Tone.MUTED, why="not asked"), Cell("1.00", why="paired")),
    )
    return Table("table_4", "Table 4", ("model", "MMLU", "Average"), rows, ("Below a score its interval.",))


def wide() -> Table:
    names = tuple(f"column_of_a_long_name_{n}" for n in range(14))
    rows = tuple((Cell(f"row {n}"), *(Cell(f"{n}.{m}") for m in range(13))) for n in range(60))
    return Table("wide", "A wide table", names, rows)


SECTIONS = (
    Section("Scores", ("Higher is better.",), (scores(), wide())),
    Section("Lengths", (), (Picture("figure_3", "Figure 3", png(), "Bars of tokens."),)),
    Section("Scores", ("A second section of that title.",), ()),
)


def answers(count: int = 35) -> list[Sample]:
    """Return answers of two runs to the same questions; the texts hold whatever is hostile."""
    return [
        answer(run, benchmark, n)
        for run in ("gpr_up", "mr_up")
        for benchmark in BENCHMARKS
        for n in range(count)
    ]


def answer(run: str, benchmark: str, number: int) -> Sample:
    draw = Random(f"{run} {benchmark} {number}")
    question = f"{INSTRUCTION}What is {number} + 1? {HOSTILE[number % len(HOSTILE)]}"
    correct, status = draw.choice(
        [(True, "correct"), (False, "wrong"), (False, "no_box"), (None, "gold_ungradable")]
    )
    thought = f"Let me see: {draw.choice(HOSTILE)}\n\nWell."
    found = None if status == "no_box" else f"{number + (1 if correct else 2)} {draw.choice(HOSTILE)}"
    return Sample(
        run=run,
        benchmark=benchmark,
        task="math_500" if benchmark == "math_500" else ("algebra", "law", "history")[number % 3],
        subcategory="math_500"
        if benchmark == "math_500"
        else ("stem", "humanities", "humanities")[number % 3],
        id=f"{benchmark}-{number:016x}",
        sample="greedy 0",
        prompt=question,
        response=f"<think>{thought}</think>So it is \\boxed{{{found}}}.\n{draw.choice(HOSTILE)}",
        truth=f"{number + 1}",
        answer=found,
        correct=correct,
        status=status,
        why=draw.choice(HOSTILE),
        tokens=draw.choice([None, *range(100, 9000, 7)]),
        finish=draw.choice(["stop", "stop", "length"]),
    )


ANSWERS = answers()


def written(
    folder: Path, samples: Sequence[Sample] = ANSWERS, sections: Sequence[Section] = SECTIONS
) -> Path:
    path = folder / "index.html"
    path.write_text(page("A report", "of two runs", sections, samples), "utf-8")
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("report"))


# What the browser shows.


def visible(text: str) -> str:
    """Return a text as the page shows it."""
    replaced = re.sub("[\ud800-\udfff]", "\ufffd", text.replace("\r\n", "\n"))
    return replaced.translate(PICTURES)


def held(page: Page) -> list[Mapping[str, Any]]:
    """Return the answers in the order in which the page holds them, each with its question."""
    data = json.loads(page.locator("#data").inner_text())
    return [{**data["questions"][one["question"]], **one} for one in data["answers"]]


def shown(page: Page) -> list[tuple[str, str]]:
    """Return run and question of each answer that passes the filters, over all pages, in order."""
    all_, found = held(page), []
    while True:
        numbers = page.locator("tr.answer").evaluate_all(
            "rows => rows.map((row) => Number(row.dataset.number))"
        )
        found += [(all_[number]["run"], all_[number]["id"]) for number in numbers]
        if page.locator(".next").is_disabled():
            return found
        assert len(numbers) == 50
        page.locator(".next").click()


def expected(keep: Callable[[Sample], bool]) -> list[tuple[str, str]]:
    """Return run and question of the answers kept, those to one question beside one another."""
    kept = [one for one in ANSWERS if keep(one)]
    return [(one.run, one.id) for one in sorted(kept, key=lambda one: ORDER[one.id])]


ORDER = {id_: place for place, id_ in enumerate(dict.fromkeys(one.id for one in ANSWERS))}


def says(text: str, one: Sample) -> bool:
    return any(text.lower() in said.lower() for said in (one.prompt, one.response, one.answer or ""))


def choose(page: Page, **filters: str) -> None:
    for name, value in filters.items():
        page.locator(f"[name={name}]").select_option(value)


def search(page: Page, text: str) -> None:
    page.locator("[name=q]").fill(text)
    page.wait_for_function(
        "text => (new URLSearchParams(location.hash.slice(9)).get('q') ?? '') === text", arg=text
    )


def count_of(page: Page) -> str:
    return page.locator(".count").inner_text()


def pwned(opened: Opened) -> bool:
    return bool(opened.page.evaluate("'pwned' in window"))


# Tables and figures.


def test_it_opens_from_disk_with_tables_figures_and_answers(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        expect(opened.page).to_have_title("A report")
        assert opened.page.locator("nav a").all_inner_texts() == [
            "Scores",
            "Lengths",
            "Scores",
            "Sampled answers",
        ]
        anchors = opened.page.locator("nav a").evaluate_all("links => links.map((link) => link.hash)")
        assert anchors == ["#scores", "#lengths", "#scores-2", "#answers"]
        assert all(opened.page.locator(anchor).count() == 1 for anchor in anchors)
        assert opened.page.locator("#figure_3 img").evaluate("image => image.naturalWidth") == 640
        assert count_of(opened.page) == "210 of 210 answers"
        expect(opened.page.locator(".scriptless")).to_have_count(0)


def test_tones_have_marks_and_numbers_stand_to_the_right(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        table = opened.page.locator("#table_4 table")
        assert [row.split("\n")[0] for row in table.locator("tbody th").all_inner_texts()] == [
            "Qwen2.5-7B",
            "gpr_up",
            "mr_up",
        ]
        assert table.locator(".tone-good").inner_text() == "▲+1.25"
        assert table.locator(".tone-bad").inner_text() == "▼−2.00"
        assert table.locator(".tone-quoted").inner_text() == "“74.20"
        assert table.locator("td.number").count() == 6
        ends = table.locator("td:nth-child(2) > span").evaluate_all(
            "spans => spans.map((span) => Math.round(span.getBoundingClientRect().right))"
        )
        assert len(set(ends)) == 1


def test_why_is_a_note_that_a_cell_links_to_each_once(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        notes = opened.page.locator("#table_4 dl.reasons > div")
        assert notes.all_inner_texts() == ["a\nfrom its authors' report", "b\npaired", "c\nnot asked"]
        assert opened.page.locator("#table_4 .why").all_inner_texts() == ["a", "b", "c", "b"]
        opened.page.get_by_role("link", name="note c: not asked").press("Enter")
        assert opened.page.locator("#table_4-c").evaluate("note => note.matches(':target')")


def test_many_notes_are_folded_and_a_link_unfolds_them(tmp_path: Path, open_page: OpenPage) -> None:
    rows = tuple((Cell(f"{n}"), Cell("1", why=f"reason {n}")) for n in range(30))
    section = Section("Part", (), (Table("many", "Many", ("a", "b"), rows),))
    with open_page(written(tmp_path, [], [section])) as opened:
        expect(opened.page.locator("#many-ad")).to_be_hidden()
        opened.page.locator("#many .why").last.click()
        expect(opened.page.locator("#many-ad")).to_be_visible()


def test_the_head_of_a_table_stays_in_sight(report: Path, open_page: OpenPage) -> None:
    with open_page(report, viewport={"width": 3000, "height": 500}) as opened:
        opened.page.get_by_role("rowheader", name="row 40").scroll_into_view_if_needed()
        expect(opened.page.locator("#wide thead th").first).to_be_in_viewport()


def test_without_answers_it_says_so(tmp_path: Path, open_page: OpenPage) -> None:
    with open_page(written(tmp_path, [])) as opened:
        assert "There are none in this report." in opened.page.locator("#answers").inner_text()
        expect(opened.page.locator("#answers form")).to_have_count(0)
    with open_page(written(tmp_path, [], [])) as opened:
        assert opened.page.locator("nav a").all_inner_texts() == ["Sampled answers"]


def test_without_scripts_tables_and_figures_are_there(report: Path, open_page: OpenPage) -> None:
    with open_page(report, java_script_enabled=False) as opened:
        expect(opened.page.locator("#table_4")).to_be_visible()
        expect(opened.page.locator("#figure_3 img")).to_be_visible()
        expect(opened.page.locator(".scriptless")).to_contain_text("210 answers are in this file")
        expect(opened.page.locator(".filters")).to_be_hidden()


# Filters, search, order, pages.


FILTERS: list[tuple[dict[str, str], Callable[[Sample], bool]]] = [
    ({"run": "mr_up"}, lambda one: one.run == "mr_up"),
    ({"benchmark": "amc23"}, lambda one: one.benchmark == "amc23"),
    ({"part": "s humanities"}, lambda one: one.subcategory == "humanities"),
    ({"benchmark": "mmlu", "part": "t law"}, lambda one: (one.benchmark, one.task) == ("mmlu", "law")),
    ({"verdict": "right"}, lambda one: one.correct is True),
    ({"verdict": "wrong"}, lambda one: one.correct is False),
    ({"verdict": "ungraded"}, lambda one: one.correct is None),
    ({"status": "no_box"}, lambda one: one.status == "no_box"),
    (
        {"finish": "length", "verdict": "wrong", "run": "gpr_up"},
        lambda one: (one.finish, one.correct, one.run) == ("length", False, "gpr_up"),
    ),
]


def test_filters_leave_exactly_the_rows_they_name(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        for filters, keep in FILTERS:
            choose(opened.page, **filters)
            assert count_of(opened.page) == f"{len(expected(keep))} of 210 answers", filters
            assert shown(opened.page) == expected(keep), filters
            opened.page.get_by_role("button", name="Reset").click()


def test_choices_say_how_many_answers_each_would_leave(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        choose(opened.page, run="gpr_up", verdict="wrong")
        wrong = [one for one in ANSWERS if one.correct is False and one.run == "gpr_up"]
        statuses = Counter(one.status for one in wrong)
        assert set(opened.page.locator("[name=status] option").all_inner_texts()) == {
            "all",
            *(f"{status} ({count})" for status, count in statuses.items()),
        }
        verdicts = Counter(
            {True: "right", False: "wrong", None: "can’t be graded"}[one.correct]
            for one in ANSWERS
            if one.run == "gpr_up"
        )
        assert set(opened.page.locator("[name=verdict] option").all_inner_texts()) == {
            "all",
            *(f"{name} ({count})" for name, count in verdicts.items()),
        }


def test_search_is_for_the_text_as_it_stands(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        for text in ("LET ME SEE", "<img src=x", "${window", "\\boxed{1", "שלום", "[31m"):
            search(opened.page, text)
            assert shown(opened.page) == expected(partial(says, text)), text
            opened.page.locator("button.verdict").first.click()
            marks = opened.page.locator(".detail mark").all_inner_texts()
            assert {mark.lower() for mark in marks} == {text.lower()}
        search(opened.page, "no such text")
        assert "No answer passes" in opened.page.locator("#answers tbody").inner_text()
        assert not pwned(opened)


def test_search_and_filters_work_together_and_reset_ends_both(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        search(opened.page, "onerror")
        choose(opened.page, benchmark="math_500")
        assert shown(opened.page) == expected(
            lambda one: says("onerror", one) and one.benchmark == "math_500"
        )
        opened.page.get_by_role("button", name="Reset").click()
        assert count_of(opened.page) == "210 of 210 answers"
        assert opened.page.locator("[name=q]").input_value() == ""
        assert opened.page.url.endswith("#answers")


def test_tokens_sort_both_ways_and_uncounted_ones_come_last(report: Path, open_page: OpenPage) -> None:
    tokens = {(one.run, one.id): one.tokens for one in ANSWERS}
    counted = sorted(count for count in tokens.values() if count is not None)
    nothing = [None] * (len(ANSWERS) - len(counted))
    with open_page(report) as opened:
        sort, head = opened.page.locator(".sort"), opened.page.locator("th[aria-sort]")
        for order, wanted in (("descending", counted[::-1]), ("ascending", counted)):
            sort.click()
            expect(head).to_have_attribute("aria-sort", order)
            assert [tokens[one] for one in shown(opened.page)] == [*wanted, *nothing]
        sort.click()
        expect(head).to_have_attribute("aria-sort", "none")
        assert shown(opened.page) == expected(lambda one: True)


def test_pages_go_back_and_forth(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        previous, next_, place = (opened.page.locator(name) for name in (".previous", ".next", ".page"))
        expect(previous).to_be_disabled()
        expect(place).to_have_text("1 / 5")
        for _ in range(4):
            next_.click()
        expect(next_).to_be_disabled()
        expect(opened.page.locator("tr.answer")).to_have_count(10)
        previous.click()
        expect(place).to_have_text("4 / 5")
        choose(opened.page, run="gpr_up")
        expect(place).to_have_text("1 / 3")


# An answer, opened.


def test_an_opened_row_shows_all_of_the_answer_as_it_is(report: Path, open_page: OpenPage) -> None:
    by_key = {(one.run, one.id): one for one in ANSWERS}
    with open_page(report) as opened:
        rows = shown(opened.page)[-10:]
        for place, key in enumerate(rows):
            one = by_key[key]
            opened.page.locator("tr.answer").nth(place).locator("td").nth(3).click()
            detail = opened.page.locator("tr.answer").nth(place).locator("xpath=following-sibling::tr[1]")
            texts = detail.locator("pre").all_text_contents()
            thought, rest = one.response.rsplit("</think>", 1)
            assert texts == [visible(text) for text in (one.prompt, f"{thought}</think>", rest)]
            facts = dict(
                zip(
                    *(detail.locator(tag).all_text_contents() for tag in ("dt", "dd")),
                    strict=True,
                )
            )
            assert facts["Extracted answer"] == visible(one.answer or "none")
            assert (facts["Ground truth"], facts["Why"]) == (one.truth, visible(one.why))
            plain = one.status in ("correct", "wrong")  # which the verdict says already
            assert plain or facts["Verdict"].endswith(one.status.replace("_", " "))
            assert one.id in facts["Question"]
        assert not pwned(opened)


def test_rows_open_and_close_by_keyboard(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        first, second = (opened.page.locator("button.verdict").nth(place) for place in (0, 1))
        first.focus()
        opened.page.keyboard.press("Enter")
        expect(opened.page.locator(".detail")).to_have_count(1)
        expect(first).to_have_attribute("aria-expanded", "true")
        opened.page.keyboard.press("ArrowDown")
        expect(second).to_be_focused()
        opened.page.keyboard.press("ArrowUp")
        opened.page.keyboard.press("Enter")
        expect(opened.page.locator(".detail")).to_have_count(0)
        expect(first).to_have_attribute("aria-expanded", "false")


THOUGHTS: list[tuple[str, bool | None, list[str]]] = [
    ("<think>a</think>b", True, ["<think>a</think>", "b"]),
    ("a</think>b", True, ["a</think>", "b"]),
    ("<think>a", False, ["<think>a"]),
    ("<think>a</think><think>b", False, ["<think>a</think><think>b"]),
    ("<think>a</think>\n", True, ["<think>a</think>"]),
    ("no thought", None, ["no thought"]),
    ("", None, []),
]


def test_the_thought_is_set_off_and_folded_where_it_ends(tmp_path: Path, open_page: OpenPage) -> None:
    given = [replace(ANSWERS[0], response=response) for response, _, _ in THOUGHTS]
    with open_page(written(tmp_path, given, [])) as opened:
        for place, (_, folded, texts) in enumerate(THOUGHTS):
            opened.page.locator("button.verdict").nth(place).click()
            detail = opened.page.locator(".detail").nth(place)
            assert detail.locator("pre").all_text_contents()[1:] == texts
            thought = detail.locator("details.thought")
            expect(thought).to_have_count(0 if folded is None else 1)
            if folded is not None:
                assert thought.evaluate("one => one.open") is not folded


def test_an_excerpt_leaves_out_the_instruction_that_questions_share(
    report: Path, open_page: OpenPage
) -> None:
    with open_page(report) as opened:
        first = opened.page.locator("tr.answer td:nth-child(4)").first.inner_text()
        assert first.startswith("What is 0 + 1?")


# The address.


def test_the_address_keeps_filters_order_page_and_open_rows(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        choose(opened.page, verdict="wrong", finish="stop")
        search(opened.page, "is & what")
        search(opened.page, "what is")
        opened.page.locator(".sort").click()
        opened.page.locator(".next").click()
        opened.page.locator("button.verdict").nth(2).click()
        before, address = opened.page.locator("#answers").inner_text(), opened.page.url
        opened.page.reload()
        assert opened.page.locator("#answers").inner_text() == before
        assert opened.page.url == address
        assert opened.page.locator("[name=q]").input_value() == "what is"
        expect(opened.page.locator("tr.open")).to_be_in_viewport()
        expect(opened.page.locator(".detail")).to_have_count(1)
    with open_page(report, "#" + address.split("#")[1]) as opened:
        assert opened.page.locator("#answers").inner_text() == before


def test_an_address_that_makes_no_sense_is_none(report: Path, open_page: OpenPage) -> None:
    with open_page(
        report, "#answers?run=no_such&page=x&open=a.99999.-1&sort=up&status=%3Cscript%3E"
    ) as opened:
        assert count_of(opened.page) == "0 of 210 answers"
        opened.page.get_by_role("button", name="Reset").click()
        assert count_of(opened.page) == "210 of 210 answers"
    with open_page(report, "#answers?page=999") as opened:
        expect(opened.page.locator(".page")).to_have_text("5 / 5")


def test_a_link_to_a_table_leaves_the_answers_alone(report: Path, open_page: OpenPage) -> None:
    with open_page(report, "#answers?run=mr_up") as opened:
        opened.page.locator("nav a").first.click()
        assert opened.page.url.endswith("#scores")
        assert count_of(opened.page) == "105 of 210 answers"
        opened.page.go_back()
        assert count_of(opened.page) == "105 of 210 answers"


# Hostile text.


def test_hostile_text_is_shown_as_it_is_wherever_it_stands(tmp_path: Path, open_page: OpenPage) -> None:
    everywhere = [
        Section(
            text,
            (text,),
            (
                Table(f"table_{n}", text, (text, "b"), ((Cell(text, text, why=text), Cell(text)),), (text,)),
                Picture(f"figure_{n}", text, png(), text, (text,)),
            ),
        )
        for n, text in enumerate(HOSTILE)
    ]
    one = ANSWERS[0]
    named = [
        replace(
            one,
            run=text,
            benchmark=text,
            task=text,
            subcategory=text,
            id=text,
            status=text,
            finish=text,
            sample=text,
        )
        for text in HOSTILE
    ]
    path = tmp_path / "index.html"
    path.write_text(page(HOSTILE[0], HOSTILE[1], everywhere, named), "utf-8")
    with open_page(path) as opened:
        for _ in range(len(HOSTILE)):
            opened.page.locator("button.verdict[aria-expanded=false]").first.click()
        assert opened.page.title() == HOSTILE[0]
        assert opened.page.locator("header p").inner_text() == HOSTILE[1]
        plain = [text for text in HOSTILE if visible(text) == text]
        for kind in (
            "section > p",
            ".note",
            "figcaption",
            "dl.reasons dd",
            "tr.answer td:nth-child(2) > div",
        ):
            found = opened.page.locator(kind).all_text_contents()
            assert set(plain) <= set(found), kind
        assert len(opened.page.locator("[name=run] option").all()) == len(HOSTILE) + 1
        assert not pwned(opened)


def test_what_is_put_into_the_page_neither_runs_nor_loads(report: Path, open_page: OpenPage) -> None:
    with open_page(report) as opened:
        opened.page.evaluate(
            """() => {
                document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.pwned = 1'>");
                const script = document.createElement("script");
                script.textContent = "window.pwned = 1";
                document.body.append(script);
            }"""
        )
        assert opened.page.evaluate("() => fetch('https://example.org').catch(() => 'refused')") == "refused"
        assert not pwned(opened)
        assert opened.complaints
        assert all("Content Security Policy" in said for said in opened.complaints)
        opened.complaints.clear()


# Screens and paper.


def test_dark_and_light_follow_the_reader(report: Path, open_page: OpenPage) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        with open_page(report, color_scheme=scheme) as opened:
            colours = [
                opened.page.locator(name).evaluate("one => getComputedStyle(one).backgroundColor")
                for name in ("body", "#figure_3 img")
            ]
            grounds[scheme], figure = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours)
            assert figure == 3 * 255
    assert grounds["dark"] < 3 * 60
    assert grounds["light"] > 3 * 240


def test_a_narrow_screen_needs_no_sideways_scrolling_of_the_page(report: Path, open_page: OpenPage) -> None:
    with open_page(report, viewport=PHONE) as opened:
        opened.page.locator("button.verdict").first.click()
        assert opened.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        box = opened.page.locator("#wide .scroll")
        assert box.evaluate("one => one.scrollWidth > one.clientWidth")
        box.evaluate("one => one.scrollBy(400, 400)")
        left, top = box.locator("th").first.evaluate(
            "one => [one.getBoundingClientRect().left - one.closest('.scroll').getBoundingClientRect().left,"
            " one.getBoundingClientRect().top - one.closest('.scroll').getBoundingClientRect().top]"
        )
        assert left < 2
        assert top < 2


def test_on_paper_nothing_is_cut_off_and_nothing_is_a_control(report: Path, open_page: OpenPage) -> None:
    with open_page(report, color_scheme="dark") as opened:
        opened.page.emulate_media(media="print")
        for name in ("nav", ".filters", ".pager"):
            expect(opened.page.locator(name)).to_be_hidden()
        assert (
            opened.page.locator("#wide .scroll").evaluate("one => getComputedStyle(one).overflow")
            == "visible"
        )
        assert (
            opened.page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
            == "rgb(255, 255, 255)"
        )


def test_thousands_of_answers_are_no_trouble(tmp_path: Path, open_page: OpenPage) -> None:
    many = [
        replace(answer("gpr_up", benchmark, n), response=f"<think>{'so ' * 700}</think>\\boxed{{{n}}}")
        for benchmark in BENCHMARKS
        for n in range(1_200)
    ]
    with open_page(written(tmp_path, many, [])) as opened:
        assert count_of(opened.page) == "3,600 of 3,600 answers"
        search(opened.page, "\\boxed{1199}")
        assert count_of(opened.page) == "3 of 3,600 answers"


# Which answers are shown.


def estimated() -> BenchmarkResult:
    return BenchmarkResult(
        "", "gpr", 0, 0, 0, (), "o/r", None, "", "", publishable=True, seen=None, passes={}
    )


def results(name: str, benchmarks: Mapping[str, bool]) -> Results:
    return Results(
        name=name,
        model=Model("m", None, None, None, "long"),
        engine={},
        profile={},
        seed=0,
        sources="sample",
        mode="equivalent",
        versions={},
        git=None,
        skipped={},
        benchmarks={one: replace(estimated(), publishable=may) for one, may in benchmarks.items()},
    )


def run_of(folder: Path, name: str, loaded: Sequence[Loaded], passes: Mapping[str, int]) -> RunFolder:
    """Write a run that answered every question of some benchmarks, in several files."""
    found = RunFolder(folder / name)
    for one in loaded:
        benchmark, ids = one.benchmark.name, one.rows["id"].to_pylist()
        found.write_questions(benchmark, one.rows)
        keys = [
            Key(benchmark, id_, run, n) for run, many in passes.items() for n in range(many) for id_ in ids
        ]
        write_verdicts(found, benchmark, [verdict(key) for key in keys])
        for run in passes:
            of_pass = [generation(name, key) for key in reversed(keys) if key.run == run]
            for start in range(0, len(of_pass), 7):
                found.write_generations(of_pass[start : start + 7])
    return found


def write_verdicts(folder: RunFolder, benchmark: str, verdicts: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(verdicts, VERDICT)
    folder.write_verdicts("equivalent", benchmark, "greedy-00000.parquet", table)


def generation(name: str, key: Key) -> Generation:
    nothing = key.id.endswith("0")
    return Generation(
        key,
        None if nothing else f"{name} on {key.id}, {key.run} {key.sample}",
        0 if nothing else 9,
        20,
        Finish.PROMPT_TOO_LONG if nothing else Finish.STOP,
    )


def verdict(key: Key) -> dict[str, Any]:
    said = {"answer": f"answer to {key.id}", "why": f"why of {key.id}", "status": "wrong", "finish": "stop"}
    return {
        "id": key.id,
        "run": key.run,
        "sample": key.sample,
        "correct": False,
        "formatted": True,
        "tokens": 9,
        **said,
    }


def test_the_same_answers_of_every_run_and_fewer_are_a_part_of_more(
    tmp_path: Path, sample: Mapping[str, Loaded]
) -> None:
    def keys(name: str, passes: Mapping[str, int], most: int) -> list[tuple[str, str]]:
        folder = run_of(tmp_path / str(most), name, [sample["mmlu"]], passes)
        return [(one.id, one.sample) for one in samples(folder, results(name, {"mmlu": True}), most)]

    both = {"greedy": 1, "sampled": 3}
    ten, twenty, other = keys("a", both, 10), keys("b", both, 20), keys("c", both, 10)
    assert (len(ten), len(twenty)) == (10, 20)
    assert ten == other
    assert set(ten) < set(twenty)
    greedy = keys("d", {"greedy": 1}, 10)
    assert {key for key in ten if key[1] == "greedy 0"} <= set(greedy)
    rows = len(sample["mmlu"].rows)
    assert len(keys("e", both, 500)) == 4 * rows
    order = {id_: place for place, id_ in enumerate(sample["mmlu"].rows["id"].to_pylist())}
    assert ten == sorted(ten, key=lambda key: (order[key[0]], key[1]))


def test_an_answer_is_put_together_from_question_generation_and_verdict(
    tmp_path: Path, sample: Mapping[str, Loaded]
) -> None:
    folder = run_of(tmp_path, "x", [sample["mmlu"], sample["math_500"]], {"greedy": 1})
    found = list(samples(folder, results("x", {"mmlu": True, "math_500": True})))
    assert [one.benchmark for one in found] == ["mmlu"] * len(sample["mmlu"].rows) + ["math_500"] * len(
        sample["math_500"].rows
    )
    rows = {row["id"]: row for name in ("mmlu", "math_500") for row in sample[name].rows.to_pylist()}
    for one in found:
        row = rows[one.id]
        assert one.prompt == row["prompt"][0]["content"]
        assert (one.truth, one.task, one.subcategory) == (row["solution"], row["task"], row["subcategory"])
        assert one.response == ("" if one.id.endswith("0") else f"x on {one.id}, greedy 0")
        assert (one.run, one.sample, one.answer) == ("x", "greedy 0", f"answer to {one.id}")
        assert (one.why, one.correct, one.status, one.tokens) == (f"why of {one.id}", False, "wrong", 9)


def test_nothing_of_a_benchmark_that_may_not_be_published_is_in_the_page(
    tmp_path: Path, sample: Mapping[str, Loaded]
) -> None:
    gpqa = sample["gpqa_diamond"]
    folder = run_of(tmp_path, "x", [gpqa, sample["mmlu"]], {"greedy": 1})
    found = list(samples(folder, results("x", {"gpqa_diamond": False, "mmlu": True})))
    text = page("A report", "", SECTIONS, found)
    assert sample["mmlu"].rows["id"][0].as_py() in text
    for row in gpqa.rows.to_pylist():
        for secret in (row["id"], row["meta_data"]["question"], row["meta_data"]["upstream"]["id"]):
            assert secret not in text
            assert json.dumps(secret)[1:-1] not in text
    assert "gpqa" not in text.lower()


def test_a_long_text_is_cut_in_the_middle_and_says_how_much(
    tmp_path: Path, sample: Mapping[str, Loaded], open_page: OpenPage
) -> None:
    question = sample["math_500"].rows.slice(0, 1)
    key = Key("math_500", question["id"][0].as_py(), "greedy", 0)
    folder = RunFolder(tmp_path / "long")
    folder.write_questions("math_500", question)
    response = f"<think>{'a' * 30_000}</think>{'b' * 15_000}The end."
    folder.write_generations([replace(generation("x", key), response=response)])
    write_verdicts(folder, "math_500", [verdict(key)])
    (one,) = samples(folder, results("long", {"math_500": True}))
    assert len(one.response) < LONGEST + 100
    left_out = len(response) - LONGEST - len("</think>")
    with open_page(written(tmp_path, [one], [])) as opened:
        opened.page.locator("button.verdict").click()
        thought, rest = (opened.page.locator(f".texts {name}").last for name in ("details pre", "div > pre"))
        assert f"[… {left_out:,} characters are left out …]" in (thought.text_content() or "")
        assert (rest.text_content() or "").endswith("bbbThe end.")


def test_a_run_whose_parts_do_not_belong_together_is_refused(
    tmp_path: Path, sample: Mapping[str, Loaded]
) -> None:
    folder = run_of(tmp_path, "x", [sample["mmlu"]], {"greedy": 1})
    folder.write_questions("mmlu", sample["mmlu"].rows.slice(1))
    with pytest.raises(FolderError) as caught:
        list(samples(folder, results("x", {"mmlu": True})))
    assert "crossthink eval --regrade" in str(caught.value)
