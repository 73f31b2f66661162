// The browser's Back while something lies over the page: it takes away what lies on top, and leaves the view behind as it is.
// Owns one entry of the history, which is there as long as something is open. Knows no dialog but by how to shut it.

/** What is open, the topmost last. @typedef {{ isOpen: () => boolean, shut: () => void }} Layer */

/** @type {Layer[]} */
let layers = [];
/** Whether the history has the entry. */
let hasEntry = false;
/** Whether the entry is being left, since nothing is open any more. */
let isLeaving = false;
/** The address of the view that is behind. */
let place = '';
/** The address below the entry, as the history has it, and the one that it should have. */
let below = '';
let wanted = '';
/** @type {(() => void)[]} */
let waiting = [];

/** Says that something has opened over the page. @param {Layer} layer */
export function opened(layer) {
  layers.push(layer);
  settle();
}

/** Says that something may have closed. */
export function settle() {
  layers = layers.filter((layer) => layer.isOpen());
  // looked at again when the way back has ended
  if (isLeaving) return;
  if (layers.length > 0 && !hasEntry) {
    below = location.href;
    place ||= below;
    history.pushState(null, '', place);
    hasEntry = true;
  } else if (layers.length === 0) {
    place = '';
    if (hasEntry) {
      isLeaving = true;
      history.back();
    }
  }
}

/**
 * Gives the view another address. While something lies over it, the address is kept for the entry of the view: written into
 * the one on top, it would be gone with it, and the way back would look like a way to another view.
 * @param {string} address
 */
export function readdress(address) {
  if (!hasEntry) return history.replaceState(null, '', address);
  wanted = address;
  place = new URL(address, location.href).href;
}

/** Answers once the address can be changed without being taken for a way back. @returns {Promise<void>} */
export const settled = () => (isLeaving ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve());

window.addEventListener('popstate', () => {
  if (!hasEntry) return;
  hasEntry = false;
  // unless another address was typed, which leads on
  if (wanted && location.href === below) history.replaceState(null, '', wanted);
  wanted = '';
  if (isLeaving) {
    isLeaving = false;
    settle();
    waiting.splice(0).forEach((resolve) => resolve());
    return;
  }
  // something that asks first stays, and gets the entry again
  layers.at(-1)?.shut();
  settle();
});
