// The filter builder: conditions on the fields of a collection and of the records that it belongs to, with the operators
// that the agent says each of them takes. Gives a filter tree and knows nothing of lists.

import { ask } from './api.js';
import { fill, h, icon, newId } from './dom.js';
import { openDialog } from './overlay.js';
import { humanised, isToOne, referenced } from './schema.js';
import { config, collectionNamed } from './state.js';

/** @type {Map<string, Promise<Capability[]>>} */
const known = new Map();

/** What the fields of a collection can be asked. @param {string} name */
function capabilities(name) {
  let asked = known.get(name);
  if (!asked) {
    asked = ask('POST', `${config.agent}/_internal/capabilities`, { body: { collectionNames: [name] } }).then(
      (answer) => answer.collections[0]?.fields ?? [],
    );
    // a failure is not remembered
    asked.catch(() => known.delete(name));
    known.set(name, asked);
  }
  return asked;
}

const WORDS = /** @type {Record<string, string>} */ ({
  equal: 'is',
  not_equal: 'is not',
  not: 'is not (or has no value)',
  present: 'has a value',
  blank: 'is blank',
  missing: 'has no value',
  in: 'is one of',
  not_in: 'is none of',
  greater_than: 'is more than',
  less_than: 'is less than',
  greater_than_or_equal: 'is at least',
  less_than_or_equal: 'is at most',
  i_contains: 'contains (any case)',
  not_contains: 'does not contain',
  not_i_contains: 'does not contain (any case)',
  starts_with: 'starts with',
  i_starts_with: 'starts with (any case)',
  ends_with: 'ends with',
  i_ends_with: 'ends with (any case)',
  like: 'matches the pattern',
  i_like: 'matches the pattern (any case)',
  longer_than: 'is longer than',
  shorter_than: 'is shorter than',
  before: 'is before',
  after: 'is after',
  past: 'is in the past',
  future: 'is in the future',
  previous_x_days: 'is in the previous … days',
  previous_x_days_to_date: 'is in the last … days',
  before_x_hours_ago: 'is more than … hours ago',
  after_x_hours_ago: 'is less than … hours ago',
  today: 'is today',
  yesterday: 'was yesterday',
});
const WITHOUT_VALUE =
  /^(present|blank|missing|today|yesterday|past|future|previous_(week|month|quarter|year)(_to_date)?)$/;
const WITH_LIST = /^(in|not_in|includes_all|includes_none)$/;
const WITH_COUNT = /^(previous_x_days|previous_x_days_to_date|(before|after)_x_hours_ago|longer_than|shorter_than)$/;

/** @param {string} operator */
const worded = (operator) => WORDS[operator] ?? operator.replaceAll('_', ' ');

/** A condition in words. @param {Leaf} leaf */
export function described({ field, operator, value }) {
  const name = field.split(':').map(humanised).join(' › ');
  return WITHOUT_VALUE.test(operator)
    ? `${name} ${worded(operator)}`
    : `${name} ${worded(operator)} ${[value].flat().join(', ')}`;
}

/**
 * @typedef {{ path: string, label: string, capability: Capability, enums: string[] | null }} Choice
 */

/** @param {SchemaCollection} collection @param {string} prefix @returns {Promise<Choice[]>} */
async function choicesOf(collection, prefix) {
  const fields = await capabilities(collection.name);
  return fields
    .filter((capability) => capability.operators.length > 0)
    .map((capability) => ({
      path: prefix + capability.name,
      label: humanised(capability.name),
      capability,
      enums: collection.fields.find(({ field }) => field === capability.name)?.enums ?? null,
    }));
}

/**
 * Opens the builder; `apply` gets the new tree, or null for none.
 * @param {SchemaCollection} collection
 * @param {FilterTree | null} current
 * @param {(tree: FilterTree | null) => void} apply
 */
export async function openFilters(collection, current, apply) {
  const { body, footer, close } = openDialog({ title: 'Filter', subtitle: humanised(collection.name), id: 'filters' });
  fill(body, h('p', { class: 'muted' }, 'Reading what the fields can be asked…'));
  /** @type {{ label: string, choices: Choice[] }[]} */
  const groups = [];
  try {
    groups.push({ label: humanised(collection.name), choices: await choicesOf(collection, '') });
    for (const relation of collection.fields.filter(isToOne)) {
      const target = referenced(relation.reference);
      if (target && collectionNamed(target.name)) {
        groups.push({ label: humanised(relation.field), choices: await choicesOf(target, `${relation.field}:`) });
      }
    }
  } catch (error) {
    fill(body, h('p', { class: 'banner bad', role: 'alert' }, error instanceof Error ? error.message : String(error)));
    return;
  }
  const choices = groups.flatMap((group) => group.choices);
  if (choices.length === 0) {
    fill(body, h('p', { class: 'muted' }, 'No field of this collection can be filtered.'));
    return;
  }
  const rows = h('ol', { class: 'conditions' });
  const aggregator = h(
    'select',
    { 'aria-label': 'Which conditions must hold', value: current?.aggregator ?? 'and' },
    h('option', { value: 'and' }, 'All conditions hold'),
    h('option', { value: 'or' }, 'Any condition holds'),
  );
  /** @type {Map<Element, () => Leaf | null>} */
  const readers = new Map();
  const count = () => (aggregator.hidden = rows.children.length < 2);
  const add = (/** @type {Leaf | null} */ leaf) => {
    const { element, read } = condition(groups, choices, leaf, () => {
      readers.delete(element);
      element.remove();
      count();
      addButton.focus();
    });
    readers.set(element, read);
    rows.append(element);
    count();
    element.querySelector('select')?.focus();
  };
  const addButton = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => add(null), 'data-add-condition': true },
    icon('plus'),
    'Add a condition',
  );
  for (const leaf of current?.conditions.length ? current.conditions : [null]) add(leaf);
  const problem = h('p', { class: 'banner bad', role: 'alert', hidden: true });
  const submit = () => {
    const leaves = [...rows.children].map((row) => readers.get(row)?.() ?? null);
    if (leaves.some((leaf) => leaf === null)) {
      problem.hidden = false;
      fill(problem, 'Give every condition a value, or remove it.');
      return;
    }
    const conditions = leaves.filter((leaf) => leaf !== null);
    close();
    apply(conditions.length === 0 ? null : { aggregator: aggregator.value === 'or' ? 'or' : 'and', conditions });
  };
  const form = h(
    'form',
    {
      id: newId('form'),
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        submit();
      },
    },
    aggregator,
    rows,
    addButton,
    problem,
  );
  fill(body, form);
  const clear = () => {
    close();
    apply(null);
  };
  fill(
    footer,
    h('button', { type: 'button', onclick: clear }, 'Clear'),
    h('button', { type: 'submit', form: form.id, class: 'primary' }, 'Apply'),
  );
}

