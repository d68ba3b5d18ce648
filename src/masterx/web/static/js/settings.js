// The settings page: what is changed is saved at once, and "Saved" says so beside the title.

import "./forms.js";
import { announce } from "./announce.js";
import { Offline, SignedOut, request } from "./api.js";
import { forgetAllWriting } from "./drafts.js";
import { forgetWritingOnSignOut, startPreferences } from "./preferences.js";
import { askForPassword } from "./sign_in_again.js";

const SHOWN_MS = 4000;
const ME = "/api/v1/users/me";

const sign = document.getElementById("saved");
const problem = document.querySelector("[data-problem]");
const preferences = document.getElementById("preferences");
const moods = document.getElementById("moods");
const forget = document.getElementById("forget");
const erase = document.getElementById("erase");

let timer;

function saved() {
  sign.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (sign.hidden = true), SHOWN_MS);
  announce("Saved");
}

// The request, repeated after signing in where that ran out; errors are the caller's.
async function ask(method, address, body) {
  try {
    return await request(method, address, { body });
  } catch (error) {
    if (error instanceof SignedOut && (await askForPassword())) return ask(method, address, body);
    throw error;
  }
}

const sentenceOf = (error) =>
  error instanceof Offline ? "The server cannot be reached. Nothing was changed." : error.message;

// Learning: a choice is one change of the account.

async function learn(name, value, field) {
  try {
    await ask("PATCH", ME, { learning_preferences: { [name]: value } });
    saved();
  } catch (error) {
    const before = preferences.querySelector(`[name="${name}"][data-kept]`);
    if (before) before.checked = true;
    tell(error, field.closest(".choice"));
    return;
  }
  for (const other of preferences.querySelectorAll(`[name="${name}"]`)) delete other.dataset.kept;
  field.dataset.kept = "";
}

function tell(error, after) {
  problem.querySelector("span").textContent = sentenceOf(error);
  after.after(problem);
  problem.hidden = false;
}

// Mood: each switch is one change of the account; without reading, the other two change nothing.

async function switchMood(field) {
  problem.hidden = true;
  try {
    await ask("PATCH", `${ME}/mood`, { [field.name]: field.checked });
  } catch (error) {
    field.checked = !field.checked;
    tell(error, field.closest(".row"));
    return;
  }
  if (field.name === "read") {
    for (const other of moods.querySelectorAll(".switch")) other.disabled = other !== field && !field.checked;
  }
  saved();
}

async function forgetMoods(form) {
  const line = document.getElementById("forget-problem");
  const button = form.querySelector('[type="submit"]');
  line.hidden = true;
  button.disabled = true;
  try {
    await ask("DELETE", `${ME}/mood`);
  } catch (error) {
    line.querySelector("span").textContent = sentenceOf(error);
    line.hidden = false;
    return;
  } finally {
    button.disabled = false;
  }
  forget.close();
  document.getElementById("moods-kept").textContent = "Nothing is kept of what was read before.";
  saved();
}

// What is changed in a form that opens in its row.

const CHANGES = {
  async subjects({ subjects }) {
    const list = subjects.value.split(",").map((text) => text.trim()).filter(Boolean);
    const answer = await ask("PATCH", ME, { learning_preferences: { preferred_subjects: list } });
    const kept = (await answer.json()).learning_preferences.preferred_subjects;
    subjects.value = kept.join(", ");
    return kept.join(", ") || "None yet";
  },
  async name({ name }) {
    const kept = (await (await ask("PATCH", ME, { name: name.value })).json()).name;
    name.value = kept;
    document.querySelector(".person-name").textContent = kept;
    document.querySelector(".person-letter").textContent = [...kept][0].toUpperCase();
    return kept;
  },
  async password({ current_password: current, new_password: fresh }) {
    await ask("POST", `${ME}/password`, { current_password: current.value, new_password: fresh.value });
    current.value = fresh.value = "";
    document.querySelectorAll(".device:not([data-current])").forEach((device) => device.remove());
    return "Changed just now. All other devices are signed out.";
  },
};

const FIELDS = { preferred_subjects: "subjects", email: "new_password", password: "new_password" };

function open(row, opened) {
  const form = row.querySelector("form");
  form.hidden = !opened;
  const button = row.querySelector('[data-action="change"]');
  button.hidden = opened;
  button.setAttribute("aria-expanded", String(opened));
  (opened ? form.querySelector("input:not([readonly])") : button).focus();
}

