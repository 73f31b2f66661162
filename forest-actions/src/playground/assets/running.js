// Says that actions without a form are running: a bar at the top, and a line for each of them, which readers of the screen
// hear. Actions call it.

import { h } from './dom.js';

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
