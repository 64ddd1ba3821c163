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
