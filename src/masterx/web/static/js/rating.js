// Up, down, and what else there is to say about an answer: kept at once, changed at any time.

import { announce } from "./announce.js";
import { SignedOut, requestJson } from "./api.js";
import { clone } from "./icons.js";
import { askForPassword } from "./sign_in_again.js";

const REASONS = {
  yes: { head: "What helped?", words: ["Clear", "Good example", "Right pace", "Made me think"] },
  no: { head: "What was off?", words: ["Too fast", "Too long", "Wrong", "Gave it away"] },
  "": { head: "How was it?", words: ["Clear", "Good example", "Too fast", "Too long"] },
};
const KNOWN = new Set(Object.values(REASONS).flatMap(({ words }) => words));

let panel = null;
// Until the change before is kept or refused: the newest one has to come last.
let saving = Promise.resolve();

// Reasons stand in the first line, own words below it.
function partsOf(feedback) {
  const [first, ...rest] = feedback.split("\n");
  const reasons = first.split(", ");
  return reasons.every((reason) => KNOWN.has(reason))
    ? { reasons, words: rest.join("\n") }
    : { reasons: [], words: feedback };
}

const wholeOf = (reasons, words) => [reasons.join(", "), words.trim()].filter(Boolean).join("\n");

// Resolves to whether it was kept.
function keep(item, change) {
  const go = () => send(item, change);
  saving = saving.then(go, go);
  return saving;
}

async function send(item, change) {
  try {
    const message = await requestJson("POST", `/api/v1/messages/${item.dataset.message}/feedback`, { body: change });
    show(item, message);
    say("Saved");
    return true;
  } catch (error) {
    if (error instanceof SignedOut && (await askForPassword())) return send(item, change);
    show(item, null);
    say("That could not be saved just now. Try again in a moment.");
    return false;
  }
}

function say(sentence) {
  announce(sentence);
  const line = panel?.querySelector(".rating-status");
  if (line) line.textContent = sentence;
}

// What the server has now; null: as it was.
function show(item, message) {
  if (message) {
    remember(item, "helpful", message.helpful === null ? null : message.helpful ? "yes" : "no");
    remember(item, "rating", message.quality_rating);
    remember(item, "feedback", message.feedback_text);
  }
  const { helpful, rating, feedback } = item.dataset;
  press(item, "helped", helpful === "yes");
  press(item, "did-not-help", helpful === "no");
  item.querySelector(".tool-more").hidden = !helpful && !rating && !feedback && panel?.closest(".turn") !== item;
}

function remember(item, name, value) {
  if (value === null || value === undefined) delete item.dataset[name];
  else item.dataset[name] = value;
}

const press = (item, action, pressed) =>
  item.querySelector(`.tools [data-action="${action}"]`).setAttribute("aria-pressed", String(pressed));

function open(item) {
  close();
  panel = clone("rating").firstElementChild;
  item.querySelector(".tools").after(panel);
  item.querySelector(".tool-more").setAttribute("aria-expanded", "true");
  item.querySelector(".tool-more").hidden = false;
  fill(item);
}

export function close() {
  if (!panel) return;
  const item = panel.closest(".turn");
  panel.remove();
  panel = null;
  item?.querySelector(".tool-more").setAttribute("aria-expanded", "false");
  if (item) show(item, null);
}

function fill(item) {
  const { helpful = "", rating, feedback = "" } = item.dataset;
  const { head, words: offered } = REASONS[helpful];
  const { reasons, words } = partsOf(feedback);
  panel.querySelector(".rating-head").textContent = head;
  panel.querySelector(".chips").replaceChildren(
    ...new Set([...offered, ...reasons])
      .values()
      .map((reason) => chip(reason, reasons.includes(reason))),
  );
  panel.elements.words.value = words;
  if (rating) panel.elements.stars.value = rating;
}

function chip(reason, chosen) {
  const label = clone("chip").firstElementChild;
  const input = label.querySelector("input");
  input.value = reason;
  input.checked = chosen;
  label.querySelector(".chip-word").textContent = reason;
  return label;
}

function feedbackOf(form) {
  const reasons = [...form.querySelectorAll('[name="reason"]:checked')].map((input) => input.value);
  return wholeOf(reasons, form.elements.words.value) || null;
}

async function vote(item, value) {
  const before = item.dataset.helpful;
  const taken = before === (value ? "yes" : "no");
  press(item, "helped", !taken && value);
  press(item, "did-not-help", !taken && !value);
  if (taken) close();
  // The panel is there at once; what it asks depends on the vote.
  else {
    item.dataset.helpful = value ? "yes" : "no";
    open(item);
  }
  if (await keep(item, { helpful: taken ? null : value })) return;
  remember(item, "helpful", before);
  show(item, null);
}

// Returns whether the action was one about rating.
export function rate(action, item) {
  if (action === "helped" || action === "did-not-help") vote(item, action === "helped");
  else if (action === "rate" && panel?.closest(".turn") === item) close();
  else if (action === "rate") open(item);
  else return false;
  return true;
}

export function startRating() {
  const turns = document.getElementById("turns");
  turns.addEventListener("change", ({ target }) => {
    const item = target.closest(".turn");
    if (target.name === "stars") keep(item, { quality_rating: Number(target.value) });
    else if (target.name === "reason") keep(item, { feedback_text: feedbackOf(target.form) });
  });
  turns.addEventListener("submit", async (event) => {
    if (event.target !== panel) return;
    event.preventDefault();
    const item = panel.closest(".turn");
    if (!(await keep(item, { feedback_text: feedbackOf(panel) }))) return;
    close();
    item.querySelector(".tool-more").focus();
    announce("Thank you. It is saved.");
  });
}
