// Draws an answer as it arrives: once a frame, finished blocks never again, only the last open one.

import { highlight } from "./code.js";
import { drawFormulas } from "./formulas.js";
import { blocksOf, nodesOfBlocks, nodesOfWords } from "./markdown.js";
import { patch } from "./patch.js";

// An end of text that could become a list, a heading, a fence or a formula in the next moment waits for it.
const UNDECIDED = /(?:^|\n)[ \t]*(?:[-+*=#>~`]{1,3}|\d{1,3}[.)]?|\|[^\n]*)[ \t]*$|[\\$]+$/;

const CLOSED_FENCE = /\n[ \t]*(`{3,}|~{3,})[ \t]*\n?$/;

export class Answer {
  // `prose` is the element to draw into; `painted` is called after each frame that changed something.
  constructor(prose, painted = () => {}) {
    this.prose = prose;
    this.painted = painted;
    this.source = "";
    this.finishedLength = 0;
    this.openBlock = null;
    this.frame = 0;
    prose.replaceChildren();
    prose.dataset.drawn = "";
  }

  add(text) {
    this.source += text.replaceAll("\r", "");
    this.frame ||= requestAnimationFrame(() => this.paint());
  }

  // Draw what is left now. `whole`: the text as the server recorded it, which wins over what was heard.
  finish(whole = this.source) {
    cancelAnimationFrame(this.frame);
    const text = whole.replaceAll("\r", "");
    if (!text.startsWith(this.source.slice(0, this.finishedLength))) {
      this.prose.replaceChildren();
      this.finishedLength = 0;
      this.openBlock = null;
    }
    this.source = text;
    this.paint(false);
  }

  paint(arriving = true) {
    this.frame = 0;
    let rest = this.source.slice(this.finishedLength);
    const undecided = arriving ? UNDECIDED.exec(rest) : null;
    if (undecided && !insideFence(rest)) rest = rest.slice(0, undecided.index);
    const tokens = blocksOf(rest, { arriving }).filter((token) => token.raw);
    if (tokens.reduce((length, token) => length + token.raw.length, 0) !== rest.length) {
      // The lexer changed the text (tabs, odd spaces), so lengths tell nothing: draw all of it as one block.
      this.draw(tokens, !arriving);
    } else {
      this.drawEach(tokens, arriving);
    }
    this.painted();
  }

  drawEach(tokens, arriving) {
    while (tokens.length > 0) {
      const token = tokens.shift();
      const finished = !arriving || isFinished(token, tokens);
      if (token.type !== "space" && token.type !== "def") this.draw([token], finished);
      if (!finished) return;
      this.finishedLength += token.raw.length;
    }
  }

  draw(tokens, finished) {
    const fresh = nodesOfBlocks(tokens);
    if (!this.openBlock) {
      this.openBlock = document.createElement("div");
      this.openBlock.className = "block";
      this.prose.append(this.openBlock);
    }
    const block = this.openBlock;
    patch(block, fresh);
    drawFormulas(block);
    if (finished) {
      block.querySelectorAll(".code").forEach(highlight);
      this.openBlock = null;
    }
  }
}

// Nothing that may follow can change a block once another one has clearly begun after it.
function isFinished(token, following) {
  if (token.type === "space") return following.length > 0;
  const next = following.find((other) => other.type !== "space");
  if (next) return next.raw.length >= 4 || /\n/.test(next.raw);
  if (token.type === "code") return CLOSED_FENCE.test(token.raw);
  if (token.type === "formulaBlock") return !token.coming;
  return token.type === "paragraph" && following.length > 0;
}

function insideFence(text) {
  return (text.match(/(?:^|\n) {0,3}(?:`{3,}|~{3,})/g)?.length ?? 0) % 2 === 1;
}

// Draws what the server sent as text. Returns once all of it stands.
export function drawRecorded(root) {
  for (const prose of root.querySelectorAll('[data-source="markdown"]:not([data-drawn])')) {
    const source = prose.textContent;
    prose.source = source;
    new Answer(prose).finish(source);
  }
  for (const question of root.querySelectorAll('[data-source="words"]:not([data-drawn])')) {
    drawWords(question, question.textContent);
  }
}

export function drawWords(element, text) {
  const block = document.createElement("div");
  block.className = "block";
  block.append(nodesOfWords(text));
  drawFormulas(block);
  block.querySelectorAll(".code").forEach(highlight);
  element.source = text;
  element.replaceChildren(block);
  element.dataset.drawn = "";
}
