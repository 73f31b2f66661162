// The fields of a record's form, made of the schema, and what of them a request has to say. Pure. `write.js` calls it.

import { attribute, columnsOf, humanised, isRelation, isToOne, linkRight } from '../schema.js';
import { same } from './shown.js';

/** Names of texts that have more than one line. */
const LONG = /(^|_)(notes?|descriptions?|comments?|body|content|message|summary|biography|bio)$/i;

/** The fields that a new record can be given. @param {SchemaCollection} collection */
export const fieldsOfNew = (collection) =>
  columnsOf(collection).filter((field) =>
    !isRelation(field)
      ? !field.isReadOnly
      : isToOne(field) && (isOwn(field) ? !field.isReadOnly : linkRight(collection.name, field.field).link),
  );

/** The fields of a record that can be changed. @param {SchemaCollection} collection */
export const fieldsOfChange = (collection) =>
  columnsOf(collection).filter((field) =>
    isRelation(field) ? isToOne(field) && linkRight(collection.name, field.field).link : !field.isReadOnly,
  );

/** Whether the foreign key of a relation is in the record itself. @param {SchemaField} field */
const isOwn = ({ relationship }) => relationship === 'BelongsTo';

/**
 * A field of the schema as one of a form.
 * @param {SchemaField} field
 * @param {unknown} value
 * @param {boolean} [isRequired]
 * @returns {FormField}
 */
export function formField(field, value, isRequired = field.isRequired) {
  const isLong = typeof value === 'string' ? value.length > 80 || value.includes('\n') : LONG.test(field.field);
  const isBinary = field.type === 'Binary';
  return {
    field: field.field,
    label: humanised(field.field),
    type: isBinary ? 'File' : field.type,
    enums: field.enums,
    isRequired,
    reference: isToOne(field) ? field.reference : null,
    widget: field.type === 'String' && isLong && !field.enums ? 'text area' : null,
    value: isBinary && !String(value).startsWith('data:') ? null : (value ?? null),
  };
}

/** The value of a field of a record: that of a relation is an id. @param {Resource} record @param {SchemaField} field */
export const valueIn = (record, field) =>
  isToOne(field) ? (record.relationships?.[field.field]?.data?.id ?? null) : (attribute(record, field.field) ?? null);

/**
 * The linked record, as a request names it.
 * @param {SchemaField} field
 * @param {unknown} id
 */
export const linkage = (field, id) =>
  id === null || id === undefined ? null : { type: String(field.reference).replace(/\.[^.]*$/, ''), id: String(id) };

/**
 * The body of a new record. Without a value a field gets its default.
 * @param {SchemaCollection} collection
 * @param {Record<string, unknown>} values
 */
export function newRecord(collection, values) {
  const given = fieldsOfNew(collection).filter(({ field }) => (values[field] ?? null) !== null);
  const attributes = given.filter((field) => !isRelation(field)).map(({ field }) => [field, values[field]]);
  const links = given.filter(isRelation).map((field) => [field.field, { data: linkage(field, values[field.field]) }]);
  return {
    data: {
      type: collection.name,
      attributes: Object.fromEntries(attributes),
      relationships: Object.fromEntries(links),
    },
  };
}

/**
 * The fields whose value is another one.
 * @param {SchemaField[]} fields
 * @param {Record<string, unknown>} before
 * @param {Record<string, unknown>} after
 */
export const changedOf = (fields, before, after) =>
  fields.filter(({ field }) => field in after && !same(before[field], after[field]));
