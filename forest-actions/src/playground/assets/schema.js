// What the schema says of collections, read for the screen: labels, columns, relations, which fields name a record.
// Pure.

import { collectionNamed, state } from './state.js';

/** `emitted_transactions` as people write it. @param {string} name */
export function humanised(name) {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\s]+/g, ' ')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {SchemaField} field */
export const isRelation = (field) => field.reference !== null && field.relationship !== undefined;
/** @param {SchemaField} field */
export const isToMany = (field) =>
  isRelation(field) && /Many$/.test(field.relationship ?? '') && field.relationship !== 'ManyToOne';
/** @param {SchemaField} field */
export const isToOne = (field) => isRelation(field) && !isToMany(field);

/**
 * The collection that a reference leads to: `companies.id`, or the bare name.
 * @param {string | null | undefined} reference
 * @returns {SchemaCollection | undefined}
 */
export function referenced(reference) {
  if (!reference) return undefined;
  return collectionNamed(reference) ?? collectionNamed(reference.slice(0, reference.lastIndexOf('.')));
}

/** @param {SchemaCollection} collection */
export const toManyOf = (collection) => collection.fields.filter(isToMany);

/** @param {SchemaCollection} collection */
export const keyOf = (collection) =>
  columnsOf(collection)
    .filter((field) => field.isPrimaryKey)
    .map(({ field }) => field);

/**
 * The fields of a record's name: its first text that is no part of the key, and the last name beside a first name. Its key,
 * if it has no text.
 * @param {SchemaCollection} collection
 * @returns {string[]}
 */
export function naming(collection) {
  const texts = columnsOf(collection)
    .filter((field) => field.type === 'String' && !field.enums && !isRelation(field) && !field.isPrimaryKey)
    .map(({ field }) => field);
  const [first] = texts;
  if (first === undefined) return keyOf(collection);
  const last = /^first_?name$/i.test(first) && texts.find((field) => /^last_?name$/i.test(field));
  return last ? [first, last] : [first];
}

/**
 * The name of a record, as far as it was read.
 * @param {Resource} record
 */
export function titleOf(record) {
  const collection = collectionNamed(record.type);
  const key = collection ? keyOf(collection) : [];
  const parts = collection ? naming(collection).filter((field) => !key.includes(field)) : [];
  const text = parts
    .map((field) => attribute(record, field) ?? '')
    .join(' ')
    .trim();
  return text === '' ? `#${record.id}` : text;
}

/**
 * @param {Resource} record
 * @param {string} field
 */
export function attribute(record, field) {
  // readers of the protocol keep these two words for themselves
  const name = field === 'meta' || field === 'attributes' ? `namespace${field}` : field;
  return record.attributes[name];
}

/**
 * The record that a to-one relation leads to; null for none, undefined when it was not read.
 * @param {Resource} record
 * @param {string} relation
 * @param {Resource[] | undefined} included
 * @returns {Resource | null | undefined}
 */
export function related(record, relation, included) {
  const link = record.relationships?.[relation]?.data;
  if (!link) return link;
  return included?.find(({ type, id }) => type === link.type && id === link.id) ?? { ...link, attributes: {} };
}

/** @type {WeakMap<SchemaCollection, SchemaField[]>} */
const columns = new WeakMap();

/**
 * The fields of a record in the order of its table.
 * @param {SchemaCollection} collection
 */
export function columnsOf(collection) {
  const known = columns.get(collection) ?? ordered(collection);
  columns.set(collection, known);
  return known;
}

/** @param {SchemaCollection} collection */
function ordered(collection) {
  const order = rightsOf(collection.name)?.order ?? [];
  const place = (/** @type {SchemaField} */ { field }) => order.indexOf(field) + 1 || Infinity;
  return collection.fields
    .filter((field) => !isToMany(field) && field.type !== 'File')
    .sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

/** How many columns a table has unless the user has chosen them. A record shows all its fields. */
export const MOST_COLUMNS = 8;

/**
 * The first columns, the one of the name among them.
 * @param {SchemaCollection} collection
 * @param {SchemaField[]} columns
 */
export function usualColumns(collection, columns) {
  const [name] = naming(collection);
  const place = columns.findIndex(({ field }) => field === name);
  return columns.filter((_, index) => index === place || index < MOST_COLUMNS - (place >= MOST_COLUMNS ? 1 : 0));
}

/**
 * `fields[…]` of a request for these columns, with the names of the records that they lead to.
 * @param {SchemaCollection} collection
 * @param {SchemaField[]} columns
 * @returns {Record<string, string>}
 */
export function projection(collection, columns) {
  /** @type {Record<string, string>} */
  const query = { [`fields[${collection.name}]`]: columns.map(({ field }) => field).join(',') };
  for (const column of columns.filter(isToOne)) {
    const target = referenced(column.reference);
    if (target) query[`fields[${column.field}]`] = naming(target).join(',');
  }
  return query;
}

/** @param {string} name */
export const rightsOf = (name) => state.rights.collections.find((right) => right.name === name);

/** Whether the program and the user's role allow to write so. @param {string} name @param {'add' | 'edit' | 'delete'} right */
export const mayWrite = (name, right) => rightsOf(name)?.[right] === true;

/** Whether records can be linked by a relation, and unlinked. @param {string} collection @param {string} relation */
export const linkRight = (collection, relation) =>
  rightsOf(collection)?.links.find((link) => link.relation === relation) ?? { relation, link: false, unlink: false };

/**
 * Why the user may not run an action; null when they may.
 * @param {string} collection
 * @param {string} name
 */
export function refused(collection, name) {
  const right = state.rights.actions.find((known) => known.collection === collection && known.name === name);
  return !right || right.allowed ? null : right.reason || 'Your role may not run this action.';
}
