// What lies over the page: menus, and dialogs as sheets from the side or as cards. The browser's own dialog keeps the
// focus inside and gives it back; its own popover closes a menu when somebody looks elsewhere.

import { opened, settle } from './back.js';
import { fill, h, icon, newId } from './dom.js';

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
        h('button', { type: 'button', class: 'quiet round', 'aria-label': closeLabel, onclick: shut }, icon('close')),
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
    const cancel = h('button', { type: 'button', onclick: close }, 'Cancel');
    fill(footer, cancel, h('button', { type: 'button', class: look, onclick: go }, label));
    cancel.focus();
  });
}

/** Toasts stand in the dialog that is open on top, since everything beside it is inert; and above it. */
export function placeToasts() {
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
        type: 'button',
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
