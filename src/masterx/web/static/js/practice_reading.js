// "Read as": what the server understands of a number or an expression while it is being written. It never holds an
// answer up: while the server is away, slow or asked too often, nothing is shown.

import { requestJson } from "./api.js";

const PAUSE_MS = 500;
// So that writing alone comes nowhere near the limit of requests.
const APART_MS = 2500;

let timer;
let askedAt = -Infinity;
let waitUntil = 0;

const line = () => document.getElementById("item-reading");

async function ask(form, box, show) {
  // By now it may be answered, or on its way.
  if (!box.isConnected || form.dataset.state === "judged" || form.hasAttribute("aria-busy")) return;
  const text = box.value;
  askedAt = performance.now();
  try {
    const body = { question_id: form.dataset.question, text };
    const { tex } = await requestJson("POST", "/api/v1/practice/reading", { body });
    if (box.isConnected && box.value === text && line()) show(line(), tex);
  } catch (error) {
    waitUntil = performance.now() + 1000 * (error.retryAfter ?? 5);
    if (line()) line().hidden = true;
  }
}

// `show(line, tex)` draws it.
export function readWhileWriting(practice, show) {
  practice.addEventListener("input", ({ target }) => {
    const form = target.closest("form");
    if (!target.matches(".answer-box") || !line() || form.dataset.state === "judged") return;
    clearTimeout(timer);
    if (!target.value.trim()) {
      line().hidden = true;
      return;
    }
    const now = performance.now();
    timer = setTimeout(ask, Math.max(PAUSE_MS, askedAt + APART_MS - now, waitUntil - now), form, target, show);
  });
}
