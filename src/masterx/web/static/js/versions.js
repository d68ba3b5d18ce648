// What an edit or a retry put aside, in a dialog, to be read.

import { drawRecorded } from "./answer.js";
import { SignedOut, request } from "./api.js";
import { loadFormulas } from "./formulas.js";
import { askForPassword } from "./sign_in_again.js";

const dialog = document.getElementById("versions");
const shown = document.getElementById("versions-shown");

dialog.addEventListener("close", () => shown.replaceChildren());

// `question`: the item of the learner's message whose older versions are wanted.
export async function showVersions(question) {
  const answer = question.nextElementSibling?.dataset.message;
  const address = `/messages/${question.dataset.message}/versions${answer ? `?answer=${answer}` : ""}`;
  try {
    // What the server renders is escaped by it; models' words in it are still text.
    shown.innerHTML = await (await request("GET", address, { headers: { "HX-Request": "true" } })).text();
  } catch (error) {
    if (error instanceof SignedOut) {
      if (await askForPassword()) await showVersions(question);
      return;
    }
    shown.textContent = "The older versions cannot be shown just now. They are kept.";
  }
  if (/\\[([]|\$/.test(shown.textContent)) await loadFormulas();
  dialog.showModal();
  drawRecorded(shown);
}
