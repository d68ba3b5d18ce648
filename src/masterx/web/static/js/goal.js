// The goal of a subject: set, changed, given up. The page is drawn anew by the server afterwards.

import { Offline, SignedOut, request } from "./api.js";
import { askForPassword } from "./sign_in_again.js";

const card = document.querySelector("[data-goal]");
const form = card?.querySelector("form");
const problem = card?.querySelector("#goal-problem");
const WEEKLY = ["questions", "minutes"];

async function ask(method, body) {
  try {
    return await request(method, `/api/v1/goals/${encodeURIComponent(card.dataset.goal)}`, { body });
  } catch (error) {
    if (error instanceof SignedOut && (await askForPassword())) return ask(method, body);
    throw error;
  }
}

async function change(method, body) {
  problem.textContent = "";
  try {
    await ask(method, body);
    location.reload();
  } catch (error) {
    problem.textContent = error instanceof Offline ? "The server cannot be reached. Nothing was changed." : error.message;
  }
}

function showUntil() {
  form.querySelector("[data-until]").hidden = WEEKLY.includes(form.elements.kind.value);
}

if (form) {
  showUntil();
  form.elements.kind.addEventListener("change", showUntil);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { kind, target, until } = form.elements;
    const number = Number(target.value);
    if (!(number > 0)) {
      problem.textContent = "Write a number above 0.";
      target.focus();
      return;
    }
    const weekly = WEEKLY.includes(kind.value);
    if (!weekly && !until.value) {
      problem.textContent = "Name the day by which you want to be there.";
      until.focus();
      return;
    }
    const body = { kind: kind.value, target: kind.value === "ability" ? number / 100 : number };
    change("PUT", weekly ? body : { ...body, until: until.value });
  });
  card.querySelector('[data-action="give-up"]')?.addEventListener("click", () => change("DELETE"));
}
