// One question with its answer, as it stands in the lesson.

import { announce } from "./announce.js";
import { Answer, drawWords } from "./answer.js";
import { clone, cloneEnding, useIcon } from "./icons.js";
import { clockTime } from "./times.js";
import { whyBox } from "./why.js";

const LONGER_MS = 4_000;
const MUCH_LONGER_MS = 10_000;
const STILL_WRITING_MS = 10_000;

const LONGER = "Taking longer than usual. You can stop and keep your question.";
const MUCH_LONGER = "Still no first word. Stop puts your question back in the box.";

const turns = document.getElementById("turns");
const forAdmin = document.getElementById("main").hasAttribute("data-admin");

export function addQuestion(text) {
  turns.append(clone("question"));
  const question = turns.lastElementChild;
  question.querySelector("h2").textContent = `You, ${clockTime(new Date())}`;
  drawWords(question.querySelector(".question"), text);
  return question;
}

// What a question is called once the server has taken it, and how many versions of it there are. They can be read
// once its turn is on disk: see `versionsAreKept`. Until then their button holds its place.
export function questionIsTaken(question, id, versions) {
  question.id = `m-${id}`;
  question.dataset.message = id;
  question.dataset.versions = versions;
  question.querySelector(".edit").hidden = false;
  const older = question.querySelector(".older-versions");
  older.hidden = versions < 2;
  older.disabled = true;
  older.querySelector("span").textContent = `${versions} versions`;
}

export function versionsAreKept(question) {
  question.querySelector(".older-versions").disabled = false;
}

export class AnswerView {
  // `resumed`: the item of an answer that goes on where it ended; without it a new one begins.
  constructor(painted, resumed = null) {
    if (!resumed) turns.append(clone("answer"));
    this.item = resumed ?? turns.lastElementChild;
    this.prose = this.item.querySelector(".prose");
    this.after = this.item.querySelector(".after");
    this.painted = painted;
    this.writer = null;
    this.waiting = clone("waiting").firstElementChild;
    if (resumed) this.resume();
    else this.begin();
  }

  begin() {
    this.start = "";
    this.prose.before(this.waiting);
    this.item.querySelector("h2").textContent = `MasterX, ${clockTime(new Date())}`;
    this.prose.dataset.drawn = "";
  }

  resume() {
    this.start = this.prose.source;
    this.ending = this.item.dataset.completeness;
    this.after.replaceChildren(this.waiting);
    this.waiting.querySelector(".secondary").textContent = "Thinking about how to go on.";
    this.item.querySelector(".tools").hidden = true;
    delete this.item.dataset.failed;
  }

  // Nothing came of going on: the part stands as it stood.
  asBefore() {
    this.stopWaiting();
    this.end(this.ending);
    this.item.querySelector(".tools").hidden = false;
    delete this.item.dataset.failed;
  }

  stopWaiting() {
    this.waiting?.remove();
    this.waiting = null;
  }

  // Says that it takes long, on the page and to screen readers. Returns how to stop that.
  watchTheClock() {
    const timers = [
      setTimeout(() => this.takesLonger(LONGER), LONGER_MS),
      setTimeout(() => this.takesLonger(MUCH_LONGER), MUCH_LONGER_MS),
      setInterval(() => this.writer && announce("Still writing"), STILL_WRITING_MS),
    ];
    return () => timers.forEach(clearTimeout);
  }

  takesLonger(sentence) {
    const line = this.waiting?.querySelector(".waiting-longer");
    if (!line) return;
    line.hidden = false;
    line.textContent = sentence;
    announce(sentence);
  }

  began(meta) {
    this.stopWaiting();
    this.item.id = `m-${meta.message_id}`;
    this.item.dataset.message = meta.message_id;
    this.item.dataset.question = meta.question_id;
    this.writer ??= this.writerFromStart();
    this.repeated = 0;
    if (meta.demo) this.writtenBy(meta.model);
  }

  writerFromStart() {
    const writer = new Answer(this.prose, this.painted);
    if (this.start) {
      writer.add(this.start);
      writer.paint();
    }
    return writer;
  }

  // After a lost connection the same words come again from the start: only what is new is added.
  restart() {
    this.repeated = 0;
    this.heard = this.writer ? this.writer.source.length - this.start.length : 0;
  }

  add(text) {
    const known = (this.heard ?? 0) - this.repeated;
    this.repeated += text.length;
    if (known > 0) text = text.slice(known);
    if (text) this.writer.add(text);
  }

  finished(answer) {
    if (!this.writer) this.began({ ...answer, model: answer.model });
    this.writer.finish(answer.content);
    this.prose.source = answer.content;
    this.end(answer.completeness);
    if (answer.demo) this.writtenBy(answer.model);
    this.note(answer);
    this.item.querySelector(".tools").hidden = false;
  }

  // The learner stopped: what was heard stays.
  stopped() {
    this.writer.finish();
    this.prose.source = this.writer.source;
    this.end("stopped");
    this.item.querySelector(".tools").hidden = false;
  }

  end(kind) {
    this.item.dataset.completeness = kind;
    this.after.replaceChildren(...(kind === "complete" ? [] : [cloneEnding(kind)]));
  }

  failed({ tone, icon, head, text, code, action = "Try again" }) {
    this.stopWaiting();
    this.after.replaceChildren(clone("failed"));
    const notice = this.after.querySelector(".notice");
    notice.classList.add(`notice--${tone}`);
    useIcon(notice.querySelector("svg"), icon);
    const strong = document.createElement("strong");
    strong.textContent = head;
    notice.querySelector("p").append(strong, ` ${text}`);
    this.retryButton = this.after.querySelector("[data-action]");
    this.retryButton.textContent = action;
    if (code) {
      const line = this.after.querySelector(".failure-code");
      line.hidden = false;
      line.textContent = `Code ${code}`;
    }
    this.item.dataset.failed = "";
  }

  writtenBy(model) {
    const line = this.item.querySelector(".written-by");
    line.hidden = false;
    line.querySelector("[data-model]").textContent = model ?? "";
  }

  // For administrators, in the margin.
  note({ provider, model, cost, response_time_ms: time, routing }) {
    if (!forAdmin) return;
    const lines = [
      `${provider ?? ""} ${model ?? ""}`.trim(),
      [priceOf(cost), time === null ? null : `${(time / 1000).toFixed(1)} s`].filter(Boolean).join(", "),
      routing?.reason,
    ].filter(Boolean);
    const note = this.item.querySelector("[data-note]");
    note.hidden = lines.length === 0;
    note.replaceChildren(
      ...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })),
      ...(routing ? [whyBox()] : []),
    );
  }
}

// To the cent, or to as many digits as say something about less than that; the server writes it the same way.
function priceOf(cost) {
  if (cost === null || cost === undefined) return "no price known";
  if (cost === 0) return "free";
  return `$${cost.toFixed(cost >= 0.1 ? 2 : cost >= 0.0001 ? 4 : 6)}`;
}
