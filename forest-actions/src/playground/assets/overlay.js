// What lies over the page: menus, toasts, dialogs as sheets from the side or as cards, and a line for each action without a form
// that is running. The browser's own dialog keeps the focus inside and gives it back; its own popover closes a menu when
// somebody looks elsewhere.

import { opened, settle } from './back.js';
import { fill, h, icon, iconButton, newId } from './dom.js';

// a key that is held is pressed once: what it has opened, or has turned to, must not be answered by it
document.addEventListener(
  'keydown',
  (event) => {
    if (!event.repeat || event.key !== 'Enter' || !(event.target instanceof HTMLElement)) return;
    if (event.target.matches('textarea') || event.target.isContentEditable) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

/**
 * @typedef {object} Sheet
 * @property {HTMLDialogElement} dialog
 * @property {HTMLElement} body
 * @property {HTMLElement} footer
 * @property {() => void} close
 */

/**
 * Opens a dialog. `kind`: a `sheet` stands at the side, a `card` in the middle.
 * @param {{ title: string, subtitle?: Node | string, kind?: 'sheet' | 'card', id?: string, closeLabel?: string,
 *   canClose?: () => boolean, onclose?: () => void }} options
 * @returns {Sheet}
 */
export function openDialog({ title, subtitle, kind = 'sheet', id, closeLabel = 'Close', canClose, onclose }) {
  const heading = newId('title');
  const body = h('div', { class: 'dialog-body' });
  const footer = h('footer', { class: 'dialog-footer' });
  const close = () => {
    dialog.close();
    settle();
  };
  const shut = () => {
    if (!canClose || canClose()) close();
  };
  const dialog = h(
    'dialog',
    { class: kind, id, 'aria-labelledby': heading },
    h(
      'div',
      { class: 'dialog-frame' },
      h(
        'header',
        { class: 'dialog-head' },
        h(
          'div',
          {},
          h('h2', { id: heading, tabindex: '-1' }, title),
          subtitle ? h('div', { class: 'muted' }, subtitle) : null,
        ),
        iconButton('close', closeLabel, shut),
      ),
      body,
      footer,
    ),
  );
  dialog.addEventListener('cancel', (event) => {
    // also fired by controls inside, such as a file picker that was dismissed
    if (event.target !== dialog) return;
    event.preventDefault();
    shut();
  });
  // a press beside the dialog; one that began inside, to select text, is none
  let isOutside = false;
  dialog.addEventListener('pointerdown', (event) => (isOutside = event.target === dialog));
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog && isOutside) shut();
  });
  dialog.addEventListener('close', () => {
    // what is said in it stays to be read when it is gone
    placeToasts();
    dialog.remove();
    onclose?.();
  });
  document.body.append(dialog);
  dialog.showModal();
  opened({ isOpen: () => dialog.open, shut });
  placeToasts();
  return { dialog, body, footer, close };
}

/**
 * Asks a question; true when the user goes on.
 * @param {string} title
 * @param {string} text
 * @param {string} label of the button that goes on
 * @param {'primary' | 'danger'} [look] of it
 * @returns {Promise<boolean>}
 */
export function confirmed(title, text, label, look = 'primary') {
  return new Promise((resolve) => {
    let isSure = false;
    const { body, footer, close } = openDialog({ title, kind: 'card', id: 'confirm', onclose: () => resolve(isSure) });
    fill(body, h('p', {}, text));
    const go = () => {
      isSure = true;
      close();
    };
    // nobody goes on by a key that was meant for what was there before
    const cancel = h('button', { onclick: close }, 'Cancel');
    fill(footer, cancel, h('button', { class: look, onclick: go }, label));
    cancel.focus();
  });
}

/** How long a toast stays. */
const SECONDS = { success: 7, info: 9, error: 14 };

/**
 * Tells something at the edge of the page.
 * @param {'success' | 'error' | 'info'} kind
 * @param {string} text
 * @param {Node} [more]
 */
export function toast(kind, text, more) {
  let region = document.getElementById('toasts');
  if (!region) {
    region = h(
      'div',
      { id: 'toasts', popover: 'manual', role: 'region', 'aria-label': 'Notifications' },
      h('div', { class: 'toast-list', role: 'status', 'aria-live': 'polite' }),
    );
    document.body.append(region);
  }
  const list = /** @type {HTMLElement} */ (region.firstElementChild);
  const note = h(
    'div',
    { class: `toast ${kind}`, 'data-toast': kind, role: kind === 'error' ? 'alert' : null },
    icon(kind === 'success' ? 'check' : kind === 'error' ? 'alert' : 'right'),
    h(
      'div',
      { class: 'toast-text' },
      text.split('\n').map((line) => h('p', { dir: 'auto' }, line)),
      more,
    ),
  );
  const close = () => {
    note.remove();
    if (list.childElementCount === 0 && region.matches(':popover-open')) region.hidePopover();
  };
  note.append(iconButton('close', 'Dismiss', close));
  let timer = window.setTimeout(close, SECONDS[kind] * 1_000);
  // nobody has to read in a hurry
  note.addEventListener('pointerenter', () => clearTimeout(timer));
  note.addEventListener('focusin', () => clearTimeout(timer));
  note.addEventListener('pointerleave', () => (timer = window.setTimeout(close, 3_000)));
  list.append(note);
  while (list.childElementCount > 4) list.firstElementChild?.remove();
  placeToasts();
}

