// Runs in the background: one that is followed where it was started or at its address, and the list of the user's own. Each is
// read as often as it may have changed, and drawn in place: somebody may be about to press its button.

import { CallError, ask, segment, textOf } from './api.js';
import { badge, number, shown } from './cell.js';
import { arrange, fill, h, icon, isolated, notice } from './dom.js';
import { framed } from './markup.js';
import { openDialog, toast } from './overlay.js';
import { rightsOf } from './schema.js';
import { config, on, state } from './state.js';

/** The time between two looks at a run, at the list, and at what does not answer, in milliseconds. */
const [PACE, LIST_PACE, SLOW] = [1_000, 2_000, 5_000];

/** @param {string} [id] */
const pathOf = (id) => `${config.agent}/_runs${id === undefined ? '' : `/${segment(id)}`}`;

/** @param {string} id */
export const addressOf = (id) => `#/runs/${segment(id)}`;

/** Whether a run has not ended. @param {{ status: string }} run */
export const goesOn = ({ status }) => /^(queued|running|stopping)$/.test(status);

/**
 * Reads again and again while somebody can see it. `draw` answers after how long to look again, or with 0 for never.
 * @param {string} path
 * @param {(answer: any) => number} draw
 * @param {(problem: string, isRefused: boolean) => void} tell
 */
function watch(path, draw, tell) {
  let [timer, newest] = [0, 0];
  async function look() {
    clearTimeout(timer);
    if (document.hidden) return;
    const own = ++newest;
    let pause = SLOW;
    try {
      const answer = await ask('GET', path, { kind: 'page' });
      if (own !== newest) return;
      tell('', false);
      pause = draw(answer);
    } catch (error) {
      if (own !== newest) return;
      const isRefused = error instanceof CallError && [401, 403, 404].includes(error.status);
      tell(textOf(error), isRefused);
      if (isRefused) pause = 0;
    }
    if (pause > 0) timer = window.setTimeout(look, pause);
  }
  document.addEventListener('visibilitychange', look);
  void look();
  return {
    look: () => void look(),
    stop: () => {
      newest++;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    },
  };
}

/**
 * One run.
 * @param {string} id
 * @param {HTMLElement | null} heading
 * @param {boolean} isWhole whether with its reasons and its panel, and heard when its state changes
 * @param {() => void} look reads it again
 */
function createView(id, heading, isWhole, look) {
  const mark = h('span', { role: isWhole ? 'status' : null });
  const bar = h('progress', { hidden: true });
  const body = h('div', { class: 'stack' });
  const cancel = h('button', { 'data-cancel': id, hidden: true, onclick: stop }, 'Cancel run');
  const element = h(
    isWhole ? 'div' : 'li',
    { class: heading ? 'entry' : 'stack', 'data-run': id, tabindex: '-1' },
    h('div', { class: 'entry-head' }, heading, mark),
    bar,
    body,
    cancel,
  );
  let drawn = '';

  async function stop() {
    element.focus();
    cancel.disabled = true;
    try {
      draw(await ask('POST', `${pathOf(id)}/cancel`, { kind: 'write' }));
    } catch (error) {
      toast('error', textOf(error));
    }
    cancel.disabled = false;
    // whoever has left looks no more
    if (element.isConnected) look();
  }

  /** @param {Run} run */
  function draw(run) {
    const { action, status, total, processed, refused, failed, userName, startedAt, finishedAt, cancelledBy } = run;
    const text = JSON.stringify(run);
    if (text === drawn) return;
    drawn = text;
    const isOn = goesOn(run);
    if (element.dataset.status !== status) fill(mark, badge(status));
    element.dataset.status = status;
    bar.hidden = !isOn || total === null;
    bar.setAttribute('aria-label', `Progress of ${action}`);
    [bar.max, bar.value] = [total || 1, processed];
    const canStop = isOn && status !== 'stopping';
    // nobody presses a button that has gone
    if (!canStop && document.activeElement === cancel) element.focus();
    cancel.hidden = !canStop;
    const counts = [
      total === null ? '' : `${number.format(processed)} of ${number.format(total)} records`,
      refused > 0 ? `${number.format(refused)} refused` : '',
      failed > 0 ? `${number.format(failed)} failed` : '',
    ];
    const words = isOn ? run.progress : run.message;
    fill(
      body,
      h('p', { class: 'count' }, counts.filter(Boolean).join(', ')),
      words ? h('p', { dir: 'auto' }, words) : null,
      h(
        'p',
        { class: 'muted' },
        isolated(userName),
        startedAt ? ' · started ' : ' · submitted ',
        shown(startedAt ?? run.createdAt, 'Date', true),
        finishedAt ? [' · ended ', shown(finishedAt, 'Date', true)] : null,
        cancelledBy ? [' · cancelled by ', isolated(cancelledBy)] : null,
      ),
      isWhole && !isOn ? details(run) : null,
      isOn && !heading ? h('p', { class: 'muted' }, 'It goes on when this is closed.') : null,
    );
  }

  return { element, draw };
}

