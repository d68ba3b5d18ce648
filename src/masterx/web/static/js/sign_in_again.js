// Access ended while somebody was writing: ask for the password over the page, so that nothing is lost.

import { signInAgain } from "./api.js";

const dialog = document.getElementById("sign-in-again");
const form = document.getElementById("again-form");
const problem = document.getElementById("again-error");

// Resolves true once signed in, false when the dialog was closed.
export function askForPassword() {
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "signed-in"), { once: true });
  });
}

export function startSignInAgain() {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { email, password } = form.elements;
    problem.hidden = true;
    const button = form.querySelector('[type="submit"]');
    button.disabled = true;
    try {
      if (await signInAgain(email.value, password.value)) {
        password.value = "";
        dialog.close("signed-in");
        return;
      }
      tell("That password does not match.");
    } catch {
      tell("The server cannot be reached. What you were writing is kept.");
    } finally {
      button.disabled = false;
    }
    password.select();
  });
}

function tell(sentence) {
  problem.querySelector("span").textContent = sentence;
  problem.hidden = false;
}
