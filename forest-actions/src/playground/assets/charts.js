// The charts in code: those of no collection as a view, those of a collection in a section of its records, read when it is opened.

import { ask, isAborted, segment, textOf } from './api.js';
import { number } from './cell.js';
import { fill, h, isolated } from './dom.js';
import { humanised } from './schema.js';
import { config, on, state } from './state.js';

/** How many rows are in sight; the others are in a closed section. */
const IN_SIGHT = 10;

/** The charts of a collection, or of none. @param {string | null} collection */
export const chartsOf = (collection) => state.rights.charts.filter((chart) => chart.collection === collection);

/** The view of the charts without a collection. */
export function createCharts() {
  const { element, reload } = drawn(chartsOf(null), null);
  const stop = on('refresh', reload);
  reload();
  return { element: h('article', { class: 'record' }, h('h1', { tabindex: '-1' }, 'Charts'), element), reload, stop };
}

/**
 * A closed section; `null` without charts.
 * @param {SchemaCollection} collection
 * @param {string} id
 */
export function createRecordCharts(collection, id) {
  const charts = chartsOf(collection.name);
  if (charts.length === 0) return null;
  const { element: grid, reload: read } = drawn(charts, id);
  const reload = () => element.open && read();
  const element = h(
    'details',
    { class: 'history', 'data-charts': collection.name, ontoggle: reload },
    h('summary', {}, h('h2', {}, 'Charts')),
    grid,
  );
  return { element, reload };
}

/**
 * @param {Chart[]} charts
 * @param {string | null} id
 */
function drawn(charts, id) {
  const all = charts.map((chart) => figure(chart, id));
  return {
    element: h(
      'div',
      { class: 'charts' },
      all.map(({ element }) => element),
    ),
    reload: () => all.forEach(({ load }) => void load()),
  };
}

/**
 * @param {Chart} chart
 * @param {string | null} id
 */
function figure(chart, id) {
  const { collection, name, type } = chart;
  const body = h('div', { class: 'chart-body' });
  const element = h(
    'figure',
    { class: 'chart', 'data-chart': name, 'aria-busy': 'true' },
    h('figcaption', { class: 'strong' }, isolated(humanised(name.replaceAll('-', ' ')))),
    body,
  );
  let attempt = 0;
  async function load() {
    const own = ++attempt;
    element.setAttribute('aria-busy', 'true');
    try {
      const path = [config.agent, '_charts', ...(collection === null ? [] : [segment(collection)]), segment(name)];
      const value = await ask('GET', path.join('/'), { query: id === null ? {} : { record_id: id } });
      if (own === attempt) fill(body, draw(type ?? guessed(value), value));
    } catch (error) {
      if (isAborted(error) || own !== attempt) return;
      fill(body, h('p', { class: 'banner bad', role: 'alert', 'data-chart-error': true }, textOf(error)));
    }
    element.setAttribute('aria-busy', 'false');
  }
  return { element, load };
}

/** The type that any JSON looks like. @param {any} value @returns {Chart['type']} */
function guessed(value) {
  if (typeof value === 'number' || typeof value?.countCurrent === 'number') return 'Value';
  if (typeof value?.value === 'number' && typeof value.objective === 'number') return 'Objective';
  if (!Array.isArray(value) || value.length === 0) return null;
  const isEach = (/** @type {(row: any) => unknown} */ part) => value.every((row) => typeof part(row) === 'number');
  if (isEach((row) => row?.values?.value)) return 'Line';
  return isEach((row) => row?.value) ? 'Leaderboard' : null;
}

/**
 * @param {Chart['type']} type
 * @param {any} value
 * @returns {Node[]}
 */
function draw(type, value) {
  switch (type) {
    case 'Value':
      return single(value.countCurrent ?? value, value.countPrevious);
    case 'Objective':
      return [
        large(text(value.value)),
        bar(value.value, value.objective),
        h('p', { class: 'muted' }, `${share(value.value, value.objective)} of ${text(value.objective)}`),
      ];
    case 'Percentage':
      return [large(`${text(value)} %`), bar(value, 100)];
    case 'Line':
      return line(value.map((/** @type {any} */ row) => ({ label: String(row.label), value: row.values.value })));
    case 'Pie':
      return pie(pointsOf(value));
    case 'Leaderboard':
      return leaderboard(pointsOf(value));
    default:
      return [h('pre', { class: 'json' }, JSON.stringify(value, null, 2))];
  }
}

/** @param {any[]} rows @returns {Point[]} */
const pointsOf = (rows) => rows.map(({ key, value }) => ({ label: String(key ?? '—'), value }));

/** A sum of fractions has a tail that is no part of it. @param {number} value */
const text = (value) => number.format(Number(value.toPrecision(12)));

