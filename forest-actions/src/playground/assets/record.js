// One record: its fields, the records that it belongs to, its related lists, the actions that run on it, and how it is changed.

import { actionsButton } from './actions.js';
import { CallError, ask, isAborted, segment, textOf } from './api.js';
import { readdress } from './back.js';
import { shown } from './cell.js';
import { createRecordCharts } from './charts.js';
import { fill, h, icon, isolated, newId, notice } from './dom.js';
import { createHistory } from './history.js';
import { createList, firstPage } from './list.js';
import {
  attribute,
  columnsOf,
  humanised,
  isToOne,
  referenced,
  related,
  rightsOf,
  titleOf,
  toManyOf,
} from './schema.js';
import { config, on } from './state.js';
import { recordButtons } from './write.js';

/**
 * @param {SchemaCollection} collection
 * @param {string} id
 * @param {string | null} tab the relation whose records are shown
 * @param {(name: string) => void} named told the name of the record when it was read
 * @returns {{ element: HTMLElement, reload: () => void, stop: () => void }}
 */
export function createRecord(collection, id, tab, named) {
  const title = h('h1', { tabindex: '-1', 'data-title': true }, `#${id}`);
  // a record without a name has its id for one
  const count = h('span', { class: 'count', hidden: true }, `#${id}`);
  const details = h('dl', { class: 'details' });
  const problem = h('div', { class: 'list-message', role: 'status' });
  const address = `#/${segment(collection.name)}`;
  const only = () => ({ collection, ids: [id], isAll: false, excluded: [], subset: null, parent: null, count: 1 });
  const relations = toManyOf(collection).filter((field) => referenced(field.reference));
  const panel = h('div', { role: 'tabpanel', id: newId('panel'), class: 'related' });
  const current = relations.find(({ field }) => field === tab) ?? relations[0];
  /** @type {ReturnType<typeof createList> | null} */
  let list = null;

  const tabs = relations.map((relation) =>
    h(
      'button',
      {
        role: 'tab',
        id: newId('tab'),
        'aria-controls': panel.id,
        'data-relation': relation.field,
        onclick: () => show(relation),
      },
      humanised(relation.field),
    ),
  );

  /** @param {SchemaField} relation */
  function show(relation) {
    list?.stop();
    for (const tab of tabs) {
      const isCurrent = tab.dataset.relation === relation.field;
      tab.setAttribute('aria-selected', String(isCurrent));
      tab.tabIndex = isCurrent ? 0 : -1;
      if (isCurrent) panel.setAttribute('aria-labelledby', tab.id);
    }
    const target = referenced(relation.reference);
    if (!target) return;
    const parent = { collection: collection.name, id, relation: relation.field };
    const heading = h('h2', {}, humanised(relation.field));
    list = createList(target, { parent, query: { ...firstPage(), size: 10 }, heading, changed: () => {} });
    fill(panel, list.element);
    readdress(`${address}/${segment(id)}/${segment(relation.field)}`);
  }

  const charts = createRecordCharts(collection, id);
  const history = createHistory(collection, id);
  const strip = h('div', { role: 'tablist', class: 'tabs', 'aria-label': 'Related records' }, tabs);
  strip.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = tabs.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    if (!step || at < 0) return;
    const next = tabs.at((at + step) % tabs.length);
    next?.focus();
    next?.click();
  });

  const element = h(
    'article',
    { class: 'record', 'data-open-record': id },
    h(
      'nav',
      { class: 'crumbs', 'aria-label': 'Breadcrumb' },
      h('a', { href: address }, icon('left'), humanised(collection.name)),
    ),
    h(
      'div',
      { class: 'list-head' },
      h('div', { class: 'list-title' }, title, count),
      h(
        'div',
        { class: 'tools' },
        recordButtons(collection, id, () => title.textContent ?? `#${id}`),
        collection.actions.some(({ type }) => type !== 'global') ? actionsButton(collection, only, false) : null,
      ),
    ),
    details,
    problem,
    charts?.element,
    relations.length > 0 ? [strip, panel] : null,
    history?.element,
  );

  let attempt = 0;
  let before = new Map();
  async function load() {
    const own = ++attempt;
    if (rightsOf(collection.name)?.read === false) {
      fill(problem, notice('inbox', 'Your role may not read records of this collection.'));
      return;
    }
    try {
      const { data, included } = await ask('GET', `${config.agent}/${segment(collection.name)}/${segment(id)}`);
      if (own !== attempt) return;
      fill(problem);
      draw(data, included);
    } catch (error) {
      if (isAborted(error) || own !== attempt) return;
      const isMissing = error instanceof CallError && error.status === 404;
      fill(details);
      fill(
        problem,
        notice('alert', isMissing ? 'There is no such record.' : 'The record could not be read.', textOf(error)),
      );
    }
  }

  /** @param {Resource} record @param {Resource[] | undefined} included */
  function draw(record, included) {
    fill(title, isolated(titleOf(record)));
    count.hidden = titleOf(record) === count.textContent;
    named(titleOf(record));
    const now = new Map();
    fill(
      details,
      columnsOf(collection).map((column) => {
        const other = isToOne(column) ? related(record, column.field, included) : undefined;
        const value = other ? other.id : attribute(record, column.field);
        now.set(column.field, JSON.stringify(value));
        const isChanged = before.has(column.field) && before.get(column.field) !== now.get(column.field);
        return h(
          'div',
          { class: isChanged ? 'changed' : null, 'data-field': column.field },
          h('dt', {}, humanised(column.field)),
          h(
            'dd',
            {},
            other
              ? h('a', { href: `#/${segment(other.type)}/${segment(other.id)}` }, isolated(titleOf(other)))
              : shown(value, column.type, true, column.isPrimaryKey),
          ),
        );
      }),
    );
    before = now;
  }

  const stop = on('refresh', () => {
    void load();
    charts?.reload();
    history?.reload();
  });
  void load();
  if (current) show(current);
  return {
    element,
    reload: () => {
      void load();
      charts?.reload();
      history?.reload();
      list?.reload();
    },
    stop: () => {
      attempt++;
      list?.stop();
      stop();
    },
  };
}