/** What is known of the records of a run that has ended. @param {Run} run */
function details({ id, action, refused, failed, reasons = [], answer }) {
  const html = answer?.body?.html;
  return [
    // the panel of the answer names the records that were refused
    ...(html ? [] : reasons).map(({ outcome, text, count }) =>
      h('p', {}, `${number.format(count)} ${outcome}: `, isolated(text)),
    ),
    html ? framed(action, html) : null,
    refused + failed > 0 && rightsOf('forest_runs')?.read
      ? h('a', { href: `#/forest_runs/${segment(id)}` }, 'The records that were not done')
      : null,
  ];
}

/**
 * Reads one run until it has ended.
 * @param {string} id
 * @param {HTMLElement | null} heading
 * @param {(run: Run) => void} drawn
 */
function follow(id, heading, drawn) {
  const problem = h('p', { class: 'banner bad', role: 'alert', hidden: true });
  const view = createView(id, heading, true, () => watched.look());
  const watched = watch(
    pathOf(id),
    (/** @type {Run} */ run) => {
      view.draw(run);
      if (!goesOn(run)) watched.stop();
      drawn(run);
      return goesOn(run) ? PACE : 0;
    },
    (text, isRefused) => {
      problem.hidden = text === '';
      if (problem.textContent !== text) fill(problem, text);
      // it may be one that somebody else could see
      view.element.hidden = isRefused;
    },
  );
  return { ...watched, element: h('div', { class: 'stack' }, problem, view.element) };
}

/**
 * Follows a run where it was started. `ended` gets it at its end, unless somebody has left before.
 * @param {string} id
 * @param {string} title
 * @param {(run: Run, close: () => void) => void} ended
 */
export function openRun(id, title, ended) {
  const { person } = state;
  const onclose = () => {
    followed.stop();
    stop();
  };
  const { body, footer, close } = openDialog({ title, id: 'run', onclose });
  let isOver = false;
  const followed = follow(id, null, (run) => {
    // read once more or not: what the answer asks for is done once
    if (isOver || goesOn(run)) return;
    isOver = true;
    ended(run, close);
  });
  const stop = on('session', () => (state.person === person ? followed.look() : close()));
  fill(body, followed.element);
  fill(
    footer,
    h('a', { class: 'grow', href: addressOf(id) }, 'See the run'),
    h('button', { class: 'primary', onclick: close }, 'Close'),
  );
}

/**
 * The view of one run.
 * @param {string} id
 * @param {(name: string) => void} named told the name of its action when it was read
 */
export function createRun(id, named) {
  const title = h('h1', { tabindex: '-1' }, 'Run');
  const { element, look, stop } = follow(id, title, ({ action }) => {
    if (title.textContent === action) return;
    fill(title, isolated(action));
    named(action);
  });
  const crumbs = h(
    'nav',
    { class: 'crumbs', 'aria-label': 'Breadcrumb' },
    h('a', { href: '#/runs' }, icon('left'), 'Runs'),
  );
  return { element: h('article', { class: 'record' }, crumbs, element), reload: look, stop };
}

/** The list of the user's own runs. */
export function createRuns() {
  const items = h('ol', { class: 'entries' });
  const message = h('div', { class: 'list-message', role: 'status' });
  const element = h(
    'section',
    { class: 'list', 'data-runs': true, 'aria-busy': 'true' },
    h('h1', { tabindex: '-1' }, 'Runs'),
    message,
    items,
  );
  /** @type {Map<string, ReturnType<typeof createView>>} */
  const views = new Map();

  /** @param {Run} run */
  function drawn(run) {
    const heading = () => h('h2', {}, h('a', { href: addressOf(run.id) }, isolated(run.action)));
    const view = views.get(run.id) ?? createView(run.id, heading(), false, () => watched.look());
    views.set(run.id, view);
    view.draw(run);
    return view.element;
  }

  const watched = watch(
    pathOf(),
    (/** @type {{ runs: Run[] }} */ { runs }) => {
      arrange(items, runs.map(drawn));
      if (runs.length === 0)
        fill(
          message,
          notice('inbox', 'No runs', 'An action that takes long runs in the background, and is found here.'),
        );
      element.setAttribute('aria-busy', 'false');
      return runs.some(goesOn) ? LIST_PACE : 0;
    },
    (text, isRefused) => {
      if (message.textContent !== text) fill(message, text ? notice('alert', text) : null);
      if (isRefused) fill(items);
      element.setAttribute('aria-busy', 'false');
    },
  );
  return { element, reload: watched.look, stop: watched.stop };
}
