// How a message was read, beside it: shown gently, replaced by the learner's own word, or switched off.

import { announce } from "./announce.js";
import { SignedOut, request, requestJson } from "./api.js";
import { clone } from "./icons.js";
import { askForPassword } from "./sign_in_again.js";

const MINE = "/api/v1/users/me/mood";
const GAP = 6;
const EDGE = 8;

const turns = document.getElementById("turns");
const words = JSON.parse(turns.dataset.moods);
const clear = Number(turns.dataset.clearMood);

let popover = null;
let opener = null;
let off = document.getElementById("moods-template") === null;
// Resolves once what is written to is on disk.
let whenKept = async () => {};

// The request, repeated after signing in where that ran out; errors are the caller's.
async function ask(send) {
  try {
    return await send();
  } catch (error) {
    if (error instanceof SignedOut && (await askForPassword())) return ask(send);
    throw error;
  }
}

// A state as the server sends it, or null: what was read of a question, before its answer begins.
export function showMood(item, state) {
  if (item.saving) return;
  take(item, state);
  showHelp(item, state);
}

function take(item, state) {
  const known = !off && state && state.primary_emotion in words;
  const isClear = known && state.primary_emotion !== "neutral" && (state.certainty ?? 0) >= clear;
  delete item.dataset.told;
  delete item.dataset.mood;
  if (isClear || (known && state.told)) {
    item.dataset.mood = state.primary_emotion;
    item.dataset.change = state.told || state.intervention === "care" ? "" : state.change;
    if (state.told) item.dataset.told = "";
  }
  draw(item);
}

function draw(item) {
  const { mood, change } = item.dataset;
  const told = "told" in item.dataset;
  const box = item.querySelector(".mood");
  box.hidden = !mood;
  if (!mood) return;
  box.querySelector(".mood-word").textContent = `${told ? "You said: " : "Sounds "}${words[mood]}`;
  box.querySelector(".mood-name").textContent = `${told ? "You said" : "Mood read"}: ${words[mood]}. Change`;
  const line = box.querySelector(".mood-change");
  // Below a message the answer would move up, were the line to go while it is read.
  if (told && !line.hidden) line.textContent = "Your word counts from now on.";
  else {
    line.hidden = !change;
    line.textContent = change ? `So: ${change}.` : "";
  }
  box.querySelector(".mood-other").hidden = told;
  box.querySelector(".mood-undo").hidden = !told;
}

function showHelp(item, state) {
  const template = document.getElementById("help-template");
  if (!template || state?.intervention !== "care" || item.querySelector(".care")) return;
  item.append(clone("help"));
  announce(item.querySelector(".care").textContent.trim());
}

// The learner's word

// `state`: their word; null takes it back. The newest wish is the one that is kept.
async function say(item, state) {
  item.stood ??= { ...item.dataset };
  item.wish = { state };
  if (state) Object.assign(item.dataset, { mood: state, told: "", change: "" });
  problem(item, null);
  draw(item);
  if (item.saving) return;
  item.saving = true;
  let kept = null;
  try {
    while (item.wish) kept = await keep(item);
    announce(state ? `You said: ${words[state]}` : "What was read stands again.");
  } catch {
    for (const name of ["mood", "change", "told"]) delete item.dataset[name];
    const { mood, change, told } = item.stood;
    Object.assign(item.dataset, { mood, change }, told === undefined ? {} : { told });
    const stands = told === undefined ? "What was read stands." : "Your former word stands.";
    problem(item, `That could not be saved. ${stands}`, () => say(item, state));
  } finally {
    item.saving = false;
    delete item.stood;
    delete item.wish;
  }
  if (kept) take(item, kept.emotion_state);
  else draw(item);
}

async function keep(item) {
  await whenKept();
  const { state } = item.wish;
  delete item.wish;
  const address = `/api/v1/messages/${item.dataset.message}/mood`;
  if (state) return ask(() => requestJson("PUT", address, { body: { state } }));
  return ask(() => requestJson("DELETE", address));
}

function problem(item, sentence, again) {
  const line = item.querySelector(".mood-problem");
  line.hidden = sentence === null;
  line.replaceChildren();
  if (sentence === null) return;
  line.setAttribute("role", "alert");
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "link-button",
    textContent: "Try again",
  });
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    item.querySelector(".mood-chip").focus();
    again();
  });
  line.append(`${sentence} `, button);
}

// The words to choose from

const choices = () => [...popover.querySelectorAll('[role="radio"]')];

function open(button) {
  close({ giveFocus: false });
  opener = button;
  const item = button.closest(".turn");
  popover = clone("moods").firstElementChild;
  button.closest(".mood").append(popover);
  for (const choice of choices()) {
    const isTheirs = "told" in item.dataset && choice.dataset.state === item.dataset.mood;
    choice.setAttribute("aria-checked", String(isTheirs));
  }
  expanded(true);
  popover.showPopover();
  place();
  focusOn(choices().find((choice) => choice.getAttribute("aria-checked") === "true") ?? choices()[0]);
}

