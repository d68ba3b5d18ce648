// When a run ends, what it found is shown: the page is opened anew, unless somebody is filling in its form.

const running = () => document.querySelector(".bench-running") !== null;

let wasRunning = running();

document.addEventListener("masterx:refreshed", () => {
  const ended = wasRunning && !running();
  wasRunning = running();
  if (ended && !document.activeElement?.closest(".bench-form")) location.replace(location.href);
});
