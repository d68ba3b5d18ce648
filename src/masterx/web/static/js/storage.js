// What this device remembers. Where storage is off or full, the page works on without it.

const PREFIX = "masterx.";

export function remembered(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    if (value === null || value === "") localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // Nothing to do: the value lives as long as the page.
  }
}

export function forgetEverything(start) {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX + start)) localStorage.removeItem(key);
    }
  } catch {
    // Nothing was remembered.
  }
}

// A short list that the next page of this tab takes once.
const BETWEEN_PAGES = `${PREFIX}left`;

export function rememberForNextPage(list) {
  try {
    if (list.length) sessionStorage.setItem(BETWEEN_PAGES, JSON.stringify(list));
  } catch {
    // The next page shows what it is told by the server.
  }
}

export function rememberedFromLastPage() {
  try {
    const list = JSON.parse(sessionStorage.getItem(BETWEEN_PAGES) ?? "[]");
    sessionStorage.removeItem(BETWEEN_PAGES);
    return list;
  } catch {
    return [];
  }
}
