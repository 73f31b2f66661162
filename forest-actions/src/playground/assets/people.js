// Who the user is: the first choice, the menu to be somebody else, and the question that comes when a session has ended.

import { signIn, textOf } from './api.js';
import { fill, h, hidden, icon, isolated, newId } from './dom.js';
import { openDialog, toast, withMenu } from './overlay.js';
import { config, on, state } from './state.js';

/** @param {string} name */
const initials = (name) =>
  name
    .split(/\s+/)
    .map((word) => [...word][0] ?? '')
    .slice(0, 2)
    .join('')
    .toUpperCase();

/** @param {Person | null} person */
const avatar = (person) => h('span', { class: 'avatar', 'aria-hidden': 'true' }, person ? initials(person.name) : '?');

/** @param {Person} person */
const rank = ({ role, team }) =>
  [role, team].filter((word, index, all) => word && all.indexOf(word) === index).join(' · ');

/**
 * The people to choose from, or where there are none, a place for a token.
 * @param {() => void} done
 */
function chooser(done) {
  const problem = h('p', { class: 'banner bad', role: 'alert', hidden: true });
  const enter = async (/** @type {Person | null} */ person, /** @type {string} */ token = '') => {
    try {
      await signIn(person, token || undefined);
      done();
    } catch (error) {
      problem.hidden = false;
      fill(problem, textOf(error));
    }
  };
  if (config.people.length === 0) {
    const id = newId('token');
    const input = h('input', { id, type: 'password', autocomplete: 'off', required: true });
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      void enter(null, input.value.trim());
    };
    return h(
      'form',
      { class: 'stack', onsubmit: submit },
      h(
        'p',
        {},
        'This agent is connected to Forest Admin, where people log in. To look at it from here, give a session token of yours.',
      ),
      h('div', { class: 'field' }, h('label', { for: id }, 'Session token'), input),
      problem,
      h('button', { type: 'submit', class: 'primary' }, 'Continue'),
    );
  }
  return h(
    'div',
    { class: 'stack' },
    problem,
    h(
      'ul',
      { class: 'people' },
      config.people.map((person) =>
        h(
          'li',
          {},
          h(
            'button',
            { class: 'person', 'data-person': person.id, onclick: () => void enter(person) },
            avatar(person),
            h(
              'span',
              { class: 'item-text' },
              h('span', { class: 'item-label' }, isolated(person.name)),
              h('span', { class: 'item-detail' }, isolated(rank(person))),
            ),
            icon('right'),
          ),
        ),
      ),
    ),
  );
}

/** The first thing that is seen. @param {() => void} done */
export function welcome(done) {
  return h(
    'section',
    { class: 'welcome' },
    h('h1', { tabindex: '-1' }, 'Who are you?'),
    h(
      'p',
      { class: 'muted' },
      config.people.length > 0
        ? 'Each person has a role, and a role decides what may be done. You can be somebody else at any time.'
        : null,
    ),
    chooser(done),
  );
}

/** The button with the person, in the bar. */
export function personButton() {
  const button = h(
    'button',
    {
      class: 'quiet person-button',
      'data-focus': 'person',
      'data-current-person': state.person?.id ?? '',
      title: 'Be somebody else',
    },
    avatar(state.person),
    hidden('You are '),
    h(
      'span',
      { class: 'person-name' },
      h('span', { class: 'item-label' }, state.person?.name ?? 'Session token'),
      h('span', { class: 'item-detail' }, state.person?.role ?? ''),
    ),
    icon('down'),
  );
  return withMenu(button, 'Be somebody else', () => [
    {
      heading: 'Be somebody else',
      entries: config.people.map((person) => ({
        label: person.name,
        detail: rank(person),
        isCurrent: person.id === state.person?.id,
        lead: avatar(person),
        data: { 'data-person': String(person.id) },
        choose: () => {
          signIn(person).then(
            () => toast('info', `You are ${person.name} now.`),
            (error) => toast('error', textOf(error)),
          );
        },
      })),
    },
  ]);
}

let isAsking = false;
/** Asks again who the user is once a session has ended; what is on screen stays as it is. */
export function watchSession() {
  on('expired', () => {
    if (isAsking) return;
    isAsking = true;
    const { body, close } = openDialog({
      title: 'Your session has ended',
      subtitle: 'Choose who you are to go on. What you entered is kept.',
      kind: 'card',
      id: 'session-ended',
      onclose: () => (isAsking = false),
    });
    fill(
      body,
      chooser(() => close()),
    );
    body.querySelector('button')?.focus();
  });
}