/**
 * One row of the builder.
 * @param {{ label: string, choices: Choice[] }[]} groups
 * @param {Choice[]} choices
 * @param {Leaf | null} leaf
 * @param {() => void} remove
 * @returns {{ element: HTMLLIElement, read: () => Leaf | null }}
 */
function condition(groups, choices, leaf, remove) {
  const field = h(
    'select',
    { 'aria-label': 'Field', 'data-condition-field': true },
    groups
      .filter((group) => group.choices.length > 0)
      .map((group) =>
        h(
          'optgroup',
          { label: group.label },
          group.choices.map((choice) => h('option', { value: choice.path }, choice.label)),
        ),
      ),
  );
  const operator = h('select', { 'aria-label': 'Operator', 'data-condition-operator': true });
  const place = h('span', { class: 'condition-value' });
  const chosen = () => choices.find((choice) => choice.path === field.value) ?? choices[0];
  /** @type {() => unknown} */
  let read = () => null;
  const drawValue = (/** @type {unknown} */ value) => {
    const choice = chosen();
    if (!choice) return;
    const { control, value: reader } = valueControl(choice, operator.value, value);
    read = reader;
    fill(place, control);
  };
  const drawOperators = (/** @type {string | undefined} */ selected, /** @type {unknown} */ value) => {
    const names = chosen()?.capability.operators ?? [];
    fill(
      operator,
      names.map((name) => h('option', { value: name }, worded(name))),
    );
    if (selected && names.includes(selected)) operator.value = selected;
    drawValue(value);
  };
  field.addEventListener('change', () => drawOperators(undefined, null));
  operator.addEventListener('change', () => drawValue(read()));
  if (leaf) field.value = leaf.field;
  drawOperators(leaf?.operator, leaf?.value ?? null);
  const element = h(
    'li',
    { class: 'condition' },
    field,
    operator,
    place,
    h(
      'button',
      { type: 'button', class: 'quiet round', 'aria-label': 'Remove this condition', onclick: remove },
      icon('close'),
    ),
  );
  return {
    element,
    read: () => {
      if (WITHOUT_VALUE.test(operator.value)) return { field: field.value, operator: operator.value, value: null };
      const value = read();
      const isMissing = value === null || value === '' || (Array.isArray(value) && value.length === 0);
      return isMissing ? null : { field: field.value, operator: operator.value, value };
    },
  };
}

/**
 * @param {Choice} choice
 * @param {string} operator
 * @param {unknown} value
 * @returns {{ control: HTMLElement | null, value: () => unknown }}
 */
function valueControl({ capability, enums }, operator, value) {
  if (WITHOUT_VALUE.test(operator)) return { control: null, value: () => null };
  const props = { 'aria-label': 'Value', 'data-condition-value': true };
  const text = value === null || value === undefined ? '' : [value].flat().join(', ');
  if (WITH_COUNT.test(operator)) {
    const input = h('input', { ...props, type: 'number', min: 0, step: 1, value: text });
    return { control: input, value: () => (input.value === '' ? null : Number(input.value)) };
  }
  if (WITH_LIST.test(operator)) {
    const input = h('input', {
      ...props,
      type: 'text',
      value: text,
      placeholder: enums?.slice(0, 2).join(', ') ?? 'one, another',
    });
    const typed = (/** @type {string} */ part) =>
      capability.type === 'Number' && part !== '' && !Number.isNaN(Number(part)) ? Number(part) : part;
    return {
      control: input,
      value: () =>
        input.value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '')
          .map(typed),
    };
  }
  const options = capability.type === 'Boolean' ? ['true', 'false'] : enums;
  if (options) {
    const select = h(
      'select',
      { ...props },
      options.map((option) => h('option', { value: option }, option)),
    );
    if (text && options.includes(text)) select.value = text;
    return { control: select, value: () => (capability.type === 'Boolean' ? select.value === 'true' : select.value) };
  }
  const type = { Number: 'number', Date: 'datetime-local', Dateonly: 'date' }[String(capability.type)] ?? 'text';
  const input = h('input', {
    ...props,
    type,
    step: type === 'number' ? 'any' : null,
    value: type === 'datetime-local' && text ? localMoment(text) : text,
  });
  return {
    control: input,
    value: () => {
      if (input.value === '') return null;
      if (type === 'number') return Number(input.value);
      return type === 'datetime-local' ? new Date(input.value).toISOString() : input.value;
    },
  };
}

/** A moment as the control for local moments takes it. @param {string} text */
export function localMoment(text) {
  const date = new Date(text);
  if (Number.isNaN(date.valueOf())) return '';
  return new Date(date.valueOf() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