function place() {
  const at = opener.getBoundingClientRect();
  const { width, height } = popover.getBoundingClientRect();
  const rightmost = document.documentElement.clientWidth - width - EDGE;
  const left = Math.max(EDGE, Math.min(at.left - 2 * EDGE, rightmost));
  const below = at.bottom + GAP;
  const fits = below + height <= innerHeight - EDGE;
  const above = at.top - GAP - height;
  const top = fits ? below : above >= EDGE ? above : Math.max(EDGE, innerHeight - EDGE - height);
  popover.style.left = `${left + scrollX}px`;
  popover.style.top = `${top + scrollY}px`;
}

const expanded = (isOpen) =>
  opener.closest(".mood")?.querySelectorAll('[data-action="mood"]').forEach((button) => {
    button.setAttribute("aria-expanded", String(isOpen && button === opener));
  });

function focusOn(choice) {
  for (const other of choices()) other.tabIndex = other === choice ? 0 : -1;
  choice.focus({ preventScroll: true });
}

export function close({ giveFocus = true } = {}) {
  if (!popover) return;
  const [gone, button] = [popover, opener];
  expanded(false);
  popover = opener = null;
  gone.remove();
  if (!giveFocus) return;
  const left = button.closest(".mood");
  if (left?.hidden ?? true) document.getElementById("composer-text").focus();
  else (button.hidden ? left.querySelector(".mood-chip") : button).focus({ preventScroll: true });
}

function keyIn(event) {
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    close();
    return;
  }
  const all = choices();
  const index = all.indexOf(document.activeElement);
  if (index < 0) return;
  const next = {
    ArrowRight: all[(index + 1) % all.length],
    ArrowDown: all[(index + 1) % all.length],
    ArrowLeft: all[(index - 1 + all.length) % all.length],
    ArrowUp: all[(index - 1 + all.length) % all.length],
    Home: all[0],
    End: all.at(-1),
  }[event.key];
  if (!next) return;
  event.preventDefault();
  focusOn(next);
}

// Off

const SWITCHED = {
  shown: "Moods are not shown any more. They are still read.",
  read: "Your messages are not read for mood any more.",
};

async function switchOff(name) {
  const hint = popover.querySelector(".moods-hint");
  try {
    await ask(() => request("PATCH", MINE, { body: { [name]: false } }));
  } catch {
    hint.setAttribute("role", "alert");
    hint.textContent = "That could not be saved. Nothing was changed. Try again in a moment.";
    return;
  }
  off = true;
  for (const box of turns.querySelectorAll(".mood")) box.hidden = true;
  if (!popover) return;
  // Its place in the lesson is gone.
  document.body.append(popover);
  popover.showPopover();
  for (const part of popover.querySelectorAll(".moods-title, .moods-words")) part.hidden = true;
  popover.setAttribute("aria-label", "Done");
  const settings = Object.assign(document.createElement("a"), { href: "/settings#mood", textContent: "Settings" });
  hint.replaceChildren(`${SWITCHED[name]} `, settings, " can turn it on again.");
  const done = Object.assign(document.createElement("button"), {
    type: "button",
    className: "link-button",
    textContent: "Close",
  });
  done.addEventListener("click", () => close());
  popover.querySelector(".moods-switches").replaceChildren(done);
  done.focus();
  announce(SWITCHED[name]);
}

// Before the first lesson: one sentence, and the switch beside it.
function startOffer() {
  const field = document.querySelector("[data-read-mood]");
  const line = document.getElementById("mood-offer-problem");
  field?.addEventListener("change", async () => {
    line.hidden = true;
    try {
      await ask(() => request("PATCH", MINE, { body: { read: field.checked } }));
      announce("Saved");
    } catch {
      field.checked = !field.checked;
      line.textContent = "That could not be saved. Nothing was changed. Try again in a moment.";
      line.hidden = false;
    }
  });
}

// Returns whether the action was one about a mood.
export function actOnMood(action, button, item) {
  if (action === "mood" && button === opener) close();
  else if (action === "mood") open(button);
  else if (action === "undo-mood") {
    item.querySelector(".mood-chip").focus({ preventScroll: true });
    say(item, null);
  } else return false;
  return true;
}

// `kept()` resolves once no message is on its way to the disk.
export function startMood({ kept }) {
  whenKept = kept;
  startOffer();
  document.addEventListener("keydown", (event) => popover && keyIn(event), { capture: true });
  document.addEventListener("click", (event) => {
    if (!popover) return;
    const choice = event.target.closest(".moods-choice");
    const name = event.target.closest("[data-mood-switch]")?.dataset.moodSwitch;
    if (choice) {
      const item = opener.closest(".turn");
      opener = item.querySelector(".mood-chip");
      close();
      say(item, choice.dataset.state);
    } else if (name) switchOff(name);
    else if (!popover.contains(event.target) && !event.target.closest('[data-action="mood"]')) {
      close({ giveFocus: false });
    }
  });
  document.addEventListener("focusin", ({ target }) => {
    if (popover && !popover.contains(target) && target !== opener) close({ giveFocus: false });
  });
  addEventListener("resize", () => close({ giveFocus: false }));
}
