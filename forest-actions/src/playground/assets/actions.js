// The actions of a collection: the menu that offers them by kind and selection, and running one, with its form or at
// once. What a selection is comes from the list; what an answer does is in `results.js`.

import { EXPIRED, messageOf, send, textOf } from './api.js';
import { askForApproval } from './approvals.js';
import { h, icon } from './dom.js';
import { openForm } from './forms/form.js';
import { confirmed, running, toast, withMenu } from './overlay.js';
import { showFailure, showSuccess } from './results.js';
import { humanised, refused } from './schema.js';
import { amount, attributesOf } from './selection.js';
import { config, emit } from './state.js';

/** @typedef {import('./selection.js').Target} Target */

/** The address of an action: below the place where the agent is mounted, or at another origin. @param {SchemaAction} action */
export function addressOf({ endpoint, baseUrl }) {
  const path = endpoint.startsWith('/') ? endpoint : `/${endpoint}`;
  const mount = config.agent.replace(/\/forest$/, '');
  return baseUrl ? baseUrl.replace(/\/+$/, '') + path : mount + path;
}

/**
 * Why an action cannot run on what is selected; null when it can.
 * @param {SchemaAction} action
 * @param {Target} target
 */
function unfit({ type }, { isAll, ids, count }) {
  if (type === 'global') return null;
  const isNone = isAll ? count === 0 : ids.length === 0;
  if (isNone) return type === 'single' ? 'Select one record first.' : 'Select one or more records first.';
  if (type === 'single' && (isAll || ids.length !== 1)) return 'Runs on exactly one record.';
  return null;
}

/**
 * The button that offers the actions of a collection.
 * @param {SchemaCollection} collection
 * @param {() => Target} target what is selected now
 * @param {boolean} withGlobal whether this is a list, where actions on no record are offered too
 */
export function actionsButton(collection, target, withGlobal) {
  const label = `Actions of ${humanised(collection.name)}`;
  const button = h(
    'button',
    { class: 'primary', 'data-actions': collection.name },
    icon('bolt'),
    'Actions',
    icon('down'),
  );
  return withMenu(button, label, () => {
    const selected = target();
    const choose = (/** @type {SchemaAction} */ action) => {
      // another selection than when the menu opened may be none that the action can run on
      const now = target();
      const reason = unfit(action, now);
      if (reason) toast('info', reason);
      else void run(action, action.type === 'global' ? nowhere(now) : now);
    };
    const entry = (/** @type {SchemaAction} */ action) => ({
      label: action.name,
      detail: plain(action.description) || (action.type === 'bulk' ? 'On one or more records' : undefined),
      reason: refused(collection.name, action.name) ?? unfit(action, selected) ?? busy(action, selected),
      data: { 'data-action': action.name, 'data-kind': action.type },
      choose: () => choose(action),
    });
    const of = (/** @type {boolean} */ isGlobal) =>
      collection.actions.filter(({ type }) => (type === 'global') === isGlobal).map(entry);
    const groups = [{ heading: headingOf(selected), entries: of(false) }];
    if (withGlobal) groups.push({ heading: 'The whole collection', entries: of(true) });
    return groups.filter(({ entries }) => entries.length > 0);
  });
}

/** @param {Target} target */
function headingOf({ isAll, ids, count }) {
  return isAll || ids.length > 0 ? amount(isAll ? count : ids.length) : 'Nothing selected';
}

/** A description without its markup. @param {string | undefined} html */
const plain = (html) =>
  html ? new DOMParser().parseFromString(html, 'text/html').body.textContent?.trim() : undefined;

/** The same place without its selection. @param {Target} target @returns {Target} */
const nowhere = (target) => ({ ...target, ids: [], isAll: false, excluded: [], count: 0 });

/**
 * Opens the action that a link asks for, as far as the user could have chosen it here.
 * @param {SchemaCollection} collection
 * @param {import('./intents.js').Intent} intent
 */
export function follow(collection, intent) {
  const action = collection.actions.find(({ name }) => name === intent.action);
  const ids = action?.type === 'global' ? [] : [...new Set(intent.ids)];
  const target = { collection, ids, isAll: false, excluded: [], subset: null, parent: null, count: ids.length, intent };
  const reason = !action
    ? `${humanised(collection.name)} has no such action.`
    : (refused(collection.name, action.name) ?? unfit(action, target));
  if (!action || reason) toast('error', `The link to “${intent.action}” leads nowhere. ${reason}`);
  else void run(action, target);
}

/** What was sent and has no answer yet. @type {Set<{ action: SchemaAction, target: Target }>} */
const sent = new Set();

/**
 * Says that an action is still running on one of the records; null when it is not.
 * @param {SchemaAction} action
 * @param {Target} target
 */
