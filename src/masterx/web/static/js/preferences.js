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

export function startPreferences() {
  const dialog = document.getElementById("preferences");
  for (const [name, standard] of Object.entries(STANDARD)) {
    const value = remembered(name) ?? standard;
    const option = dialog.querySelector(`[name="${name}"][value="${CSS.escape(value)}"]`);
    if (option) option.checked = true;
    apply(name, value);
  }
  dialog.addEventListener("change", ({ target: { name, value } }) => {
    remember(name, value === STANDARD[name] ? null : value);
    apply(name, value);
  });
  // Leaving by hand takes what was written and not sent along; leaving by time does not.
  document.getElementById("sign-out").addEventListener("submit", forgetAllWriting);
  for (const box of document.querySelectorAll("dialog")) {
    box.addEventListener("click", (event) => {
      if (event.target === box || event.target.closest('[data-action="close-dialog"]')) box.close();
    });
  }
}
