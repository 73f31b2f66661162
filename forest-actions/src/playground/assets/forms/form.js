// The form of an action or of a record: opens it through its load hook or with given fields, keeps its fields as the protocol
// has them, shows them as they are arranged, follows the hooks, says what is wrong beside the fields, and hands the values over
// when it is submitted. A control keeps its place and its focus while hooks change what is around it.

import { CallError, textOf } from '../api.js';
import { fill, h, newId } from '../dom.js';
import { safeMarkup } from '../markup.js';
import { confirmed, openDialog } from '../overlay.js';
import { on } from '../state.js';
import { optionsOf } from './choices.js';
import { controlOf } from './controls.js';
import { Hooks } from './hooks.js';
import { nameOf } from './inputs.js';
import { same, signatureOf, valueOf } from './shown.js';

/** How long after a page was turned a press still belongs to the page before, in milliseconds. */
const TURNING = 400;

/** @typedef {import('./shown.js').Shown} Shown */

/**
 * How a submission ended: `done`, or problems of fields by name and one of the whole.
 * @typedef {{ done: boolean, fields: Record<string, string>, message: string | null }} Outcome
 */

/**
 * @param {Subject} subject
 * @param {(values: Record<string, unknown>) => Promise<Outcome>} submit
 */
export function openForm(subject, submit) {
  /** @type {Map<string, Shown>} in the order of the fields */
  let shown = new Map();
  /** @type {LayoutElement[]} */
  let layout = [];
  let page = 0;
  let drawn = '';
  let isDirty = false;
  let isSending = false;
  let isTurning = false;
  let turning = 0;
  /** Counts the user's changes, to tell those that an answer cannot know of. */
  let edits = 0;
  let editsWhenSent = 0;

  /** Whether the user was told that a hook fails, and has changed nothing since. */
  let isWarned = false;
  // a reload, or a closed tab, asks as well
  const stay = (/** @type {Event} */ event) => {
    if (isDirty) event.preventDefault();
  };
  window.addEventListener('beforeunload', stay);

  const form = h('form', { id: newId('form'), class: 'form', novalidate: true, 'data-form': subject.title });
  const alert = h('div', { class: 'banner bad', role: 'alert', hidden: true });
  const place = h('div', { class: 'fields' });
  const { dialog, body, footer, close } = openDialog({
    title: subject.title,
    subtitle: subject.subtitle,
    id: subject.id,
    canClose: () => {
      if (isDirty && !isSending) void discard();
      return !isSending && !isDirty;
    },
    onclose: () => {
      window.removeEventListener('beforeunload', stay);
      hooks.stop();
      stops.forEach((stop) => stop());
    },
  });
  const [next, last] = ['next', 'submit'].map((step) =>
    h('button', { type: 'submit', form: form.id, class: 'primary', 'data-step': step }),
  );
  const previous = h('button', { onclick: () => turn(page - 1) }, '');
  fill(
    form,
    subject.description ? h('div', { class: 'description' }, safeMarkup(subject.description)) : null,
    alert,
    place,
  );
  fill(body, form);

  const hooks = new Hooks({
    address: subject.address,
    attributes: subject.attributes,
    fields: () => [...shown.values()].map(({ state }) => state),
    sent: () => (editsWhenSent = edits),
    apply: (answer) => {
      apply(answer);
      warn(null);
    },
    failed: (error) => warn(textOf(error)),
    busy: (isBusy) => {
      form.setAttribute('aria-busy', String(isBusy));
      dialog.classList.toggle('hooking', isBusy);
    },
  });
  // a form that could not be opened is asked for again when it can be
  let isOpen = false;
  let isOpening = false;
  const again = () => void (isOpen ? hooks.hasFailed && hooks.retry() : open());
  const stops = [on('session', again), on('online', again)];

  /** Asks for the form as it opens. */
  async function open() {
    if (isOpening) return;
    isOpening = true;
    fill(
      place,
      h('div', { class: 'skeleton', 'aria-label': 'The form is being opened' }, h('span'), h('span'), h('span')),
    );
    fill(footer, h('button', { onclick: close }, 'Cancel'));
    warn(null);
    try {
      const answer = await (subject.load ? subject.load() : hooks.load());
      isOpen = true;
      apply(answer);
      [...shown.values()].find(({ state }) => !state.isReadOnly)?.control.focus();
    } catch (error) {
      fill(place);
      const expired = error instanceof CallError && error.status === 401;
      warn(expired ? 'Your session has ended: sign in, and the form opens.' : textOf(error));
      if (!expired) fill(footer, h('button', { onclick: close }, 'Close'), h('button', { onclick: open }, 'Try again'));
    }
    isOpening = false;
  }

  /** @param {string | null} text */
  function warn(text) {
    alert.hidden = text === null;
    fill(
      alert,
      (text ?? '').split('\n').map((line) => h('p', { dir: 'auto' }, line)),
    );
  }

  /** Takes the fields and the arrangement of a hook's answer. @param {FormAnswer} answer */
  function apply(answer) {
    /** @type {Map<string, Shown>} */
    const after = new Map();
    for (const state of answer.fields) {
      const known = shown.get(state.field);
      // what the user has entered since the request was sent is newer than what it answers
      if (known && known.edited > editsWhenSent) state.value = known.state.value;
      after.set(
        state.field,
        known && known.signature === signatureOf(state) ? renewed(known, state) : made(state, known),
      );
    }
    shown = after;
    layout = answer.layout ?? [];
    draw();
  }

  /** @param {Shown} known @param {FormField} state */
  function renewed(known, state) {
    const isOther = !same(valueOf(known), state.value);
    known.state = state;
    if (isOther) {
      write(known);
      complain(known, null);
    }
    return known;
  }

  /** Puts the value of the field into its control. @param {Shown} field */
  function write(field) {
    field.control.write(field.state.value);
    field.isTouched = false;
    field.original = field.state.value ?? null;
    field.held = field.control.read();
  }

  /** @param {FormField} state @param {Shown} [before] @returns {Shown} */
  function made(state, before) {
    const id = newId('field');
    const name = state.field;
    const control = controlOf({
      id,
      field: state,
      changed: (isTyping) => changed(name, isTyping),
      search: async (text, signal) => {
        const found = await hooks.search(name, text, signal);
        return found ? optionsOf(found) : [];
      },
    });
    const error = h('p', { class: 'field-error', 'data-error': name, hidden: true });
    const notes = h(
      'div',
      { id: `${id}-notes`, class: 'notes' },
      state.description ? h('p', { class: 'help', dir: 'auto' }, safeMarkup(state.description)) : null,
      control.hint ? h('p', { class: 'hint' }, sentence(control.hint)) : null,
      error,
    );
    const label = [
      h('bdi', {}, nameOf(state)),
      state.isRequired
        ? h('span', { class: 'required', title: 'Required' }, '*', h('span', { class: 'sr-only' }, ' (required)'))
        : null,
      state.isReadOnly ? h('span', { class: 'lock' }, 'read-only') : null,
    ];
    const isWide = !control.isGroup;
    const element = h(
      'div',
      {
        class: 'field',
        'data-field': name,
        'data-type': [state.type].flat().join(),
        'data-widget': state.widgetEdit?.name ?? null,
        role: isWide ? null : 'group',
        'aria-labelledby': isWide ? null : `${id}-label`,
        'aria-describedby': isWide ? null : `${id}-notes`,
      },
      isWide
        ? h('label', { for: id, id: `${id}-label` }, label)
        : h('span', { class: 'label', id: `${id}-label` }, label),
      control.element,
      notes,
    );
    if (control.element.matches('.switch')) element.classList.add('inline');
    const [signature, edited] = [signatureOf(state), before?.edited ?? 0];
    const field = { state, control, element, error, signature, edited, isTouched: false, held: null, original: null };
    write(field);
    return field;
  }

  /** @param {string} name @param {boolean} isTyping */
  function changed(name, isTyping) {
    const field = shown.get(name);
    if (!field) return;
    const read = field.control.read();
    field.isTouched = !same(read, field.held);
    const value = field.isTouched || field.original === null ? read : field.original;
    if (same(value, field.state.value)) {
      complain(field, told(field.control));
      return;
    }
    field.state = { ...field.state, previousValue: field.state.value ?? null, value };
    field.edited = ++edits;
    isDirty = true;
    isWarned = false;
    complain(field, isTyping ? null : told(field.control));
    if (field.state.hook) hooks.changed(name, isTyping);
  }

  /** Shows what is wrong with a field beside it. @param {Shown} field @param {string | null} problem */
  function complain({ element, error, control }, problem) {
    error.hidden = problem === null;
    fill(error, sentence(problem ?? ''));
    element.classList.toggle('wrong', problem !== null);
    const input = control.element.matches('input, select, textarea')
      ? control.element
      : control.element.querySelector('input, select, textarea');
    if (problem === null) input?.removeAttribute('aria-invalid');
    else input?.setAttribute('aria-invalid', 'true');
  }

  const pages = () => layout.filter(({ component }) => component.toLowerCase() === 'page');

  function draw() {
    const all = pages();
    page = Math.min(page, Math.max(0, all.length - 1));
    const names = [...shown.keys()];
    const elements =
      all.length > 0
        ? (all[page]?.elements ?? [])
        : layout.length > 0
          ? layout
          : names.map((fieldId) => ({ component: 'input', fieldId }));
    const signature = JSON.stringify([
      page,
      elements,
      names.map((name) => shown.get(name)?.control.element.id || shown.get(name)?.signature),
    ]);
    if (signature !== drawn || !place.contains(shown.get(names[0] ?? '')?.element ?? null)) {
      const focused = /** @type {HTMLInputElement | null} */ (
        place.contains(document.activeElement) ? document.activeElement : null
      );
      const name = focused?.closest('.field')?.getAttribute('data-field');
      const caret =
        focused && 'selectionStart' in focused && /^(text|search|)$/.test(focused.type ?? '')
          ? [focused.selectionStart, focused.selectionEnd]
          : null;
      fill(place, elements.map(arranged));
      drawn = signature;
      // elements that were moved have lost the focus
      if (focused && place.contains(focused)) {
        focused.focus({ preventScroll: true });
        if (caret) focused.setSelectionRange(caret[0] ?? null, caret[1] ?? null);
      } else if (name) {
        shown.get(name)?.control.focus();
      }
    }
    drawFooter(all);
  }

  /** @param {LayoutElement[]} all */
  function drawFooter(all) {
    const current = all[page];
    const isLast = page >= all.length - 1;
    const label = isLast ? subject.submitLabel : current?.nextButtonLabel || 'Next';
    const forward = isLast ? last : next;
    fill(forward, label);
    fill(previous, current?.previousButtonLabel || 'Previous');
    previous.dataset.step = 'previous';
    fill(
      footer,
      all.length > 1 ? h('span', { class: 'muted steps', role: 'status' }, `Page ${page + 1} of ${all.length}`) : null,
      page > 0 ? previous : h('button', { onclick: close }, 'Cancel'),
      forward,
    );
  }

  /** @param {LayoutElement} element @returns {Node | null} */
  function arranged({ component, fieldId, fields, content }) {
    switch (component.toLowerCase()) {
      case 'input':
        return shown.get(fieldId ?? '')?.element ?? null;
      case 'row':
        return h('div', { class: 'row' }, (fields ?? []).map(arranged));
      case 'separator':
        return h('hr');
      case 'htmlblock':
        return h('div', { class: 'html-block' }, safeMarkup(content ?? ''));
      default:
        return null;
    }
  }

  /** The names of the fields on a page. @param {number} index */
  function namesOn(index) {
    const all = pages();
    if (all.length === 0) return [...shown.keys()];
    return (all[index]?.elements ?? [])
      .flatMap((element) => [element, ...(element.fields ?? [])])
      .map(({ fieldId }) => fieldId ?? '');
  }

  /** @param {number} index */
  function turn(index) {
    page = index;
    pause();
    draw();
    warn(null);
    body.scrollTop = 0;
    const [first] = namesOn(page)
      .map((name) => shown.get(name))
      .filter((field) => field !== undefined);
    first?.control.focus();
  }

  /** Takes no press for a moment: it was meant for what stood there before. */
  function pause() {
    clearTimeout(turning);
    dialog.classList.add('turning');
    turning = window.setTimeout(() => dialog.classList.remove('turning'), TURNING);
  }

  /**
   * Whether the form is what its hooks have made of it. A hook that fails is no lock: whoever has read so, and presses once more, goes
   * on with the form as it is, and the agent decides.
   */
  async function isSettled() {
    if (await hooks.settled()) return true;
    if (!dialog.open || isWarned) return dialog.open;
    isWarned = true;
    pause();
    const error = hooks.problem;
    const forward = page < pages().length - 1 ? next : last;
    warn(
      `${textOf(error)}\nThe form may not be up to date. ` +
        `Press “${forward.textContent}” again to go on with it as it is.`,
    );
    return false;
  }

  /** Says what is missing on some pages, and goes to the first of it; true when there is nothing. @param {number[]} indices */
  function isComplete(indices) {
    /** @type {Record<string, string>} */
    const problems = {};
    for (const name of indices.flatMap(namesOn)) {
      const field = shown.get(name);
      if (!field || field.state.isReadOnly) continue;
      const value = valueOf(field);
      const isEmpty =
        value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
      const problem = field.control.problem?.() ?? (field.state.isRequired && isEmpty ? 'A value is required.' : null);
      complain(field, problem);
      if (problem !== null) problems[name] = problem;
    }
    goTo(problems);
    return Object.keys(problems).length === 0;
  }

  /** Goes to the first field that has a problem. @param {Record<string, string>} problems */
  function goTo(problems) {
    const all = Math.max(1, pages().length);
    for (let index = 0; index < all; index++) {
      const name = namesOn(index).find((one) => one in problems);
      const field = name === undefined ? undefined : shown.get(name);
      if (!field) continue;
      if (index !== page) {
        page = index;
        draw();
      }
      field.element.scrollIntoView({ block: 'center' });
      field.control.focus();
      return;
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void press();
  });

  async function press() {
    if (isSending || isTurning || !isOpen) return;
    // the second half of a double click was not meant for a page that nobody has seen
    if (dialog.classList.contains('turning')) return;
    if (page < pages().length - 1) {
      isTurning = true;
      try {
        // a hook may have made the last page of this one
        if ((await isSettled()) && isComplete([page]) && page < pages().length - 1) turn(page + 1);
      } finally {
        isTurning = false;
      }
      return;
    }
    isSending = true;
    last.setAttribute('aria-disabled', 'true');
    dialog.classList.add('sending');
    warn(null);
    try {
      if (!(await isSettled())) return;
      // a hook may have added a page, which has to be seen before it is sent
      const all = pages();
      if (page < all.length - 1) return;
      if (!isComplete(all.length > 0 ? all.map((_, index) => index) : [0])) return;
      const outcome = await submit(valuesOf());
      if (outcome.done) {
        isDirty = false;
        close();
        return;
      }
      for (const [name, field] of shown) complain(field, outcome.fields[name] ?? null);
      const isBeside =
        Object.keys(outcome.fields).length > 0 && Object.keys(outcome.fields).every((name) => shown.has(name));
      warn(isBeside ? 'Some fields need another look.' : outcome.message);
      goTo(outcome.fields);
    } finally {
      isSending = false;
      last.removeAttribute('aria-disabled');
      dialog.classList.remove('sending');
    }
  }

  /** What is submitted: the fields of the form as it was last shown. */
  function valuesOf() {
    return Object.fromEntries([...shown].map(([name, field]) => [name, valueOf(field)]));
  }

  /** A form that was filled in is not lost by a slip of the hand. */
  async function discard() {
    if (await confirmed('Close the form?', 'What you entered is lost.', 'Close it')) close();
  }

  void open();
}

/** What a control has to say of itself. @param {Control} control */
const told = (control) => control.problem?.() ?? control.notice?.() ?? null;

/** Begins with a capital. @param {string} text */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
