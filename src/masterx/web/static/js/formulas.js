// TeX inside Markdown: where a formula begins and ends, and drawing it with KaTeX.

import { loadLetters } from "./letters.js";

const KATEX = "../vendor/katex/katex.min.js";

// What nearly every formula is set in: figures and signs, letters, roots and brackets.
const LETTERS = ["1em KaTeX_Main", "italic 1em KaTeX_Math", "1em KaTeX_Size1", "1em KaTeX_Size2"];

const OPTIONS = {
  output: "htmlAndMathml",
  throwOnError: true,
  strict: "ignore",
  trust: false,
  maxExpand: 200,
  maxSize: 20,
  fleqn: true,
};

const UNBROKEN_LENGTH = 24;

const ENVIRONMENTS = "equation|align|aligned|gather|cases|[bpvBV]?matrix|alignat|multline";

const escapeHtml = (text) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

let katex = null;
let loading = null;

// Resolves once formulas can be drawn at once. Style sheet and letters come first, or they would jump.
export function loadFormulas() {
  const styled = () => styleSheet(document.body.dataset.katexCss).then(() => loadLetters(LETTERS));
  loading ??= Promise.all([import(KATEX), styled()]).then(() => {
    katex = globalThis.katex;
  });
  return loading;
}

async function styleSheet(address) {
  if (!address) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  await new Promise((resolve) => {
    link.onload = link.onerror = resolve;
    document.head.append(link);
  });
}

// Dollars are TeX only where they cannot be money: "$5 and $6", "$5, or 6$ each".
const MONEY = /^\d[\d.,]*(?:\s|$|[–—-])/;
const PROSE = /(?:^|\s)[A-Za-z]{3,}(?:\s+[A-Za-z]{2,})/;

function isTex(inner) {
  if (MONEY.test(inner) && !/[\\^_=+]/.test(inner)) return false;
  return /[\\^_{}]/.test(inner) || !PROSE.test(inner);
}

const DOLLAR = /^\$(?![\s$])((?:\\[\s\S]|[^\\$`\n])+?)(?<![\s\\])\$(?![\d\w$])([.,;:!?)]*)/;
const PAREN = /^\\\(([\s\S]+?)\\\)([.,;:!?)]*)/;
const BRACKET = /^\\\[([\s\S]+?)\\\]/;
const DOUBLE = /^\$\$(?!\$)([\s\S]+?)\$\$/;
const ENVIRONMENT = new RegExp(`^\\\\begin\\{(${ENVIRONMENTS})(\\*?)\\}[\\s\\S]+?\\\\end\\{\\1\\2\\}`);

function token(raw, tex, display, tail = "") {
  return { type: display ? "formulaBlock" : "formula", raw, tex: tex.trim(), display, tail };
}

function closedDisplay(source) {
  const match = BRACKET.exec(source) ?? DOUBLE.exec(source);
  if (match) return token(match[0], match[1], true);
  const environment = ENVIRONMENT.exec(source);
  return environment ? token(environment[0], environment[0], true) : null;
}

function closedInline(source) {
  const match = PAREN.exec(source) ?? DOLLAR.exec(source);
  if (!match || (match[0][0] === "$" && !isTex(match[1]))) return null;
  return token(match[0], match[1], false, match[2]);
}

// While text still arrives: an opening without its end is a formula on its way.
function open(source) {
  if (/^\\[[(]/.test(source) || /^\$\$/.test(source)) return !/\n\s*\n/.test(source.trimEnd());
  if (new RegExp(`^\\\\begin\\{(${ENVIRONMENTS})\\*?\\}`).test(source)) return true;
  return /^\$[A-Za-z\\({|[-][^$`\n]{0,120}$/.test(source) && isTex(source.slice(1));
}

// Extensions for marked. `arriving()` tells whether the text that is read is still being written.
export function formulaExtensions(arriving) {
  const render = (formula) =>
    formula.coming
      ? '<span class="formula-coming">formula on its way</span>'
      : `<span class="math${formula.display ? " math--display" : ""}" data-tex="${escapeHtml(formula.tex)}"` +
        ` data-tail="${escapeHtml(formula.tail)}"></span>`;
  const coming = (source, type) => ({ type, raw: source, coming: true });
  return [
    {
      name: "formulaBlock",
      level: "block",
      start: (source) => source.match(/(?:^|\n) {0,3}(?:\$\$|\\\[|\\begin\{)/)?.index,
      tokenizer(source) {
        const indent = /^ {0,3}/.exec(source)[0];
        const rest = source.slice(indent.length);
        const closed = closedDisplay(rest);
        if (closed) {
          const after = /^[ \t]*[.,;]?[ \t]*(?:\n+|$)/.exec(rest.slice(closed.raw.length));
          return after ? { ...closed, raw: indent + closed.raw + after[0] } : undefined;
        }
        const begins = /^(?:\$\$|\\\[|\\begin\{)/.test(rest);
        return begins && arriving() && open(rest) ? coming(source, "formulaBlock") : undefined;
      },
      renderer: render,
    },
    {
      name: "formula",
      level: "inline",
      start: (source) => source.match(/\$|\\[([]|\\begin\{/)?.index,
      tokenizer(source) {
        const closed = closedInline(source) ?? closedDisplay(source);
        if (closed) return { ...closed, type: "formula" };
        return arriving() && open(source) ? coming(source, "formula") : undefined;
      },
      renderer: render,
    },
  ];
}

// Draws every formula below `root` that is not drawn yet.
export function drawFormulas(root) {
  const empty = [...root.querySelectorAll("[data-tex]:not([data-done])")];
  if (empty.length === 0) return;
  if (!katex) {
    loadFormulas().then(() => empty.forEach(draw));
    return;
  }
  empty.forEach(draw);
}

function draw(node) {
  const { tex, tail } = node.dataset;
  const displayMode = node.classList.contains("math--display");
  node.dataset.done = "";
  try {
    katex.render(tex, node, { ...OPTIONS, displayMode });
  } catch {
    // What does not parse stays as it was written.
    const code = document.createElement("code");
    code.textContent = tex;
    node.replaceChildren(code);
  }
  if (displayMode) {
    node.tabIndex = node.scrollWidth > node.clientWidth + 1 ? 0 : -1;
    if (node.tabIndex < 0) node.removeAttribute("tabindex");
  } else if (tex.length < UNBROKEN_LENGTH) {
    node.classList.add("math--short");
  }
  if (tail) node.append(tail);
}

export function texOf(node) {
  return node.classList.contains("math--display") ? `\n\\[${node.dataset.tex}\\]\n` : `\\(${node.dataset.tex}\\)`;
}
