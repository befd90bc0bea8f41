// Marks, a list of what was read, and buttons that copy and print. All of it stays in this browser (localStorage).
// Every page works without this module: its buttons are hidden until it runs.

const MOST = { marked: 100, read: 100 };
const ROOT = document.body.dataset.root ?? ""; // where addresses in the language of this page begin
const SITE = document.body.dataset.site ?? ""; // where the site begins in every language
const OF_ARTICLE = /^(?:\/[a-z]{2})?\/article\//;
const WORDS = JSON.parse(document.body.dataset.words);

function kept(name) {
  try {
    const rows = JSON.parse(localStorage.getItem(`backfile${SITE}:${name}`) ?? "[]");
    return Array.isArray(rows) ? rows.filter(usable).map(inThisLanguage) : [];
  } catch {
    return []; // storage is forbidden, or holds what is not ours
  }
}

function usable(row) {
  const texts = row && [row.id, row.title, row.url].every((text) => typeof text === "string");
  return Boolean(texts) && row.url.startsWith(`${SITE}/`) && OF_ARTICLE.test(row.url.slice(SITE.length));
}

function inThisLanguage(row) {
  return { ...row, url: ROOT + row.url.slice(SITE.length).replace(OF_ARTICLE, "/article/") };
}

function keep(name, rows) {
  try {
    localStorage.setItem(`backfile${SITE}:${name}`, JSON.stringify(rows.slice(0, MOST[name])));
    return true;
  } catch {
    say(WORDS.nothingKept);
    return false;
  }
}

function keepsList() {
  try {
    return localStorage.getItem(`backfile${SITE}:keep`) !== "no";
  } catch {
    return false;
  }
}

function say(words) {
  const status = document.querySelector("[data-said]");
  if (status) status.textContent = words;
}

function articleOf(data) {
  const { article: id, title, url, language = "", published = "", q = "", snippet = "" } = data;
  return { id, title, url, language, published, q, snippet };
}

function isMarked(id) {
  return kept("marked").some((row) => row.id === id);
}

function toggle(article) {
  const rows = kept("marked");
  const others = rows.filter((row) => row.id !== article.id);
  const added = others.length === rows.length;
  if (added && rows.length >= MOST.marked) return say(WORDS.full.replace("{n}", MOST.marked));
  if (keep("marked", added ? [article, ...others] : others)) say(added ? WORDS.marked : WORDS.unmarked);
}

function show(button, id, title) {
  const on = isMarked(id);
  button.setAttribute("aria-pressed", String(on));
  const unseen = document.createElement("span");
  unseen.className = "unseen";
  unseen.textContent = ` ${title}`;
  button.replaceChildren(on ? WORDS.marked : WORDS.mark, unseen);
}

function markButton(button, article) {
  show(button, article.id, article.title);
  button.addEventListener("click", () => {
    toggle(article);
    show(button, article.id, article.title);
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say(WORDS.copied);
    return true;
  } catch {
    say(WORDS.notCopied);
    return false;
  }
}

function copyButton(button, text) {
  button.hidden = false;
  const words = [...button.childNodes];
  button.addEventListener("click", async () => {
    if (!(await copy(text()))) return;
    button.textContent = WORDS.copied;
    setTimeout(() => button.replaceChildren(...words), 2000);
  });
}

for (const part of document.querySelectorAll("[data-with-script]")) part.hidden = false;
for (const part of document.querySelectorAll("[data-without-script]")) part.hidden = true;

const here = document.querySelector("[data-article].take");
if (here) {
  const article = articleOf(here.dataset);
  markButton(here.querySelector("[data-mark]"), article);
  const link = here.querySelector("[data-copy-link]");
  copyButton(link, () => link.dataset.copyLink);
  here.querySelector("[data-print]").addEventListener("click", () => print());
  if (keepsList()) keep("read", [article, ...kept("read").filter((row) => row.id !== article.id)]);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  copyButton(button, () => document.getElementById(button.dataset.copy).textContent);
}

// The hits of a search, each with the passage that it was found by.
for (const hit of document.querySelectorAll(".hit[data-article]")) {
  const link = hit.querySelector(".hit-title a");
  const q = new URL(location.href).searchParams.get("q") ?? "";
  const snippet = hit.querySelector(".snippet-text, .summary")?.textContent ?? "";
  const published = hit.querySelector("time")?.dateTime ?? "";
  const url = new URL(link.href).pathname;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "hit-mark";
  markButton(button, { id: hit.dataset.article, title: link.textContent, url, language: link.lang, published, q, snippet });
  hit.querySelector(".byline").append(" ", button);
}

function piece(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function listed(row, name) {
  const item = document.createElement("li");
  const link = piece("a", "", row.title || WORDS.untitled);
  link.href = row.url + (row.q ? `?q=${encodeURIComponent(row.q)}` : "");
  link.dir = "auto";
  if (row.language) link.lang = row.language;
  const head = document.createElement("h3");
  head.append(link);
  item.append(head);
  if (name === "marked" && row.snippet) {
    const text = piece("p", "snippet-text", row.snippet);
    text.dir = "auto";
    item.append(text);
  }
  const below = piece("p", "byline", (row.published || "").slice(0, 10));
  const button = piece("button", "hit-mark", WORDS.remove);
  button.type = "button";
  button.append(piece("span", "unseen", ` ${row.title}`));
  button.addEventListener("click", () => {
    keep(name, kept(name).filter((other) => other.id !== row.id));
    fill(name);
    say(WORDS.removed);
  });
  below.append(" ", button);
  item.append(below);
  return item;
}

function fill(name) {
  const rows = kept(name);
  document.querySelector(`[data-list=${name}]`).replaceChildren(...rows.map((row) => listed(row, name)));
  document.querySelector(`[data-clear=${name}]`).hidden = rows.length === 0;
  if (name !== "marked") return;
  document.querySelector("[data-none]").hidden = rows.length > 0;
  document.querySelector("[data-take]").hidden = rows.length === 0;
}

// One query that has the words of all searches, for the passages in the file.
function joined(rows) {
  const queries = [...new Set(rows.map((row) => row.q).filter(Boolean))];
  let text = "";
  for (const query of queries) {
    const longer = text ? `${text} OR (${query})` : `(${query})`;
    if (longer.length > 4000) break;
    text = longer;
  }
  return queries.length === 1 ? queries[0] : text;
}

if (document.querySelector("[data-marked-page]")) {
  fill("marked");
  fill("read");
  for (const button of document.querySelectorAll("[data-clear]")) {
    button.addEventListener("click", () => {
      keep(button.dataset.clear, []);
      fill(button.dataset.clear);
      say(WORDS.cleared);
    });
  }
  const box = document.querySelector("[data-keep]");
  box.checked = keepsList();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(`backfile${SITE}:keep`, box.checked ? "yes" : "no");
    } catch {
      box.checked = false;
    }
    if (!box.checked) keep("read", []);
    fill("read");
  });
  document.querySelector("[data-take]").addEventListener("formdata", (event) => {
    const rows = kept("marked");
    for (const row of rows) event.formData.append("id", row.id);
    const q = joined(rows);
    if (q) event.formData.append("q", q);
    event.formData.append("snippets", "true");
  });
}
