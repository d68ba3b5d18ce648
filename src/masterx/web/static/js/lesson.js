// A lesson: what was said is drawn, and what is said next goes out and comes back.

import { drawRecorded } from "./answer.js";
import { announce } from "./announce.js";
import { Offline, SignedOut } from "./api.js";
import * as composer from "./composer.js";
import { markClaims, showCalculated } from "./calculated.js";
import { startCopying } from "./copying.js";
import { saveDraft } from "./drafts.js";
import { failureOf } from "./failures.js";
import { loadFormulas } from "./formulas.js";
import { startFrame } from "./frame.js";
import { clone } from "./icons.js";
import { loadLetters } from "./letters.js";
import { drawQuestions, showQuestion, startQuestions } from "./lesson_question.js";
import { actOnMood, showMood, startMood } from "./mood.js";
import { keepWaiting, waitingMessages } from "./outbox.js";
import { startPreferences } from "./preferences.js";
import { rate, startRating } from "./rating.js";
import * as scrolling from "./scrolling.js";
import { soughtMessage } from "./search.js";
import { refreshList, showStart, showTitle, startSessions } from "./sessions.js";
import { askForPassword, startSignInAgain } from "./sign_in_again.js";
import { TurnFailed, ask, newKey, recorded } from "./turn.js";
import { clockTime } from "./times.js";
import { AnswerView, addQuestion, questionIsTaken, versionsAreKept } from "./turn_view.js";
import { showVersions } from "./versions.js";

const DRAWN_TURNS = 24;
// Of code and of stressed words; the page's own are there from its start.
const LETTERS = ['1em "Atkinson Hyperlegible Mono"', "italic 1em Literata"];
const UNTITLED = "A lesson without a title";

const main = document.getElementById("main");
const turns = document.getElementById("turns");

let session = main.dataset.session;
let running = null;
let failed = null;
let settled = Promise.resolve();
// Until the turn that runs now has ended.
let over = Promise.resolve();

function openSession(answer) {
  if (session) return;
  session = answer.session_id;
  main.dataset.session = session;
  composer.moveDraftTo(session);
  saveDraft("", "");
  history.replaceState(null, "", `/lessons/${session}`);
  const menu = document.getElementById("lesson-menu");
  menu.dataset.lesson = session;
  menu.hidden = false;
  showStart(clockTime(new Date()));
}

function leaveEmptyState() {
  main.classList.remove("sheet--empty");
  document.getElementById("welcome")?.remove();
}

// The branch from a message on, out of sight. Returns the way back and how many versions its successor makes.
function putAside(messageId) {
  const first = messageId && document.getElementById(`m-${messageId}`);
  if (!first) return { bringBack() {}, versions: 1 };
  const aside = [];
  for (let item = first; item; item = item.nextElementSibling) aside.push(item);
  aside.forEach((item) => item.remove());
  return { bringBack: () => turns.append(...aside), versions: Number(first.dataset.versions) + 1 };
}

function newTurn(message) {
  const { bringBack, versions } = putAside(message.replaces);
  const question = addQuestion(message.text);
  const view = new AnswerView(scrolling.grew);
  scrolling.placeQuestion(question);
  const discard = () => {
    question.remove();
    view.item.remove();
    bringBack();
  };
  return { message, question, view, versions, discard };
}

// The answer stays where it is and goes on below its last line.
function resumedTurn(message) {
  const item = document.getElementById(`m-${message.continues}`);
  const question = item.previousElementSibling;
  const view = new AnswerView(scrolling.grew, item);
  return { message, question, view, versions: Number(question.dataset.versions), discard: () => view.asBefore() };
}

// One turn from question to answer. `message`: {text, replaces, key}, or {continues, key}.
async function take(message) {
  discardFailed();
  leaveEmptyState();
  const turn = { ...(message.continues ? resumedTurn(message) : newTurn(message)), meta: null, interrupted: false };
  const stopping = new AbortController();
  let end;
  over = new Promise((resolve) => (end = resolve));
  running = { stopping };
  composer.setBusy(true);
  scrolling.writingBegan();
  announce("MasterX is writing");
  loadFormulas();
  loadLetters(LETTERS);
  const stopWatching = turn.view.watchTheClock();
  try {
    await settled;
    await follow(turn, stopping.signal);
  } finally {
    stopWatching();
    running = null;
    composer.setBusy(false);
    scrolling.writingEnded();
    end();
  }
}

