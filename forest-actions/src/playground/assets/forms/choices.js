// Controls that choose: a plain list, options side by side, and a box that is searched by typing. Options come from the
// field, from its widget, from its search hook, or from the records of another collection.

import { ask, isAborted, segment, textOf } from '../api.js';
import { debounced, fill, h, icon, iconButton, isolated, newId } from '../dom.js';
import { humanised, naming, referenced, titleOf } from '../schema.js';
import { config } from '../state.js';
import { common, nameOf, parameters } from './inputs.js';
import { same } from './shown.js';

/** @typedef {import('./inputs.js').MakeControl} MakeControl */

/**
 * Options as the protocol has them: values, or values with a text.
 * @param {unknown} list
 * @returns {Option[]}
 */
function options(list) {
  if (!Array.isArray(list)) return [];
  return list.map((option) =>
    option !== null && typeof option === 'object' && 'value' in option
      ? { value: option.value, label: String(option.label ?? option.value) }
      : { value: option, label: String(option) },
  );
}

/** The options of a field: those of its widget, or those of its type. @param {FormField} field @returns {Option[]} */
export function optionsOf(field) {
  const given = options(parameters(field).static?.options);
  return given.length > 0 ? given : options(field.enums);
}

/** @type {MakeControl} */
export function dropdown(context) {
  const { field } = context;
  const known = optionsOf(field);
  const none = parameters(field).placeholder ?? (field.isRequired ? 'Choose…' : 'None');
  const select = h(
    'select',
    { ...common(context), onchange: () => context.changed(false) },
    h('option', { value: '' }, none),
    known.map(({ label }, index) => h('option', { value: index }, label)),
  );
  return {
    element: select,
    read: () => (select.value === '' ? null : (known[Number(select.value)]?.value ?? null)),
    write: (value) => {
      const index = known.findIndex((option) => same(option.value, value));
      select.value = index < 0 ? '' : String(index);
    },
    focus: () => select.focus(),
  };
}

/** @type {MakeControl} */
export const radios = (context) => sideBySide(context, false);
/** @type {MakeControl} */
export const boxes = (context) => sideBySide(context, true);

/**
 * @param {ControlContext} context
 * @param {boolean} isMany
 * @returns {Control}
 */
function sideBySide(context, isMany) {
  const { id, field } = context;
  const known = optionsOf(field);
  const inputs = known.map((_, index) =>
    h('input', {
      type: isMany ? 'checkbox' : 'radio',
      name: id,
      value: String(index),
      disabled: field.isReadOnly,
      onchange: () => context.changed(false),
    }),
  );
  const ticked = () => known.filter((_, index) => inputs[index]?.checked).map(({ value }) => value);
  return {
    element: h(
      'div',
      { class: 'choices' },
      known.map(({ label }, index) => h('label', {}, inputs[index], isolated(label))),
    ),
    isGroup: true,
    read: () => (isMany ? (ticked().length > 0 ? ticked() : null) : (ticked()[0] ?? null)),
    write: (value) => {
      const values = isMany ? [value ?? []].flat() : [value];
      inputs.forEach((input, index) => (input.checked = values.some((one) => same(one, known[index]?.value))));
    },
    focus: () => (inputs.find((input) => input.checked) ?? inputs[0])?.focus(),
  };
}

/**
 * A box that is searched by typing; with `isMany`, what is chosen stands in it as tags.
 * @param {ControlContext} context
 * @param {{ find: (text: string, signal: AbortSignal) => Promise<Option[]>, name: (value: unknown) => Promise<string> | string,
 *   isMany: boolean, onlyTyped?: boolean }} source
 * @returns {Control}
 */
