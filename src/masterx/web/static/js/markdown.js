// A model's text to safe nodes: marked, then DOMPurify, then our own furniture. Nothing here trusts the text.

import { Marked } from "../vendor/marked/marked.esm.js";
import "../vendor/dompurify/purify.min.js";
import { codeFigure } from "./code.js";
import { formulaExtensions } from "./formulas.js";

const { DOMPurify } = globalThis;

const ALLOWED_TAGS =
  "a b blockquote br code del em h1 h2 h3 h4 h5 h6 hr i kbd li ol p pre s span strong sub sup table tbody td th thead tr u ul".split(
    " ",
  );

const SANITISE = {
  ALLOWED_TAGS,
  ALLOWED_ATTR: ["align", "class", "data-tail", "data-tex", "dir", "href", "start"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  // Of the allowed ones only href is an address; values of the others are not judged as one.
  ADD_URI_SAFE_ATTR: ["align", "data-tail", "data-tex", "dir", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  RETURN_DOM_FRAGMENT: true,
};

// A class that a text brings along must not dress it up as a part of the page.
const OWN_CLASSES = /^(?:math|math math--display|formula-coming|task|language-[\w+#.-]{1,30})$/;

DOMPurify.addHook("uponSanitizeAttribute", (_node, attribute) => {
  if (attribute.attrName === "class" && !OWN_CLASSES.test(attribute.attrValue)) attribute.keepAttr = false;
});

const escapeHtml = (text) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

// Tags that a sentence may carry; every other one is shown as the text that it is.
const HARMLESS_TAG = /^<\/?(?:b|br|em|i|kbd|strong|sub|sup|u)\s*\/?>$/i;

let stillArriving = false;

const renderer = {
  html({ text }) {
    return HARMLESS_TAG.test(text.trim()) ? text : escapeHtml(text);
  },
  image({ href, text }) {
    return `<a href="${escapeHtml(href)}">${escapeHtml(text || "picture")}</a>`;
  },
  checkbox({ checked }) {
    return checked ? "☑ " : "☐ ";
  },
};

const lesson = new Marked({ gfm: true, breaks: false, silent: true });
lesson.use({ extensions: formulaExtensions(() => stillArriving), renderer });

// A learner's own words stay as typed: only code, formulas and line ends mean something.
const asTyped = () => undefined;
const words = new Marked({ gfm: true, breaks: true, silent: true });
words.use({
  extensions: formulaExtensions(() => false),
  renderer: { ...renderer, html: ({ text }) => escapeHtml(text) },
  tokenizer: Object.fromEntries(
    ["autolink", "blockquote", "code", "def", "del", "emStrong", "escape", "heading", "hr", "html", "lheading"]
      .concat(["link", "list", "reflink", "table", "tag", "url"])
      .map((name) => [name, asTyped]),
  ),
});

// The blocks of a text. `arriving`: its end may still change what the last one means.
export function blocksOf(source, { arriving = false } = {}) {
  stillArriving = arriving;
  try {
    return lesson.lexer(source);
  } finally {
    stillArriving = false;
  }
}

export function nodesOfBlocks(tokens) {
  return furnish(DOMPurify.sanitize(lesson.parser(tokens), SANITISE));
}

export function nodesOfWords(source) {
  return furnish(DOMPurify.sanitize(words.parse(source), SANITISE));
}

function furnish(fragment) {
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  fragment.querySelectorAll("pre").forEach(codeFigure);
  for (const table of fragment.querySelectorAll("table")) {
    const box = document.createElement("div");
    box.className = "scroll";
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Table");
    table.replaceWith(box);
    box.append(table);
  }
  return fragment;
}
