// A list of records with everything one can do to it: pages, order, search, filter, segments, selection, actions. The
// same for a collection and for the related records of one record. Who shows it decides where its query is kept.

import { actionsButton } from './actions.js';
import { ask, isAborted, segment } from './api.js';
import { shown } from './cell.js';
import { debounced, fill, h, icon, isolated } from './dom.js';
import { described, openFilters } from './filters.js';
import {
  MOST_COLUMNS,
  attribute,
  columnsOf,
  humanised,
  isToOne,
  naming,
  related,
  rightsOf,
  titleOf,
} from './schema.js';
import { Selection, choosing, listQuery } from './selection.js';
import { config, on } from './state.js';

export const PAGE_SIZES = [10, 15, 25, 50, 100];

/** @returns {Query} */
export const firstPage = () => ({ page: 1, size: 15, sort: '', search: '', segment: '', filters: null });

/**
 * @param {SchemaCollection} collection
 * @param {{ parent?: Parent, query: Query, heading: HTMLElement, changed: (query: Query) => void }} options
 * @returns {{ element: HTMLElement, reload: () => void, stop: () => void }}
 */
export function createList(collection, { parent, query, heading, changed }) {
  // of the related records of one record, the record itself need not stand in every row
  const columns = columnsOf(collection)
    .filter((column) => !parent || !leadsBack(column, parent))
    .slice(0, MOST_COLUMNS);
  const titles = naming(collection);
  const path = parent
    ? `${config.agent}/${segment(parent.collection)}/${segment(parent.id)}/relationships/${segment(parent.relation)}`
    : `${config.agent}/${segment(collection.name)}`;
  const selection = new Selection();
  /** @type {Resource[]} */
  let records = [];
  /** @type {Map<string, string>} what was shown before, to see what an action has changed */
  let before = new Map();
  /** @type {number | null} */
  let total = null;
  /** @type {AbortController | null} */
  let pending = null;
  let loads = 0;
  let isStopped = false;

  const count = h('span', { class: 'count', 'data-count': true });
  const search = h('input', {
    type: 'search',
    placeholder: 'Search',
    'aria-label': `Search ${humanised(collection.name)}`,
    value: query.search,
  });
  const filterButton = h('button', {
    type: 'button',
    'data-filter': true,
    'aria-haspopup': 'dialog',
    onclick: () => void filter(),
  });
  const chips = h('div', { class: 'chips', hidden: true });
  const bar = h('div', { class: 'selection', role: 'status', hidden: true });
  const head = h('tr', { role: 'row' });
  const rows = h('tbody', { role: 'rowgroup' });
  const all = h('input', {
    type: 'checkbox',
    'aria-label': 'Select the records of this page',
    'data-select-page': true,
  });
  const table = h(
    'table',
    { role: 'table', 'aria-label': humanised(parent?.relation ?? collection.name) },
    h('thead', { role: 'rowgroup' }, head),
    rows,
  );
  const message = h('div', { class: 'list-message', role: 'status' });
  const pager = h('nav', { class: 'pager', 'aria-label': 'Pages' });
  const segments =
    collection.segments.length > 0 && !parent
      ? h('div', { class: 'segments', role: 'group', 'aria-label': 'Segments' })
      : null;
  const element = h(
    'section',
    { class: 'list', 'data-list': parent?.relation ?? collection.name, 'aria-busy': 'true' },
    h(
      'div',
      { class: 'list-head' },
      h('div', { class: 'list-title' }, heading, count),
      h(
        'div',
        { class: 'tools' },
        collection.isSearchable ? h('label', { class: 'search' }, icon('search'), search) : null,
        filterButton,
        collection.actions.length > 0 ? actionsButton(collection, target, true) : null,
      ),
    ),
    segments,
    chips,
    h('div', { class: 'table-frame' }, bar, h('div', { class: 'table-scroll', tabindex: '-1' }, table), message),
    pager,
  );

  /** @returns {import('./selection.js').Target} */
  function target() {
    return {
      collection,
      // with everything selected, the rows on screen travel too and are ignored
      ids: selection.isAll ? records.filter(({ id }) => selection.has(id)).map(({ id }) => id) : [...selection.ids],
      isAll: selection.isAll,
      excluded: [...selection.excluded],
      subset: listQuery(collection, columns, query),
      parent: parent ?? null,
      count: selection.count(total),
    };
  }

  const change = (/** @type {Partial<Query>} */ part) => {
    // a filter or a search of a list that has gone would write into the address of the next
    if (isStopped) return;
    const isOther = ['search', 'segment', 'filters'].some((key) => key in part);
    Object.assign(query, isOther ? { page: 1 } : {}, part);
    // another list: what was ticked may not be in it
    if (isOther) selection.clear();
    changed(query);
    void load();
  };
  const typed = debounced(250, () => {
    if (search.value.trim() !== query.search) change({ search: search.value.trim() });
  });
  search.addEventListener('input', typed);
  const filter = () => openFilters(collection, query.filters, (filters) => change({ filters }));

  all.addEventListener('change', () => {
    for (const { id } of records) selection.set(id, all.checked);
    drawSelection();
  });

  /** Reads the page; the newest request wins. */
  async function load() {
    if (isStopped) return;
    pending?.abort();
    const own = (pending = new AbortController());
    element.setAttribute('aria-busy', 'true');
    drawTools();
    const right = rightsOf(collection.name);
    if (right?.records === false) {
      return settle(() => {
        empty();
        say('inbox', 'This collection has no records here.', 'Its actions on no record can be run.');
      });
    }
    if (right && !right.browse) {
      return settle(() => {
        empty();
        say('inbox', 'Your role may not browse this collection.', 'Its actions on no record can still be run.');
      });
    }
    try {
      const asked = listQuery(collection, columns, query);
      const [listing, counted] = await Promise.all([
        ask('GET', path, { query: asked, signal: own.signal }),
        ask('GET', `${path}/count`, { query: { ...choosing(query), searchExtended: 0 }, signal: own.signal }),
      ]);
      if (own !== pending) return;
      total = typeof counted?.count === 'number' ? counted.count : null;
      // the last page may have emptied meanwhile
      if (listing.data.length === 0 && query.page > 1 && total !== null && total > 0) {
        query.page = Math.max(1, Math.ceil(total / query.size));
        changed(query);
        return void load();
      }
      settle(() => draw(listing));
    } catch (error) {
      if (isAborted(error) || own !== pending) return;
      // rows of another query than the one that actions would be told must not stay
      settle(() => {
        empty();
        say('alert', 'The records could not be read.', error instanceof Error ? error.message : String(error));
        message.append(h('button', { type: 'button', 'data-reload': true, onclick: () => void load() }, 'Try again'));
      });
    }
  }

  /** Nothing is known of the records that the query finds, so nothing of them can be selected. */
  function empty() {
    records = [];
    total = null;
    selection.clear();
  }

  /** @param {() => void} work */
  function settle(work) {
    work();
    element.setAttribute('aria-busy', 'false');
    element.dataset.loads = String(++loads);
    drawSelection();
  }

  /** @param {'inbox' | 'alert'} picture @param {string} title @param {string} text */
  function say(picture, title, text) {
    fill(rows);
    message.setAttribute('role', picture === 'alert' ? 'alert' : 'status');
    fill(message, icon(picture), h('p', { class: 'strong' }, title), h('p', { class: 'muted' }, text));
    fill(pager);
    fill(count);
  }

  /** @param {Listing} listing */
  function draw({ data, included, meta }) {
    records = data;
    fill(head, h('th', { role: 'columnheader', class: 'tick', scope: 'col' }, all), columns.map(header));
    const now = new Map(data.map((record) => [record.id, JSON.stringify(record.attributes)]));
    fill(
      rows,
      data.map((record, index) =>
        row(
          record,
          included,
          new Set(meta?.decorators?.[String(index)]?.search),
          before.has(record.id) && before.get(record.id) !== now.get(record.id),
        ),
      ),
    );
    before = now;
    fill(message);
    if (data.length === 0) {
      const isNarrowed = query.search || query.segment || query.filters;
      say(
        'inbox',
        'No records',
        isNarrowed ? 'Nothing matches the search, segment or filter.' : 'There is nothing here yet.',
      );
    }
    fill(count, total === null ? '' : total.toLocaleString());
    drawPager();
  }

  /** @param {SchemaField} column */
  function header(column) {
    const label = humanised(column.field);
    const isNumber = column.type === 'Number' && !column.isPrimaryKey && !isToOne(column);
    const props = { role: 'columnheader', scope: 'col', 'data-field': column.field, class: isNumber ? 'right' : null };
    if (!column.isSortable || isToOne(column)) return h('th', props, h('span', { class: 'plain' }, label));
    const [isUp, isDown] = [query.sort === column.field, query.sort === `-${column.field}`];
    const next = isUp ? `-${column.field}` : isDown ? '' : column.field;
    return h(
      'th',
      { ...props, 'aria-sort': isUp ? 'ascending' : isDown ? 'descending' : 'none' },
      h(
        'button',
        { type: 'button', class: 'sort', onclick: () => change({ sort: next, page: 1 }) },
        label,
        isUp ? icon('up') : isDown ? icon('down') : null,
      ),
    );
  }

  /**
   * @param {Resource} record
   * @param {Resource[] | undefined} included
   * @param {Set<string>} found
   * @param {boolean} isChanged
   */
  function row(record, included, found, isChanged) {
    const address = `#/${segment(collection.name)}/${segment(record.id)}`;
    const tick = h('input', {
      type: 'checkbox',
      'aria-label': `Select ${record.id}: ${titleOf(record)}`,
      'data-tick': record.id,
      onchange: () => {
        selection.set(record.id, tick.checked);
        drawSelection();
      },
    });
    const open = (/** @type {MouseEvent} */ event) => {
      const isOwn = event.target instanceof Element && event.target.closest('a, button, input, label');
      if (!isOwn && !getSelection()?.toString()) location.hash = address;
    };
    const firstLink = titles[0];
    return h(
      'tr',
      { role: 'row', 'data-record': record.id, class: isChanged ? 'changed' : null, onclick: open },
      h('td', { role: 'cell', class: 'tick' }, h('label', { class: 'tick-area' }, tick)),
      columns.map((column) => {
        const isName = column.field === firstLink;
        const content = isToOne(column)
          ? link(record, column, included)
          : shown(attribute(record, column.field), column.type, false, column.isPrimaryKey);
        const classes = [
          column.type === 'Number' && !column.isPrimaryKey && !isToOne(column) ? 'right' : '',
          column.isPrimaryKey ? 'key' : '',
          isName ? 'name' : '',
          found.has(column.field) ? 'found' : '',
          column.type === 'Enum' ? 'state' : '',
        ]
          .join(' ')
          .trim();
        return h(
          'td',
          { role: 'cell', 'data-field': column.field, 'data-label': humanised(column.field), class: classes || null },
          isName ? h('a', { href: address, class: 'record-link' }, content) : content,
        );
      }),
    );
  }

  /** @param {Resource} record @param {SchemaField} column @param {Resource[] | undefined} included */
  function link(record, column, included) {
    const other = related(record, column.field, included);
    if (!other) return shown(null, 'String');
    return h(
      'a',
      { href: `#/${segment(other.type)}/${segment(other.id)}`, class: 'quiet-link' },
      isolated(titleOf(other)),
    );
  }

  function drawTools() {
    const filters = query.filters?.conditions.length ?? 0;
    fill(
      filterButton,
      icon('filter'),
      h('span', { class: 'label' }, 'Filter'),
      filters > 0 ? h('span', { class: 'pill' }, filters) : null,
    );
    chips.hidden = filters === 0;
    const between = query.filters?.aggregator === 'or' ? 'or' : 'and';
    fill(
      chips,
      (query.filters?.conditions ?? []).flatMap((leaf, index) => {
        const without = () => {
          const conditions = (query.filters?.conditions ?? []).filter((known) => known !== leaf);
          change({ filters: query.filters && conditions.length > 0 ? { ...query.filters, conditions } : null });
        };
        return [
          index > 0 ? h('span', { class: 'muted' }, between) : null,
          h(
            'span',
            { class: 'chip' },
            isolated(described(leaf)),
            h(
              'button',
              {
                type: 'button',
                class: 'quiet',
                'aria-label': `Remove the condition: ${described(leaf)}`,
                onclick: without,
              },
              icon('close'),
            ),
          ),
        ];
      }),
    );
    if (segments) {
      const names = ['', ...collection.segments.map(({ name }) => name)];
      fill(
        segments,
        names.map((name) =>
          h(
            'button',
            {
              type: 'button',
              'aria-pressed': String(query.segment === name),
              'data-segment': name,
              onclick: () => change({ segment: name }),
            },
            name || 'All',
          ),
        ),
      );
    }
  }

  function drawSelection() {
    const ticked = records.filter(({ id }) => selection.has(id)).length;
    all.checked = records.length > 0 && ticked === records.length;
    all.indeterminate = ticked > 0 && ticked < records.length;
    for (const row of rows.querySelectorAll('tr')) {
      const isTicked = selection.has(row.dataset.record ?? '');
      row.classList.toggle('ticked', isTicked);
      const box = row.querySelector('input');
      if (box) box.checked = isTicked;
    }
    const isEmpty = selection.isEmpty(total) && !(selection.isAll && total === null);
    bar.hidden = isEmpty;
    if (isEmpty) return void fill(bar);
    const selected = selection.count(total);
    const text =
      selected === null
        ? 'Everything is selected'
        : selected === 1
          ? '1 record selected'
          : `${selected.toLocaleString()} records selected`;
    const excluded = selection.isAll && selection.excluded.size > 0 ? ` (all but ${selection.excluded.size})` : '';
    const canWiden = !selection.isAll && (total === null || (selected ?? 0) < total);
    const widen = () => {
      selection.all();
      drawSelection();
    };
    const clear = () => {
      selection.clear();
      drawSelection();
    };
    fill(
      bar,
      h('span', { 'data-selected': selected ?? 'all' }, text + excluded),
      canWiden
        ? h(
            'button',
            { type: 'button', class: 'quiet', 'data-select-all': true, onclick: widen },
            total === null ? 'Select everything' : `Select all ${total.toLocaleString()}`,
          )
        : null,
      h('button', { type: 'button', class: 'quiet', 'data-select-none': true, onclick: clear }, 'Clear'),
    );
  }

  function drawPager() {
    if (records.length === 0 && query.page === 1) return void fill(pager);
    const first = (query.page - 1) * query.size + 1;
    const last = first + records.length - 1;
    const isLast = total === null ? records.length < query.size : last >= total;
    const size = h(
      'select',
      {
        'aria-label': 'Records per page',
        value: String(query.size),
        onchange: () => change({ size: Number(size.value), page: 1 }),
      },
      PAGE_SIZES.map((number) => h('option', { value: number }, `${number} per page`)),
    );
    fill(
      pager,
      h(
        'span',
        { class: 'muted', 'data-range': `${first}-${last}` },
        `${first.toLocaleString()}–${last.toLocaleString()}`,
        total === null ? '' : ` of ${total.toLocaleString()}`,
      ),
      h(
        'span',
        { class: 'pager-tools' },
        size,
        h(
          'button',
          {
            type: 'button',
            class: 'round',
            'aria-label': 'Previous page',
            disabled: query.page <= 1,
            onclick: () => change({ page: query.page - 1 }),
          },
          icon('left'),
        ),
        h(
          'button',
          {
            type: 'button',
            class: 'round',
            'aria-label': 'Next page',
            disabled: isLast,
            onclick: () => change({ page: query.page + 1 }),
          },
          icon('right'),
        ),
      ),
    );
  }

  const stops = [
    on(
      'refresh',
      (/** @type {{ collection: string, relationships: string[] }} */ { collection: name, relationships }) => {
        const isNamed = parent !== undefined && relationships.includes(parent.relation);
        if (name !== collection.name && !isNamed) return;
        selection.clear();
        void load();
      },
    ),
  ];
  void load();
  return {
    element,
    reload: () => void load(),
    stop: () => {
      isStopped = true;
      typed.cancel();
      pending?.abort();
      pending = null;
      stops.forEach((stop) => stop());
    },
  };
}

/** Whether a column of related records says which record they belong to. @param {SchemaField} column @param {Parent} parent */
function leadsBack(column, parent) {
  const inverse = /** @type {SchemaField & { inverseOf?: string }} */ (column).inverseOf;
  return isToOne(column) && inverse === parent.relation && column.reference?.split('.')[0] === parent.collection;
}
