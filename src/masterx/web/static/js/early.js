// Buttons that are pressed before the modules behind them have come: kept, and pressed again once they are here.
"use strict";
(() => {
  const pressed = new Map();
  const keep = (event, thing, again) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    pressed.set(thing, again);
  };
  const click = (event) => {
    const button = event.target.closest?.("button");
    // A button that sends a form is kept as what it sends.
    if (button?.type === "button") keep(event, button, () => button.click());
  };
  const submit = (event) => keep(event, event.target, () => event.target.requestSubmit(event.submitter));
  addEventListener("click", click, true);
  addEventListener("submit", submit, true);
  // Fired when all modules of the page have run, or could not be had: then forms go to the server by themselves.
  addEventListener("DOMContentLoaded", () => {
    removeEventListener("click", click, true);
    removeEventListener("submit", submit, true);
    for (const [thing, again] of pressed) if (thing.isConnected) again();
  });
})();
