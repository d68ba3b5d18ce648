// Why this model: asked for when an administrator opens it, once for each answer.

const FAILED = "It could not be asked for. Close this and open it again.";

document.addEventListener(
  "toggle",
  async (event) => {
    const box = event.target;
    if (!(box instanceof HTMLDetailsElement) || !box.matches("[data-why]") || !box.open) return;
    const place = box.querySelector(".why-body");
    const id = box.closest("[data-message]")?.dataset.message;
    if (!id || place.dataset.of === id) return;
    try {
      const answer = await fetch(`/messages/${id}/why`);
      if (!answer.ok) throw new Error(String(answer.status));
      // Our own template, in which the server has escaped every word.
      place.innerHTML = await answer.text();
      place.dataset.of = id;
    } catch {
      place.textContent = FAILED;
    }
  },
  true,
);

export function whyBox() {
  const box = document.createElement("details");
  box.className = "why";
  box.dataset.why = "";
  const summary = document.createElement("summary");
  summary.textContent = "Why this model";
  const body = document.createElement("div");
  body.className = "why-body";
  box.append(summary, body);
  return box;
}
