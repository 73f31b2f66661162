// The filter builder: conditions on the fields of a collection and of the records that it belongs to, with the operators
// that the agent says each of them takes. Gives a filter tree and knows nothing of lists.

import { ask, textOf } from './api.js';
import { asks, worded } from './conditions.js';
import { fill, h, icon, iconButton, newId } from './dom.js';
import { valueControl } from './filter-values.js';
import { openDialog } from './overlay.js';
import { humanised, isToOne, naming, referenced } from './schema.js';
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

/** @typedef {import('./filter-values.js').Choice} Choice */

/** What most people ask a field of a type first, as far as it can be asked. @param {Capability} capability */
function firstOperator({ type, operators }) {
  const wishes = { String: ['i_contains', 'contains'], Date: ['after'] }[String(type)] ?? [];
  return [...wishes, 'equal'].find((wish) => operators.includes(wish)) ?? operators[0];
}

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
    fill(body, h('p', { class: 'banner bad', role: 'alert' }, textOf(error)));
    return;
  }
  const choices = groups.flatMap((group) => group.choices);
  if (choices.length === 0) {
    fill(body, h('p', { class: 'muted' }, 'No field of this collection can be filtered.'));
    return;
  }
  const [usual] = naming(collection);
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
    const { element, read } = condition(groups, choices, leaf, usual, () => {
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
    { class: 'quiet', onclick: () => add(null), 'data-add-condition': true },
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
    h('button', { onclick: clear }, 'Clear'),
    h('button', { type: 'submit', form: form.id, class: 'primary' }, 'Apply'),
  );
}

/**
 * One row of the builder.
 * @param {{ label: string, choices: Choice[] }[]} groups
 * @param {Choice[]} choices
 * @param {Leaf | null} leaf
 * @param {string | undefined} usual the field that a new condition is about
 * @param {() => void} remove
 * @returns {{ element: HTMLLIElement, read: () => Leaf | null }}
 */
function condition(groups, choices, leaf, usual, remove) {
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
    const capability = chosen()?.capability;
    const names = capability?.operators ?? [];
    fill(
      operator,
      names.map((name) => h('option', { value: name }, worded(name))),
    );
    const first = capability && firstOperator(capability);
    operator.value = (selected && names.includes(selected) ? selected : first) ?? '';
    drawValue(value);
  };
  field.addEventListener('change', () => drawOperators(undefined, null));
  operator.addEventListener('change', () => drawValue(read()));
  const start = leaf?.field ?? usual;
  if (choices.some(({ path }) => path === start)) field.value = start ?? '';
  drawOperators(leaf?.operator, leaf?.value ?? null);
  const element = h(
    'li',
    { class: 'condition' },
    field,
    operator,
    place,
    iconButton('close', 'Remove this condition', remove),
  );
  return {
    element,
    read: () => {
      if (asks(operator.value) === 'none') return { field: field.value, operator: operator.value, value: null };
      const value = read();
      const isMissing = value === null || value === '' || (Array.isArray(value) && value.length === 0);
      return isMissing ? null : { field: field.value, operator: operator.value, value };
    },
  };
}
