"use strict";

function valueOf(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.sort ?? cell.textContent.trim();
  return text !== "" && isFinite(text) ? Number(text) : text;
}

// Empty cells stay last in both directions.
function compare(first, second, direction) {
  if (first === "" || second === "") return (first === "") - (second === "");
  if (typeof first === "number" && typeof second === "number") return direction * (first - second);
  return direction * String(first).localeCompare(String(second), undefined, { numeric: true });
}

function sortBy(heading) {
  const table = heading.closest("table");
  closeStudents();
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const keyed = [...table.tBodies[0].rows].map((row) => [valueOf(row, heading.cellIndex), row]);
  keyed.sort((a, b) => compare(a[0], b[0], ascending ? 1 : -1));
  table.tBodies[0].append(...keyed.map(([, row]) => row));
}

for (const button of document.querySelectorAll("thead th button")) {
  button.addEventListener("click", () => sortBy(button.closest("th")));
}

// A student's row opens to all that is known; it is made of the page's data when it is first wanted.
const students = document.getElementById("class");
const rows = [...students.tBodies[0].rows];
let known;

function element(name, text, ...children) {
  const made = document.createElement(name);
  made.append(text, ...children);
  return made;
}

function link(text, address) {
  const made = element("a", text);
  made.href = address;
  return made;
}

function points(value, most) {
  const shown = (number) => String(Math.round(number * 100) / 100);
  return value === null ? `${known.words.waits} / ${shown(most)}` : `${shown(value)} / ${shown(most)}`;
}

// What lost points, or waits for a person, comes first; the rest is one line.
function cellLines(cells, items) {
  const lines = [];
  const full = [];
  cells.forEach((kept, index) => {
    const [name, most] = items[index];
    const [value, message, mistake] = Array.isArray(kept) ? kept : [kept, 0, 0];
    if (value !== null && value >= most && !message) {
      full.push(name);
      return;
    }
    const line = element("li", `${name} `, element("b", points(value, most)));
    if (value !== null) line.className = "lost";
    if (mistake) {
      const badge = element("span", known.texts[mistake]);
      badge.className = "badge";
      line.append(" ", badge);
    }
    if (message) line.append(" ", known.texts[message]);
    lines.push(line);
  });
  if (full.length) lines.push(element("li", `${known.words.full} ${full.join(", ")}`));
  return lines;
}

function submission([place, facts, cells, notes, notebook], row) {
  const [name, items] = known.assignments[place];
  const heading = element("h3", name);
  const page = row.cells[place + 3].querySelector("a");
  if (page) heading.append(link(known.words.feedback, page.href));
  if (notebook) heading.append(link(known.words.formgrader, `${known.formgrader}${encodeURIComponent(notebook)}/`));
  const made = element("section", heading);
  if (facts.length) {
    const said = element("p", facts.map((fact) => known.texts[fact]).join(" · "));
    said.className = "soft";
    made.append(said);
  }
  if (cells.length) made.append(element("ul", "", ...cellLines(cells, items)));
  if (notes.length) {
    const lines = notes.map(([label, text]) => element("li", element("b", known.texts[label]), " ", known.texts[text]));
    made.append(element("ul", "", ...lines));
  }
  return made;
}

function openStudent(button) {
  const row = button.closest("tr");
  known ??= JSON.parse(document.getElementById("known").textContent);
  const found = known.students[rows.indexOf(row)].map((one) => submission(one, row));
  const cell = element("td", element("div", "", ...(found.length ? found : [known.words.nothing])));
  cell.colSpan = row.cells.length;
  const opened = element("tr", cell);
  opened.className = "known";
  row.after(opened);
  button.setAttribute("aria-expanded", "true");
}

function closeStudent(button) {
  button.closest("tr").nextElementSibling.remove();
  button.setAttribute("aria-expanded", "false");
}

function closeStudents() {
  students.querySelectorAll("button[aria-expanded='true']").forEach(closeStudent);
}

students.tBodies[0].addEventListener("click", (event) => {
  const button = event.target.closest("th button");
  if (button) (button.getAttribute("aria-expanded") === "true" ? closeStudent : openStudent)(button);
});

const search = document.getElementById("search");
search.addEventListener("input", () => {
  const wanted = search.value.trim().toLowerCase();
  closeStudents();
  for (const row of rows) {
    row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
  }
});

// A link to something inside a closed part opens it; on paper everything is open.
function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") target.open = true;
}
window.addEventListener("hashchange", openTarget);
openTarget();
let closed = [];
window.addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const one of closed) one.open = true;
});
window.addEventListener("afterprint", () => {
  for (const one of closed) one.open = false;
});