async function kept() {
  await over;
  await settled;
}

function bodyOf({ text, replaces, continues }) {
  const body = continues ? { continues } : { message: text };
  if (session) body.session_id = session;
  if (replaces) body.replaces = replaces;
  return body;
}

async function follow(turn, signal) {
  const { message, view } = turn;
  // Made once: a key stands for one body, also when it is repeated after the lesson got its id.
  message.body ??= bodyOf(message);
  const on = {
    meta(data) {
      turn.meta = data;
      began(turn, data);
    },
    token: (text) => view.add(text),
    reattach() {
      turn.interrupted = true;
      view.restart();
    },
  };
  try {
    finish(turn, await ask({ body: message.body, key: message.key, signal, on }));
  } catch (error) {
    if (error.name === "AbortError") stopped(turn);
    else if (error instanceof SignedOut) await signInAndRepeat(turn, signal);
    else if (error instanceof TurnFailed && error.kept) finish(turn, error.kept);
    else if (error instanceof TurnFailed || error instanceof Offline) fail(turn, error);
    else throw error;
  }
}

function began({ question, view, versions }, meta) {
  view.began(meta);
  questionIsTaken(question, meta.question_id, versions);
  showMood(question, meta.emotion_state);
  scrolling.grew();
  openSession(meta);
  if (composer.text() === "") saveDraft(session, "");
  document.getElementById("demo-notice").hidden = !meta.demo;
}

function finish(turn, answer) {
  // Nobody here pressed Stop: the connection did, and the server kept what it had.
  if (turn.interrupted && answer.completeness === "stopped") answer.completeness = "broke_off";
  if (!turn.meta) began(turn, answer);
  turn.view.finished(answer);
  versionsAreKept(turn.question);
  showCalculated(turn.view.item, answer.calculated);
  showQuestion(turn.view.item, answer, scrolling.grew);
  composer.answersExist();
  showTitle(answer.session.title ?? UNTITLED);
  const plain = turn.view.prose.querySelector("p")?.textContent ?? "";
  announce(answer.completeness === "complete" ? `Answer ready. ${plain.slice(0, 400)}` : "The answer broke off.");
  refreshList();
}

function stopped(turn) {
  if (!turn.view.writer) {
    turn.discard();
    backInBox(turn.message);
    announce(turn.message.continues ? "Stopped." : "Stopped. Your question is back in the box.");
    return;
  }
  turn.view.stopped();
  composer.answersExist();
  announce("You stopped here. What was written is kept.");
  // The next message waits for it.
  settled = recorded(turn.meta).then((found) => {
    if (!found) return;
    turn.view.note({ ...turn.meta, ...found.answer });
    versionsAreKept(turn.question);
    showTitle(found.session.title ?? UNTITLED);
    refreshList();
  });
}

function backInBox({ text, replaces }) {
  if (!text || composer.text() !== "") return;
  if (replaces && document.getElementById(`m-${replaces}`)) composer.edit(replaces, text);
  composer.setText(text);
}

function fail(turn, error) {
  const failure = failureOf(error);
  turn.view.failed(failure);
  failed = turn;
  backInBox(turn.message);
  if (!failure.wait) return;
  const button = turn.view.retryButton;
  button.disabled = true;
  composer.waitSeconds(failure.wait, () => (button.disabled = false));
}

async function signInAndRepeat(turn, signal) {
  if (await askForPassword()) await follow(turn, signal);
  else fail(turn, new TurnFailed({ error: "", code: "signed_out" }));
}

// A question that got no answer leaves the page when the next one goes out.
function discardFailed() {
  if (!failed) return;
  failed.discard();
  failed = null;
}

