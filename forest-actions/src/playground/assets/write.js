// Writing records: the forms of a new and of a changed record, deletions, and the links of a related list. Each button is
// there only for who may use it. Lists and records call it.

import { CallError, EXPIRED, ask, refusal, segment, send, textOf } from './api.js';
import { settled } from './back.js';
import { h, icon } from './dom.js';
import { openForm } from './forms/form.js';
import { changedOf, fieldsOfChange, fieldsOfNew, formField, linkage, newRecord, valueIn } from './forms/record.js';
import { confirmed, running, toast } from './overlay.js';
import { leadsBack } from './rows.js';
import { humanised, isRelation, linkRight, mayWrite, rightsOf, titleOf } from './schema.js';
import { amount, attributesOf } from './selection.js';
import { collectionNamed, config, emit } from './state.js';

/** @typedef {import('./selection.js').Target} Target */
/** @typedef {import('./forms/form.js').Outcome} Outcome */

/** @param {string} collection @param {string} [id] */
const pathOf = (collection, id) => `${config.agent}/${segment(collection)}${id === undefined ? '' : `/${segment(id)}`}`;

/** @param {Parent} parent */
const linksOf = ({ collection, id, relation }) => `${pathOf(collection, id)}/relationships/${segment(relation)}`;

/** @param {string} name */
const refresh = (name) => emit('refresh', { collection: name, relationships: [] });

/**
 * @param {'plus' | 'pen' | 'bin' | 'link'} picture
 * @param {string} label
 * @param {string} name of the button, for tests
 * @param {() => void} press
 * @param {string} [look]
 */
const button = (picture, label, name, press, look) =>
  h(
    'button',
    { class: look, 'data-write': name, 'data-focus': `write ${name}`, onclick: press },
    icon(picture),
    h('span', { class: 'label' }, label),
  );

/**
 * The buttons above a list.
 * @param {SchemaCollection} collection
 * @param {Parent | undefined} parent
 */
export function listButtons(collection, parent) {
  // a new record of a related list belongs to its record
  const back = parent && collection.fields.find((field) => leadsBack(field, parent));
  const canAdd = mayWrite(collection.name, 'add') && (!parent || (back && fieldsOfNew(collection).includes(back)));
  const canLink =
    parent && linkRight(parent.collection, parent.relation).link && rightsOf(collection.name)?.browse !== false;
  return [
    canLink ? button('link', 'Link', 'link', () => openLink(collection, parent)) : null,
    canAdd ? button('plus', 'New', 'new', () => openNew(collection, parent, back)) : null,
  ];
}

/**
 * The buttons beside what is selected in a list.
 * @param {SchemaCollection} collection
 * @param {Parent | undefined} parent
 * @param {() => Target} target what is selected now
 */
export function selectionButtons(collection, parent, target) {
  const canUnlink = parent && linkRight(parent.collection, parent.relation).unlink;
  return [
    canUnlink ? button('link', 'Unlink', 'unlink', () => void unlink(parent, target()), 'quiet') : null,
    mayWrite(collection.name, 'delete')
      ? button('bin', 'Delete', 'delete-selected', () => void removeAll(target()), 'quiet')
      : null,
  ];
}

/**
 * The buttons of a record.
 * @param {SchemaCollection} collection
 * @param {string} id
 * @param {() => string} title the name of the record
 */
export function recordButtons(collection, id, title) {
  return [
    changeable(collection).length > 0 ? button('pen', 'Edit', 'edit', () => openChange(collection, id, title())) : null,
    mayWrite(collection.name, 'delete')
      ? button('bin', 'Delete', 'delete', () => void remove(collection, id, title()))
      : null,
  ];
}

/**
 * @param {Omit<Subject, 'id' | 'address' | 'attributes'>} subject
 * @param {(values: Record<string, unknown>) => Promise<Outcome>} submit
 */
function open(subject, submit) {
  if (document.getElementById('record-form')) return;
  openForm({ ...subject, id: 'record-form', address: '', attributes: () => ({}) }, submit);
}

/** @type {Outcome} */
const DONE = { done: true, fields: {}, message: null };

/**
 * How a form ended that was refused. What is said beside the fields need not be said again.
 * @param {unknown} error
 * @param {string} [field] that the request was about
 * @returns {Outcome}
 */
