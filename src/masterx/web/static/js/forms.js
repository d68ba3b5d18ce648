// Forms: Show beside a password, focus where an error is told, and seconds that count down in a button.

import { copyText } from "./copying.js";

for (const button of document.querySelectorAll("[data-shows]")) {
  const input = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? "Show" : "Hide";
    button.setAttribute("aria-pressed", String(!shown));
    input.focus();
  });
}

document.querySelector("[data-takes-focus]")?.focus();

for (const button of document.querySelectorAll("[data-wait]")) {
  const word = button.textContent;
  let left = Number(button.dataset.wait);
  button.disabled = true;
  const show = () => {
    button.textContent = `${word} in ${left} s`;
    if (left-- > 0) return;
    clearInterval(timer);
    button.textContent = word;
    button.disabled = false;
  };
  const timer = setInterval(show, 1000);
  show();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copies]");
  if (button) copyText(button.dataset.copies, button);
});