function send(text, replaces) {
  if (running) return;
  const fromBox = composer.text().trim() === text;
  const before = fromBox ? failed?.message : null;
  const taken = replaces ?? before?.replaces ?? null;
  const message = before?.text === text ? before : { text, replaces: taken, key: newKey() };
  if (fromBox) composer.clear();
  if (navigator.onLine) take(message).then(sendWaiting);
  else wait(message);
}

function wait(message) {
  leaveEmptyState();
  keepWaiting(session, [...waitingMessages(session), message]);
  saveDraft(session, "");
  showWaiting(message);
}

function showWaiting(message) {
  const item = addQuestion(message.text);
  item.classList.add("turn--queued");
  item.dataset.key = message.key;
  item.querySelector("article").append(clone("queued"));
  scrolling.landAtEnd();
}

// What was written offline goes out, one after the other.
async function sendWaiting() {
  while (navigator.onLine && !running && !failed) {
    const kept = session;
    const [message, ...rest] = waitingMessages(kept);
    if (!message) return;
    turns.querySelector(`[data-key="${CSS.escape(message.key)}"]`)?.remove();
    await take(message);
    keepWaiting(kept, []);
    keepWaiting(session, rest);
  }
}

function lastQuestion() {
  return [...turns.querySelectorAll(".turn--learner[data-message]")].at(-1);
}

function edit(question) {
  if (question) composer.edit(question.dataset.message, question.querySelector(".question").source);
}

const editLast = () => edit(lastQuestion());

function act(action, item) {
  const question = lastQuestion();
  if (action === "retry" && failed) {
    const { message } = failed;
    if (composer.text().trim() === message.text) composer.clear();
    take(message).then(sendWaiting);
  } else if (action === "again" && question) {
    send(question.querySelector(".question").source, item.dataset.question || question.dataset.message);
  } else if (action === "go-on") {
    take({ continues: item.dataset.message, key: newKey() }).then(sendWaiting);
  } else if (action === "ask-differently") {
    editLast();
  } else if (action === "edit") {
    edit(item);
  }
}

// Older turns are laid out only when they come near; their measured height holds their place until then.
function prepareTurns() {
  drawRecorded(turns);
  drawQuestions(turns);
  markClaims(turns);
  const older = [...turns.querySelectorAll(".turn:not(.turn--old)")].slice(0, -DRAWN_TURNS);
  const heights = older.map((item) => item.getBoundingClientRect().height);
  older.forEach((item, index) => {
    item.style.containIntrinsicBlockSize = `auto ${heights[index]}px`;
    item.classList.add("turn--old");
  });
}

function showSought(item) {
  item.classList.add("turn--sought");
  scrolling.landAt(item);
  item.querySelector("h2").focus({ preventScroll: true });
}

async function start() {
  scrolling.startScrolling();
  startPreferences();
  startCopying();
  startSessions();
  startSignInAgain();
  startRating();
  startMood({ kept });
  startQuestions(turns);
  startFrame({ onStop: () => running?.stopping.abort() });
  composer.startComposer({ onSend: send, onStop: () => running?.stopping.abort(), onEditLast: editLast });
  composer.openDraftOf(session);
  turns.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    const item = button?.closest(".turn");
    if (!button) return;
    if (button.dataset.action === "versions") showVersions(item);
    else if (actOnMood(button.dataset.action, button, item)) return;
    else if (!rate(button.dataset.action, item) && !running) act(button.dataset.action, item);
  });
  turns.addEventListener("htmx:before:swap", () => scrolling.keepPlace());
  turns.addEventListener("htmx:after:swap", () => scrolling.restorePlace(prepareTurns));
  addEventListener("online", () => {
    composer.showConnection();
    sendWaiting();
  });
  addEventListener("offline", composer.showConnection);
  composer.showConnection();
  if (/\\[([]|\$/.test(turns.textContent)) await loadFormulas();
  const sought = await soughtMessage(turns);
  prepareTurns();
  waitingMessages(session).forEach(showWaiting);
  if (sought) showSought(sought);
  else {
    scrolling.landAtEnd();
    if (matchMedia("(hover: hover)").matches) composer.focus();
  }
  sendWaiting();
}

start();