function fault(input, sentence) {
  const field = input.closest(".field");
  field.querySelector(".field-error")?.remove();
  input.toggleAttribute("aria-invalid", sentence !== null);
  if (sentence === null) return;
  input.setAttribute("aria-invalid", "true");
  const line = problem.cloneNode(true);
  line.removeAttribute("data-problem");
  line.classList.remove("row-problem");
  line.hidden = false;
  line.querySelector("span").textContent = sentence;
  field.append(line);
  input.focus();
}

async function change(form) {
  const inputs = [...form.querySelectorAll(".field input")];
  inputs.forEach((input) => fault(input, null));
  const empty = inputs.find((input) => input.required && input.value.trim() === "");
  if (empty) return fault(empty, "This is needed.");
  const button = form.querySelector('[type="submit"]');
  button.disabled = true;
  try {
    const words = await CHANGES[form.dataset.change](form.elements);
    form.closest(".row").querySelector("[data-shown]").textContent = words;
    inputs.forEach((input) => (input.defaultValue = input.value));
    open(form.closest(".row"), false);
    saved();
  } catch (error) {
    const field = error.status === 403 ? "current_password" : error.details?.field;
    const name = FIELDS[field] ?? field;
    fault(inputs.find((input) => input.name === name) ?? inputs.at(-1), sentenceOf(error));
  } finally {
    button.disabled = false;
  }
}

// Devices

async function signOutDevice(device) {
  if ("current" in device.dataset) {
    document.getElementById("sign-out").requestSubmit();
    return;
  }
  try {
    await ask("DELETE", `${ME}/devices/${device.dataset.device}`);
  } catch (error) {
    if (error.status !== 404) return tell(error, device.closest(".row"));
  }
  const next = device.nextElementSibling ?? device.previousElementSibling;
  device.remove();
  next.querySelector("button").focus();
  saved();
}

async function leave(done) {
  forgetAllWriting();
  await request("POST", "/sign-out").catch(() => {});
  location.assign(`/sign-in?done=${done}`);
}

async function signOutEverywhere(row) {
  try {
    await ask("POST", "/api/v1/auth/logout-everywhere");
  } catch (error) {
    return tell(error, row);
  }
  await leave("everywhere");
}

// A download is a plain navigation: access is renewed first, so that it is a file and not an error.
async function download(link) {
  try {
    await ask("GET", ME);
    location.assign(link.href);
  } catch (error) {
    tell(error, link.closest(".row"));
  }
}

async function eraseAll(form) {
  const { erase_email: email, erase_password: password } = form.elements;
  for (const input of [email, password]) if (input) fault(input, null);
  if (email.value.trim().toLowerCase() !== form.dataset.email.toLowerCase()) {
    return fault(email, "That is not the address of this account.");
  }
  if (password?.value === "") return fault(password, "This is needed.");
  const button = form.querySelector('[type="submit"]');
  button.disabled = true;
  try {
    await ask("DELETE", ME, password ? { password: password.value } : { email: form.dataset.email });
  } catch (error) {
    button.disabled = false;
    return fault(password ?? email, sentenceOf(error));
  }
  await leave("erased");
}

function act(action, button) {
  const row = button.closest(".row");
  if (action === "change") open(row, true);
  else if (action === "cancel-change") {
    const form = row.querySelector("form");
    form.reset();
    form.querySelectorAll(".field input").forEach((input) => fault(input, null));
    open(row, false);
  } else if (action === "sign-out-device") signOutDevice(button.closest(".device"));
  else if (action === "sign-out-everywhere") signOutEverywhere(row);
  else if (action === "open-forget") forget.showModal();
  else if (action === "open-erase") erase.showModal();
}

startPreferences(document.querySelector("[data-preferences]"), saved);
forgetWritingOnSignOut();
for (const field of preferences.querySelectorAll(":checked")) field.dataset.kept = "";
preferences.addEventListener("change", ({ target }) => {
  if (target.type !== "radio") return;
  const { name, value } = target;
  const asJson = name === "review_retention" || name === "questions_in_lessons";
  learn(name, asJson ? JSON.parse(value) : value || null, target);
});
moods.addEventListener("change", ({ target }) => switchMood(target));
forget.addEventListener("submit", (event) => {
  event.preventDefault();
  forgetMoods(event.target);
});
document.getElementById("main").addEventListener("submit", (event) => {
  if (!event.target.dataset.change) return;
  event.preventDefault();
  change(event.target);
});
document.getElementById("main").addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (!button) return;
  problem.hidden = true;
  if (button.dataset.action === "export") {
    event.preventDefault();
    download(button);
  } else act(button.dataset.action, button);
});
erase.addEventListener("submit", (event) => {
  event.preventDefault();
  eraseAll(event.target);
});
