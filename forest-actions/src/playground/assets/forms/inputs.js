// Controls of one value that is typed or set: text, numbers, money, yes or no, moments, colours, JSON, rich text.

import { fill, h, iconButton } from '../dom.js';
import { localMoment } from '../filter-values.js';
import { markupOf, safeMarkup } from '../markup.js';

/** @typedef {(context: ControlContext) => Control} MakeControl */

/** @param {FormField} field @returns {Record<string, any>} */
export const parameters = (field) => field.widgetEdit?.parameters ?? {};

/** What a field is called on screen. @param {FormField} field */
export const nameOf = (field) => field.label ?? field.field;

/** What every input of a field has. @param {ControlContext} context */
export const common = ({ id, field }) => ({
  id,
  'aria-describedby': `${id}-notes`,
  'aria-required': field.isRequired ? 'true' : null,
  placeholder: parameters(field).placeholder ?? null,
  disabled: field.isReadOnly,
});

/** @param {unknown} value */
const asText = (value) =>
  value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);

/**
 * @param {ControlContext} context
 * @param {'input' | 'textarea'} tag
 * @param {Record<string, unknown>} props
 * @returns {Control}
 */
function typed(context, tag, props) {
  const input = h(tag, { ...common(context), ...props, dir: 'auto', oninput: () => context.changed(true) });
  return {
    element: input,
    read: () => input.value || null,
    write: (value) => (input.value = asText(value)),
    focus: () => input.focus(),
  };
}

/** @type {MakeControl} */
export const text = (context) => typed(context, 'input', { type: 'text', autocomplete: 'off' });

/** @type {MakeControl} */
export const area = (context) =>
  typed(context, 'textarea', { rows: Math.min(Number(parameters(context.field).rows) || 4, 30) });

/** The limits of a number in words. @param {Record<string, any>} limits */
export function range({ min, max, step }) {
  const isGiven = (/** @type {unknown} */ limit) => typeof limit === 'number';
  const parts = [];
  if (isGiven(min) && isGiven(max)) parts.push(`from ${min} to ${max}`);
  else if (isGiven(min)) parts.push(`at least ${min}`);
  else if (isGiven(max)) parts.push(`at most ${max}`);
  if (isGiven(step)) parts.push(`in steps of ${step}`);
  return parts.join(', ');
}

/** @type {MakeControl} */
export function number(context) {
  const limits = parameters(context.field);
  const input = h('input', {
    ...common(context),
    type: 'number',
    min: limits.min,
    max: limits.max,
    step: limits.step ?? 'any',
    inputmode: 'decimal',
    oninput: () => context.changed(true),
  });
  return {
    element: input,
    read: () => (input.value === '' ? null : Number(input.value)),
    write: (value) => (input.value = asText(value)),
    focus: () => input.focus(),
    hint: range(limits),
    problem: () => {
      if (input.validity.badInput) return 'This is not a number.';
      // it would be sent as another number
      const isWhole = /^[+-]?\d+$/.test(input.value);
      return isWhole && !Number.isSafeInteger(Number(input.value)) ? 'This number is too large for a browser.' : null;
    },
  };
}

/** An amount of money; in cents where the widget says so. @type {MakeControl} */
export function price(context) {
  const { currency, base } = parameters(context.field);
  const inner = number(context);
  const cents = base === 'Cents' ? 100 : 1;
  return {
    ...inner,
    element: h(
      'div',
      { class: 'affixed' },
      inner.element,
      h('span', { class: 'affix', 'aria-hidden': 'true' }, currency ?? '¤'),
    ),
    read: () => {
      const value = inner.read();
      return typeof value === 'number' ? Math.round(value * cents * 1e6) / 1e6 : value;
    },
    write: (value) => inner.write(value === null || value === undefined || value === '' ? null : Number(value) / cents),
    hint: [inner.hint, currency ? `in ${currency}` : ''].filter(Boolean).join(', '),
  };
}

