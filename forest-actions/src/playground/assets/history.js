// The history of a record: the rows of the audit trail about it, newest first, read when it is opened.

import { ask, isAborted, segment, textOf } from './api.js';
import { fill, h, icon, isolated } from './dom.js';
import { config } from './state.js';

/** The words and the colour of an operation. @type {Record<string, [string, string]>} */
const OPERATIONS = {
  action: ['done', 'good'],
  action_refused: ['refused', 'wait'],
  action_failed: ['failed', 'bad'],
  action_cancelled: ['not reached', 'wait'],
  create: ['created', 'good'],
  update: ['updated', 'good'],
  delete: ['deleted', 'bad'],
  create_refused: ['not created', 'wait'],
  update_refused: ['not updated', 'wait'],
  delete_refused: ['not deleted', 'wait'],
};

/**
 * A closed section; `null` when the agent has no trail.
 * @param {SchemaCollection} collection
 * @param {string} id
 * @returns {{ element: HTMLElement, reload: () => void } | null}
 */
export function createHistory(collection, id) {
  if (!config.history) return null;
  const rows = h('ol', { class: 'history-rows' });
  const message = h('p', { class: 'muted', role: 'status' });
  const more = h('button', { hidden: true, onclick: () => void load(page + 1) }, 'Show earlier ones');
  const element = h(
    'details',
    { class: 'history', 'data-history': true, ontoggle: () => reload() },
    h('summary', {}, h('h2', {}, 'History')),
    rows,
    message,
    more,
  );
  let page = 1;
  let attempt = 0;

  function reload() {
    if (element.open) void load(1);
  }

  /** @param {number} number */
  async function load(number) {
    const own = ++attempt;
    try {
      const path = `${config.agent}/_audit-trail/${segment(collection.name)}/${segment(id)}`;
      const { data, meta } = await ask('GET', path, { query: { 'page[number]': number } });
      if (own !== attempt) return;
      page = number;
      const drawn = data.map(drawnRow);
      if (number === 1) fill(rows, drawn);
      else rows.append(...drawn);
      fill(message, meta.count === 0 ? 'Nothing is recorded about this record.' : '');
      more.hidden = rows.childElementCount >= meta.count;
    } catch (error) {
      if (isAborted(error) || own !== attempt) return;
      fill(message, icon('alert'), textOf(error));
    }
  }

  return { element, reload };
}

/** @param {HistoryRow} row */
function drawnRow(row) {
  const [word, colour] =
    row.status === 'pending' ? ['pending', 'wait'] : (OPERATIONS[row.operation] ?? [row.operation, '']);
  const name = [row.userFirstName, row.userLastName].filter(Boolean).join(' ') || row.userEmail || 'somebody';
  const text = [row.newValues.message, row.newValues.note].filter(Boolean).join(' · ');
  return h(
    'li',
    { 'data-operation': row.operation },
    h(
      'div',
      { class: 'history-head' },
      h('span', { class: `badge ${colour}` }, word),
      h('span', { class: 'strong' }, isolated(row.actionName ?? 'Change')),
      h('span', { class: 'muted' }, isolated(name)),
      h('time', { class: 'muted', datetime: row.timestamp }, new Date(row.timestamp).toLocaleString()),
    ),
    text ? h('p', {}, isolated(text)) : null,
    values('Values', row.previousValues, row.operation === 'update' ? row.newValues : null),
  );
}

/**
 * @param {string} title
 * @param {Record<string, unknown>} before
 * @param {Record<string, unknown> | null} after
 */
function values(title, before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after ?? {})])];
  if (names.length === 0) return null;
  const shown = (/** @type {unknown} */ value) => (typeof value === 'string' ? value : JSON.stringify(value));
  return h(
    'details',
    {},
    h('summary', { class: 'muted' }, title),
    h(
      'dl',
      {},
      names.flatMap((name) => [
        h('dt', {}, isolated(name)),
        h(
          'dd',
          {},
          isolated([before, after].flatMap((side) => (side && name in side ? shown(side[name]) : [])).join(' → ')),
        ),
      ]),
    ),
  );
}
