// Choosing a span on the timeline: a pointer drags over the bars, or a key moves one of two thumbs. Without this module
// the bars and the rows of the table are links, and the dates have fields under “Advanced search”.
// The thumbs follow the multi-thumb slider: https://www.w3.org/WAI/ARIA/apg/patterns/slider-multithumb/

const STILL = 5; // pixels that a pointer may move in a click
const WORDS = JSON.parse(document.body.dataset.words);

function made(name, className, attributes = {}) {
  const element = document.createElement(name);
  element.className = className;
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}

function timeline(box) {
  const slots = Number(box.dataset.timeline);
  // The table has a row for each bar, which begins with its period.
  const rows = box.closest("figure").querySelectorAll("tbody tr:not(.chart-none) th");
  const bars = [...box.querySelectorAll("a")].map((link, index) => {
    const said = link.querySelector("title").textContent;
    const slot = Math.round((parseFloat(link.querySelector("rect").getAttribute("x")) / 100) * slots);
    return { slot, said, label: rows[index].textContent, address: new URL(link.getAttribute("href"), location) };
  });
  const last = bars.length - 1;
  if (last < 1) return;

  const span = made("div", "chart-span");
  const thumbs = [WORDS.spanStart, WORDS.spanEnd].map((end) =>
    made("div", "chart-thumb", { role: "slider", tabindex: "0", "aria-label": end }),
  );
  const chosen = made("p", "chart-chosen");
  const show = chosen.appendChild(made("a", "", { rel: "nofollow" }));
  let ends = [0, last];
  let held = null;
  let dragged = false;

  function place(first, final) {
    ends = [first, final];
    const from = (bars[first].slot / slots) * 100;
    const to = ((bars[final].slot + 1) / slots) * 100;
    span.style.left = `${from}%`;
    span.style.width = `${to - from}%`;
    for (const [end, thumb] of thumbs.entries()) {
      thumb.style.left = `${end ? to : from}%`;
      thumb.setAttribute("aria-valuemin", String(end ? first : 0));
      thumb.setAttribute("aria-valuemax", String(end ? last : final));
      thumb.setAttribute("aria-valuenow", String(ends[end]));
      thumb.setAttribute("aria-valuetext", bars[ends[end]].said);
    }
    span.hidden = chosen.hidden = first === 0 && final === last;
    const words = first === final ? WORDS.showPeriod : WORDS.showSpan;
    const values = { period: bars[first].label, start: bars[first].label, end: bars[final].label };
    show.textContent = words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    show.href = address();
  }

  // Each bar's address is the same search within it: so from the first one's beginning to the last one's end.
  function address() {
    const whole = new URL(bars[ends[0]].address);
    whole.searchParams.set("to", bars[ends[1]].address.searchParams.get("to"));
    return whole.href;
  }

  function reset() {
    held = null;
    place(0, last);
  }

  function barAt(x) {
    const area = box.getBoundingClientRect();
    const slot = Math.floor(((x - area.left) / area.width) * slots);
    const distance = (bar) => Math.abs(bar.slot - slot);
    return bars.reduce((best, bar, index) => (distance(bar) < distance(bars[best]) ? index : best), 0);
  }

  box.addEventListener("pointerdown", (event) => {
    dragged = false;
    if (event.button !== 0 || !event.isPrimary || show.contains(event.target)) return;
    const thumb = thumbs.indexOf(event.target);
    held = { pointer: event.pointerId, x: event.clientX, from: thumb < 0 ? barAt(event.clientX) : ends[1 - thumb] };
  });

  box.addEventListener("pointermove", (event) => {
    if (held?.pointer !== event.pointerId) return;
    if (!dragged && Math.abs(event.clientX - held.x) < STILL) return;
    if (!dragged) box.setPointerCapture(event.pointerId);
    dragged = true;
    const to = barAt(event.clientX);
    place(Math.min(held.from, to), Math.max(held.from, to));
  });

  box.addEventListener("pointerup", (event) => {
    if (held?.pointer !== event.pointerId) return;
    held = null;
    if (dragged && !span.hidden) location.assign(show.href);
  });

  box.addEventListener("pointercancel", reset);
  // A bar is a link, which would be dragged away, and outlined when it is pressed.
  box.addEventListener("mousedown", (event) => event.target.closest("a[tabindex]") && event.preventDefault());
  box.addEventListener("click", (event) => dragged && !show.contains(event.target) && event.preventDefault(), true);

  const far = Math.max(1, Math.round(last / 10));
  const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: far, PageDown: -far, Home: -last, End: last };
  for (const [end, thumb] of thumbs.entries()) {
    thumb.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter" && !span.hidden) return location.assign(show.href);
      const step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      const to = Math.max(end ? ends[0] : 0, Math.min(end ? last : ends[1], ends[end] + step));
      if (end) place(ends[0], to);
      else place(to, ends[1]);
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || (!held && !box.contains(document.activeElement))) return;
    dragged = Boolean(held);
    reset();
  });
  // A page that comes back with the back button has its whole span again.
  addEventListener("pageshow", (event) => event.persisted && reset());

  reset();
  const group = made("div", "chart-ends", { role: "group", "aria-label": WORDS.span });
  group.append(...thumbs, chosen);
  box.append(span, group);
}

document.querySelectorAll("[data-timeline]").forEach(timeline);
