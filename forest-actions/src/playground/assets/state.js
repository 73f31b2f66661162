// What the page knows for longer than one view: its configuration, who the user is, the schema, the rights. Tells
// whoever listens when that changes. Sends nothing itself.

/** @type {Config} */
export const config = JSON.parse(document.getElementById('config')?.textContent ?? '{}');

/** @type {{ person: Person | null, token: string | null, schema: Schema, rights: Rights }} */
export const state = {
  person: null,
  token: null,
  schema: { collections: [] },
  rights: { actions: [], collections: [], charts: [] },
};

/**
 * `session`: somebody is signed in, or the schema was read again, and whether it and the rights are as before; `expired`:
 * the token counts no more; `offline` and `online`: the server has stopped and begun to answer; `call`: a request was sent
 * or answered; `refresh`: an action has changed records.
 * @typedef {'session' | 'expired' | 'offline' | 'online' | 'call' | 'refresh'} Event
 */

const bus = new EventTarget();

/**
 * Listens until the answer is called.
 * @param {Event} name
 * @param {(detail: any) => void} listener
 * @returns {() => void}
 */
export function on(name, listener) {
  const heard = (/** @type {globalThis.Event} */ event) => listener(/** @type {CustomEvent} */ (event).detail);
  bus.addEventListener(name, heard);
  return () => bus.removeEventListener(name, heard);
}

/**
 * @param {Event} name
 * @param {unknown} [detail]
 */
export function emit(name, detail) {
  bus.dispatchEvent(new CustomEvent(name, { detail }));
}

/** @param {string} name @returns {SchemaCollection | undefined} */
export const collectionNamed = (name) => state.schema.collections.find((collection) => collection.name === name);

/** The user's time zone, which every request carries. */
export const timezone = (() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone && !zone.startsWith('Etc/Unknown') ? zone : 'UTC';
})();

/**
 * A setting that survives a reload; nothing is lost when the browser keeps none.
 * @param {string} name
 */
export function remembered(name) {
  try {
    return sessionStorage.getItem(`playground.${name}`);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string | null} value
 */
export function remember(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(`playground.${name}`);
    else sessionStorage.setItem(`playground.${name}`, value);
  } catch {
    // a browser that keeps nothing only forgets the choice
  }
}
