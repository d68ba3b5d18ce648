// Practising: answers, hints and the next question go to the server, which sends the parts of the page anew.
// Only parts that differ are exchanged, so that focus and what is written in the box stay.

import { announce } from "./announce.js";
import { Offline, SignedOut, request } from "./api.js";
import { drawFormulas } from "./formulas.js";
import { nodesOfWords } from "./markdown.js";
import { readWhileWriting } from "./practice_reading.js";
import { showRun } from "./practice_run.js";
import { askForPassword } from "./sign_in_again.js";
import { remembered } from "./storage.js";

const PARTS = ["item-head", "item-asked", "item-answer", "item-said", "item-actions", "item-hints"]
  .concat(["side-gauge", "side-ability", "side-break", "side-placement"]);
const SAID = "#item-said .notice";
// An Enter that follows a verdict at once was meant for the answer.
const SETTLING_MS = 500;

const practice = document.getElementById("practice");
const served = new Map();

let asking = false;
let begun = performance.now();
let settledAt = 0;

const form = () => document.getElementById("item-form");
const box = () => form()?.querySelector(".answer-box");

function draw() {
  for (const node of practice.querySelectorAll("[data-words]:not([data-drawn])")) {
    const drawn = nodesOfWords(node.textContent);
    const only = drawn.children.length === 1 && drawn.firstElementChild.matches("p") ? drawn.firstElementChild : null;
    node.replaceChildren(...(only && node.matches("span, strong") ? only.childNodes : drawn.childNodes));
    node.dataset.drawn = "";
  }
  drawFormulas(practice);
}

function remember(root) {
  for (const id of PARTS) served.set(id, root.querySelector(`#${id}`)?.outerHTML);
}

async function send(action, body) {
  try {
    const headers = { "HX-Request": "true" };
    return await (await request("POST", `/practice/${action}`, { body, headers })).text();
  } catch (error) {
    if (error instanceof SignedOut && (await askForPassword())) return send(action, body);
    throw error;
  }
}

function problemOf(error) {
  if (error instanceof Offline) return "The server cannot be reached. What you wrote is kept; try again.";
  if (error instanceof SignedOut) return "You are signed out. What you wrote is kept; sign in and try again.";
  if (error.status === 429) return `A little fast for this server. You can go on in ${error.retryAfter ?? 5} s.`;
  if (error.status === 404) return "This question is not open any more. Skip it, or load the page again.";
  if (error.status === 422 || error.status === 413) return "That is too long to be read. Shorten it and check again.";
  return "This server could not do that just now. What you wrote is kept; try again.";
}

// What the server sent, part by part.
function bringIn(html) {
  const fresh = new DOMParser().parseFromString(`<div>${html}</div>`, "text/html").body.firstElementChild;
  const next = fresh.querySelector("#item-form");
  if (!next || !form()) {
    practice.innerHTML = html;
    document.querySelector(".practice-head-actions")?.remove();
    document.getElementById("practice-lead")?.remove();
    remember(practice);
    draw();
    const over = practice.querySelector("[data-nothing]");
    over?.setAttribute("tabindex", "-1");
    over?.focus({ preventScroll: true });
    return;
  }
  const isNew = next.dataset.question !== form().dataset.question;
  const focused = document.activeElement?.id;
  const arriving = new Map(PARTS.map((id) => [id, fresh.querySelector(`#${id}`)]));
  for (const [id, part] of arriving) {
    const html = part?.outerHTML;
    if (!part || (served.get(id) === html && !(isNew && id === "item-answer"))) continue;
    if (id === "item-answer" && !isNew) continue;
    document.getElementById(id)?.replaceWith(document.adoptNode(part));
    served.set(id, html);
  }
  delete form().dataset.again;
  Object.assign(form().dataset, next.dataset);
  mark();
  draw();
  if (isNew) {
    begun = performance.now();
    focusAnswer();
  } else if (focused && document.activeElement?.id !== focused) {
    (document.getElementById(focused) ?? document.getElementById("item-main")).focus({ preventScroll: true });
  }
}

function focusAnswer() {
  const first = box() ?? form()?.querySelector('[type="radio"]');
  first?.focus({ preventScroll: true });
  form()?.closest(".item").scrollIntoView({ block: "nearest" });
}

// The box says with its edge what was said of it, and rests once it was judged.
function mark() {
  const tone = practice.querySelector(SAID)?.dataset.said ?? "";
  const judged = form().dataset.state === "judged";
  for (const field of form().querySelectorAll("[name=answer]")) {
    if (field.type === "radio") field.disabled = judged && !field.checked;
    else field.readOnly = judged;
    field.dataset.said = tone;
  }
  for (const key of form().querySelectorAll(".symbol")) key.disabled = judged;
}

