// The question below an answer: its card comes from the server, and after each step it comes again.

import { announce } from "./announce.js";
import { Offline, SignedOut, request } from "./api.js";
import { drawFormulas, loadFormulas } from "./formulas.js";
import { nodesOfWords } from "./markdown.js";
import { readWhileWriting } from "./practice_reading.js";
import { askForPassword } from "./sign_in_again.js";

const begun = new WeakMap();

function drawCard(card) {
  loadFormulas();
  for (const node of card.querySelectorAll("[data-words]:not([data-drawn])")) {
    const drawn = nodesOfWords(node.textContent);
    const only = drawn.children.length === 1 && drawn.firstElementChild.matches("p") ? drawn.firstElementChild : null;
    node.replaceChildren(...(only && node.matches("span, strong") ? only.childNodes : drawn.childNodes));
    node.dataset.drawn = "";
  }
  drawFormulas(card);
  begun.set(card, performance.now());
}

export function drawQuestions(root) {
  for (const card of root.querySelectorAll("[data-lesson-question]")) if (!begun.has(card)) drawCard(card);
}

async function send(method, address, body) {
  try {
    return await (await request(method, address, { body, headers: { "HX-Request": "true" } })).text();
  } catch (error) {
    if (error instanceof SignedOut && (await askForPassword())) return send(method, address, body);
    throw error;
  }
}

const parsed = (html) => new DOMParser().parseFromString(html, "text/html").querySelector("[data-lesson-question]");

// Below an answer that was just written. What cannot be fetched is left out: it stands there at the next visit.
export async function showQuestion(item, answer, grew) {
  if (!answer.item || item.querySelector("[data-lesson-question]")) return;
  const html = await send("GET", `/lessons/questions/${answer.item.question_id}`).catch(() => null);
  const card = html && parsed(html);
  if (!card) return;
  item.querySelector(".below").append(document.adoptNode(card));
  drawQuestions(item);
  grew();
}

function problemOf(error) {
  if (error instanceof Offline) return "The server cannot be reached. What you wrote is kept; try again.";
  if (error instanceof SignedOut) return "You are signed out. What you wrote is kept; sign in and try again.";
  if (error.status === 429) return `A little fast for this server. You can go on in ${error.retryAfter ?? 5} s.`;
  if (error.status === 404) return "This question is gone. Load the page again.";
  if (error.status === 422 || error.status === 413) return "That is too long to be read. Shorten it and check again.";
  return "This server could not do that just now. What you wrote is kept; try again.";
}

const textOf = (node) => node?.textContent.trim().replace(/\s+/g, " ") ?? "";

function say(card) {
  const said = textOf(card.querySelector("[data-said-text]"));
  const hint = [...card.querySelectorAll("[data-hint]")].at(-1);
  const solution = card.querySelector("[data-solution]");
  if (said) announce(said);
  else if (solution) announce(`Solution: ${textOf(solution)}`);
  else if (hint) announce(`Hint ${hint.dataset.hint}: ${textOf(hint)}`);
}

async function act(card, action, values = {}) {
  if (card.getAttribute("aria-busy")) return;
  card.setAttribute("aria-busy", "true");
  const box = card.querySelector(".answer-box");
  try {
    const next = parsed(await send("POST", `/lessons/questions/${card.dataset.lessonQuestion}/${action}`, values));
    bringIn(card, document.adoptNode(next), box);
  } catch (error) {
    const line = card.querySelector(".item-problem");
    line.textContent = "";
    requestAnimationFrame(() => (line.textContent = problemOf(error)));
  } finally {
    card.removeAttribute("aria-busy");
  }
}

// What stands in the box, what is chosen and where the focus is stay as they were.
function bringIn(card, next, box) {
  const open = next.dataset.state === "open";
  const chosen = card.querySelector(":checked")?.value;
  const within = card.contains(document.activeElement);
  const onBox = document.activeElement === box;
  if (open && box) next.querySelector(".answer-box").value = box.value;
  if (open && chosen) for (const option of next.querySelectorAll('[type="radio"]')) option.checked = option.value === chosen;
  const started = begun.get(card);
  card.replaceWith(next);
  drawQuestions(next.parentElement);
  if (open && started) begun.set(next, started);
  if (within) {
    const target = onBox ? next.querySelector(".answer-box") : next.querySelector("[data-said-text], [data-question-action]");
    (target ?? next.querySelector("summary"))?.focus({ preventScroll: true });
  }
  say(next);
}

async function switchOff(card) {
  try {
    await send("PATCH", "/api/v1/users/me", { learning_preferences: { questions_in_lessons: false } });
  } catch (error) {
    card.querySelector(".item-problem").textContent = problemOf(error);
    return;
  }
  const line = document.createElement("p");
  line.className = "secondary question-off";
  line.tabIndex = -1;
  const link = Object.assign(document.createElement("a"), { href: "/settings", textContent: "Settings" });
  line.append("No more questions in lessons. You can have them back under ", link, ".");
  card.replaceWith(line);
  line.focus({ preventScroll: true });
  announce(line.textContent);
}

function insert(card, { inserts, back }) {
  const field = card.querySelector(".answer-box");
  const [start, end] = [field.selectionStart, field.selectionEnd];
  const kept = field.value.slice(start, end);
  field.setRangeText(inserts.endsWith("()") ? `${inserts.slice(0, -1)}${kept})` : inserts, start, end, "end");
  if (Number(back) && !kept) field.setSelectionRange(field.selectionStart - Number(back), field.selectionStart - Number(back));
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function showReading(line, tex) {
  line.hidden = !tex;
  const place = line.querySelector("[data-reading]");
  place.textContent = tex ? `\\(${tex}\\)` : "";
  delete place.dataset.drawn;
  drawCard(line);
}

export function startQuestions(turns) {
  drawQuestions(turns);
  readWhileWriting(turns, showReading);
  turns.addEventListener("submit", (event) => {
    const card = event.target.closest("[data-lesson-question]");
    if (!card) return;
    event.preventDefault();
    if (card.dataset.state !== "open") return;
    const seconds = Math.min(86_400, Math.round(performance.now() - (begun.get(card) ?? 0)) / 1000);
    act(card, "answer", { answer: new FormData(event.target).get("answer") ?? "", seconds });
  });
  turns.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const card = button?.closest("[data-lesson-question]");
    if (!card) return;
    if (button.dataset.inserts !== undefined) insert(card, button.dataset);
    else if (button.dataset.questionAction === "off") switchOff(card);
    else if (button.dataset.questionAction) act(card, button.dataset.questionAction);
  });
  turns.addEventListener("keydown", (event) => {
    const card = event.target.closest("[data-lesson-question]");
    if (card && event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });
}
