// A list of values, one input each: texts, numbers, days, moments. Rows can be added, removed and moved.

import { fill, h, icon, iconButton, newId } from '../dom.js';
import * as inputs from './inputs.js';
import { nameOf, parameters, range } from './inputs.js';

const ELEMENTS = /** @type {Record<string, import('./inputs.js').MakeControl>} */ ({
  Number: inputs.number,
  Date: inputs.moment,
  Dateonly: inputs.day,
  Time: inputs.time,
});

/** @type {import('./inputs.js').MakeControl} */
export function values(context) {
  const { field, id } = context;
  const type = Array.isArray(field.type) ? String(field.type[0] ?? 'String') : 'String';
  const { enableReorder, allowDuplicate, ...limits } = parameters(field);
  const canMove = enableReorder !== false;
  const { isReadOnly } = field;
  /** @type {{ element: HTMLElement, control: Control }[]} */
  let rows = [];
  const list = h('ol', { class: 'values' });

  /** @param {unknown} value */
  function add(value) {
    const own = newId(`${id}-item`);
    const control = (ELEMENTS[type] ?? inputs.text)({ ...context, id: own, field: { ...field, isRequired: false } });
    control.write(value);
    const row = { control, element: h('li', {}) };
    const move = (/** @type {number} */ by) => {
      const at = rows.indexOf(row);
      if (at + by < 0 || at + by >= rows.length) return;
      rows.splice(at, 1);
      rows.splice(at + by, 0, row);
      draw();
      context.changed(false);
    };
    const remove = () => {
      rows = rows.filter((other) => other !== row);
      draw();
      context.changed(false);
      addButton.focus();
    };
    fill(
      row.element,
      control.element,
      canMove ? [button('up', 'Move up', () => move(-1)), button('down', 'Move down', () => move(1))] : null,
      button('close', 'Remove', remove),
    );
    rows.push(row);
    return control;
  }

  /** @param {'up' | 'down' | 'close'} picture @param {string} label @param {() => void} press */
  const button = (picture, label, press) => iconButton(picture, label, press, { disabled: isReadOnly });

  function draw() {
    fill(
      list,
      rows.map(({ element }) => element),
    );
    rows.forEach(({ control }, index) => control.element.setAttribute('aria-label', `${nameOf(field)}, ${index + 1}`));
  }

  const addButton = h(
    'button',
    {
      class: 'quiet',
      id,
      disabled: isReadOnly,
      'aria-describedby': `${id}-notes`,
      onclick: () => {
        const control = add(null);
        draw();
        control.focus();
      },
    },
    icon('plus'),
    'Add a value',
  );
  const read = () => rows.map(({ control }) => control.read()).filter((value) => value !== null);
  return {
    element: h('div', { class: 'stack' }, list, addButton),
    isGroup: true,
    read: () => (read().length > 0 ? read() : null),
    write: (value) => {
      const next = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
      // written after every hook: what is there already keeps its focus
      if (JSON.stringify(next) === JSON.stringify(read())) return;
      rows = [];
      next.forEach(add);
      draw();
    },
    focus: () => (rows[0]?.control ?? { focus: () => addButton.focus() }).focus(),
    hint: range(limits),
    problem: () => {
      const texts = read().map((one) => JSON.stringify(one));
      if (allowDuplicate === false && new Set(texts).size < texts.length) return 'The same value stands twice.';
      return rows.map(({ control }) => control.problem?.() ?? null).find((text) => text !== null) ?? null;
    },
  };
}
