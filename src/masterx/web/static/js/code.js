// Code blocks: a head with the language and Copy, and colours once the block is closed.

import { clone } from "./icons.js";

const LANGUAGES = {
  bash: ["Bash", "sh", "shell", "zsh", "console"],
  c: ["C", "h"],
  cpp: ["C++", "c++", "cc", "cxx", "hpp"],
  csharp: ["C#", "cs", "c#"],
  css: ["CSS"],
  diff: ["Diff", "patch"],
  go: ["Go", "golang"],
  haskell: ["Haskell", "hs"],
  java: ["Java"],
  javascript: ["JavaScript", "js", "jsx", "mjs"],
  json: ["JSON", "jsonc"],
  julia: ["Julia", "jl"],
  kotlin: ["Kotlin", "kt"],
  latex: ["LaTeX", "tex"],
  matlab: ["MATLAB", "octave"],
  php: ["PHP"],
  python: ["Python", "py", "python3", "pycon"],
  r: ["R"],
  ruby: ["Ruby", "rb"],
  rust: ["Rust", "rs"],
  sql: ["SQL", "postgresql", "mysql", "sqlite"],
  typescript: ["TypeScript", "ts", "tsx"],
  xml: ["HTML", "html", "svg", "xhtml"],
  yaml: ["YAML", "yml"],
};

const BY_ALIAS = new Map(
  Object.entries(LANGUAGES).flatMap(([name, [, ...aliases]]) => [name, ...aliases].map((alias) => [alias, name])),
);

let core = null;
const grammars = new Map();

// Puts a figure in the place of a bare `pre` and returns it.
export function codeFigure(pre) {
  const code = pre.querySelector("code");
  const word = /language-(\S+)/.exec(code?.className ?? "")?.[1]?.toLowerCase() ?? "";
  const name = BY_ALIAS.get(word);
  const figure = clone("code").firstElementChild;
  figure.dataset.language = name ?? "";
  figure.querySelector(".code-language").textContent = name ? LANGUAGES[name][0] : word.slice(0, 24) || "Code";
  figure.querySelector("code").textContent = (code ?? pre).textContent.replace(/\n$/, "");
  pre.replaceWith(figure);
  return figure;
}

async function highlighterFor(name) {
  core ??= import("../vendor/highlight/core.min.js").then((module) => module.default);
  const highlighter = await core;
  if (!grammars.has(name)) {
    grammars.set(
      name,
      import(`../vendor/highlight/languages/${name}.min.js`).then((module) =>
        highlighter.registerLanguage(name, module.default),
      ),
    );
  }
  await grammars.get(name);
  return highlighter;
}

// Colours only; not a pixel moves.
export async function highlight(figure) {
  const name = figure.dataset.language;
  const code = figure.querySelector("code");
  if (!name || figure.dataset.done !== undefined || code.textContent.length > 50_000) return;
  figure.dataset.done = "";
  const text = code.textContent;
  const highlighter = await highlighterFor(name);
  if (code.textContent !== text) return;
  code.innerHTML = highlighter.highlight(text, { language: name, ignoreIllegals: true }).value;
}