function searched(context, { find, name, isMany, onlyTyped = false }) {
  const { field } = context;
  const listId = newId('options');
  /** @type {Option[]} */
  let chosen = [];
  /** @type {Option[]} */
  let found = [];
  let active = -1;
  /** The text for which `found` was found. */
  let foundFor = '';
  /** @type {AbortController | null} */
  let pending = null;
  const tags = h('span', { class: 'tags', hidden: true });
  const input = h('input', {
    ...common(context),
    type: 'text',
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-expanded': 'false',
    'aria-controls': listId,
    autocomplete: 'off',
    dir: 'auto',
  });
  if (!input.placeholder) input.placeholder = 'Type to search';
  const list = h('ul', {
    role: 'listbox',
    id: listId,
    class: 'options',
    hidden: true,
    'aria-label': `Options of ${nameOf(field)}`,
  });
  const wipe = () => {
    erase();
    input.focus();
  };
  const clear = iconButton('close', `Clear ${nameOf(field)}`, wipe, { hidden: true });

  const isOpen = () => !list.hidden;
  /** Whether there is a text that is not the name of what is chosen. */
  const isTyped = () => input.value !== (isMany ? '' : (chosen[0]?.label ?? ''));
  const close = () => {
    pending?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };

  function draw() {
    clear.hidden = chosen.length === 0 || Boolean(field.isReadOnly);
    tags.hidden = !isMany || chosen.length === 0;
    if (isMany) {
      fill(
        tags,
        chosen.map((option) =>
          h(
            'span',
            { class: 'tag' },
            isolated(option.label),
            h(
              'button',
              {
                class: 'quiet',
                'aria-label': `Remove ${option.label}`,
                disabled: field.isReadOnly,
                onclick: () => {
                  chosen = chosen.filter((other) => other !== option);
                  draw();
                  context.changed(false);
                },
              },
              icon('close'),
            ),
          ),
        ),
      );
      input.value = '';
    } else {
      input.value = chosen[0]?.label ?? '';
    }
  }

  /** @param {Option} option */
  function choose(option) {
    if (!isMany) chosen = [option];
    else
      chosen = chosen.some(({ value }) => same(value, option.value))
        ? chosen.filter(({ value }) => !same(value, option.value))
        : [...chosen, option];
    draw();
    close();
    context.changed(false);
  }

  function erase() {
    close();
    chosen = [];
    draw();
    context.changed(false);
  }

  /** @param {string} text */
  function say(text) {
    fill(list, h('li', { class: 'note', role: 'option', 'aria-disabled': 'true' }, text));
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
  }

  function drawOptions() {
    if (found.length === 0) return say('Nothing found');
    fill(
      list,
      found.map((option, index) =>
        h(
          'li',
          {
            role: 'option',
            id: `${listId}-${index}`,
            class: index === active ? 'active' : null,
            'data-option': String(option.value),
            'aria-selected': String(chosen.some(({ value }) => same(value, option.value))),
            onpointerdown: (/** @type {Event} */ event) => event.preventDefault(),
            onclick: () => choose(option),
          },
          isolated(option.label),
        ),
      ),
    );
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    if (active >= 0) input.setAttribute('aria-activedescendant', `${listId}-${active}`);
    else input.removeAttribute('aria-activedescendant');
    list.children[active]?.scrollIntoView({ block: 'nearest' });
  }

  async function look() {
    pending?.abort();
    const own = (pending = new AbortController());
    typed.cancel();
    const text = isTyped() ? input.value.trim() : '';
    if (onlyTyped && text === '') return close();
    try {
      const answer = await find(text, own.signal);
      // the newest search wins, and none once the user has gone on
      if (own.signal.aborted || document.activeElement !== input) return;
      found = answer;
      foundFor = text;
      active = found.length > 0 && text !== '' ? 0 : -1;
      drawOptions();
    } catch (error) {
      if (!isAborted(error) && !own.signal.aborted) say(textOf(error));
    }
  }

  const typed = debounced(200, () => void look());
  input.addEventListener('input', typed);
  input.addEventListener('click', () => void look());
  input.addEventListener('blur', () => {
    close();
    // a text that was not chosen is no value; an emptied box is none either
    if (!isMany && input.value === '' && chosen.length > 0) {
      chosen = [];
      context.changed(false);
    }
    draw();
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!isOpen()) return void look();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      active = found.length === 0 ? -1 : (active + step + found.length) % found.length;
      drawOptions();
    } else if (event.key === 'Enter' && (isOpen() || isTyped())) {
      // never submits with what was chosen before: the text is searched first, and the next Enter takes what is found
      event.preventDefault();
      const isFound = isOpen() && foundFor === (isTyped() ? input.value.trim() : '');
      const option = isFound ? found[active] : undefined;
      if (option) choose(option);
      else if (!isMany && input.value === '') erase();
      else if (!isFound) void look();
    } else if (event.key === 'Escape' && isOpen()) {
      // closes the options, not the form around them
      event.preventDefault();
      event.stopPropagation();
      close();
      draw();
    } else if (event.key === 'Backspace' && isMany && input.value === '' && chosen.length > 0) {
      chosen = chosen.slice(0, -1);
      draw();
      context.changed(false);
    }
  });

  return {
    element: h('div', { class: isMany ? 'combo many' : 'combo' }, tags, input, clear, list),
    read: () => (isMany ? (chosen.length > 0 ? chosen.map(({ value }) => value) : null) : (chosen[0]?.value ?? null)),
    write: (value) => {
      const values = value === null || value === undefined || value === '' ? [] : isMany ? [value].flat() : [value];
      const labels = values.map((one) => ({
        value: one,
        label: chosen.find((option) => same(option.value, one))?.label ?? String(one),
      }));
      chosen = labels;
      draw();
      for (const option of labels) {
        const named = name(option.value);
        if (typeof named === 'string') {
          option.label = named;
          draw();
        } else {
          void named.then(
            (label) => {
              // a text that is being typed stays
              const isFree = document.activeElement !== input || !isTyped();
              option.label = label;
              if (chosen.includes(option) && isFree) draw();
            },
            () => {},
          );
        }
      }
    },
    focus: () => input.focus(),
  };
}

