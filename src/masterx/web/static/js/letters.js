// Letters that a text will be set in, fetched before it is: text that is drawn first moves when they come.

// `faces` as in CSS's font shorthand. Resolves when they are there, or cannot be had.
export function loadLetters(faces) {
  return Promise.allSettled(faces.map((face) => document.fonts.load(face)));
}
