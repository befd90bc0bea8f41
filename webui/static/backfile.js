// Suggestions under the search box, a key, and the focus kept. Every page works without this module.
// The pattern is the editable combobox with list autocomplete and manual selection:
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

const PAUSE = 120; // milliseconds of quiet typing before asking
const WORDS = JSON.parse(document.body.dataset.words);

function number(value) {
  return value.toLocaleString(document.documentElement.lang, { numberingSystem: "latn" });
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function combobox(input) {
  const list = document.getElementById("completions");
  const status = input.form.querySelector("[data-suggest-status]");
  let completions = [];
  let active = -1;
  let timer = 0;
  let running = null;
  let asked = input.value.trim();

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  function activate(index) {
    active = index;
    for (const [place, option] of [...list.children].entries()) option.setAttribute("aria-selected", String(place === index));
    if (index < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[index].id);
    list.children[index].scrollIntoView({ block: "nearest" });
  }

  function close() {
    clearTimeout(timer);
    running?.abort();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    activate(-1);
  }

  function open() {
    if (!completions.length) return;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function choose(index) {
    const { url } = completions[index];
    close();
    location.assign(url);
  }

  function option(completion, index) {
    const row = document.createElement("li");
    row.id = `completion-${index}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    const shown = completion.kind === "section" ? completion.text.replaceAll(" > ", " › ") : completion.text;
    const text = element("span", "completion-text", shown);
    text.dir = "auto";
    const count = completion.count === null ? "" : ` · ${number(completion.count)}`;
    row.append(text, " ", element("span", "completion-kind", WORDS.kinds[completion.kind] + count));
    return row;
  }

  function show(found) {
    completions = found;
    list.replaceChildren(...found.map(option));
    status.textContent = found.length ? WORDS.suggestions.replace("{n}", number(found.length)) : WORDS.noSuggestions;
    if (found.length && document.activeElement === input) open();
    else close();
  }

  async function ask(text) {
    running?.abort();
    running = new AbortController();
    const address = `${input.dataset.suggest}?q=${encodeURIComponent(text)}`;
    try {
      const response = await fetch(address, { signal: running.signal, headers: { Accept: "application/json" } });
      show(response.ok ? (await response.json()).completions : []);
    } catch (error) {
      if (error.name !== "AbortError") show([]);
    }
  }

  input.addEventListener("input", () => {
    const text = input.value.trim();
    clearTimeout(timer);
    if (text === asked) return;
    asked = text;
    if (text.length < 2) {
      completions = [];
      status.textContent = "";
      return close();
    }
    timer = setTimeout(ask, PAUSE, text);
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const shown = !list.hidden;
    const last = completions.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!completions.length) return;
      event.preventDefault();
      const down = event.key === "ArrowDown";
      if (!shown) open();
      // Past either end the box itself is active again, as the pattern has it.
      if (down) activate(active === last ? -1 : active + 1);
      else activate(active === -1 ? last : active - 1);
    } else if (event.key === "Enter" && shown && active >= 0) {
      event.preventDefault();
      choose(active);
    } else if (event.key === "Escape" && shown) {
      event.preventDefault();
      close();
    } else if (event.key === "Tab") {
      close();
    } else if (active >= 0 && (event.key === "ArrowLeft" || event.key === "ArrowRight" || event.key === "Home" || event.key === "End")) {
      activate(-1);
    }
  });

  input.addEventListener("blur", close);
  // The box keeps the focus while an option is pressed, else the list would be gone before the click.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[role=option]");
    if (row) choose([...list.children].indexOf(row));
  });
}

// One key: `/` goes to the search box. People who speak to their computer, and those whose hand slips, can turn it off
// at the foot of every page, and their browser keeps that (WCAG 2.1.4).

const KEYS = "backfile.keys";

function kept(storage, name) {
  try {
    return window[storage].getItem(name);
  } catch {
    return null; // a browser that keeps nothing for this site
  }
}

function keep(storage, name, value) {
  try {
    if (value === null) window[storage].removeItem(name);
    else window[storage].setItem(name, value);
  } catch {
    // It lasts as long as the page, then.
  }
}

function typing(target) {
  return target.closest?.("input, textarea, select, [contenteditable]");
}

function slashKey(input, hint) {
  const button = hint.querySelector("[data-keys-switch]");
  const turnOff = button.textContent;
  let on = kept("localStorage", KEYS) !== "off";

  function show() {
    hint.querySelector("[data-keys-on]").hidden = !on;
    hint.querySelector("[data-keys-off]").hidden = on;
    button.textContent = on ? turnOff : button.dataset.turnOn;
  }

  button.addEventListener("click", () => {
    on = !on;
    keep("localStorage", KEYS, on ? null : "off");
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (!on || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  show();
  hint.hidden = false;
}

const input = document.querySelector("input[data-suggest]");
const hint = document.querySelector("[data-keys-hint]");
if (input) combobox(input);
if (input && hint) slashKey(input, hint);

// A choice beside the hits loads the page anew. The focus goes back to the same choice, or to the heading if that is gone.

const PLACE = "backfile.place";
const CHOICES = ".facets a, .sorting a, .chips a";

function place(link) {
  const group = link.closest("[aria-labelledby], [aria-label]");
  const label = link.querySelector(".choice-label") ?? link;
  return `${group?.getAttribute("aria-labelledby") ?? group?.getAttribute("aria-label")} ${label.textContent.trim()}`;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(CHOICES);
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  keep("sessionStorage", PLACE, JSON.stringify([link.pathname + link.search, place(link), event.detail === 0]));
});

function putBack() {
  const [address, wanted, byKeyboard] = JSON.parse(kept("sessionStorage", PLACE) ?? "[]");
  keep("sessionStorage", PLACE, null);
  if (!wanted || address !== location.pathname + location.search) return;
  const link = [...document.querySelectorAll(CHOICES)].find((other) => place(other) === wanted);
  const fold = link?.closest("details.facets");
  // On a phone the list was open when the choice was made.
  if (fold) fold.open = true;
  // Whoever chose with the mouse wants to see the page from its top.
  (link ?? document.querySelector(".search-head h1"))?.focus({ preventScroll: !byKeyboard });
}

putBack();

// Choices left open would stand in the address as empty parameters.
for (const form of document.querySelectorAll("form[data-finder]")) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData.entries()]) {
      if (value === "") event.formData.delete(name);
    }
  });
}

// Wide screens show the facets beside the hits, and the contents beside the text; browsers that cannot do it in CSS get
// them opened.
if (!CSS.supports("selector(::details-content)")) {
  for (const fold of document.querySelectorAll("details[data-unfold]")) {
    if (matchMedia(`(min-width: ${fold.dataset.unfold})`).matches) fold.open = true;
  }
}

// The desk: copies the links to the marked pieces at once. Without this, or where nothing may be copied, they come as a
// page to copy from.
const pieces = document.querySelector("form[data-pieces]");
if (pieces && window.isSecureContext && navigator.clipboard) {
  const status = pieces.querySelector("[data-copied]");
  pieces.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button?.hasAttribute("data-copy-links")) return;
    event.preventDefault();
    const marked = new FormData(pieces, button);
    const count = marked.getAll("piece").length;
    if (!count) {
      status.textContent = status.dataset.none;
      return;
    }
    try {
      const response = await fetch(pieces.action, { method: "POST", body: marked, headers: { Accept: "text/plain" } });
      if (!response.ok) throw new Error(response.statusText);
      await navigator.clipboard.writeText(await response.text());
      status.textContent = status.dataset.done.replace("{n}", number(count));
    } catch {
      status.textContent = status.dataset.refused;
      button.removeAttribute("data-copy-links");
    }
  });
}