/** Yes or no; without a value, neither, where the field may be left out. @type {MakeControl} */
export function truth(context) {
  const { id, field } = context;
  if (field.isRequired || field.widgetEdit?.name === 'boolean editor') {
    let isTouched = false;
    const touched = () => {
      isTouched = true;
      context.changed(false);
    };
    const input = h('input', {
      ...common(context),
      type: 'checkbox',
      role: 'switch',
      class: 'switch',
      onchange: touched,
    });
    return {
      element: input,
      read: () => (isTouched || field.isRequired ? input.checked : null),
      write: (value) => {
        isTouched = value !== null && value !== undefined;
        input.checked = value === true || value === 'true';
      },
      focus: () => input.focus(),
    };
  }
  const options = [
    { label: 'Yes', value: true },
    { label: 'No', value: false },
    { label: 'Not set', value: null },
  ];
  const inputs = options.map(() =>
    h('input', {
      type: 'radio',
      name: id,
      disabled: field.isReadOnly,
      onchange: () => context.changed(false),
    }),
  );
  return {
    element: h(
      'div',
      { class: 'segmented' },
      options.map(({ label }, index) => h('label', {}, inputs[index], h('span', {}, label))),
    ),
    isGroup: true,
    read: () => options[inputs.findIndex((input) => input.checked)]?.value ?? null,
    write: (value) => inputs.forEach((input, index) => (input.checked = (value ?? null) === options[index]?.value)),
    focus: () => (inputs.find((input) => input.checked) ?? inputs[0])?.focus(),
  };
}

/** @type {MakeControl} */
export function day(context) {
  return dated(
    context,
    'date',
    (value) => value,
    (value) => value.slice(0, 10),
  );
}

/** @type {MakeControl} */
export function moment(context) {
  return dated(context, 'datetime-local', (value) => new Date(value).toISOString(), localMoment);
}

/** @type {MakeControl} */
export function time(context) {
  return dated(
    context,
    'time',
    (value) => value,
    (value) => value,
  );
}

/**
 * @param {ControlContext} context
 * @param {string} type
 * @param {(value: string) => string} sent
 * @param {(value: string) => string} local
 * @returns {Control}
 */
function dated(context, type, sent, local) {
  const { minDate, maxDate } = parameters(context.field);
  const bound = (/** @type {unknown} */ limit) =>
    typeof limit !== 'string' ? null : type === 'date' ? limit.slice(0, 10) : localMoment(limit) || null;
  const input = h('input', {
    ...common(context),
    type,
    min: bound(minDate),
    max: bound(maxDate),
    step: type === 'date' ? null : type === 'time' ? 1 : 60,
    onchange: () => context.changed(false),
    oninput: () => context.changed(true),
  });
  const hints = [
    minDate ? `from ${String(minDate).slice(0, 10)}` : '',
    maxDate ? `until ${String(maxDate).slice(0, 10)}` : '',
  ];
  return {
    element: input,
    read: () => (input.value === '' ? null : sent(input.value)),
    write: (value) => (input.value = typeof value === 'string' ? local(value) : ''),
    focus: () => input.focus(),
    hint: hints.filter(Boolean).join(', '),
    problem: () => (input.validity.badInput ? 'This is not complete.' : null),
  };
}

