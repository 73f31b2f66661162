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

/**
 * The fields by whose values people know a record: its name, or first and last name, or its key.
 * @param {SchemaCollection} collection
 * @returns {string[]}
 */
export function naming(collection) {
  const texts = collection.fields.filter((field) => field.type === 'String' && !field.enums && !isRelation(field));
  const find = (/** @type {RegExp} */ pattern) =>
    texts.find(({ field }) => pattern.test(field.replace(/[_\s]/g, '').toLowerCase()))?.field;
  const [first, last] = [find(/^firstname$/), find(/^lastname$/)];
  if (first && last) return [first, last];
  const name =
    find(/^(full)?name$/) ??
    find(/^(title|label|subject|reference)$/) ??
    find(/name$/) ??
    find(/^e?mail$/) ??
    texts[0]?.field;
  const key = collection.fields.find((field) => field.isPrimaryKey)?.field;
  return name ? [name] : key ? [key] : [];
}

/**
 * The name of a record, as far as it was read.
 * @param {Resource} record
 */
export function titleOf(record) {
  const collection = collectionNamed(record.type);
  const parts = collection ? naming(collection).map((field) => attribute(record, field)) : [];
  const text = parts
    .filter((part) => part !== null && part !== undefined && part !== '')
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

/**
 * The order in which people read a record: key, name, state, whom it belongs to, the rest, moments last.
 * @param {SchemaCollection} collection
 */
export function columnsOf(collection) {
  const names = naming(collection);
  const rank = (/** @type {SchemaField} */ field) => {
    if (field.isPrimaryKey) return 0;
    if (names.includes(field.field)) return 1 + names.indexOf(field.field) / 10;
    if (field.type === 'Enum') return 2;
    if (isToOne(field)) return 3;
    if (field.type === 'String') return 4;
    if (field.type === 'Number') return 5;
    if (/^(created|updated)_?at$/i.test(field.field)) return 9;
    return /Date|Time/.test(String(field.type)) ? 7 : 6;
  };
  const shown = collection.fields.filter((field) => !isToMany(field) && field.type !== 'File');
  return shown
    .map((field, index) => ({ field, index }))
    .sort((a, b) => rank(a.field) - rank(b.field) || a.index - b.index)
    .map(({ field }) => field);
}

/** How many columns a table has. A record shows all its fields. */
export const MOST_COLUMNS = 8;

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
