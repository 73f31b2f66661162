// The control for the value of a condition: which one it is follows from the field and from the operator. The filter
// builder calls it.

import { fill, h, icon, iconButton } from './dom.js';
import { asks } from './conditions.js';

/**
 * @typedef {{ path: string, label: string, capability: Capability, enums: string[] | null }} Choice
 * @typedef {{ control: HTMLElement | null, value: () => unknown }} ValueControl
 */

const LABEL = { 'aria-label': 'Value', 'data-condition-value': true };
/** Operators that compare with a whole value, not with a part of it. */
const WHOLE = /^(equal|not_equal|not|in|not_in|includes_all|includes_none)$/;

/**
 * @param {Choice} choice
 * @param {string} operator
 * @param {unknown} value what it holds at first
 * @returns {ValueControl}
 */
export function valueControl({ capability, enums }, operator, value) {
  const kind = asks(operator);
  const type = String(Array.isArray(capability.type) ? capability.type[0] : capability.type);
  const values = value === null || value === undefined ? [] : [value].flat();
  if (kind === 'none') return { control: null, value: () => null };
  if (kind === 'count') return number(values[0], 1);
  const options = type === 'Boolean' ? ['true', 'false'] : WHOLE.test(operator) ? enums : null;
  if (options) {
    const read = (/** @type {string} */ text) => (type === 'Boolean' ? text === 'true' : text);
    return kind === 'list' ? ticks(options, values, read) : select(options, values[0], read);
  }
  if (type === 'Date' || type === 'Dateonly') {
    const one = (/** @type {unknown} */ held) => date(type, held);
    return kind === 'list' ? several(one, values) : one(values[0]);
  }
  if (kind === 'list') return commas(type, values);
  if (type === 'Number') return number(values[0], 'any');
  const input = h('input', { ...LABEL, type: 'text', value: values.join(', ') });
  return { control: input, value: () => (input.value === '' ? null : input.value) };
}

/** @param {unknown} held @param {number | 'any'} step @returns {ValueControl} */
function number(held, step) {
  const text = Number.isFinite(Number(held ?? '')) ? (held ?? '') : '';
  const input = h('input', { ...LABEL, type: 'number', min: step === 1 ? 0 : null, step, value: String(text) });
  return { control: input, value: () => (input.value === '' ? null : Number(input.value)) };
}

/** @param {string[]} options @param {unknown} held @param {(text: string) => unknown} read @returns {ValueControl} */
function select(options, held, read) {
  const control = h(
    'select',
    LABEL,
    // nothing is chosen by nobody
    options.includes(String(held)) ? null : h('option', { value: '' }, 'Choose…'),
    options.map((option) => h('option', { value: option }, shown(option))),
  );
  if (options.includes(String(held))) control.value = String(held);
  return { control, value: () => (control.value === '' ? null : read(control.value)) };
}

/** @param {string[]} options @param {unknown[]} held @param {(text: string) => unknown} read @returns {ValueControl} */
function ticks(options, held, read) {
  const boxes = options.map((option) =>
    h('input', { type: 'checkbox', value: option, checked: held.map(String).includes(option) }),
  );
  const control = h(
    'div',
    { ...LABEL, class: 'choices', role: 'group' },
    boxes.map((box) => h('label', {}, box, shown(box.value))),
  );
  return { control, value: () => boxes.filter(({ checked }) => checked).map(({ value }) => read(value)) };
}

/** @param {string} option */
const shown = (option) => (option === 'true' ? 'Yes' : option === 'false' ? 'No' : option.replaceAll('_', ' '));

/** @param {'Date' | 'Dateonly'} type @param {unknown} held */
function date(type, held) {
  const isDay = type === 'Dateonly';
  const text = typeof held === 'string' ? held : '';
  const input = h('input', {
    ...LABEL,
    type: isDay ? 'date' : 'datetime-local',
    value: isDay ? text.slice(0, 10) : text && localMoment(text),
  });
  const first = input.value;
  return {
    control: input,
    value: () => {
      if (input.value === '') return null;
      // the control has no room for seconds, which a moment that nobody has touched keeps
      if (input.value === first) return text;
      return isDay ? input.value : new Date(input.value).toISOString();
    },
  };
}

/**
 * Several controls of one kind, with a button for one more.
 * @param {(held: unknown) => ValueControl} one
 * @param {unknown[]} held
 * @returns {ValueControl}
 */
function several(one, held) {
  const list = h('ol', { class: 'values' });
  /** @type {Map<Element, () => unknown>} */
  const readers = new Map();
  const add = (/** @type {unknown} */ value) => {
    const { control, value: read } = one(value);
    const remove = () => {
      row.remove();
      more.focus();
    };
    const row = h('li', {}, control, iconButton('close', 'Remove this value', remove));
    readers.set(row, read);
    list.append(row);
    return control;
  };
  const more = h('button', { class: 'quiet', 'data-add-value': true }, icon('plus'), 'Add a value');
  more.addEventListener('click', () => add(null)?.focus());
  for (const value of held.length > 0 ? held : [null]) add(value);
  return {
    control: fill(h('div', { class: 'stack' }), list, more),
    value: () =>
      [...list.children].map((row) => readers.get(row)?.()).filter((value) => value !== null && value !== undefined),
  };
}

/** @param {string} type @param {unknown[]} held @returns {ValueControl} */
function commas(type, held) {
  const input = h('input', {
    ...LABEL,
    type: 'text',
    value: held.join(', '),
    placeholder: type === 'Number' ? '1, 2' : 'one, another',
  });
  const typed = (/** @type {string} */ part) =>
    type === 'Number' && !Number.isNaN(Number(part)) ? Number(part) : part;
  const parts = () => input.value.split(',').map((part) => part.trim());
  return {
    control: input,
    value: () =>
      parts()
        .filter((part) => part !== '')
        .map(typed),
  };
}

/** A moment as the control for local moments takes it. @param {string} text */
export function localMoment(text) {
  const moment = new Date(text);
  if (Number.isNaN(moment.valueOf())) return '';
  return new Date(moment.valueOf() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
