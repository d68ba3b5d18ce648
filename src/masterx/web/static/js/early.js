// What is pressed and chosen before the modules behind it have come: kept, and done again once they are here.
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
  // A module that comes may set what it finds back to what was kept before.
  const change = (event) => {
    const field = event.target;
    if (!field.matches("select, [type=radio], [type=checkbox]")) return;
    const { checked, value } = field;
    keep(event, field, () => {
      if (field.matches("select")) field.value = value;
      else field.checked = checked;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  };
  const listeners = Object.entries({ click, submit, change });
  for (const [name, listener] of listeners) addEventListener(name, listener, true);
  // Fired when all modules of the page have run, or could not be had: then forms go to the server by themselves.
  addEventListener("DOMContentLoaded", () => {
    for (const [name, listener] of listeners) removeEventListener(name, listener, true);
    for (const [thing, again] of pressed) if (thing.isConnected) again();
  });
})();
