// One status line for screen readers; two messages are at least half a second apart.

const GAP_MS = 500;

const waiting = [];
let lastSpoken = 0;
let timer;

export function announce(text) {
  waiting.push(text);
  schedule();
}

function schedule() {
  if (timer || waiting.length === 0) return;
  timer = setTimeout(speak, Math.max(0, lastSpoken + GAP_MS - performance.now()));
}

function speak() {
  timer = undefined;
  lastSpoken = performance.now();
  const line = document.getElementById("announcements");
  if (line) line.textContent = waiting.shift();
  schedule();
}