async function act(action, values, speak) {
  if (asking) return;
  asking = true;
  form().setAttribute("aria-busy", "true");
  try {
    bringIn(await send(action, values));
    speak();
  } catch (error) {
    const line = practice.querySelector(".item-problem");
    line.textContent = "";
    requestAnimationFrame(() => (line.textContent = problemOf(error)));
  } finally {
    asking = false;
    form()?.removeAttribute("aria-busy");
  }
}

const textOf = (selector) => practice.querySelector(selector)?.textContent.trim().replace(/\s+/g, " ") ?? "";

function check(text) {
  const seconds = Math.min(86_400, Math.round(performance.now() - begun) / 1000);
  const { question, mode } = form().dataset;
  const body = { question_id: question, answer: text, seconds };
  return act("answer", body, () => {
    settledAt = performance.now();
    if (mode === "placement") return announce(textOf("[data-nothing]") || "Next question");
    const { mark: kind } = practice.querySelector(SAID)?.dataset ?? {};
    if (kind) showRun(practice, { question, kind });
    announce(textOf(SAID));
  });
}

function next(values = {}) {
  const { mode, again } = form().dataset;
  const body = { subject: practice.dataset.subject, mode, ...(again ? { skill: again } : {}), ...values };
  return act("next", body, () => announce(textOf("#item-skill") ? `Next question: ${textOf("#item-skill")}` : textOf("[data-nothing]")));
}

function hint() {
  if (!document.querySelector('[data-action="hint"]')) return;
  act("hint", { question_id: form().dataset.question }, () => {
    const open = [...practice.querySelectorAll("[data-hint]")].at(-1);
    if (open) announce(`Hint ${open.dataset.hint}: ${open.textContent.trim()}`);
    open?.scrollIntoView({ block: "nearest" });
  });
}

function solution() {
  const { question, mode } = form().dataset;
  act("solution", { question_id: question }, () => {
    if (mode === "placement") return announce(textOf("[data-nothing]") || "Next question");
    settledAt = performance.now();
    showRun(practice, { question, kind: "not-yet" });
    announce(`Solution: ${textOf("[data-solution]")}`);
    practice.querySelector("[data-solution]")?.scrollIntoView({ block: "nearest" });
  });
}

function submitted(event) {
  event.preventDefault();
  if (form().dataset.state === "judged") {
    if (document.activeElement !== box() || performance.now() - settledAt > SETTLING_MS) next();
    return;
  }
  check(new FormData(form()).get("answer") ?? "");
}

function insert({ inserts, back }) {
  const field = box();
  const [start, end] = [field.selectionStart, field.selectionEnd];
  const kept = field.value.slice(start, end);
  field.setRangeText(inserts.endsWith("()") ? `${inserts.slice(0, -1)}${kept})` : inserts, start, end, "end");
  if (Number(back) && !kept) field.setSelectionRange(field.selectionStart - Number(back), field.selectionStart - Number(back));
  field.focus();
}

function showReading(line, tex) {
  line.hidden = !tex;
  const place = line.querySelector("[data-reading]");
  place.textContent = tex ? `\\(${tex}\\)` : "";
  delete place.dataset.drawn;
  draw();
}

const writes = (target) => target.closest?.('textarea, select, [contenteditable], input:not([type="radio"])');

function singleKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || writes(event.target)) return;
  if (remembered("keys") === "off" || document.querySelector("dialog[open]") || !form()) return;
  if (event.key === "h") {
    hint();
  } else if (/^[1-9]$/.test(event.key)) {
    const option = form().querySelectorAll('[type="radio"]')[Number(event.key) - 1];
    if (!option || option.disabled) return;
    option.checked = true;
    option.focus({ preventScroll: true });
  } else return;
  event.preventDefault();
}

if (practice) {
  document.body.dataset.katexCss = practice.dataset.katexCss;
  remember(practice);
  if (form()) {
    mark();
    showRun(practice);
  }
  draw();
  readWhileWriting(practice, showReading);
  practice.addEventListener("submit", submitted);
  practice.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.inserts !== undefined) insert(button.dataset);
    else if (button.dataset.action === "hint") hint();
    else if (["solution", "not-known"].includes(button.dataset.action)) solution();
    else if (button.dataset.action === "skip") next({ skip: true });
  });
  practice.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      event.preventDefault();
      form().requestSubmit();
    }
  });
  document.addEventListener("keydown", singleKey);
}
