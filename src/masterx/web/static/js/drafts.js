// What is typed and not yet sent, per lesson and person, on this device only.

import { forgetEverything, remember, remembered } from "./storage.js";

const PAUSE_MS = 200;

const owner = () => document.body.dataset.user ?? "";
const nameOf = (session) => `draft.${owner()}.${session || "new"}`;

let timer;
let unsaved = null;

export function draftOf(session) {
  return remembered(nameOf(session)) ?? "";
}

export function saveDraft(session, text) {
  if (unsaved && unsaved.session !== session) flushDraft();
  unsaved = { session, text };
  clearTimeout(timer);
  timer = setTimeout(flushDraft, PAUSE_MS);
}

export function flushDraft() {
  clearTimeout(timer);
  if (unsaved) remember(nameOf(unsaved.session), unsaved.text);
  unsaved = null;
}

export function forgetAllWriting() {
  clearTimeout(timer);
  unsaved = null;
  forgetEverything("draft.");
  forgetEverything("outbox.");
}

addEventListener("pagehide", flushDraft);
