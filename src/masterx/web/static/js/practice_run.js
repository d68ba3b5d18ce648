// How this run went: one mark for each question answered since this tab was opened, by subject.

const MOST = 40;
const WORDS = { right: "right", hint: "right with a hint", "not-yet": "not yet" };

const key = (practice) => `masterx.run.${document.body.dataset.user}.${practice.dataset.subject}`;

function marksOf(practice) {
  try {
    return JSON.parse(sessionStorage.getItem(key(practice)) ?? "[]");
  } catch {
    return [];
  }
}

// `added`: the question and its kind; a question has one mark, the first.
export function showRun(practice, added) {
  let marks = marksOf(practice);
  if (added && !marks.some(({ question }) => question === added.question)) marks = [...marks, added].slice(-MOST);
  try {
    sessionStorage.setItem(key(practice), JSON.stringify(marks));
  } catch {
    // The row lives as long as the page.
  }
  const place = document.getElementById("side-run");
  if (!place) return;
  place.hidden = marks.length === 0;
  const clones = marks.map(({ kind }) => document.getElementById(`mark-${kind}`)?.content.cloneNode(true));
  document.getElementById("run-marks").replaceChildren(...clones.filter(Boolean));
  const counted = Object.entries(WORDS)
    .map(([kind, word]) => [marks.filter((each) => each.kind === kind).length, word])
    .filter(([count]) => count > 0);
  document.getElementById("run-words").textContent = `${counted.map((pair) => pair.join(" ")).join(", ")}.`;
}
