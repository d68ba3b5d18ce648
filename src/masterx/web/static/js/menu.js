// A menu button and its menu (WAI-ARIA practices): arrows move, Escape and a click elsewhere close it.

const menu = document.getElementById("lesson-actions");

let opener = null;
let chosen = () => {};

const items = () => [...menu.querySelectorAll('[role="menuitem"]:not([hidden])')];

function place() {
  const at = opener.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.right - width), innerWidth - width - 8);
  const below = at.bottom + 4;
  menu.style.left = `${left}px`;
  menu.style.top = `${below + height > innerHeight - 8 ? Math.max(8, at.top - height - 4) : below}px`;
}

function open(button) {
  opener = button;
  menu.showPopover();
  place();
  opener.setAttribute("aria-expanded", "true");
  items()[0]?.focus();
}

export function closeMenu({ giveFocus = true } = {}) {
  if (!opener) return;
  const button = opener;
  opener = null;
  menu.hidePopover();
  button.setAttribute("aria-expanded", "false");
  if (giveFocus && button.isConnected) button.focus();
}

export const menuIsOpen = () => opener !== null;

// `prepare(button)` runs before the menu shows; `onChoose(action, button)` after one is taken.
export function startMenu({ prepare, onChoose }) {
  chosen = onChoose;
  document.addEventListener("click", (event) => {
    const button = event.target.closest('[data-menu="lesson"]');
    const item = event.target.closest("#lesson-actions [role=menuitem]");
    if (item) {
      const from = opener;
      closeMenu();
      chosen(item.dataset.lessonAction, from);
    } else if (button && button !== opener) {
      closeMenu({ giveFocus: false });
      prepare(button, menu);
      open(button);
    } else if (opener) {
      closeMenu({ giveFocus: button !== null });
    }
  });
  menu.addEventListener("keydown", (event) => {
    const all = items();
    const index = all.indexOf(document.activeElement);
    const next = {
      ArrowDown: all[(index + 1) % all.length],
      ArrowUp: all[(index - 1 + all.length) % all.length],
      Home: all[0],
      End: all.at(-1),
    }[event.key];
    if (next) {
      event.preventDefault();
      next.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      closeMenu();
    }
  });
  addEventListener("resize", () => closeMenu());
}
