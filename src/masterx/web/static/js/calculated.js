// What calculation says of an answer: a box below it, and a mark on the line that it is about.

import { clone } from "./icons.js";

const BLOCKS = "p, li, td, th, blockquote, .katex-display, .block > *";

export function showCalculated(item, check) {
  const place = item.querySelector(".checked");
  place.querySelectorAll(".calculated").forEach((box) => box.remove());
  for (const { claim, correct } of check?.contradictions ?? []) {
    const box = clone("calculated").firstElementChild;
    const [right, said] = box.querySelectorAll(".calculated-sum");
    right.textContent = correct;
    said.textContent = claim;
    box.dataset.claim = claim;
    place.prepend(box);
  }
  markClaims(item);
}

// The numbers of the claim in their order, with little between them, whatever signs and markup stand there.
export function markClaims(root) {
  for (const box of root.querySelectorAll("[data-claim]")) {
    const prose = box.closest(".turn")?.querySelector(".prose");
    const numbers = box.dataset.claim.match(/\d+(?:\.\d+)?/g);
    if (!prose || !numbers) continue;
    const pattern = new RegExp(numbers.map((each) => each.replace(".", "\\.")).join("\\D{0,16}"));
    const blocks = [...prose.querySelectorAll(BLOCKS)].filter((block) => pattern.test(block.textContent.replace(/(\d),(?=\d{3})/g, "$1")));
    blocks.at(-1)?.classList.add("contradicted");
  }
}
