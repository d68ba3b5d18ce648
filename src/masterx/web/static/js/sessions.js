// The list of lessons: fetched again when it changed, renamed in place, deleted with ten seconds to undo.

import { announce } from "./announce.js";
import { request, requestJson } from "./api.js";
import { clone } from "./icons.js";
import { startMenu } from "./menu.js";
import { rememberForNextPage, rememberedFromLastPage } from "./storage.js";

const UNDO_SECONDS = 10;

const list = document.getElementById("lessons");
const main = document.getElementById("main");
// Of an open lesson; other pages have only the list.
const title = document.getElementById("lesson-title");
const subtitle = document.getElementById("lesson-subtitle");
const lessonMenu = document.getElementById("lesson-menu");
const turns = document.getElementById("turns");
const dock = document.querySelector(".dock");

// Ids of lessons that go when their time is over.
const leaving = new Map();

const rowOf = (id) => list.querySelector(`.lesson-row[data-lesson="${CSS.escape(id)}"]`);
const openId = () => main.dataset.session;
const addressOf = (id) => `/api/v1/sessions/${id}`;

export function refreshList() {
  const open = openId();
  list.setAttribute("hx-get", open ? `/lessons?open=${open}` : "/lessons");
  globalThis.htmx?.trigger(list, "lessons-changed");
}

export function showTitle(text) {
  title.textContent = text;
  document.title = `${text} – MasterX`;
}

export function showStart(time) {
  subtitle.textContent = `Started ${time}`;
  subtitle.hidden = false;
}

function rename(id, button) {
  const inBar = button === lessonMenu;
  const shown = inBar ? title : rowOf(id)?.querySelector(".lesson-link");
  if (!shown) return;
  const form = clone("rename").firstElementChild;
  const input = form.elements.title;
  input.value = shown.textContent.trim();
  shown.hidden = true;
  shown.before(form);
  input.select();
  let over = false;
  const finish = async (save) => {
    if (over) return;
    over = true;
    const text = input.value.trim();
    const before = shown.textContent;
    form.remove();
    shown.hidden = false;
    button.focus();
    if (!save || text === "" || text === before.trim()) return;
    shown.textContent = text;
    try {
      const session = await requestJson("PATCH", addressOf(id), { body: { title: text } });
      if (id === openId()) showTitle(session.title);
      announce("Renamed");
      refreshList();
    } catch {
      shown.textContent = before;
      announce("The new title could not be kept. The old one stands.");
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    finish(true);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    finish(false);
  });
  input.addEventListener("blur", () => finish(true));
}

async function end(id) {
  try {
    await request("POST", `${addressOf(id)}/end`);
  } catch {
    announce("The lesson could not be ended just now.");
    return;
  }
  announce("Lesson ended");
  if (id === openId()) {
    subtitle.textContent = `${subtitle.textContent.replace(/, ended.*$/, "")}, ended`;
    lessonMenu.dataset.ended = "";
  }
  refreshList();
}

function remove(id) {
  const box = clone("deleted").firstElementChild;
  const left = { seconds: UNDO_SECONDS };
  const show = () => (box.querySelector(".undo-seconds").textContent = `${left.seconds} s`);
  show();
  const timer = setInterval(() => {
    left.seconds -= 1;
    show();
    if (left.seconds <= 0) settle(id);
  }, 1000);
  leaving.set(id, { timer, box });
  box.querySelector(".undo").addEventListener("click", () => undo(id));
  hideLeaving();
  announce("Deleted. You can undo it for ten seconds.");
  box.querySelector(".undo").focus();
}

// Also after the list was fetched again: what is leaving stays out of it.
function hideLeaving() {
  for (const [id, { box }] of leaving) {
    const row = rowOf(id);
    for (const child of row?.children ?? []) child.hidden = child !== box;
    if (id === openId()) {
      turns.hidden = true;
      dock.hidden = true;
      turns.before(box);
    } else {
      row?.append(box);
    }
  }
}

function undo(id) {
  const { timer, box } = leaving.get(id);
  clearInterval(timer);
  leaving.delete(id);
  box.remove();
  for (const child of rowOf(id)?.children ?? []) child.hidden = false;
  if (id === openId()) {
    turns.hidden = false;
    dock.hidden = false;
    lessonMenu.focus();
  } else {
    rowOf(id)?.querySelector(".lesson-link").focus();
  }
  announce("The lesson is back");
}

async function settle(id) {
  const { timer } = leaving.get(id);
  clearInterval(timer);
  try {
    await request("DELETE", addressOf(id));
  } catch (error) {
    if (error.status !== 404) {
      undo(id);
      announce("The lesson could not be deleted just now.");
      return;
    }
  }
  leaving.delete(id);
  if (id === openId()) location.assign("/");
  else refreshList();
}

// The page is left: what is leaving goes now, and the next page, which may be rendered before that, hides it.
function settleAll() {
  rememberForNextPage([...leaving.keys()]);
  for (const id of leaving.keys()) request("DELETE", addressOf(id), { keepalive: true }).catch(() => {});
  leaving.clear();
}

function hideWhatJustLeft() {
  for (const id of rememberedFromLastPage()) rowOf(id)?.remove();
}

export function startSessions() {
  hideWhatJustLeft();
  startMenu({
    prepare(button, menu) {
      const id = button.dataset.lesson ?? button.closest(".lesson-row").dataset.lesson;
      menu.dataset.lesson = id;
      menu.querySelector('[data-lesson-action="end"]').hidden = "ended" in button.dataset;
      menu.querySelector("[data-open-only]").hidden = id !== openId();
    },
    onChoose(action, button) {
      const id = document.getElementById("lesson-actions").dataset.lesson;
      if (action === "rename") rename(id, button);
      else if (action === "end") end(id);
      else if (action === "delete") remove(id);
      else if (action === "print") print();
    },
  });
  list.addEventListener("htmx:after:swap", hideLeaving);
  addEventListener("pagehide", settleAll);
}
