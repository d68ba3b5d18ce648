// Figures that stay fresh: the page is fetched again every 15 seconds while it is looked at, every two where a part is
// marked `data-live-soon`, and only what differs in its parts marked `data-live` is replaced, so that focus, selection
// and place stay.

import { announce } from "./announce.js";
import { clockTime } from "./times.js";

const PERIOD_MS = 15_000;
const SOON_MS = 2_000;
const PATIENCE_MS = 10_000;

const failed = document.getElementById("live-failed");
const again = failed?.querySelector('[data-action="refresh"]');

let lastSuccess = new Date();
let timer;
let running = false;
let succeeded = () => {};

function schedule() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refresh, document.querySelector("[data-live-soon]") ? SOON_MS : PERIOD_MS);
}

// What somebody is using stays as it is until they have left it.
const inUse = (part) =>
  part.querySelector("dialog[open]") !== null ||
  (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"));

function bringInLine(old, fresh) {
  if (old.isEqualNode(fresh) || old.hasAttribute?.("data-keeps")) return;
  if (old.nodeType !== 1 || fresh.nodeType !== 1 || old.tagName !== fresh.tagName || old.id !== fresh.id) {
    if (old.nodeType === 3 && fresh.nodeType === 3) old.data = fresh.data;
    else old.replaceWith(fresh);
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const present = [...old.childNodes];
  const wanted = [...fresh.childNodes];
  wanted.forEach((next, index) => (present[index] ? bringInLine(present[index], next) : old.append(next)));
  for (const surplus of present.slice(wanted.length)) surplus.remove();
}

async function refresh() {
  if (running) return;
  running = true;
  try {
    const response = await fetch(location.href, { signal: AbortSignal.timeout(PATIENCE_MS), cache: "no-store" });
    if (!response.ok || new URL(response.url).pathname !== location.pathname) throw new Error(String(response.status));
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (next && !inUse(part)) bringInLine(part, document.adoptNode(next));
    }
    lastSuccess = new Date();
    failed.hidden = true;
    succeeded();
    document.dispatchEvent(new CustomEvent("masterx:refreshed"));
  } catch {
    failed.querySelector("[data-since]").textContent = clockTime(lastSuccess);
    failed.hidden = false;
  } finally {
    running = false;
    schedule();
  }
}

// `onSuccess()` runs after each time that the server answered.
export function startLive(onSuccess) {
  if (!document.querySelector("main [data-live]")) return;
  succeeded = onSuccess;
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && new Date() - lastSuccess >= PERIOD_MS) refresh();
    else schedule();
  });
  again?.addEventListener("click", async () => {
    await refresh();
    announce(failed.hidden ? "Refreshed" : "It still does not answer");
  });
  schedule();
}
