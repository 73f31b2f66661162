// A list of records with everything one can do to it: pages, order, search, filter, segments, selection, actions, writing. The
// same for a collection and for the related records of one record. Who shows it decides where its query is kept.

import { actionsButton } from './actions.js';
import { ask, isAborted, segment, textOf } from './api.js';
import { chosenColumns, columnsButton } from './columns.js';
import { described } from './conditions.js';
import { debounced, fill, h, icon, isolated, keepFocus, notice } from './dom.js';
import { openFilters } from './filters.js';
import { createPager } from './pager.js';
import { heading as columnHeading, isOrdered, leadsBack, orderChoice, row } from './rows.js';
import { MOST_COLUMNS, columnsOf, humanised, rightsOf } from './schema.js';
import { Selection, amount, choosing, listQuery } from './selection.js';
import { config, on } from './state.js';
import { listButtons, selectionButtons } from './write.js';

/** How long a list may take without a word of it. */
const PATIENCE = 300;

/** @returns {Query} */
export const firstPage = () => ({ page: 1, size: 15, sort: '', search: '', segment: '', filters: null });

/**
 * @param {SchemaCollection} collection
 * @param {{ parent?: Parent, query: Query, heading: HTMLElement, changed: (query: Query) => void }} options
 * @returns {{ element: HTMLElement, reload: () => void, stop: () => void }}
 */
