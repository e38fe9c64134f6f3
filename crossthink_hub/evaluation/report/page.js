"use strict";

// A table that is too wide scrolls in a box of its own; the head of one that fits sticks to the window.
for (const box of document.querySelectorAll(".scroll")) {
  const measure = () => box.classList.toggle("fits", box.firstElementChild.offsetWidth <= box.offsetWidth);
  new ResizeObserver(measure).observe(box);
}

// The table of answers: filters, search, order and pages; its state stands in the address, so that a link
// keeps it. Texts are a model's and may hold anything: they only ever become text nodes.
if (document.getElementById("data")) {
  const PER_PAGE = 50;
  const EXCERPT = 200;
  const TYPING = 150; // milliseconds without a key before a search starts
  const PREFIX = "#answers?";
  const [OPEN, CLOSE] = ["<think>", "</think>"];
  const FACETS = {
    run: "Run",
    benchmark: "Benchmark",
    part: "Task or sub-category",
    verdict: "Verdict",
    status: "Status",
    finish: "Finish",
  };
  const GLYPHS = { right: "✓", wrong: "✗", ungraded: "?" };
  const WORDS = { ungraded: "can’t be graded" };
  const COLUMNS = ["Verdict", "Run", "Benchmark", "Question", "Answer", "Truth", "Tokens"];

  const find = (selector) => document.querySelector(`#answers ${selector}`);
  const body = find("tbody");
  const form = find(".filters");
  const rows = read(JSON.parse(document.getElementById("data").textContent));
  const instructions = shared(rows);
  let state = fromAddress();
  let shown = [];

  // Data.

  function read({ questions, answers }) {
    return answers.map((answer, number) => {
      const row = { ...questions[answer.question], ...answer, number };
      row.facets = {
        run: [row.run],
        benchmark: [row.benchmark],
        part: [`s ${row.subcategory}`, ...(row.task === row.subcategory ? [] : [`t ${row.task}`])],
        verdict: [row.correct === null ? "ungraded" : row.correct ? "right" : "wrong"],
        status: [row.status],
        finish: [row.finish],
      };
      return row;
    });
  }

  function firstParagraph(text) {
    const end = text.indexOf("\n\n");
    return end < 0 ? "" : text.slice(0, end + 2);
  }

  /** Return the first paragraphs that several questions share: instructions, of no use in an excerpt. */
  function shared(all) {
    const prompts = new Set(all.map((row) => row.prompt));
    const counts = new Map();
    for (const prompt of prompts) count(counts, firstParagraph(prompt));
    return new Set([...counts.keys()].filter((text) => counts.get(text) > 1));
  }

  function excerpt(prompt) {
    const first = firstParagraph(prompt);
    return prompt.slice(instructions.has(first) ? first.length : 0).slice(0, EXCERPT);
  }

  function count(counts, value) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }

  // State.

  function nothing() {
    const filters = Object.fromEntries(Object.keys(FACETS).map((name) => [name, ""]));
    return { ...filters, q: "", sort: "", page: 1, open: new Set() };
  }

  function isOurs() {
    return location.hash.startsWith(PREFIX);
  }

  function fromAddress() {
    const found = nothing();
    const said = new URLSearchParams(isOurs() ? location.hash.slice(PREFIX.length) : "");
    for (const name of [...Object.keys(FACETS), "q", "sort"]) found[name] = said.get(name) ?? "";
    found.page = Math.max(1, Number.parseInt(said.get("page") ?? "1", 10) || 1);
    for (const number of (said.get("open") ?? "").split(".")) {
      if (/^\d+$/.test(number)) found.open.add(Number(number));
    }
    return found;
  }

  function toAddress() {
    const said = new URLSearchParams();
    for (const name of [...Object.keys(FACETS), "q", "sort"]) if (state[name]) said.set(name, state[name]);
    if (state.page > 1) said.set("page", state.page);
    if (state.open.size) said.set("open", [...state.open].join("."));
    if (said.size || isOurs()) history.replaceState(null, "", said.size ? PREFIX + said : "#answers");
  }

  function change(changes) {
    state = { ...state, page: 1, ...changes };
    render();
  }

  // Which rows are shown.

  function pattern(flags) {
    const literal = state.q.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    return literal ? new RegExp(literal, `iu${flags}`) : null;
  }

  /** Return the rows that pass all filters, and how many rows each value of a filter would leave. */
  function matching() {
    const names = Object.keys(FACETS);
    const counts = Object.fromEntries(names.map((name) => [name, new Map()]));
    const search = pattern("");
    const texts = (row) => [row.prompt, row.response, row.answer ?? ""];
    const says = (row) => !search || texts(row).some((text) => search.test(text));
    const found = [];
    for (const row of rows) {
      const failed = names.filter((name) => state[name] && !row.facets[name].includes(state[name]));
      if (failed.length > 1 || !says(row)) continue;
      if (!failed.length) found.push(row);
      for (const name of failed.length ? failed : names) {
        for (const value of row.facets[name]) count(counts[name], value);
      }
    }
    return { found, counts };
  }

  function sorted(found) {
    const sign = { fewest: 1, most: -1 }[state.sort];
    const last = (row) => row.tokens === null;
    return sign ? found.toSorted((a, b) => last(a) - last(b) || sign * (a.tokens - b.tokens)) : found;
  }

  // Drawing.

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== null) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  /** Return a text with control characters shown as their pictures, and what is searched for marked. */
  function marked(text) {
    const plain = text
      .toWellFormed()
      .replaceAll("\r\n", "\n")
      .replace(/[\0-\x08\x0b-\x1f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
      .replaceAll("\x7f", "␡");
    const search = pattern("g");
    const nodes = [];
    let place = 0;
    for (const hit of search ? plain.matchAll(search) : []) {
      nodes.push(plain.slice(place, hit.index), element("mark", {}, hit[0]));
      place = hit.index + hit[0].length;
    }
    return [...nodes, plain.slice(place)];
  }

  const grouped = (number) => number.toLocaleString("en-US");

  function words(verdict) {
    return WORDS[verdict] ?? verdict;
  }

  function verdictOf(row) {
    return row.facets.verdict[0];
  }

  function render() {
    const { found, counts } = matching();
    const ordered = sorted(found);
    const pages = Math.max(1, Math.ceil(ordered.length / PER_PAGE));
    state.page = Math.min(state.page, pages);
    shown = ordered.slice((state.page - 1) * PER_PAGE, state.page * PER_PAGE);
    for (const name of Object.keys(FACETS)) fill(form.elements[name], counts[name], state[name], name);
    if (form.elements.q !== document.activeElement) form.elements.q.value = state.q;
    find(".count").textContent = `${grouped(found.length)} of ${grouped(rows.length)} answers`;
    find(".page").textContent = `${grouped(state.page)} / ${grouped(pages)}`;
    find(".previous").disabled = state.page === 1;
    find(".next").disabled = state.page === pages;
    find(".reset").disabled = ![...Object.keys(FACETS), "q", "sort"].some((name) => state[name]);
    const sort = { fewest: "ascending", most: "descending" }[state.sort] ?? "none";
    find(".sort").closest("th").setAttribute("aria-sort", sort);
    const lines = shown.flatMap((row) => [line(row), ...(state.open.has(row.number) ? [detail(row)] : [])]);
    body.replaceChildren(...(lines.length ? lines : [across("none", "No answer passes these filters.")]));
    toAddress();
  }

  function fill(select, counts, chosen, name) {
    if (chosen && !counts.has(chosen)) counts.set(chosen, 0);
    const option = (value) => {
      const label = name === "part" ? value.slice(2) : words(value);
      return element("option", { value }, `${label} (${grouped(counts.get(value))})`);
    };
    const options = (values) => values.map(option);
    const group = (label, kind) => {
      const values = [...counts.keys()].filter((value) => value.startsWith(kind)).sort();
      return values.length ? [element("optgroup", { label }, ...options(values))] : [];
    };
    const parts = () => [...group("Sub-categories", "s "), ...group("Tasks", "t ")];
    const choices = name === "part" ? parts() : options([...counts.keys()]);
    select.replaceChildren(element("option", { value: "" }, "all"), ...choices);
    select.value = chosen;
  }

  /** Tell whether the status says no more than right or wrong. */
  function isPlain(row) {
    return row.status === "correct" || row.status === "wrong";
  }

  function line(row) {
    const verdict = verdictOf(row);
    const open = state.open.has(row.number);
    const button = element(
      "button",
      { type: "button", class: `verdict ${verdict}`, "aria-expanded": open },
      element("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[verdict]),
      ` ${words(verdict)}`,
    );
    return element(
      "tr",
      { class: open ? "answer open" : "answer", role: "row", "data-number": row.number },
      cell(0, [button], isPlain(row) ? "" : row.status.replaceAll("_", " ")),
      cell(1, marked(row.run), row.sample),
      cell(2, [row.benchmark], row.task),
      cell(3, [element("span", { class: "clamped" }, ...marked(excerpt(row.prompt)))]),
      cell(4, [given(row.answer, "none")]),
      cell(5, [given(row.truth, "none")]),
      cell(6, [row.tokens === null ? "–" : grouped(row.tokens)], row.finish.replaceAll("_", " "), "number"),
    );
  }

  function cell(place, children, below = "", kind = "") {
    const label = COLUMNS[place];
    const more = below ? [element("small", {}, below)] : [];
    const attributes = { role: "cell", class: kind || null, "data-label": label };
    return element("td", attributes, element("div", {}, ...children), ...more);
  }

  function given(text, otherwise) {
    const attributes = { class: text ? "clamped" : "nothing" };
    return element("span", attributes, ...(text ? marked(text) : [otherwise]));
  }

  function detail(row) {
    const verdict = verdictOf(row);
    const tokens = row.tokens === null ? "tokens not counted" : `${grouped(row.tokens)} tokens`;
    const facts = [
      ["Extracted answer", given(row.answer, "none")],
      ["Ground truth", given(row.truth, "none")],
      ["Verdict", element("span", { class: verdict }, `${GLYPHS[verdict]} ${words(verdict)}`), isPlain(row) ? "" : ` · ${row.status.replaceAll("_", " ")}`],
      ["Why", given(row.why, "–")],
      ["Question", `${row.id} · ${row.task} · ${row.subcategory}`],
      ["Generation", `${row.run}, ${row.sample} · ${tokens} · ${row.finish}`],
    ];
    const list = facts.map(([name, ...said]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, ...said)),
    );
    const parts = [part("Prompt", text("Prompt", row.prompt)), part("Response", ...response(row.response))];
    const texts = element("div", { class: "texts" }, ...parts);
    return across("opened", element("div", { class: "detail" }, element("dl", {}, ...list), texts));
  }

  /** Return a row that is one cell. */
  function across(kind, content) {
    const cell = element("td", { role: "cell", colspan: COLUMNS.length }, content);
    return element("tr", { class: kind, role: "row" }, cell);
  }

  function part(title, ...children) {
    return element("div", {}, element("h3", {}, title), ...children);
  }

  function text(label, content) {
    return element("pre", { tabindex: 0, role: "region", "aria-label": label }, ...marked(content));
  }

  function response(content) {
    if (!content) return [element("p", { class: "nothing" }, "The model wrote nothing.")];
    const end = content.lastIndexOf(CLOSE);
    const isOpen = content.indexOf(OPEN, Math.max(end, 0)) >= 0;
    if (end < 0 && !isOpen) return [text("Response", content)];
    const start = isOpen ? content.length : end + CLOSE.length;
    const rest = content.slice(start).trim() ? [text("Response", content.slice(start).trimStart())] : [];
    return [thought(content.slice(0, start), isOpen), ...rest];
  }

  function thought(content, isOpen) {
    const said = `Thought, ${grouped(content.length)} characters${isOpen ? ", never closed" : ""}`;
    const open = isOpen || pattern("")?.test(content) ? "" : null;
    return element("details", { class: "thought", open }, element("summary", {}, said), text("Thought", content));
  }

  // What a reader does.

  function toggle(tr) {
    const number = Number(tr.dataset.number);
    const isOpen = state.open.delete(number);
    if (isOpen) tr.nextElementSibling.remove();
    else {
      state.open.add(number);
      tr.after(detail(rows[number]));
    }
    tr.classList.toggle("open", !isOpen);
    tr.querySelector("button").setAttribute("aria-expanded", !isOpen);
    toAddress();
  }

  body.addEventListener("click", (event) => {
    const tr = event.target.closest("tr.answer");
    const isSelecting = getSelection().type === "Range" && !event.target.closest("button");
    if (tr && !isSelecting) toggle(tr);
  });

  body.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches("button.verdict")) return;
    event.preventDefault();
    const buttons = [...body.querySelectorAll("button.verdict")];
    buttons[buttons.indexOf(event.target) + step]?.focus();
  });

  function buildForm() {
    let waiting = 0;
    const typed = (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => change({ q: event.target.value }), TYPING);
    };
    const placeholder = "in prompt, response and answer";
    const search = element("input", { type: "search", name: "q", placeholder, oninput: typed });
    const selects = Object.entries(FACETS).map(([name, label]) => {
      const others = name === "benchmark" ? { part: "" } : {}; // another benchmark has other tasks
      const onchange = (event) => change({ ...others, [name]: event.target.value });
      return element("label", {}, element("span", {}, label), element("select", { name, onchange }));
    });
    const onclick = () => {
      form.elements.q.value = "";
      change({ ...nothing(), open: state.open });
    };
    const reset = element("button", { type: "button", class: "reset", onclick }, "Reset");
    const searching = element("label", { class: "search" }, element("span", {}, "Search"), search);
    form.append(searching, ...selects, reset);
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  function buildHead() {
    const next = { "": "most", most: "fewest", fewest: "" };
    const onclick = () => change({ sort: next[state.sort] ?? "most" });
    const sort = element("button", { type: "button", class: "sort", onclick }, COLUMNS.at(-1));
    const heads = COLUMNS.slice(0, -1).map((name) => element("th", { scope: "col" }, name));
    find("thead tr").append(...heads, element("th", { scope: "col", class: "number" }, sort));
  }

  buildForm();
  buildHead();
  find(".previous").addEventListener("click", () => change({ page: state.page - 1 }));
  find(".next").addEventListener("click", () => change({ page: state.page + 1 }));
  addEventListener("hashchange", () => {
    if (!isOurs()) return;
    state = fromAddress();
    render();
  });
  find(".scriptless").remove();
  for (const hidden of document.querySelectorAll("#answers > [hidden]")) hidden.hidden = false;
  const isLinked = isOurs();
  render();
  if (isLinked) (body.querySelector("tr.open") ?? document.getElementById("answers")).scrollIntoView();
}