/** Toasts stand in the dialog that is open on top, since everything beside it is inert; and above it. */
function placeToasts() {
  const toasts = document.getElementById('toasts');
  if (!toasts) return;
  const place = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
  if (toasts.parentElement !== place) place.append(toasts);
  if (toasts.matches(':popover-open')) toasts.hidePopover();
  // the newest layer is the highest
  if (toasts.firstElementChild?.hasChildNodes()) toasts.showPopover();
}

/**
 * An entry of a menu. With a `reason` it cannot be chosen, and says why.
 * @typedef {object} Entry
 * @property {string} label
 * @property {string} [detail]
 * @property {string | null} [reason]
 * @property {boolean} [isCurrent]
 * @property {Record<string, string>} [data]
 * @property {Node} [lead]
 * @property {() => void} choose
 */

/**
 * A button with a menu. The entries are asked for when it opens.
 * @param {HTMLButtonElement} button
 * @param {string} label
 * @param {() => { heading?: string, entries: Entry[] }[]} groups
 */
export function withMenu(button, label, groups) {
  const menu = h('div', { class: 'menu', role: 'menu', popover: 'auto', id: newId('menu'), 'aria-label': label });
  button.setAttribute('aria-haspopup', 'menu');
  button.setAttribute('aria-expanded', 'false');
  button.setAttribute('aria-controls', menu.id);
  const items = () => /** @type {HTMLElement[]} */ ([...menu.querySelectorAll('[role^=menuitem]')]);
  const step = (/** @type {number} */ by) => {
    const all = items();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    all.at((at + by + all.length) % all.length)?.focus();
  };
  const item = (/** @type {Entry} */ entry) => {
    const choose = () => {
      if (entry.reason) return;
      menu.hidePopover();
      button.focus();
      entry.choose();
    };
    return h(
      'button',
      {
        role: entry.isCurrent === undefined ? 'menuitem' : 'menuitemradio',
        tabindex: '-1',
        class: 'item',
        'aria-checked': entry.isCurrent === undefined ? null : String(entry.isCurrent),
        'aria-disabled': entry.reason ? 'true' : null,
        onclick: choose,
        ...entry.data,
      },
      entry.lead,
      h(
        'span',
        { class: 'item-text' },
        h('span', { class: 'item-label' }, entry.label),
        entry.reason || entry.detail ? h('span', { class: 'item-detail' }, entry.reason || entry.detail) : null,
      ),
      entry.isCurrent ? icon('check') : null,
    );
  };
  const open = () => {
    fill(
      menu,
      groups().map(({ heading, entries }) =>
        h(
          'div',
          { role: 'group', 'aria-label': heading },
          heading ? h('div', { class: 'menu-heading', 'aria-hidden': 'true' }, heading) : null,
          entries.map(item),
        ),
      ),
    );
    menu.showPopover();
    const place = button.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    const below = place.bottom + 6;
    menu.style.left = `${Math.max(8, Math.min(place.right - width, innerWidth - width - 8))}px`;
    menu.style.top = `${below + height > innerHeight - 8 ? Math.max(8, place.top - height - 6) : below}px`;
    items()[0]?.focus();
  };
  let wasOpen = false;
  button.addEventListener('pointerdown', () => (wasOpen = menu.matches(':popover-open')));
  button.addEventListener('click', () => {
    // the press itself has closed an open menu
    if (!wasOpen) open();
    wasOpen = false;
  });
  button.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      open();
    }
  });
  menu.addEventListener('toggle', (event) => {
    const isOpen = /** @type {ToggleEvent} */ (event).newState === 'open';
    button.setAttribute('aria-expanded', String(isOpen));
  });
  menu.addEventListener('keydown', (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) step(steps[/** @type {'ArrowUp'} */ (event.key)]);
    else if (event.key === 'Home') items()[0]?.focus();
    else if (event.key === 'End') items().at(-1)?.focus();
    else if (event.key === 'Tab') menu.hidePopover();
    else return;
    if (event.key !== 'Tab') event.preventDefault();
  });
  return h('span', { class: 'menu-anchor' }, button, menu);
}

/** How long an action may take without a word of it. */
const PATIENCE = 300;

// there from the start: what comes into it later is heard
const list = h('div', { id: 'running', role: 'status' });
document.body.append(list);

let count = 0;

/**
 * Shows that an action runs, until the answer is called.
 * @param {string} name
 */
export function running(name) {
  const line = h('p', {}, `${name} is running…`);
  const timer = setTimeout(() => list.append(line), PATIENCE);
  let isOver = false;
  document.body.classList.toggle('busy', ++count > 0);
  return () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    line.remove();
    document.body.classList.toggle('busy', --count > 0);
  };
}
