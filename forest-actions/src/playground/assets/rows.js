// The headings and rows of a list: what stands in a cell, and where it leads. Lists call it, and say what a press of a
// heading or a tick does.

import { segment } from './api.js';
import { shown } from './cell.js';
import { h, icon, isolated } from './dom.js';
import { attribute, humanised, isToOne, keyOf, naming, related, titleOf } from './schema.js';

/** @param {SchemaField} column */
const isAmount = (column) => column.type === 'Number' && !column.isPrimaryKey && !isToOne(column);

/** @param {SchemaField} column */
export const isOrdered = (column) => column.isSortable && !isToOne(column);

/**
 * @param {SchemaField} column
 * @param {string} sort the order of the list
 * @param {(sort: string) => void} order
 */
export function heading(column, sort, order) {
  const label = humanised(column.field);
  const props = {
    role: 'columnheader',
    scope: 'col',
    'data-field': column.field,
    class: isAmount(column) ? 'right' : null,
  };
  if (!isOrdered(column)) return h('th', props, h('span', { class: 'plain' }, label));
  const [isUp, isDown] = [sort === column.field, sort === `-${column.field}`];
  const next = isUp ? `-${column.field}` : isDown ? '' : column.field;
  return h(
    'th',
    { ...props, 'aria-sort': isUp ? 'ascending' : isDown ? 'descending' : 'none' },
    h(
      'button',
      { class: 'sort', 'data-focus': `sort ${column.field}`, onclick: () => order(next) },
      label,
      isUp ? icon('up') : isDown ? icon('down') : null,
    ),
  );
}

/**
 * The order of a list as a choice, where there are no headings to press.
 * @param {SchemaField[]} columns
 * @param {(sort: string) => void} order
 */
export function orderChoice(columns, order) {
  const select = h(
    'select',
    { 'aria-label': 'Sort by', 'data-sort': true, onchange: () => order(select.value) },
    h('option', { value: '' }, 'Sort by…'),
    columns
      .filter(isOrdered)
      .flatMap(({ field }) => [
        h('option', { value: field }, `${humanised(field)} ↑`),
        h('option', { value: `-${field}` }, `${humanised(field)} ↓`),
      ]),
  );
  return select;
}

/**
 * @param {SchemaCollection} collection
 * @param {SchemaField[]} columns
 * @param {Resource} record
 * @param {{ included: Resource[] | undefined, found: Set<string>, isChanged: boolean, tick: (isTicked: boolean) => void }} options
 */
export function row(collection, columns, record, { included, found, isChanged, tick }) {
  const hasId = record.id !== undefined;
  const address = `#/${segment(collection.name)}/${segment(record.id)}`;
  const box = h('input', {
    type: 'checkbox',
    'aria-label': `Select ${record.id}: ${titleOf(record)}`,
    'data-tick': record.id,
    'data-focus': `tick ${record.id}`,
    onchange: () => tick(box.checked),
  });
  const open = (/** @type {MouseEvent} */ event) => {
    const isOwn = event.target instanceof Element && event.target.closest('a, button, input, label');
    if (hasId && !isOwn && !getSelection()?.toString()) location.hash = address;
  };
  const [name, key] = [naming(collection)[0], keyOf(collection)];
  const linked =
    columns.find(({ field }) => field === name) ??
    columns.find(({ field }) => key.includes(field)) ??
    columns.find((column) => !isToOne(column));
  const state = columns.find(({ type }) => type === 'Enum');
  return h(
    'tr',
    { role: 'row', 'data-record': record.id, class: isChanged ? 'changed' : null, onclick: open },
    h('td', { role: 'cell', class: 'tick' }, hasId && h('label', { class: 'tick-area' }, box)),
    columns.map((column) => {
      const isName = column === linked;
      const content = isToOne(column)
        ? link(record, column, included)
        : shown(attribute(record, column.field), column.type, false, column.isPrimaryKey);
      const classes = [
        isAmount(column) ? 'right' : '',
        // a part of a key says little without its label
        isName ? 'name' : column.isPrimaryKey ? (key.length > 1 ? 'part' : 'key') : '',
        found.has(column.field) ? 'found' : '',
        column === state ? 'state' : '',
      ]
        .join(' ')
        .trim();
      return h(
        'td',
        { role: 'cell', 'data-field': column.field, 'data-label': humanised(column.field), class: classes || null },
        isName && hasId
          ? h('a', { href: address, class: 'record-link', 'data-focus': `open ${record.id}` }, content)
          : content,
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
    {
      href: `#/${segment(other.type)}/${segment(other.id)}`,
      class: 'quiet-link',
      'data-focus': `open ${record.id} ${column.field}`,
    },
    isolated(titleOf(other)),
  );
}

/** Whether a column of related records says which record they belong to. @param {SchemaField} column @param {Parent} parent */
export function leadsBack(column, parent) {
  const inverse = /** @type {SchemaField & { inverseOf?: string }} */ (column).inverseOf;
  return isToOne(column) && inverse === parent.relation && column.reference?.split('.')[0] === parent.collection;
}
