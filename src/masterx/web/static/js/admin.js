// One of the operator's pages: its frame, its dialogs, forms that outlast a sign-in, and figures that stay fresh.

import "./forms.js";
import { startFrame } from "./frame.js";
import { startLive } from "./live.js";
import { startPreferences } from "./preferences.js";
import { startSignInAgain } from "./sign_in_again.js";

const ACCESS_LASTS_MS = 240_000;

let renewedAt = performance.now();

// A page that was left open sends its form with access that ran out: it is renewed before.
async function renewThenSend(event) {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (performance.now() - renewedAt < ACCESS_LASTS_MS) return;
  event.preventDefault();
  const by = event.submitter;
  await fetch("/sign-in/refresh", { method: "POST" }).catch(() => {});
  renewedAt = performance.now();
  form.requestSubmit(by);
}

// Filters take hold when a choice is made; words when Enter is pressed.
function startFilters() {
  for (const form of document.querySelectorAll("form[data-filters]")) {
    form.addEventListener("change", ({ target }) => target.matches("select") && form.requestSubmit());
    form.addEventListener("formdata", ({ formData }) => {
      for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
    });
  }
}

// A field that only some choices of another have use for.
function startDependentFields() {
  for (const field of document.querySelectorAll("[data-shown-with]")) {
    const [name, values] = field.dataset.shownWith.split(":");
    const choice = document.getElementById(name);
    choice.addEventListener("change", () => {
      const used = values.split(" ").includes(choice.value);
      field.toggleAttribute("data-empty", !used);
      if (!used) field.querySelector("input").value = "";
    });
  }
}

// A button that asks before it acts: its dialog holds the form.
function startAsking() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (!opener) return;
    event.preventDefault();
    const dialog = document.getElementById(opener.dataset.opens);
    dialog.showModal();
    dialog.addEventListener("close", () => opener.isConnected && opener.focus(), { once: true });
  });
}

if (!document.querySelector("[data-preferences]")) startPreferences();
startSignInAgain();
startFrame();
startFilters();
startAsking();
startDependentFields();
startLive(() => (renewedAt = performance.now()));
document.addEventListener("submit", renewThenSend);
