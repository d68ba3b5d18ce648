// The box: it grows, keeps its draft, knows Enter from Shift+Enter, and turns Send to Stop in place.

import { draftOf, saveDraft } from "./drafts.js";
import { drawFormulas, loadFormulas } from "./formulas.js";
import { nodesOfWords } from "./markdown.js";
import { remembered } from "./storage.js";

const box = document.getElementById("composer-text");
const form = document.getElementById("composer");
const send = document.getElementById("send");
const stop = document.getElementById("stop");
const status = document.getElementById("composer-status");
const suggestions = document.getElementById("suggestions");
const editing = document.getElementById("editing");
const preview = document.getElementById("formula-preview");

const narrow = matchMedia("(width < 600px)");
const touchScreen = matchMedia("(pointer: coarse) and (hover: none)");

let session = "";
let replaces = null;
let setAside = "";
let busy = false;
let hasAnswers = !suggestions.hidden;
let countdown;

export function text() {
  return box.value;
}

// What the box is editing: the id of the message whose place the next one takes.
export function editedMessage() {
  return replaces;
}

export function setText(value, { keepDraft = true } = {}) {
  box.value = value;
  if (keepDraft) saveDraft(session, value);
  fit();
  showPreview();
}

// Empties the box. The draft stays on this device until the server has the message.
export function clear() {
  const editing = replaces !== null;
  setText("", { keepDraft: false });
  stopEditing();
  // What was being written before an edit took the box.
  if (editing && setAside) setText(setAside);
  setAside = "";
}

export function openDraftOf(id) {
  session = id;
  if (box.value === "") setText(draftOf(id), { keepDraft: false });
}

export function moveDraftTo(id) {
  session = id;
}

export function setBusy(value) {
  busy = value;
  const focused = document.activeElement === (value ? send : stop);
  send.hidden = value;
  stop.hidden = !value;
  // On a touch screen the box would bring the keyboard up over what was just written.
  const next = value ? stop : touchScreen.matches ? send : box;
  if (focused) next.focus({ preventScroll: true });
  status.hidden = !value;
  suggestions.hidden = value || !hasAnswers;
  if (value) box.placeholder = "Keep typing";
  else usualPlaceholder();
}

function usualPlaceholder() {
  if (narrow.matches) box.placeholder = hasAnswers ? "Ask or answer" : "A question, a problem";
  else box.placeholder = hasAnswers ? box.dataset.placeholder : "A question, a problem, a piece of code";
}

export function answersExist() {
  hasAnswers = true;
  suggestions.hidden = busy;
}

export function showConnection() {
  document.getElementById("offline-notice").hidden = navigator.onLine;
  send.querySelector(".send-word").textContent = navigator.onLine ? "Send" : "Send later";
}

// The button counts the seconds down; writing goes on meanwhile.
export function waitSeconds(seconds, done = () => {}) {
  clearInterval(countdown);
  let left = Math.ceil(seconds);
  const word = send.querySelector(".send-word");
  const show = () => {
    send.disabled = left > 0;
    word.textContent = left > 0 ? `Send in ${left} s` : "Send";
    if (left-- > 0) return;
    clearInterval(countdown);
    done();
  };
  show();
  countdown = setInterval(show, 1000);
}

export function edit(message, words) {
  if (!replaces) setAside = box.value;
  replaces = message;
  editing.hidden = false;
  setText(words, { keepDraft: false });
  box.focus();
  box.setSelectionRange(words.length, words.length);
}

function stopEditing() {
  replaces = null;
  editing.hidden = true;
}

function cancelEditing() {
  saveDraft(session, "");
  clear();
  box.focus();
}

export function focus() {
  box.focus();
}

function fit() {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

// The formula around the caret, drawn above the line it is written in.
function showPreview() {
  const before = box.value.slice(0, box.selectionStart);
  const start = before.lastIndexOf("\\(");
  const end = box.value.indexOf("\\)", start);
  const inside = start >= 0 && end >= 0 && before.lastIndexOf("\\)") < start;
  const tex = inside ? box.value.slice(start + 2, end).trim() : "";
  preview.hidden = tex === "";
  if (tex === "") return;
  loadFormulas().then(() => {
    preview.replaceChildren(nodesOfWords(`\\(${tex}\\)`));
    drawFormulas(preview);
  });
}

function insertFormula() {
  const { selectionStart: start, selectionEnd: end } = box;
  const inner = box.value.slice(start, end);
  box.setRangeText(`\\(${inner}\\)`, start, end, "end");
  const caret = start + 2 + inner.length;
  box.focus();
  box.setSelectionRange(caret, caret);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function wantsToSend(event) {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return false;
  if (event.ctrlKey || event.metaKey) return true;
  if (touchScreen.matches) return false;
  return remembered("enter") === "line" ? event.shiftKey : !event.shiftKey;
}

// `onSend(words, replaces)`, `onStop()`, `onEditLast()`.
export function startComposer({ onSend, onStop, onEditLast }) {
  const submit = () => {
    if (!busy && !send.disabled && box.value.trim() !== "") onSend(box.value.trim(), replaces);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  stop.addEventListener("click", onStop);
  usualPlaceholder();
  box.addEventListener("input", () => {
    saveDraft(session, box.value);
    fit();
    showPreview();
  });
  box.addEventListener("keydown", (event) => {
    if (wantsToSend(event)) {
      event.preventDefault();
      submit();
    } else if (event.key === "ArrowUp" && box.value === "" && !busy && !event.isComposing) {
      event.preventDefault();
      onEditLast();
    } else if (event.key === "Escape" && replaces && !busy) {
      cancelEditing();
    }
  });
  form.addEventListener("click", (event) => {
    const suggestion = event.target.closest("[data-suggestion]");
    if (suggestion && !busy) onSend(suggestion.textContent.trim(), null);
    if (event.target.closest('[data-action="formula"]')) insertFormula();
    if (event.target.closest('[data-action="cancel-editing"]')) cancelEditing();
  });
  document.addEventListener("selectionchange", () => document.activeElement === box && showPreview());
  // Only now: sent by the browser itself, a message would be lost, and its words would stand in the address.
  send.disabled = false;
}
