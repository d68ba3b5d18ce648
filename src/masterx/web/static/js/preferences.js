// Theme, text size and keys: set at once, kept on this device.

import { forgetAllWriting } from "./drafts.js";
import { remember, remembered } from "./storage.js";

const ON_THE_PAGE = ["theme", "text", "keys"];
const STANDARD = { theme: "system", text: "100", enter: "sends", keys: "on" };

const hint = document.getElementById("composer-hint");

function apply(name, value) {
  if (ON_THE_PAGE.includes(name)) {
    if (value === STANDARD[name]) delete document.documentElement.dataset[name];
    else document.documentElement.dataset[name] = value;
  }
  if (name === "enter" && hint) {
    hint.textContent =
      value === "line" ? "Ctrl+Enter sends. Enter: new line." : "Enter sends. Shift+Enter: new line.";
  }
}

function showKept(form, name, value) {
  const field = form.querySelector(`[name="${name}"]`);
  if (field.type === "checkbox") field.checked = value === "on";
  else form.querySelector(`[name="${name}"][value="${CSS.escape(value)}"]`).checked = true;
}

const valueOf = ({ type, checked, value }) => (type === "checkbox" ? (checked ? "on" : "off") : value);

// `saved()` runs after each change of a control in `form`; pages without such controls only apply what is kept.
export function startPreferences(form = null, saved = () => {}) {
  for (const [name, standard] of Object.entries(STANDARD)) {
    const value = remembered(name) ?? standard;
    if (form) showKept(form, name, value);
    apply(name, value);
  }
  form?.addEventListener("change", ({ target }) => {
    const value = valueOf(target);
    remember(target.name, value === STANDARD[target.name] ? null : value);
    apply(target.name, value);
    saved();
  });
}

// Leaving by hand takes what was written and not sent along; leaving by time does not.
export function forgetWritingOnSignOut() {
  document.getElementById("sign-out")?.addEventListener("submit", forgetAllWriting);
}