function busy({ name, type }, { collection, ids, isAll }) {
  const isSame = [...sent].some(
    ({ action, target }) =>
      action.name === name &&
      target.collection.name === collection.name &&
      (type === 'global' || isAll || target.isAll || ids.some((id) => target.ids.includes(id))),
  );
  return isSame ? `“${name}” is still running.` : null;
}

/**
 * Runs an action: opens its form, or sends it at once, unless it is still running on one of the records.
 * @param {SchemaAction} action
 * @param {Target} target
 */
export async function run(action, target) {
  const reason = busy(action, target);
  if (reason) return toast('info', reason);
  if (action.fields.length > 0 || action.hooks.load) {
    if (!document.getElementById('action-form'))
      openForm(subjectOf(action, target), (values) => execute(action, target, values, true));
    return;
  }
  // without a form a press is final, and this one reaches further than the eye; following a link is not even a press
  if (target.isAll || target.intent) {
    const many = target.intent
      ? target.ids.map((id) => `#${id}`).join(', ') || 'the whole collection'
      : amount(target.count);
    const isSure = await confirmed(
      action.name,
      `This runs on ${many} of ${humanised(target.collection.name)}.`,
      action.submitButtonLabel || action.name,
    );
    if (!isSure) return;
  }
  await execute(action, target, {}, false);
}

/** @typedef {import('./forms/form.js').Outcome} Outcome */

/** @param {SchemaAction} action @param {Target} target @returns {Subject} */
function subjectOf(action, target) {
  return {
    id: 'action-form',
    title: action.name,
    subtitle: subtitleOf(action, target),
    description: action.description,
    submitLabel: action.submitButtonLabel || action.name,
    address: addressOf(action),
    attributes: () => attributesOf(target),
  };
}

/** @param {SchemaAction} action @param {Target} target */
function subtitleOf({ type }, { collection, ids, isAll, count }) {
  const name = humanised(collection.name);
  if (type === 'global') return name;
  return `${name} · ${!isAll && ids.length === 1 ? `#${ids[0]}` : amount(isAll ? count : ids.length)}`;
}

/**
 * Sends an action and shows what comes of it.
 * @param {SchemaAction} action
 * @param {Target} target
 * @param {Record<string, unknown>} values
 * @param {boolean} hasForm
 * @returns {Promise<Outcome>}
 */
async function execute(action, target, values, hasForm) {
  const attributes = {
    ...attributesOf(target),
    values,
    smart_action_id: `${target.collection.name}-${action.name}`,
    signed_approval_request: null,
  };
  const body = { data: { attributes, type: 'custom-action-requests' } };
  const reason = busy(action, target);
  if (reason) return { done: false, fields: {}, message: reason };
  const call = { action, target };
  sent.add(call);
  const ended = hasForm ? null : running(action.name);
  try {
    const answer = await send(action.httpMethod || 'POST', addressOf(action), { body, kind: 'action' });
    sent.delete(call);
    ended?.();
    return await settle(answer, action, target, values, hasForm);
  } catch (error) {
    const message = textOf(error);
    if (!hasForm) toast('error', message);
    // a list of this origin is read again when the server is back; of another origin's server nobody hears
    if (action.baseUrl) emit('refresh', { collection: target.collection.name, relationships: [] });
    return { done: false, fields: {}, message: `${message} What you entered is kept.` };
  } finally {
    sent.delete(call);
    ended?.();
  }
}

/**
 * @param {Answer} answer
 * @param {SchemaAction} action
 * @param {Target} target
 * @param {Record<string, unknown>} values
 * @param {boolean} hasForm
 * @returns {Promise<Outcome>}
 */
async function settle(answer, action, target, values, hasForm) {
  if (answer.status < 400) {
    // the form closes first: a panel or a toast of the result shall not lie below it
    setTimeout(() => void showSuccess(answer, action, target.collection));
    return { done: true, fields: {}, message: null };
  }
  const body = /** @type {ActionAnswer | null} */ (answer.json);
  const first = body?.errors?.[0];
  const message = messageOf(body) ?? `The server answered ${answer.status}`;
  if (answer.status === 401) return { done: false, fields: {}, message: EXPIRED };
  if (first?.name === 'CustomActionRequiresApprovalError' && config.approvals) {
    const isFiled = await askForApproval(action, target, values, first.data?.recordIds);
    return { done: isFiled, fields: {}, message: isFiled ? null : message };
  }
  /** @type {Record<string, string>} */
  const fields = first?.data?.fields ?? {};
  // what is said beside the fields need not be said again
  if (!hasForm || Object.keys(fields).length === 0) showFailure(answer, action, hasForm);
  return { done: false, fields, message };
}