function failed(error, field) {
  const problem = error instanceof CallError ? error : null;
  if (problem?.status === 401) return { done: false, fields: {}, message: EXPIRED };
  /** @type {Record<string, string>} */
  const named = problem?.body?.errors?.[0]?.data?.fields ?? {};
  const isOf = field !== undefined && problem !== null && problem.status >= 400 && Object.keys(named).length === 0;
  const fields = isOf ? { [field]: textOf(error) } : named;
  if (Object.keys(fields).length === 0) toast('error', textOf(error));
  return { done: false, fields, message: textOf(error) };
}

/** Shows something once the form has closed, so that it does not lie below it. @param {() => void} work */
const afterwards = (work) => setTimeout(() => void settled().then(work));

/** @param {SchemaCollection} collection @param {string} id */
const addressOf = (collection, id) => `#/${segment(collection.name)}/${segment(id)}`;

/**
 * @param {SchemaCollection} collection
 * @param {Parent | undefined} parent
 * @param {SchemaField | undefined} back the relation that leads to the parent
 */
function openNew(collection, parent, back) {
  const fields = fieldsOfNew(collection).map((field) =>
    formField(field, field === back ? parent?.id : (field.defaultValue ?? null)),
  );
  open(
    {
      title: 'New record',
      subtitle: humanised(collection.name),
      submitLabel: 'Create',
      load: () => Promise.resolve({ fields }),
    },
    async (values) => {
      try {
        const body = newRecord(collection, values);
        const { data } = await ask('POST', pathOf(collection.name), { body, kind: 'write' });
        afterwards(() => created(collection, data, parent));
        return DONE;
      } catch (error) {
        return failed(error);
      }
    },
  );
}

/** @param {SchemaCollection} collection @param {Resource} record @param {Parent | undefined} parent */
function created(collection, record, parent) {
  toast('success', `Created “${titleOf(record)}”.`);
  if (parent || rightsOf(collection.name)?.read === false) refresh(collection.name);
  else location.hash = addressOf(collection, record.id);
}

/** The fields that the user can change. @param {SchemaCollection} collection */
const changeable = (collection) =>
  fieldsOfChange(collection).filter((field) => isRelation(field) || mayWrite(collection.name, 'edit'));

/** @param {SchemaCollection} collection @param {string} id @param {string} title */
function openChange(collection, id, title) {
  const fields = changeable(collection);
  /** @type {Record<string, unknown>} what the record has, as far as it is known */
  let before = {};
  const load = async () => {
    const { data } = await ask('GET', pathOf(collection.name, id));
    before = Object.fromEntries(fields.map((field) => [field.field, valueIn(data, field)]));
    return { fields: fields.map((field) => formField(field, before[field.field], isNeeded(collection, field))) };
  };
  open(
    { title: `Edit ${title}`, subtitle: `${humanised(collection.name)} · #${id}`, submitLabel: 'Save', load },
    (values) => change(collection, id, changedOf(fields, before, values), before, values),
  );
}

/** Whether a field cannot be emptied. @param {SchemaCollection} collection @param {SchemaField} field */
const isNeeded = (collection, field) =>
  isRelation(field) ? !linkRight(collection.name, field.field).unlink : field.isRequired;

/**
 * Sends what has changed: relations by their own routes, before the rest. What was kept is not sent again.
 * @param {SchemaCollection} collection
 * @param {string} id
 * @param {SchemaField[]} changed
 * @param {Record<string, unknown>} before
 * @param {Record<string, unknown>} values
 * @returns {Promise<Outcome>}
 */
async function change(collection, id, changed, before, values) {
  /** @type {string | undefined} */
  let relation;
  try {
    for (const field of changed.filter(isRelation)) {
      relation = field.field;
      const body = { data: linkage(field, values[relation]) };
      await ask('PUT', linksOf({ collection: collection.name, id, relation }), { body, kind: 'write' });
      before[relation] = values[relation];
    }
    relation = undefined;
    const attributes = Object.fromEntries(
      changed.filter((field) => !isRelation(field)).map(({ field }) => [field, values[field]]),
    );
    let now = id;
    if (Object.keys(attributes).length > 0) {
      const body = { data: { type: collection.name, id, attributes } };
      now = (await ask('PUT', pathOf(collection.name, id), { body, kind: 'write' }))?.data?.id ?? id;
    }
    afterwards(() => {
      toast(
        changed.length > 0 ? 'success' : 'info',
        changed.length > 0 ? 'The changes are saved.' : 'Nothing has changed.',
      );
      if (now === id) refresh(collection.name);
      else location.hash = addressOf(collection, now);
    });
    return DONE;
  } catch (error) {
    // a relation that was changed before stays changed
    if (changed.some((field) => isRelation(field) && field.field !== relation)) refresh(collection.name);
    return failed(error, relation);
  }
}

