// Copy buttons, and formulas that leave the page as TeX.

import { texOf } from "./formulas.js";
import { useIcon } from "./icons.js";

const SHOWN_MS = 2000;

const shown = new WeakMap();

export async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyByHand(text);
  }
  const label = button.querySelector("span");
  const before = shown.get(button) ?? { word: label.textContent, title: button.title };
  clearTimeout(before.timer);
  label.textContent = "Copied";
  button.title = "Copied";
  button.classList.add("copied");
  useIcon(button.querySelector("svg"), "check");
  before.timer = setTimeout(() => {
    label.textContent = before.word;
    button.title = before.title;
    button.classList.remove("copied");
    useIcon(button.querySelector("svg"), "copy");
    shown.delete(button);
  }, SHOWN_MS);
  shown.set(button, before);
}

// Without https a page has no clipboard to write to, except by a selection of its own.
function copyByHand(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "for-readers";
  const focused = document.activeElement;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  focused?.focus();
}

function copyFormulasAsTex(event) {
  const selection = getSelection();
  if (selection.isCollapsed || !event.clipboardData) return;
  const holder = document.createElement("div");
  for (let index = 0; index < selection.rangeCount; index++) {
    const range = selection.getRangeAt(index).cloneRange();
    const start = formulaAround(range.startContainer);
    const end = formulaAround(range.endContainer);
    if (start) range.setStartBefore(start);
    if (end) range.setEndAfter(end);
    holder.append(range.cloneContents());
  }
  const formulas = holder.querySelectorAll(".math[data-tex]");
  if (formulas.length === 0) return;
  for (const formula of formulas) formula.replaceChildren(texOf(formula) + (formula.dataset.tail ?? ""));
  for (const block of holder.querySelectorAll("p, li, h1, h2, h3, h4, h5, h6, tr")) block.append("\n");
  event.clipboardData.setData("text/plain", holder.textContent.replace(/\n{3,}/g, "\n\n").trim());
  event.preventDefault();
}

function formulaAround(node) {
  return (node.nodeType === 1 ? node : node.parentElement)?.closest(".math[data-tex]");
}

export function startCopying() {
  document.addEventListener("copy", copyFormulasAsTex);
  document.addEventListener("click", (event) => {
    const code = event.target.closest('[data-action="copy-code"]');
    if (code) copyText(code.closest(".code").querySelector("code").textContent, code);
    const lines = event.target.closest("[data-copies]");
    if (lines) copyText(lines.dataset.copies, lines);
    const answer = event.target.closest('[data-action="copy-answer"]');
    if (answer) copyText(answer.closest(".turn").querySelector(".prose").source ?? "", answer);
  });
}
