// Bring the nodes of a block in line with new ones, touching only what differs, so that a selection, a drawn
// formula and a Copy button inside it stay.

export function patch(old, fresh) {
  const present = [...old.childNodes];
  const wanted = [...fresh.childNodes];
  wanted.forEach((next, index) => {
    const current = present[index];
    if (!current) old.append(next);
    else if (!same(current, next)) adapt(current, next);
  });
  for (const surplus of present.slice(wanted.length)) surplus.remove();
}

function same(current, next) {
  if (current.nodeType === 1 && next.nodeType === 1 && next.dataset.tex !== undefined) {
    return (
      current.dataset.tex === next.dataset.tex &&
      current.dataset.tail === next.dataset.tail &&
      current.classList.contains("math--display") === next.classList.contains("math--display")
    );
  }
  return current.isEqualNode(next);
}

function adapt(current, next) {
  if (current.nodeType === 3 && next.nodeType === 3) {
    // Appending keeps a selection in what was there before.
    if (next.data.startsWith(current.data)) current.appendData(next.data.slice(current.data.length));
    else current.data = next.data;
  } else if (current.nodeType === 1 && current.cloneNode().isEqualNode(next.cloneNode()) && !isFormula(current)) {
    patch(current, next);
  } else {
    current.replaceWith(next);
  }
}

const isFormula = (node) => node.dataset.tex !== undefined;
