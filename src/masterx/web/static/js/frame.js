// The side bar on small screens, the dialogs' buttons, and single keys.

import { menuIsOpen } from "./menu.js";
import { focusSearch } from "./search.js";
import { remembered } from "./storage.js";

const side = document.getElementById("side");
const page = document.getElementById("page");
const opener = document.querySelector('[data-action="open-side"]');

export function sideIsOpen() {
  return side.hasAttribute("data-open");
}

export function openSide() {
  side.setAttribute("data-open", "");
  page.inert = true;
  opener.setAttribute("aria-expanded", "true");
  side.querySelector(".side-close").focus();
}

export function closeSide() {
  if (!sideIsOpen()) return;
  side.removeAttribute("data-open");
  page.inert = false;
  opener.setAttribute("aria-expanded", "false");
  opener.focus();
}

const inTextField = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;

function singleKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || inTextField(event.target)) return;
  if (remembered("keys") === "off" || document.querySelector("dialog[open]") || menuIsOpen()) return;
  if (event.key === "n") location.assign("/");
  else if (event.key === "/") focusSearch(openSide);
  else if (event.key === "?") document.getElementById("keyboard").showModal();
  else return;
  event.preventDefault();
}

// `onStop()`: Escape with nothing open to close.
export function startFrame({ onStop = () => {} } = {}) {
  document.addEventListener("click", (event) => {
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (action === "open-side") openSide();
    else if (action === "close-side") closeSide();
  });
  for (const box of document.querySelectorAll("dialog")) {
    box.addEventListener("click", (event) => {
      if (event.target === box || event.target.closest('[data-action="close-dialog"]')) box.close();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") {
      singleKey(event);
    } else if (!document.querySelector("dialog[open]") && !menuIsOpen()) {
      if (sideIsOpen()) closeSide();
      else onStop();
    }
  });
  matchMedia("(width >= 1200px)").addEventListener("change", closeSide);
  document.querySelector("[data-skip-newest]")?.addEventListener("click", (event) => {
    const heading = [...document.querySelectorAll(".turn--tutor h2")].at(-1);
    event.preventDefault();
    heading?.focus();
    heading?.scrollIntoView({ block: "start" });
  });
}
