// "Read as": what the server understands of a number or an expression while it is being written. It never holds an
// answer up: while the server is away, slow or asked too often, nothing is shown.

import { requestJson } from "./api.js";

const PAUSE_MS = 500;
// So that writing alone comes nowhere near the limit of requests.
const APART_MS = 2500;

let timer;
let askedAt = -Infinity;
let waitUntil = 0;

const lineOf = (form) => form.querySelector(".read-as");

async function ask(form, box, show) {
  // By now it may be answered, or on its way.
  if (!box.isConnected || form.dataset.state === "judged" || form.hasAttribute("aria-busy")) return;
  const text = box.value;
  askedAt = performance.now();
  try {
    const body = { question_id: form.dataset.question, text };
    const { tex } = await requestJson("POST", "/api/v1/practice/reading", { body });
    if (box.isConnected && box.value === text && lineOf(form)) show(lineOf(form), tex);
  } catch (error) {
    waitUntil = performance.now() + 1000 * (error.retryAfter ?? 5);
    if (lineOf(form)) lineOf(form).hidden = true;
  }
}

// Within `root`, forms that name their question. `show(line, tex)` draws it.
export function readWhileWriting(root, show) {
  root.addEventListener("input", ({ target }) => {
    const form = target.closest("form[data-question]");
    if (!form || !target.matches(".answer-box") || !lineOf(form) || form.dataset.state === "judged") return;
    clearTimeout(timer);
    if (!target.value.trim()) {
      lineOf(form).hidden = true;
      return;
    }
    const now = performance.now();
    timer = setTimeout(ask, Math.max(PAUSE_MS, askedAt + APART_MS - now, waitUntil - now), form, target, show);
  });
}
