// Starts the page: the frame with its navigation and bar, the address behind `#`, and which view it leads to.

import { follow } from './actions.js';
import { readRights, signIn, tryAgain } from './api.js';
import { createApprovals } from './approvals.js';
import { readdress } from './back.js';
import { chartsOf, createCharts } from './charts.js';
import { fill, h, hidden, icon, keepFocus, notice } from './dom.js';
import { createInspector } from './inspect.js';
import { readIntent, withoutIntent } from './intents.js';
import { createList, firstPage } from './list.js';
import { personButton, watchSession, welcome } from './people.js';
import { createRecord } from './record.js';
import { createRun, createRuns } from './runs.js';
import { humanised } from './schema.js';
import { collectionNamed, config, on, remember, remembered, state } from './state.js';

const main = /** @type {HTMLElement} */ (document.getElementById('app'));
const top = document.querySelector('body > header') ?? document.body.insertBefore(h('header'), main);
const side = h('nav', { class: 'side', id: 'side', 'aria-label': 'Collections' });
const inspector = createInspector();
const offline = h('div', { class: 'banner offline', role: 'status', 'data-banner': 'offline', hidden: true });

/** @type {{ element: HTMLElement, reload: () => void, stop: () => void } | null} */
let view = null;

/** How each collection was looked at last, to come back to. @type {Map<string, Query>} */
const queries = new Map();

/** The part of a query that stands in the address. @param {Query} query */
function written({ page, size, sort, search, segment, filters }) {
  const parts = new URLSearchParams();
  if (page > 1) parts.set('page', String(page));
  if (size !== firstPage().size) parts.set('size', String(size));
  if (sort) parts.set('sort', sort);
  if (search) parts.set('search', search);
  if (segment) parts.set('segment', segment);
  if (filters) parts.set('filters', JSON.stringify(filters));
  return parts.size > 0 ? `?${parts}` : '';
}

/** @param {URLSearchParams} parts @returns {Query} */
function readQuery(parts) {
  const count = (/** @type {string} */ name, /** @type {number} */ usual) =>
    Math.max(1, Math.min(1_000_000, Math.trunc(Number(parts.get(name))) || usual));
  const query = firstPage();
  query.page = count('page', 1);
  query.size = Math.min(1_000, count('size', query.size));
  query.sort = parts.get('sort') ?? '';
  query.search = parts.get('search') ?? '';
  query.segment = parts.get('segment') ?? '';
  try {
    const filters = JSON.parse(parts.get('filters') ?? 'null');
    /** @type {unknown[]} */
    const conditions = Array.isArray(filters?.conditions) ? filters.conditions : [];
    const leaves = conditions.filter((leaf) => isLeaf(leaf));
    if (leaves.length > 0)
      query.filters = { aggregator: filters.aggregator === 'or' ? 'or' : 'and', conditions: leaves };
  } catch {
    // an address that somebody has shortened shows the list without its filter
  }
  return query;
}

/** @param {any} leaf @returns {leaf is Leaf} */
const isLeaf = (leaf) => typeof leaf?.field === 'string' && typeof leaf.operator === 'string';