/** @param {number} part @param {number} whole */
const share = (part, whole) => (whole === 0 ? '—' : `${number.format(Number(((part / whole) * 100).toFixed(1)))} %`);

/** @param {string} content */
const large = (content) => h('p', { class: 'chart-number' }, content);

/** A bar that repeats a number beside it. @param {number} value @param {number} max */
const bar = (value, max) =>
  h('progress', { max: max > 0 ? max : 1, value: Math.max(0, Number(value)), 'aria-hidden': 'true' });

/** @param {number} current @param {number | undefined} previous */
function single(current, previous) {
  if (previous === undefined) return [large(text(current))];
  const change = current - previous;
  const relative = previous === 0 ? '' : ` (${change > 0 ? '+' : ''}${share(change, Math.abs(previous))})`;
  return [large(text(current)), h('p', { class: 'muted' }, `before: ${text(previous)}${relative}`)];
}

/**
 * Rows of labels and numbers, the first ones in sight.
 * @param {Point[]} points
 * @param {(point: Point, index: number) => (Node | string | null)[]} extra what stands before a label, and below
 */
function rows(points, extra) {
  if (points.length === 0) return [h('p', { class: 'muted' }, 'No data')];
  const row = (/** @type {Point} */ point, /** @type {number} */ index) => {
    const [lead, below] = extra(point, index);
    const amount = h('span', { class: 'chart-amount' }, text(point.value));
    return h('li', {}, lead, h('span', { class: 'grow' }, isolated(point.label)), amount, below);
  };
  const drawn = points.map(row);
  const rest = drawn.splice(IN_SIGHT);
  const list = h('ol', { class: 'chart-rows' }, drawn);
  if (rest.length === 0) return [list];
  return [list, h('details', {}, h('summary', {}, `${rest.length} more`), h('ol', { class: 'chart-rows' }, rest))];
}

/** @param {Point[]} points */
function leaderboard(points) {
  const most = Math.max(...points.map(({ value }) => value));
  return rows(points, ({ value }) => [null, bar(value, most)]);
}

/** @param {Point[]} points */
function pie(points) {
  const total = points.reduce((sum, { value }) => sum + Math.max(0, value), 0);
  const colour = (/** @type {number} */ index) => `slice-${Math.min(index, 7)}`;
  let start = 0;
  // a circle whose length is 100 has a slice as a dash of its stroke
  const slices = points.map(({ value }, index) => {
    const part = (Math.max(0, value) / (total || 1)) * 100;
    const slice = shape('circle', {
      ...{ class: colour(index), cx: 32, cy: 32, r: 15.9155, fill: 'none', 'stroke-width': 31.831 },
      ...{ 'stroke-dasharray': `${part} ${100 - part}`, 'stroke-dashoffset': 25 - start },
    });
    start += part;
    return slice;
  });
  const picture = shape('svg', { class: 'pie', viewBox: '0 0 64 64', 'aria-hidden': 'true' }, ...slices);
  const legend = rows(points, ({ value }, index) => [
    h('span', { class: `dot ${colour(index)}` }),
    h('span', { class: 'muted chart-share' }, share(value, total)),
  ]);
  return total > 0 ? [picture, ...legend] : legend;
}

/** @param {Point[]} points */
function line(points) {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return rows([], () => []);
  const values = points.map(({ value }) => value);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const [low, high] = [Math.min(0, lowest), Math.max(0, highest)];
  const height = (/** @type {number} */ value) => 100 - ((value - low) / (high - low || 1)) * 100;
  // one point is a level line
  const drawn = values.length > 1 ? values : [first.value, first.value];
  const places = drawn.map((value, index) => `${(index / (drawn.length - 1)) * 300},${height(value)}`);
  const end = ({ label, value } = first) =>
    h('span', {}, isolated(label), h('span', { class: 'strong' }, ` ${text(value)}`));
  const isLong = points.length > 2;
  return [
    shape(
      'svg',
      { class: 'line-chart', viewBox: '0 0 300 100', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      shape('line', { x1: 0, x2: 300, y1: height(0), y2: height(0) }),
      shape('polyline', { points: places.join(' ') }),
    ),
    h('div', { class: 'chart-ends' }, end(), points.length > 1 ? end(last) : null),
    ...(isLong ? [h('p', { class: 'muted' }, `lowest ${text(lowest)}, highest ${text(highest)}`)] : []),
    ...(isLong ? [h('details', {}, h('summary', {}, 'Numbers'), ...rows(points, () => []))] : []),
  ];
}

/**
 * An element of a drawing.
 * @param {string} name
 * @param {Record<string, string | number | undefined>} attributes
 * @param {...Element} children
 */
function shape(name, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