/** @param {FormField} field */
const isList = (field) => Array.isArray(field.type);

/** Options to choose from by typing: those that there are, or those that the search hook finds. @type {MakeControl} */
export function searchable(context) {
  const { field } = context;
  const isDynamic = parameters(field).searchType === 'dynamic';
  /** Every option ever offered, for the text of what is chosen. */
  const known = optionsOf(field);
  const find = async (/** @type {string} */ text, /** @type {AbortSignal} */ signal) => {
    if (isDynamic) {
      const found = await context.search(text, signal);
      known.push(...found);
      return found;
    }
    const lower = text.toLowerCase();
    return known.filter(({ label }) => label.toLowerCase().includes(lower)).slice(0, 200);
  };
  const name = (/** @type {unknown} */ value) =>
    known.findLast((option) => same(option.value, value))?.label ?? String(value);
  return searched(context, { find, name, isMany: isList(field) });
}

/** One of the people of the page, by their address. */
/** @type {MakeControl} */
export function person(context) {
  const people = config.people.map(({ name, email }) => ({ value: email, label: `${name} · ${email}` }));
  return searched(context, {
    find: async (text) => people.filter(({ label }) => label.toLowerCase().includes(text.toLowerCase())),
    name: (value) => people.find((option) => option.value === value)?.label ?? String(value),
    isMany: isList(context.field),
  });
}

/** A record of another collection, found by its list route. @type {MakeControl} */
export function reference(context) {
  const { field } = context;
  const target = referenced(field.reference);
  const path = target ? `${config.agent}/${segment(target.name)}` : '';
  const fields = target ? { [`fields[${target.name}]`]: naming(target).join(',') } : {};
  const option = (/** @type {Resource} */ record) => ({ value: record.id, label: titleOf(record) });
  const inner = searched(context, {
    find: async (text, signal) => {
      if (!target) throw new Error(`There is no collection for “${field.reference}”.`);
      /** @type {Record<string, string | number>} */
      const query = { ...fields, 'page[number]': 1, 'page[size]': 10 };
      if (text !== '') query.search = text;
      const listing = await ask('GET', path, { query, signal });
      return /** @type {Listing} */ (listing).data.map(option);
    },
    name: async (value) => {
      if (!target) return String(value);
      const { data } = await ask('GET', `${path}/${segment(String(value))}`);
      return titleOf(data);
    },
    isMany: isList(field),
    onlyTyped: field.widgetEdit?.name === 'belongsto typeahead',
  });
  return { ...inner, hint: target ? `a record of ${humanised(target.name)}` : '' };
}
