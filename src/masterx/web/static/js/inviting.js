// The operator's first invitations: each press makes one link, shown this once.

import { requestJson } from "./api.js";
import { clone } from "./icons.js";

const shown = document.getElementById("invitations");

document.querySelector('[data-action="invite"]')?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  try {
    const { link } = await requestJson("POST", "/api/v1/admin/invitations", { body: {} });
    const lines = clone("invitation").firstElementChild;
    lines.querySelector("code").textContent = link;
    lines.querySelector("[data-copies]").dataset.copies = link;
    shown.append(lines);
  } catch {
    shown.textContent = "No link could be made just now. Try again in a moment.";
  } finally {
    button.disabled = false;
    button.focus();
  }
});
