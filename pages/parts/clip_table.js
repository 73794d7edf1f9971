// The list of clips. Everything that people wrote reaches the page through textContent and attributes, never as HTML.

const tables = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  if (!tables.has(parentElement)) tables.set(parentElement, new ClipTable(parentElement));
  const table = tables.get(parentElement);
  table.update(data, component.setTriggerValue);
  return () => {
    table.destroy();
    tables.delete(parentElement);
  };
}

class ClipTable {
  constructor(parent) {
    this.parent = parent;
    this.find = (selector) => parent.querySelector(selector);
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.find("thead").addEventListener("click", (event) => this.onHeader(event), { signal });
    this.find("tbody").addEventListener("click", (event) => this.choose(rowOf(event)), { signal });
    this.find("tbody").addEventListener("keydown", (event) => this.onKey(event), { signal });
  }

  destroy() {
    this.listening.abort();
  }

  update(data, trigger) {
    this.trigger = trigger;
    const { selected, ...content } = data;
    const word = JSON.stringify(content);
    if (word !== this.drawn) this.draw(content);
    this.drawn = word;
    if (this.selected !== selected) this.mark(selected);
  }

  draw({ rows, columns, sort, descending, emotions, colours }) {
    const focused = this.parent.activeElement?.dataset?.clip; // drawing anew must not take the focus away
    this.find(".legend").replaceChildren(...emotions.map((name, i) => legendEntry(name, colours[i])));
    this.find(".legend").hidden = !columns.some((column) => column.kind === "bar");
    this.find("thead").replaceChildren(make("tr", {}, ...columns.map((column) => header(column, sort, descending))));
    const lines = rows.map((row) => line(row, columns, { emotions, colours }));
    this.find("tbody").replaceChildren(...(lines.length ? lines : [nothing(columns.length)]));
    this.find("table").setAttribute("aria-rowcount", rows.length + 1);
    this.selected = undefined; // the new rows are still unmarked
    this.row(focused)?.focus({ preventScroll: true });
  }

  rows() {
    return [...this.find("tbody").querySelectorAll("[data-clip]")];
  }

  row(clip) {
    return this.rows().find((row) => row.dataset.clip === clip);
  }

  // One row at most is selected, and one takes part in tabbing: the selected one, else the first.
  mark(clip) {
    this.selected = clip;
    const rows = this.rows();
    const chosen = this.row(clip);
    for (const row of rows) row.setAttribute("aria-selected", row === chosen);
    this.reachByTab(chosen ?? rows[0]);
    if (chosen) bringIntoView(this.find(".scroll"), chosen, this.find("thead").offsetHeight);
  }

  reachByTab(reachable) {
    for (const row of this.rows()) row.tabIndex = row === reachable ? 0 : -1;
  }

  choose(row) {
    if (!row) return;
    this.mark(row.dataset.clip); // at once; the server's answer follows
    this.trigger("choose", row.dataset.clip);
  }

  onHeader(event) {
    const key = event.target.closest("button")?.dataset.sort;
    if (key) this.trigger("sort", key);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing) return;
    const rows = this.rows();
    const at = rows.indexOf(rowOf(event));
    const to = { ArrowUp: rows[at - 1], ArrowDown: rows[at + 1] };
    if (at < 0 || !(event.code in to || event.key === "Enter")) return;
    event.preventDefault();
    if (event.key === "Enter") return event.repeat || this.choose(rows[at]);
    if (!to[event.code]) return;
    this.reachByTab(to[event.code]);
    to[event.code].focus({ preventScroll: true });
    bringIntoView(this.find(".scroll"), to[event.code], this.find("thead").offsetHeight);
  }
}

const rowOf = (event) => event.target.closest("[data-clip]");

// Within the table only: the page itself must not jump when another clip is chosen.
function bringIntoView(box, row, headPx) {
  const above = row.offsetTop - headPx - box.scrollTop;
  const below = row.offsetTop + row.offsetHeight - box.scrollTop - box.clientHeight;
  if (above < 0) box.scrollTop += above;
  else if (below > 0) box.scrollTop += below;
}

// ------------------------------------------------------------------------------------------------------- parts

// An element with attributes and children; strings become text.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== "") element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function legendEntry(name, colour) {
  const swatch = make("span", { class: "swatch" });
  swatch.style.background = colour;
  return make("li", {}, swatch, name);
}

function header({ key, label, kind, sortable, help }, sort, descending) {
  const sorted = key === sort;
  const direction = sorted ? (descending ? "descending" : "ascending") : "none";
  const attributes = { scope: "col", class: kind === "votes" ? "number" : kind, title: help, "data-key": key };
  if (!sortable) return make("th", attributes, label);
  const arrow = make("span", { class: "arrow", "aria-hidden": "true" }, sorted ? (descending ? "▼" : "▲") : "");
  const button = make("button", { type: "button", "data-sort": key }, make("span", {}, label), arrow);
  return make("th", { ...attributes, "aria-sort": direction }, button);
}

function line(row, columns, palette) {
  const cells = columns.map((column) => CELLS[column.kind](row[column.key], column, palette));
  return make("tr", { "data-clip": row.clip, "aria-selected": "false", tabindex: "-1" }, ...cells);
}

function nothing(width) {
  return make("tr", {}, make("td", { colspan: width, class: "muted" }, "No clips."));
}

const CELLS = {
  text: (value) => make("td", { class: "text", title: value ?? undefined }, value ?? ""),

  number: (value, { digits }) =>
    value === null
      ? make("td", { class: "number muted", title: "undefined" }, "–")
      : make("td", { class: "number" }, value.toFixed(digits).replace("-", "−")),

  votes: (value) => make("td", { class: value ? "number" : "number muted" }, value ? String(value) : "no votes"),

  flag: (value) => make("td", { class: "flag muted" }, value ? speaker() : "no audio"),

  bar: (counts, _, { emotions, colours }) => {
    const n = (counts ?? []).reduce((sum, count) => sum + count, 0);
    if (!n) return make("td", { class: "bar muted" }, "no votes");
    const says = `${tally(counts, emotions)} (n = ${n})`;
    const bar = make("div", { class: "shares", role: "img", "aria-label": says }, ...shares(counts, colours));
    return make("td", { class: "bar", title: says }, make("div", { class: "tally" }, bar, make("span", {}, String(n))));
  },
};

// "anger 3, sad 2": the most frequent first.
function tally(counts, emotions) {
  return emotions
    .map((name, i) => ({ name, count: counts[i] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ name, count }) => `${name} ${count}`)
    .join(", ");
}

function shares(counts, colours) {
  return counts.flatMap((count, i) => {
    if (!count) return [];
    const share = make("span", {});
    share.style.flexGrow = count;
    share.style.background = colours[i];
    return [share];
  });
}

function speaker() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "has audio");
  path.setAttribute("d", "M3 9v6h4l5 5V4L7 9zM14 8v8a4.5 4.5 0 0 0 0-8zM14 3.2v2.1a7 7 0 0 1 0 13.4v2.1a9 9 0 0 0 0-17.6z");
  svg.append(path);
  return svg;
}
