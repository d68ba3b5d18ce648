// Runs before first paint: theme, text size, and the time zone that the server writes times in.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("script");
  // Words stay readable if the module that draws them never comes.
  setTimeout(() => root.classList.add("late"), 4000);
  try {
    for (const name of ["theme", "text", "keys"]) {
      const value = localStorage.getItem(`masterx.${name}`);
      if (value && value !== "system") root.dataset[name] = value;
    }
  } catch {
    // Storage is switched off: the page follows the system.
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  document.cookie = `masterx_zone=${encodeURIComponent(zone)}; Path=/; Max-Age=31536000; SameSite=Lax`;
})();
