// Search: the key that leads to its box, and the message that a result leads to.

const MOST_PAGES = 60;

const box = document.getElementById("query") ?? document.getElementById("side-query");

// `uncover()` shows the side bar where it is folded.
export function focusSearch(uncover) {
  if (!box) return;
  if (!box.checkVisibility()) uncover();
  box.focus();
  box.select();
}

// The message that the address names, fetched where it is not among the newest; null where there is none.
export async function soughtMessage(turns) {
  const id = /^#(m-[\w-]+)$/.exec(location.hash)?.[1];
  if (!id) return null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const found = document.getElementById(id);
    if (found || !(await addEarlier(turns))) return found;
  }
  return null;
}

async function addEarlier(turns) {
  const button = turns.querySelector(".earlier [hx-get]");
  if (!button) return false;
  const response = await fetch(button.getAttribute("hx-get")).catch(() => null);
  if (!response?.ok) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const items = [...fresh.body.children].map((item) => document.adoptNode(item));
  button.closest("li").replaceWith(...items);
  items.filter((item) => item.matches(".earlier")).forEach((item) => globalThis.htmx?.process(item));
  return true;
}
