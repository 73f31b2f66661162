// Which records of a list are ticked, and how a request says it (protocol: select all). Either some ids, or everything
// that the list's query finds but for some ids. Pure: draws nothing.

import { projection } from './schema.js';
import { timezone } from './state.js';

export class Selection {
  isAll = false;
  /** Ticked ids, across pages. @type {Set<string>} */
  ids = new Set();
  /** Ids that were unticked after everything was. @type {Set<string>} */
  excluded = new Set();

  /** @param {string} id */
  has(id) {
    return this.isAll ? !this.excluded.has(id) : this.ids.has(id);
  }

  /**
   * @param {string} id
   * @param {boolean} isTicked
   */
  set(id, isTicked) {
    const set = this.isAll ? this.excluded : this.ids;
    if (isTicked === this.isAll) set.delete(id);
    else set.add(id);
  }

  all() {
    this.isAll = true;
    this.ids.clear();
    this.excluded.clear();
  }

  clear() {
    this.isAll = false;
    this.ids.clear();
    this.excluded.clear();
  }

  /** How many records are selected; null when everything is and nobody has counted. @param {number | null} total */
  count(total) {
    if (!this.isAll) return this.ids.size;
    return total === null ? null : Math.max(0, total - this.excluded.size);
  }

  /** @param {number | null} total */
  isEmpty(total) {
    return this.count(total) === 0;
  }
}

/**
 * The query of a list, as the browsing routes take it.
 * @param {SchemaCollection} collection
 * @param {SchemaField[]} columns
 * @param {Query} query
 * @returns {Record<string, string | number>}
 */
export function listQuery(collection, columns, query) {
  /** @type {Record<string, string | number>} */
  const sent = {
    ...projection(collection, columns),
    'page[number]': query.page,
    'page[size]': query.size,
    searchExtended: 0,
  };
  if (query.sort) sent.sort = query.sort;
  return Object.assign(sent, choosing(query));
}

/** The part of a query that chooses records. @param {Query} query */
export function choosing(query) {
  /** @type {Record<string, string>} */
  const sent = {};
  if (query.search) sent.search = query.search;
  if (query.segment) sent.segment = query.segment;
  if (query.filters && query.filters.conditions.length > 0) sent.filters = JSON.stringify(query.filters);
  return sent;
}

/**
 * What an action's request says of the records that it is to run on.
 * @typedef {object} Target
 * @property {SchemaCollection} collection
 * @property {string[]} ids those ticked, or those on the page when everything is
 * @property {boolean} isAll
 * @property {string[]} excluded
 * @property {Record<string, string | number> | null} subset
 * @property {Parent | null} parent
 * @property {number | null} count
 * @property {import('./intents.js').Intent | null} [intent] the link that opened the action
 */

/** A number of records in words; `null` for one that nobody has counted. @param {number | null} count */
export const amount = (count) =>
  count === null ? 'all records' : count === 1 ? '1 record' : `${count.toLocaleString()} records`;

/** @param {Target} target */
export function attributesOf({ collection, ids, isAll, excluded, subset, parent, intent }) {
  return {
    collection_name: collection.name,
    ids,
    parent_collection_name: parent?.collection ?? null,
    parent_collection_id: parent?.id ?? null,
    parent_association_name: parent?.relation ?? null,
    all_records: isAll,
    all_records_subset_query: subset && { ...subset, timezone },
    all_records_ids_excluded: excluded,
    action_intent_params: intent?.params ?? null,
  };
}