/** Shows what the address says. */
function navigate() {
  if (!state.token) return;
  const [path = '', search = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
  const [name = '', id, tab] = path.split('/').map(decoded);
  view?.stop();
  view = null;
  document.body.classList.remove('menu-open');
  const collection = collectionNamed(name);
  if (name === 'approvals' && config.approvals && !collection) {
    view = createApprovals();
  } else if (name === 'runs' && config.runs && !collection) {
    view = id ? createRun(id, entitle) : createRuns();
  } else if (name === 'charts' && !collection && chartsOf(null).length > 0) {
    view = createCharts();
  } else if (collection && id) {
    view = createRecord(collection, id, tab ?? null, entitle);
  } else if (collection) {
    const intent = readIntent(new URLSearchParams(search));
    const rest = withoutIntent(search);
    const query = rest ? readQuery(new URLSearchParams(rest)) : (queries.get(name) ?? firstPage());
    queries.set(name, query);
    const address = `#/${encodeURIComponent(name)}`;
    // a list that is come back to is as it was, and so is its address; and read again, the page must not open an action a
    // second time
    if (!rest) history.replaceState(intent ? null : history.state, '', address + written(query));
    else if (intent) history.replaceState(null, '', address + written(query));
    if (intent) follow(collection, intent);
    const heading = h('h1', { tabindex: '-1' }, humanised(name));
    view = createList(collection, {
      query,
      heading,
      changed: () => readdress(address + written(query)),
    });
  } else {
    const [first] = state.schema.collections;
    if (first && name === '') return location.replace(`#/${encodeURIComponent(first.name)}`);
    fill(
      main,
      h(
        'div',
        { class: 'list-message' },
        notice('inbox', 'There is no such page.', 'Choose a collection at the side.'),
      ),
    );
  }
  if (view) fill(main, view.element);
  main.dataset.state = 'ready';
  entitle(view?.element.querySelector('h1')?.textContent ?? 'Not found');
  drawSide(name);
}

/** @param {string} text what is shown */
function entitle(text) {
  document.title = `${text} · ${config.title}`;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} current */
function drawSide(current) {
  const link = (
    /** @type {string} */ name,
    /** @type {string} */ label,
    /** @type {'table' | 'inbox' | 'chart' | 'bolt'} */ picture,
    /** @type {string | null} */ collection,
  ) =>
    h(
      'a',
      {
        href: `#/${encodeURIComponent(name)}`,
        'aria-current': name === current ? 'page' : null,
        'data-collection': collection,
      },
      icon(picture),
      h('span', {}, label),
    );
  const apart = [
    chartsOf(null).length > 0 && !collectionNamed('charts') ? link('charts', 'Charts', 'chart', null) : null,
    config.approvals ? link('approvals', 'Approvals', 'inbox', null) : null,
    config.runs && !collectionNamed('runs') ? link('runs', 'Runs', 'bolt', null) : null,
  ].filter((entry) => entry !== null);
  const visible = state.schema.collections.filter(({ onlyForRelationships }) => !onlyForRelationships);
  fill(
    side,
    h('p', { class: 'side-heading', id: 'side-heading' }, 'Collections'),
    h(
      'ul',
      { 'aria-labelledby': 'side-heading' },
      visible.map(({ name }) => h('li', {}, link(name, humanised(name), 'table', name))),
    ),
    apart.length > 0
      ? h(
          'ul',
          { class: 'apart' },
          apart.map((entry) => h('li', {}, entry)),
        )
      : null,
    h('p', { class: 'side-foot muted' }, MODES[config.mode]),
  );
}

const MODES = {
  local: 'Local mode: no account, this machine only.',
  fake: 'With the fake Forest server, this machine only.',
  connected: 'Connected to Forest Admin. The page is for development only.',
};

function drawTop() {
  keepFocus(top, drawBar, () => null);
}

function drawBar() {
  const menu = h(
    'button',
    {
      class: 'quiet round menu-button',
      'data-focus': 'menu',
      'aria-label': 'Collections',
      'aria-controls': 'side',
      onclick: () => {
        document.body.classList.toggle('menu-open');
        side.querySelector('a')?.focus();
      },
    },
    icon('menu'),
  );
  fill(
    top,
    state.token ? menu : null,
    h(
      'a',
      { class: 'brand', href: '#/' },
      h('img', { src: `${config.base}/icon.svg`, alt: '', width: 24, height: 24 }),
      h('span', {}, config.title),
    ),
    h('span', { class: 'grow' }),
    state.token
      ? h(
          'button',
          {
            class: 'quiet',
            id: 'inspect-button',
            'data-focus': 'inspect',
            'aria-controls': 'inspector',
            onclick: () => inspector.toggle(),
          },
          icon('code'),
          h('span', { class: 'label' }, 'Inspect'),
        )
      : null,
    themeButton(),
    state.token ? personButton() : null,
  );
}

/** Light or dark: as the system has it, until somebody presses. */
function themeButton() {
  const isDark = () =>
    (document.documentElement.dataset.theme ??
      (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const button = h('button', {
    class: 'quiet round',
    'data-theme-switch': true,
    'data-focus': 'theme',
    onclick: () => {
      document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
      remember('theme', document.documentElement.dataset.theme);
      draw();
    },
  });
  const draw = () =>
    fill(button, icon(isDark() ? 'sun' : 'moon'), hidden(isDark() ? 'Use light colours' : 'Use dark colours'));
  return draw();
}

function watchServer() {
  on('offline', (/** @type {number} */ delay) => {
    offline.hidden = false;
    fill(
      offline,
      icon('alert'),
      h('span', {}, `The server does not answer. Trying again in ${Math.round(delay / 1_000)} s.`),
      h('button', { class: 'quiet', onclick: tryAgain }, icon('reload'), 'Try now'),
    );
  });
  on('online', () => {
    offline.hidden = true;
    // the server may have come back as another build
    if (state.token) void readRights().catch(() => {});
  });
}

async function start() {
  const theme = remembered('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  top.classList.add('top');
  main.before(offline, side);
  main.after(inspector.element);
  main.dataset.state = 'loading';
  watchServer();
  watchSession();
  window.addEventListener('hashchange', ({ newURL }) => {
    // a form that stays has taken its address back
    if (newURL !== location.href) return;
    navigate();
    main.querySelector('h1')?.focus({ preventScroll: true });
  });
  for (const name of ['dragover', 'drop']) {
    // the browser would open a file that misses its place
    document.addEventListener(name, (event) => {
      const transfer = /** @type {DragEvent} */ (event).dataTransfer;
      if (event.defaultPrevented || !transfer?.types.includes('Files')) return;
      event.preventDefault();
      transfer.dropEffect = 'none';
    });
  }
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    // where one is already, a link reads again
    if (link?.hash && link.href === location.href) view?.reload();
    const isBeside = event.target instanceof Element && !event.target.closest('.side, .menu-button');
    if (isBeside) document.body.classList.remove('menu-open');
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') document.body.classList.remove('menu-open');
    const isTyping =
      event.target instanceof Element && event.target.closest('input, textarea, select, dialog, [contenteditable]');
    if (event.key !== '/' || isTyping) return;
    const search = main.querySelector('input[type=search]');
    if (!(search instanceof HTMLInputElement)) return;
    event.preventDefault();
    search.focus();
  });
  on('session', (/** @type {boolean} */ isSame) => {
    document.body.classList.add('signed-in');
    drawTop();
    // the form that is open stays, and what is behind it is read again; what is ticked there stays ticked if it can
    if (isSame && view) view.reload();
    else navigate();
    // whoever has just signed in goes on where the view begins
    if (document.activeElement === document.body) main.querySelector('h1')?.focus({ preventScroll: true });
  });
  drawTop();
  const known = config.people.find(({ id }) => String(id) === remembered('person'));
  if (known) {
    try {
      await signIn(known);
      return;
    } catch {
      // whoever it was, the choice is open again
    }
  }
  fill(
    main,
    welcome(() => {}),
  );
  main.dataset.state = 'ready';
  main.querySelector('h1')?.focus({ preventScroll: true });
}

void start().catch((error) => {
  main.dataset.state = 'error';
  fill(main, h('p', { class: 'banner bad', role: 'alert' }, String(error)));
});