/** @param {SchemaCollection} collection @param {Parent} parent */
function openLink(collection, parent) {
  const name = 'Records to link';
  const field = collectionNamed(parent.collection)?.fields.find(({ field }) => field === parent.relation);
  /** @type {FormField} */
  const picker = {
    field: 'records',
    label: name,
    type: ['String'],
    isRequired: true,
    reference: field?.reference ?? '',
  };
  open(
    {
      title: `Link ${humanised(parent.relation)}`,
      subtitle: `${humanised(parent.collection)} · #${parent.id}`,
      submitLabel: 'Link',
      load: () => Promise.resolve({ fields: [picker] }),
    },
    async ({ records: chosen }) => {
      const ids = Array.isArray(chosen) ? chosen : [];
      try {
        const body = { data: ids.map((id) => ({ type: collection.name, id: String(id) })) };
        await ask('POST', linksOf(parent), { body, kind: 'write' });
        afterwards(() => {
          toast('success', `Linked ${amount(ids.length)}.`);
          refresh(collection.name);
        });
        return DONE;
      } catch (error) {
        return failed(error, 'records');
      }
    },
  );
}

/** How many records a selection has, in words. @param {Target} target */
const counted = ({ isAll, ids, count }) => amount(isAll ? count : (count ?? ids.length));

/** Whether nothing is selected any more: a search that was typed has begun another list. @param {Target} target */
function isNothing({ isAll, ids, count }) {
  const isNone = isAll ? count === 0 : ids.length === 0;
  if (isNone) toast('info', 'Select one or more records first.');
  return isNone;
}

/** @param {Target} target */
const selectionOf = (target) => ({ data: { attributes: attributesOf(target), type: 'action-requests' } });

/** @param {Parent} parent @param {Target} target */
async function unlink(parent, target) {
  if (isNothing(target)) return;
  const number = counted(target);
  const from = `${humanised(parent.collection)} #${parent.id}`;
  if (
    !(await confirmed(
      `Unlink ${number}?`,
      `${capital(number)} will not belong to ${from} any more. Nothing is deleted.`,
      'Unlink',
    ))
  )
    return;
  await sent('Unlinking', 'DELETE', linksOf(parent), selectionOf(target), () => {
    toast('success', `Unlinked ${number}.`);
    refresh(target.collection.name);
  });
}

/** @param {Target} target */
async function removeAll(target) {
  if (isNothing(target)) return;
  const number = counted(target);
  const name = humanised(target.collection.name);
  const text = `${capital(number)} of ${name} will be deleted. This cannot be undone.`;
  if (!(await confirmed(`Delete ${number}?`, text, `Delete ${number}`, 'danger'))) return;
  await sent('Deleting', 'DELETE', pathOf(target.collection.name), selectionOf(target), ({ headers }) => {
    const deleted = Number(headers.get('x-forest-deleted') ?? 0);
    if (deleted > 0) toast('success', `Deleted ${amount(deleted)}.`);
    else toast('info', 'Nothing was deleted: the records are gone already.');
    refresh(target.collection.name);
  });
}

/** @param {SchemaCollection} collection @param {string} id @param {string} title */
async function remove(collection, id, title) {
  const text = `1 record of ${humanised(collection.name)} will be deleted. This cannot be undone.`;
  if (!(await confirmed(`Delete “${title}”?`, text, 'Delete 1 record', 'danger'))) return;
  await sent('Deleting', 'DELETE', pathOf(collection.name, id), undefined, async () => {
    toast('success', `Deleted “${title}”.`);
    await settled();
    location.hash = `#/${segment(collection.name)}`;
  });
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * @param {string} name
 * @param {string} method
 * @param {string} path
 * @param {unknown} body
 * @param {(answer: Answer) => void} done
 */
async function sent(name, method, path, body, done) {
  const ended = running(name);
  try {
    const answer = await send(method, path, { body, kind: 'write' });
    if (answer.status >= 400) throw refusal(answer);
    done(answer);
  } catch (error) {
    toast('error', capital(textOf(error)));
  } finally {
    ended();
  }
}