export function createList(collection, { parent, query, heading, changed }) {
  // of the related records of one record, the record itself need not stand in every row
  const available = columnsOf(collection).filter((column) => !parent || !leadsBack(column, parent));
  let columns = chosenColumns(collection, available);
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
  /** What was selected when it was drawn last. */
  let drawn = '[false,[],[],0]';
  let isStopped = false;
  let slow = 0;

  const count = h('span', { class: 'count', 'data-count': true });
  const search = h('input', {
    type: 'search',
    placeholder: 'Search',
    'aria-label': `Search ${humanised(collection.name)}`,
    value: query.search,
  });
  const filterButton = h('button', {
    'data-filter': true,
    'aria-haspopup': 'dialog',
    onclick: () => void filter(),
  });
  const chips = h('div', { class: 'chips', hidden: true });
  const selected = h('span', { role: 'status', class: 'grow' });
  const widen = h('button', {
    class: 'quiet',
    'data-select-all': true,
    onclick: () => {
      selection.all();
      drawSelection();
    },
  });
  const clear = h(
    'button',
    {
      class: 'quiet',
      'data-select-none': true,
      onclick: () => {
        selection.clear();
        drawSelection();
      },
    },
    'Clear',
  );
  const bar = h(
    'div',
    { class: 'selection', hidden: true },
    selected,
    widen,
    selectionButtons(collection, parent, pressed),
    clear,
  );
  const head = h('tr', { role: 'row' });
  const rows = h('tbody', { role: 'rowgroup' });
  // one above the ticks of the table, one above the cards of a narrow window
  const [all, allCards] = [pageTick(), pageTick()];
  const order = (/** @type {string} */ sort) => change({ sort, page: 1 });
  const orders = orderChoice(available, order);
  const table = h(
    'table',
    { role: 'table', 'aria-label': humanised(parent?.relation ?? collection.name) },
    h('thead', { role: 'rowgroup' }, head),
    rows,
  );
  const scroller = h('div', { class: 'table-scroll', tabindex: '-1', onscroll: () => edge() }, table);
  /** Says to the eye whether the table goes on beyond its edge. */
  const edge = () =>
    scroller.classList.toggle('cut', scroller.scrollLeft + scroller.clientWidth < scroller.scrollWidth - 1);
  const sizes = new ResizeObserver(edge);
  sizes.observe(scroller);
  sizes.observe(table);
  const message = h('div', { class: 'list-message', role: 'status' });
  const waiting = h('p', { class: 'sr-only', role: 'status' });
  const pager = createPager(change);
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
        available.length > MOST_COLUMNS
          ? columnsButton(collection, available, (chosen) => {
              columns = chosen;
              // other columns are no changes of the records
              before = new Map();
              void load();
            })
          : null,
        listButtons(collection, parent),
        collection.actions.length > 0 ? actionsButton(collection, pressed, true) : null,
      ),
    ),
    segments,
    chips,
    h(
      'div',
      { class: 'table-frame' },
      h(
        'div',
        { class: 'card-tools' },
        h('label', {}, allCards, 'Select page'),
        available.some(isOrdered) ? orders : null,
      ),
      scroller,
      message,
      bar,
    ),
    waiting,
    pager.element,
  );

  function pageTick() {
    const box = h('input', {
      type: 'checkbox',
      'aria-label': 'Select the records of this page',
      'data-select-page': true,
      onchange: () => {
        for (const { id } of records) selection.set(id, box.checked);
        drawSelection();
      },
    });
    return box;
  }

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

  /** What is selected once what was typed in the search counts: ticks of another list are none of its. */
  function pressed() {
    typed.flush();
    return target();
  }

  /** @param {Partial<Query>} part */
  function change(part) {
    // a filter or a search of a list that has gone would write into the address of the next
    if (isStopped) return;
    const isOther = ['search', 'segment', 'filters'].some((key) => key in part);
    Object.assign(query, isOther ? { page: 1 } : {}, part);
    // another list: what was ticked may not be in it
    if (isOther) {
      selection.clear();
      drawSelection();
    }
    changed(query);
    void load();
  }
  const typed = debounced(250, () => {
    if (search.value.trim() !== query.search) change({ search: search.value.trim() });
  });
  search.addEventListener('input', typed);
  const filter = () => openFilters(collection, query.filters, (filters) => change({ filters }));

  /** Reads the page; the newest request wins. */
  async function load() {
    if (isStopped) return;
    pending?.abort();
    const own = (pending = new AbortController());
    element.setAttribute('aria-busy', 'true');
    redraw(drawTools);
    clearTimeout(slow);
    slow = window.setTimeout(() => (waiting.textContent = 'Reading the records…'), PATIENCE);
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
        say('alert', 'The records could not be read.', textOf(error));
        message.append(h('button', { 'data-reload': true, onclick: () => void load() }, 'Try again'));
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
    clearTimeout(slow);
    waiting.textContent = '';
    redraw(work);
    element.setAttribute('aria-busy', 'false');
    element.dataset.loads = String(++loads);
    drawSelection();
  }

  /** Draws, and leaves the focus where it was; at the filter, where that has gone. @param {() => void} work */
  function redraw(work) {
    keepFocus(element, work, () => filterButton);
  }

  /** @param {'inbox' | 'alert'} picture @param {string} title @param {string} text */
  function say(picture, title, text) {
    fill(rows);
    message.setAttribute('role', picture === 'alert' ? 'alert' : 'status');
    fill(message, notice(picture, title, text));
    pager.clear();
    fill(count);
  }

  /** @param {Listing} listing */
  function draw({ data, included, meta }) {
    // a record without a key has no id to select it by
    records = data.filter(({ id }) => id !== undefined);
    fill(
      head,
      h('th', { role: 'columnheader', class: 'tick', scope: 'col' }, all),
      columns.map((column) => columnHeading(column, query.sort, order)),
    );
    orders.value = query.sort;
    if (orders.selectedIndex < 0) orders.value = '';
    const now = new Map(data.map((record) => [record.id, JSON.stringify(record.attributes)]));
    fill(
      rows,
      data.map((record, index) =>
        row(collection, columns, record, {
          included,
          found: new Set(meta?.decorators?.[String(index)]?.search),
          isChanged: before.has(record.id) && before.get(record.id) !== now.get(record.id),
          tick: (isTicked) => {
            selection.set(record.id, isTicked);
            drawSelection();
          },
        }),
      ),
    );
    before = now;
    fill(message);
    pager.draw(query, data.length, total);
    if (data.length === 0) {
      const isNarrowed = query.search || query.segment || query.filters;
      say(
        'inbox',
        'No records',
        isNarrowed ? 'Nothing matches the search, segment or filter.' : 'There is nothing here yet.',
      );
    }
    fill(count, total === null ? '' : total.toLocaleString());
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
            isolated(described(leaf, collection)),
            h(
              'button',
              {
                class: 'quiet',
                'data-focus': `chip ${index}`,
                'aria-label': `Remove the condition: ${described(leaf, collection)}`,
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
              'aria-pressed': String(query.segment === name),
              'data-segment': name,
              'data-focus': `segment ${name}`,
              onclick: () => change({ segment: name }),
            },
            name || 'All',
          ),
        ),
      );
    }
  }

  function closeMenu() {
    const menu = element.querySelector('.menu:popover-open');
    if (menu instanceof HTMLElement) menu.hidePopover();
  }

  function drawSelection() {
    const number = selection.count(total);
    const now = JSON.stringify([selection.isAll, [...selection.ids], [...selection.excluded], number]);
    // a menu that is open offers what can be done with what was selected before
    if (now !== drawn) closeMenu();
    drawn = now;
    const ticked = records.filter(({ id }) => selection.has(id)).length;
    for (const box of [all, allCards]) {
      box.checked = records.length > 0 && ticked === records.length;
      box.indeterminate = ticked > 0 && ticked < records.length;
    }
    for (const row of rows.querySelectorAll('tr')) {
      const isTicked = selection.has(row.dataset.record ?? '');
      row.classList.toggle('ticked', isTicked);
      const box = row.querySelector('input');
      if (box) box.checked = isTicked;
    }
    const text = number === null ? 'Everything is selected' : `${amount(number)} selected`;
    const excluded = selection.isAll && selection.excluded.size > 0 ? ` (all but ${selection.excluded.size})` : '';
    const isEmpty = selection.isEmpty(total);
    const canWiden = !selection.isAll && (total === null || (number ?? 0) < total);
    // nobody presses a button that has gone: they go on where the selection began
    const instead = () => (!isEmpty ? clear : all.checkVisibility() ? all : allCards);
    keepFocus(
      bar,
      () => {
        bar.hidden = isEmpty;
        selected.textContent = isEmpty ? '' : text + excluded;
        selected.dataset.selected = isEmpty ? '' : String(number ?? 'all');
        widen.hidden = !canWiden;
        widen.textContent = total === null ? 'Select everything' : `Select all ${total.toLocaleString()}`;
      },
      instead,
    );
  }

  const stops = [
    on(
      'refresh',
      (/** @type {{ collection: string, relationships: string[] }} */ { collection: name, relationships }) => {
        const isNamed = parent !== undefined && relationships.includes(parent.relation);
        if (name !== collection.name && !isNamed) return;
        selection.clear();
        drawSelection();
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
      clearTimeout(slow);
      sizes.disconnect();
      pending?.abort();
      pending = null;
      stops.forEach((stop) => stop());
    },
  };
}