/** @type {MakeControl} */
export function colour(context) {
  const { enableOpacity, quickPalette } = parameters(context.field);
  const changed = () => context.changed(false);
  const inner = text(context);
  const field = /** @type {HTMLInputElement} */ (inner.element);
  if (!field.placeholder) field.placeholder = enableOpacity ? '#1b7f4fff' : '#1b7f4f';
  const { isReadOnly } = context.field;
  const swatch = h('input', { type: 'color', 'aria-label': 'Choose a colour', disabled: isReadOnly });
  const follow = () => {
    const plain = /^#[\da-f]{6}/i.exec(field.value)?.[0];
    if (plain) swatch.value = plain;
  };
  const opacity = enableOpacity
    ? h('input', { type: 'range', min: 0, max: 255, value: '255', 'aria-label': 'Opacity', disabled: isReadOnly })
    : null;
  const compose = () => {
    const alpha = opacity ? Number(opacity.value).toString(16).padStart(2, '0') : '';
    field.value = swatch.value + (alpha === 'ff' ? '' : alpha);
    changed();
  };
  swatch.addEventListener('input', compose);
  opacity?.addEventListener('input', compose);
  field.addEventListener('input', follow);
  const write = (/** @type {unknown} */ value) => {
    inner.write(value);
    follow();
    const alpha = /^#[\da-f]{6}([\da-f]{2})$/i.exec(field.value)?.[1];
    if (opacity) opacity.value = String(alpha ? Number.parseInt(alpha, 16) : 255);
  };
  const palette =
    Array.isArray(quickPalette) &&
    quickPalette.length > 0 &&
    h(
      'div',
      { class: 'palette' },
      quickPalette.map((value) => {
        const button = h('button', {
          class: 'swatch',
          'aria-label': `Colour ${value}`,
          title: String(value),
          disabled: isReadOnly,
          onclick: () => {
            write(value);
            changed();
          },
        });
        button.style.backgroundColor = String(value);
        return button;
      }),
    );
  return {
    ...inner,
    element: h('div', { class: 'stack' }, h('div', { class: 'affixed' }, swatch, field), opacity, palette),
    write,
  };
}

/** @type {MakeControl} */
export function json(context) {
  const input = h('textarea', {
    ...common(context),
    rows: 6,
    class: 'code',
    spellcheck: 'false',
    oninput: () => context.changed(true),
  });
  const parse = () => {
    try {
      return { value: input.value.trim() === '' ? null : JSON.parse(input.value), problem: null };
    } catch (error) {
      return { value: input.value, problem: `This is not JSON: ${error instanceof Error ? error.message : error}` };
    }
  };
  return {
    element: input,
    read: () => parse().value,
    write: (value) => (input.value = value === null || value === undefined ? '' : JSON.stringify(value, null, 2)),
    focus: () => input.focus(),
    problem: () => parse().problem,
  };
}

/** Formatted text. What is written to it passes through the same filter as everything else that may be markup. @type {MakeControl} */
export function rich(context) {
  const { id, field } = context;
  const { isReadOnly } = field;
  const editor = h('div', {
    class: 'rich',
    contenteditable: isReadOnly ? null : 'true',
    role: 'textbox',
    'aria-multiline': 'true',
    id,
    'aria-labelledby': `${id}-label`,
    'aria-describedby': `${id}-notes`,
    'aria-readonly': isReadOnly ? 'true' : null,
    tabindex: '0',
    dir: 'auto',
    'data-placeholder': parameters(field).placeholder ?? null,
    oninput: () => context.changed(true),
    onpaste: (/** @type {ClipboardEvent} */ event) => {
      event.preventDefault();
      document.execCommand('insertText', false, event.clipboardData?.getData('text/plain') ?? '');
    },
  });
  const tool = (
    /** @type {'bold' | 'italic' | 'list'} */ picture,
    /** @type {string} */ label,
    /** @type {string} */ command,
  ) =>
    iconButton(
      picture,
      label,
      () => {
        editor.focus();
        document.execCommand(command);
      },
      { disabled: isReadOnly },
    );
  const tools = h(
    'div',
    { class: 'rich-tools', role: 'group', 'aria-label': 'Format' },
    tool('bold', 'Bold', 'bold'),
    tool('italic', 'Italic', 'italic'),
    tool('list', 'List', 'insertUnorderedList'),
  );
  return {
    element: h('div', { class: 'rich-frame' }, tools, editor),
    read: () => (editor.textContent?.trim() ? markupOf(editor) : null),
    write: (value) => void fill(editor, safeMarkup(asText(value))),
    focus: () => editor.focus(),
  };
}
