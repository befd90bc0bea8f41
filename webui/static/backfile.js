// Suggestions under the search box and two keys. Every page works without this module.
// The pattern is the editable combobox with list autocomplete and manual selection:
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

const PAUSE = 120; // milliseconds of quiet typing before asking

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
    const count = completion.count === null ? "" : ` · ${completion.count.toLocaleString("en")}`;
    row.append(text, " ", element("span", "completion-kind", completion.kind + count));
    return row;
  }

  function show(found) {
    completions = found;
    list.replaceChildren(...found.map(option));
    status.textContent = found.length === 0 ? "No suggestions" : found.length === 1 ? "1 suggestion" : `${found.length} suggestions`;
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

function typing(target) {
  return target.closest?.("input, textarea, select, [contenteditable]");
}

const input = document.querySelector("input[data-suggest]");
if (input) {
  combobox(input);
  document.querySelector("[data-keys-hint]")?.removeAttribute("hidden");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

// Choices left open would stand in the address as empty parameters.
for (const form of document.querySelectorAll("form[data-finder]")) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData.entries()]) {
      if (value === "") event.formData.delete(name);
    }
  });
}

// Wide screens show the facets beside the hits; browsers that cannot do it in CSS get them opened.
const facets = document.querySelector("[data-facets]");
if (facets && matchMedia("(min-width: 52rem)").matches && !CSS.supports("selector(::details-content)")) facets.open = true;
