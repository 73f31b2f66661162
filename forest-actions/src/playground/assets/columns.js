// The columns of a list: the first ones, or those that the user chose, which the browser keeps for each collection.

import { fill, h, icon, isolated } from './dom.js';
import { openDialog } from './overlay.js';
import { humanised, usualColumns } from './schema.js';
import { remember, remembered } from './state.js';

/** @param {SchemaCollection} collection */
const setting = ({ name }) => `columns.${name}`;

/**
 * @param {SchemaCollection} collection
 * @param {SchemaField[]} available
 */
export function chosenColumns(collection, available) {
  const names = remembered(setting(collection))?.split('\n');
  const chosen = available.filter(({ field }) => names?.includes(field));
  return chosen.length > 0 ? chosen : usualColumns(collection, available);
}

/**
 * The button that lets the user choose.
 * @param {SchemaCollection} collection
 * @param {SchemaField[]} available
 * @param {(columns: SchemaField[]) => void} changed
 */
export function columnsButton(collection, available, changed) {
  return h(
    'button',
    { 'data-columns': true, 'aria-haspopup': 'dialog', onclick: open },
    icon('columns'),
    h('span', { class: 'label' }, 'Columns'),
  );

  function open() {
    const chosen = chosenColumns(collection, available);
    const { body, footer, close } = openDialog({ title: 'Columns', kind: 'card', id: 'columns' });
    const boxes = available.map((column) =>
      h('input', { type: 'checkbox', value: column.field, checked: chosen.includes(column) }),
    );
    const keep = (/** @type {string[]} */ names) => {
      remember(setting(collection), names.length > 0 ? names.join('\n') : null);
      close();
      changed(chosenColumns(collection, available));
    };
    const ticked = () => boxes.filter(({ checked }) => checked).map(({ value }) => value);
    fill(
      body,
      h(
        'div',
        { class: 'choices', role: 'group', 'aria-label': `Columns of ${humanised(collection.name)}` },
        boxes.map((box) => h('label', {}, box, isolated(humanised(box.value)))),
      ),
    );
    fill(
      footer,
      h('button', { class: 'quiet', onclick: () => keep([]) }, 'Usual columns'),
      h('button', { class: 'primary', onclick: () => keep(ticked()) }, 'Show'),
    );
  }
}
