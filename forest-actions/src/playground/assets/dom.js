// Makes elements. Text from outside only ever becomes text nodes and attributes, never markup; what may be markup goes
// through `markup.js`. Everything that draws calls this.

/** @typedef {string | number | Node | null | undefined | false} Child */

const PROPERTIES = new Set(['value', 'checked', 'disabled', 'indeterminate', 'readOnly', 'required', 'multiple']);

/**
 * An element with attributes, listeners (`onclick`: a function) and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  // one sends a form only if it says so
  if (element instanceof HTMLButtonElement) element.type = 'button';
  append(element, children);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) Reflect.set(element, name, value);
    else if (value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  return element;
}

/**
 * @param {Node} parent
 * @param {(Child | Child[])[]} children
 */
function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false || child === '') continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * Replaces what is in an element.
 * @template {Element} E
 * @param {E} element
 * @param {...(Child | Child[])} children
 * @returns {E}
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/**
 * Makes these what is in a list. What is there already is moved only if it must be: it would lose the focus.
 * @param {Element} list
 * @param {Element[]} rows
 */
export function arrange(list, rows) {
  for (const row of [...list.children]) if (!rows.includes(row)) row.remove();
  rows.forEach((row, index) => {
    const there = list.children[index] ?? null;
    if (there !== row) list.insertBefore(row, there);
  });
}

/**
 * Draws what is in an element anew without losing the focus: it goes to the element with the same `data-focus`, or else to
 * `instead`. Nothing happens when the focus is elsewhere.
 * @param {Element} element
 * @param {() => void} draw
 * @param {() => HTMLElement | null} instead
 */
export function keepFocus(element, draw, instead) {
  const at = document.activeElement;
  const isInside = at instanceof HTMLElement && at !== element && element.contains(at);
  draw();
  if (!isInside) return;
  const isThere = at.checkVisibility();
  const now = document.activeElement;
  if (isThere && now === at) return;
  // somebody has moved it on purpose
  if (now !== at && now !== document.body && now !== null) return;
  const key = at.dataset.focus;
  const same = [...element.querySelectorAll('[data-focus]')].find(
    (other) => other instanceof HTMLElement && key !== undefined && other.dataset.focus === key,
  );
  const next = isThere ? at : same instanceof HTMLElement && same.checkVisibility() ? same : instead();
  next?.focus({ preventScroll: true });
}

/**
 * A button that shows no word.
 * @param {keyof typeof ICONS} picture
 * @param {string} label
 * @param {() => void} onclick
 * @param {Record<string, any>} [props]
 */
export const iconButton = (picture, label, onclick, props) =>
  h('button', { class: 'quiet round', 'aria-label': label, onclick, ...props }, icon(picture));

/**
 * What stands where there is nothing else to show.
 * @param {keyof typeof ICONS} picture
 * @param {string} title
 * @param {string} [text]
 */
export const notice = (picture, title, text) => [
  icon(picture),
  h('p', { class: 'strong' }, title),
  text ? h('p', { class: 'muted' }, text) : null,
];

/** Text of unknown direction, kept apart from its surroundings. @param {string} text */
export const isolated = (text) => h('bdi', {}, text);

/** Text for readers of the screen only. @param {string} text */
export const hidden = (text) => h('span', { class: 'sr-only' }, text);

let ids = 0;
/** An id that no other element has. @param {string} [prefix] */
export const newId = (prefix = 'id') => `${prefix}-${++ids}`;

/** Paths of 16 × 16 strokes. */
const ICONS = {
  table: 'M2 3.5h12v9H2zM2 6.5h12M6 6.5v6',
  columns: 'M2 3.5h12v9H2zM6 3.5v9M10 3.5v9',
  chart: 'M2 2v12h12M5 11V8M8.5 11V4M12 11V6.5',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM11 11l3 3',
  filter: 'M2 4h12M4.5 8h7M7 12h2',
  bolt: 'M9 1.5 3 9h4.5L7 14.5 13 7H8.5z',
  down: 'm4 6 4 4 4-4',
  up: 'm4 10 4-4 4 4',
  left: 'm10 3-5 5 5 5',
  right: 'm6 3 5 5-5 5',
  close: 'm4 4 8 8M12 4l-8 8',
  plus: 'M8 3v10M3 8h10',
  check: 'm3 8.5 3.5 3.5L13 4.5',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z',
  code: 'm5 4-4 4 4 4M11 4l4 4-4 4',
  menu: 'M2 4h12M2 8h12M2 12h12',
  file: 'M4 1.5h5l3.5 3.5v9.5H4zM9 1.5V5h3.5',
  upload: 'M8 10V2.5M5 5l3-3 3 3M2.5 10v3.5h11V10',
  inbox: 'M2 9.5 4 3h8l2 6.5v4H2zM2 9.5h3.5l1 2h3l1-2H14',
  alert: 'M8 5v4M8 11.5v.01M8 1.5l6.5 12h-13z',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  external: 'M6.5 3.5h-4v10h10v-4M9.5 2.5h4v4M13.5 2.5 7 9',
  reload: 'M13.5 8A5.5 5.5 0 1 1 11.7 4L13.5 5.5M13.5 2v3.5H10',
  bold: 'M4.5 2.5h4a2.6 2.6 0 0 1 0 5.2h-4zM4.5 7.7h4.8a2.9 2.9 0 0 1 0 5.8H4.5z',
  italic: 'M7 2.5h5M4 13.5h5M10 2.5l-4 11',
  list: 'M6 4h8M6 8h8M6 12h8M2.5 4v.01M2.5 8v.01M2.5 12v.01',
  pen: 'm10.5 3 2.5 2.5-7.5 7.5-3 .5.5-3z',
  bin: 'M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9M6.7 7v4M9.3 7v4',
  link: 'M6.5 9.5a2.5 2.5 0 0 0 3.5 0l2.5-2.5A2.5 2.5 0 0 0 9 3.5l-1 1M9.5 6.5a2.5 2.5 0 0 0-3.5 0L3.5 9A2.5 2.5 0 0 0 7 12.5l1-1',
};

/**
 * A small drawing that readers of the screen skip.
 * @param {keyof typeof ICONS} name
 */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * Calls `work` once nothing has asked for it during `milliseconds`; `cancel` forgets that it was asked for, `flush` does
 * it now if it was.
 * @param {number} milliseconds
 * @param {() => void} work
 */
export function debounced(milliseconds, work) {
  let timer = 0;
  const cancel = () => {
    clearTimeout(timer);
    timer = 0;
  };
  const flush = () => {
    if (timer === 0) return;
    cancel();
    work();
  };
  const ask = () => {
    cancel();
    timer = window.setTimeout(flush, milliseconds);
  };
  return Object.assign(ask, { cancel, flush });
}
