// Links for others, made when they are asked for and shown this once.

import { announce } from "./announce.js";
import { Offline, SignedOut, request, requestJson } from "./api.js";
import { askForPassword } from "./sign_in_again.js";
import { dayAndTime } from "./times.js";

const dialog = document.getElementById("link");

async function make(address, body) {
  try {
    return await requestJson("POST", address, { body });
  } catch (error) {
    if (error instanceof SignedOut && (await askForPassword())) return make(address, body);
    throw error;
  }
}

function show(title, words, { link, expires_at: until }) {
  document.getElementById("link-title").textContent = title;
  document.getElementById("link-words").textContent = words;
  document.getElementById("link-shown").textContent = link ?? "";
  document.getElementById("link-copy").dataset.copies = link ?? "";
  document.getElementById("link-copy").closest(".lines").hidden = !link;
  document.getElementById("link-until").textContent = until ? `Good until ${dayAndTime(new Date(until))}.` : "";
  dialog.showModal();
}

function failed(error) {
  const reason = error instanceof Offline ? "The server cannot be reached." : error.message;
  show("No link was made", reason, {});
}

async function invite() {
  try {
    show(
      "An invitation",
      "Give this link to one person: with it they make an account, once. It is shown only now.",
      await make("/api/v1/admin/invitations", {}),
    );
    // The list below has one more; it is drawn when the dialog closes.
    dialog.addEventListener("close", () => location.reload(), { once: true });
  } catch (error) {
    failed(error);
  }
}

async function resetLink(person, name) {
  try {
    const made = await make(`/api/v1/admin/users/${person}/reset-link`);
    show(
      "A link for a new password",
      `Give this link to ${name}, and to nobody else: whoever has it sets the password, once. It is shown only now.`,
      made,
    );
  } catch (error) {
    failed(error);
  }
}

async function takeBack(item) {
  try {
    await request("DELETE", `/api/v1/admin/invitations/${item.dataset.invitation}`);
  } catch (error) {
    if (error.status !== 404) {
      failed(error);
      return;
    }
  }
  const list = item.parentElement;
  item.remove();
  announce("Taken back");
  if (list.children.length === 0) list.closest(".panel").remove();
  document.querySelector(".invite")?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  const action = button?.dataset.action;
  if (action === "invite") invite();
  else if (action === "reset-link") resetLink(button.closest("[data-person]").dataset.person, button.dataset.name);
  else if (action === "take-back") takeBack(button.closest("[data-invitation]"));
});
