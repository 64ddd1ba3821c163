"use strict";
// Keys, copying, dialogs in browsers without command=, and ages that tick. Everything works without it but these.

const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

const size = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function span(seconds) {
  let left = Math.max(0, Math.floor(seconds));
  for (let at = 0; at < size.length; at += 1) {
    const [of, unit] = size[at];
    if (left < of) continue;
    const [smaller, name] = size[at + 1] || [1, ""];
    const rest = Math.floor((left % of) / smaller);
    return `${Math.floor(left / of)} ${unit}` + (rest && unit !== "min" && unit !== "s" ? ` ${rest} ${name}` : "");
  }
  return "0 s";
}

function tick() {
  for (const time of $$("time[data-age]")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    if (Number.isNaN(seconds)) continue;
    const words = seconds >= 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
    if (time.textContent !== words) time.textContent = words;
  }
}
setInterval(tick, 1000);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const target = document.getElementById(button.getAttribute("commandfor") || "");
  if (target && !("commandForElement" in HTMLButtonElement.prototype)) {
    if (button.getAttribute("command") === "show-modal") target.showModal();
    if (button.getAttribute("command") === "close") target.close();
  }
  if (button.getAttribute("aria-disabled") === "true") event.preventDefault();
  if (button.dataset.copy !== undefined) {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 1500);
  }
  if (button.dataset.openAll !== undefined) {
    for (const call of $$("details.call")) call.open = true;
  }
});

// An event that has not run yet: its page looks again until there is a trace.
if (document.querySelector("[data-wait]")) {
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    if (answer && answer.ok) location.reload();
  }, 1000);
}

for (const dialog of $$("dialog[data-open]")) dialog.showModal();

// A line that is linked to may stand in a closed call.
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  for (let at = target && target.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (target) target.scrollIntoView({ block: "center" });
}
addEventListener("hashchange", reveal);
if (location.hash) reveal();

function rows() {
  return $$("main tbody tr a[href], main .attn li h3 a[href]").filter((link, at, all) => {
    const row = link.closest("tr, li");
    return all.findIndex((one) => one.closest("tr, li") === row) === at;
  });
}

function move(step) {
  const links = rows();
  if (!links.length) return;
  const at = links.findIndex((link) => link.closest("tr, li").contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step));
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
}

function press(key) {
  const row = document.activeElement.closest("tr, li");
  const button = (row && row.querySelector(`[data-key="${key}"]`)) || document.querySelector(`.head [data-key="${key}"]`);
  if (button) button.click();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  u: () => { const up = document.querySelector("[data-up]"); if (up) location.href = up.href; },
  p: () => press("p"),
  r: () => press("r"),
  "/": () => document.querySelector(".find input").focus(),
  "?": () => document.getElementById("keys").togglePopover(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

// Live numbers. Only texts and classes change, and a state's cell when the state does: rows and focus stay.
const live = document.querySelector("[data-live]");
let source = null;
let heard = 0;

function setNumber(cell, [text, colour]) {
  if (cell.textContent === text) return;
  cell.textContent = text;
  if (colour !== undefined && !cell.classList.contains("num")) cell.className = colour;
  cell.dataset.changed = "";
  setTimeout(() => delete cell.dataset.changed, 1000);
}

function show(message) {
  if (message.problem) {
    live.classList.add("not");
    live.querySelector(".word").textContent = "not live:";
    live.querySelector(".dim").textContent = message.problem.slice(0, 60);
    live.title = message.problem;
    return;
  }
  heard = Date.now();
  live.classList.remove("not");
  live.removeAttribute("title");
  live.querySelector(".word").textContent = "live";
  live.querySelector(".dim").textContent = message.at;
  for (const part of $$("[data-row]")) {
    const cells = part.dataset.row ? message.rows[part.dataset.row] : message.totals;
    if (!cells) continue;
    for (const cell of $$("[data-n]", part)) if (cells[cell.dataset.n]) setNumber(cell, cells[cell.dataset.n]);
    const state = part.querySelector("[data-state]");
    if (state && state.dataset.state !== cells.is) {
      if (state.dataset.state) state.innerHTML = cells.state; // rendered and escaped by the server
      state.dataset.state = cells.is;
      const act = part.querySelector("[data-act]");
      if (act) name(act, cells.is, part.dataset.row);
    }
    const word = part.querySelector("[data-state-word]");
    // The buttons and the notice are those of another state now. A dialog that is open is not taken away.
    if (word && word.dataset.stateWord !== cells.is && !document.querySelector("dialog[open]")) reload();
  }
}

function reload() {
  const here = new URL(location.href);
  here.searchParams.delete("do");
  here.hash = "";
  location.replace(here);
}

function name(link, state, handler) {
  const act = { running: "pause", blocked: "unblock" }[state] || "unpause";
  const word = act[0].toUpperCase() + act.slice(1);
  link.textContent = `${word}…`;
  link.setAttribute("aria-label", `${word} ${handler}`);
  link.href = `${link.href.split("?")[0]}?do=${act}`;
}

function listen() {
  if (!live || source || document.hidden) return;
  source = new EventSource(live.dataset.live);
  source.onmessage = (event) => show(JSON.parse(event.data));
}

function rest() {
  if (source) source.close();
  source = null;
}

document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
addEventListener("pagehide", rest);
addEventListener("pageshow", listen);
listen();
setInterval(() => {
  if (!live || document.hidden || !heard || Date.now() - heard < 15000) return;
  live.classList.add("not");
  live.querySelector(".word").textContent = "not live since";
}, 1000);
