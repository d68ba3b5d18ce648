// Icons and clones of the server's own markup, so that both sides draw the same.

export function useIcon(svg, name) {
  svg.querySelector("use").setAttribute("href", `${document.body.dataset.icons}#${name}`);
}

export function clone(id) {
  return document.getElementById(`${id}-template`).content.cloneNode(true);
}

// What stands below an answer that is not whole: stopped, broke_off or length.
export function cloneEnding(kind) {
  return document.getElementById(`ending-${kind}`).content.cloneNode(true);
}
