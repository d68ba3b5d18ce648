// Messages written while offline: kept on this device, in order, until each one is on its way.

import { remember, remembered } from "./storage.js";

const nameOf = (session) => `outbox.${document.body.dataset.user ?? ""}.${session || "new"}`;

export function waitingMessages(session) {
  try {
    return JSON.parse(remembered(nameOf(session)) ?? "[]");
  } catch {
    return [];
  }
}

export function keepWaiting(session, messages) {
  remember(nameOf(session), messages.length ? JSON.stringify(messages) : null);
}
