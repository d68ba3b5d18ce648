// Where the page stands. The text being read never moves: only a send, the jump button and following set positions.

const TOP_GAP = 24;
const NEAR_END = 48;
const BACKWARD_KEYS = new Set(["PageUp", "ArrowUp", "Home"]);

const bar = document.querySelector(".bar");
const dock = document.querySelector(".dock");
const sheet = document.getElementById("main");
const demoNotice = document.getElementById("demo-notice");
const room = document.getElementById("room");
const jump = document.getElementById("jump");
const turns = document.getElementById("turns");

let anchor = null;
let writing = false;
let following = false;
let unseen = false;
let ownPosition = -1;
let lastPosition = 0;

function moveTo(position) {
  ownPosition = Math.round(position);
  window.scrollTo(0, ownPosition);
}

// How far the newest line reaches below what the dock leaves visible.
function overhang() {
  const last = turns.lastElementChild?.querySelector(".after:not(:empty), .prose, .question");
  return last ? last.getBoundingClientRect().bottom - dock.getBoundingClientRect().top : 0;
}

// Space below the turns, so that the newest question can stand under the bar however short its answer is.
function makeRoom() {
  if (!anchor?.isConnected) return;
  const used = room.getBoundingClientRect().top - anchor.getBoundingClientRect().top;
  const below = parseFloat(getComputedStyle(sheet).paddingBottom) + dock.offsetHeight;
  const free = window.innerHeight - bar.offsetHeight - TOP_GAP - used - below;
  room.style.height = `${Math.max(0, Math.ceil(free))}px`;
}

function showJump() {
  const below = overhang();
  if (below <= 0) unseen = false;
  else if (writing && below > 0) unseen = true;
  jump.hidden = !unseen || following;
}

export function landAtEnd() {
  moveTo(document.documentElement.scrollHeight);
  const landed = window.scrollY;
  ownPosition = landed;
  // Letters that come later change heights by a few pixels; whoever has moved since then stays where they are.
  document.fonts.ready.then(() => {
    if (window.scrollY === landed && !writing) moveTo(document.documentElement.scrollHeight);
  });
}

// A message that was looked for, under the bar.
export function landAt(item) {
  const place = () => item.getBoundingClientRect().top + window.scrollY - bar.offsetHeight - TOP_GAP;
  moveTo(place());
  const landed = window.scrollY;
  document.fonts.ready.then(() => {
    if (window.scrollY === landed && !writing) moveTo(place());
  });
}

// The learner's message goes under the bar; the answer grows below it.
export function placeQuestion(question) {
  // Over the first message stands what has to be read first: that a demo model answers.
  anchor = question.previousElementSibling || demoNotice.hidden ? question : demoNotice;
  following = false;
  unseen = false;
  makeRoom();
  moveTo(anchor.getBoundingClientRect().top + window.scrollY - bar.offsetHeight - TOP_GAP);
}

export function writingBegan() {
  writing = true;
}

export function writingEnded() {
  grew();
  writing = false;
  following = false;
  showJump();
}

// After each frame that drew something.
export function grew() {
  makeRoom();
  if (following) moveTo(window.scrollY + Math.max(0, overhang() + TOP_GAP));
  showJump();
}

// Around a change above what is read: the first turn in sight stays where it is.
let kept = null;

export function keepPlace() {
  const item = [...turns.querySelectorAll(".turn")].find(
    (turn) => turn.getBoundingClientRect().bottom > bar.offsetHeight,
  );
  kept = item ? { item, top: item.getBoundingClientRect().top } : null;
}

export function restorePlace(change) {
  change();
  if (kept) moveTo(window.scrollY + kept.item.getBoundingClientRect().top - kept.top);
}

function stopFollowing() {
  if (!following) return;
  following = false;
  showJump();
}

export function startScrolling() {
  history.scrollRestoration = "manual";
  jump.addEventListener("click", () => {
    following = writing;
    unseen = false;
    moveTo(window.scrollY + overhang() + TOP_GAP);
    showJump();
  });
  addEventListener("wheel", (event) => event.deltaY < 0 && stopFollowing(), { passive: true });
  addEventListener("touchmove", stopFollowing, { passive: true });
  addEventListener("keydown", (event) => BACKWARD_KEYS.has(event.key) && stopFollowing());
  document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    if (!selection.isCollapsed && turns.contains(selection.anchorNode)) stopFollowing();
  });
  addEventListener("scroll", scrolled, { passive: true });
  addEventListener("resize", () => {
    if (anchor) makeRoom();
    showJump();
  });
}

function scrolled() {
  const position = window.scrollY;
  const byReader = Math.abs(position - ownPosition) > 2;
  if (byReader && writing) {
    if (position < lastPosition - 1) stopFollowing();
    else if (unseen && position > lastPosition && overhang() <= NEAR_END) following = true;
  }
  lastPosition = position;
  showJump();
}
