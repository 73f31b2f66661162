// Shows the value of a field: numbers aligned, moments in the user's words, states as badges. Never as markup, whatever
// the value is.

import { h, isolated } from './dom.js';

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });
const calendarDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
export const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 20 });

/** Words that most teams mean the same by. */
const TONES = [
  /^(live|active|approved|paid|done|enabled|success(ful)?|completed?|valid|open|verified|delivered)$/i,
  /^(pending|waiting|queued|running|stopping|partial|in.?review|draft|processing|in.?progress|on.?hold|trial|scheduled)$/i,
  /^(rejected|failed|cancell?ed|blocked|disabled|refused|overdue|error|banned|invalid|deleted)$/i,
];
const TONE_NAMES = ['good', 'wait', 'bad'];

/** Something that has no value. */
export const nothing = () => h('span', { class: 'none' }, '—');

/** @param {string} text */
export function badge(text) {
  const tone = TONES.findIndex((pattern) => pattern.test(text));
  return h('span', { class: `badge ${TONE_NAMES[tone] ?? 'plain'}` }, isolated(humanState(text)));
}

/** @param {string} text */
const humanState = (text) => text.replaceAll('_', ' ');

/**
 * A value as text, where there is no room for more.
 * @param {unknown} value
 * @param {string} type
 */
export function formatted(value, type) {
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '—');
  if (type === 'Enum') return humanState(text);
  const date = type === 'Date' || type === 'Dateonly' ? new Date(text) : null;
  if (!date || Number.isNaN(date.valueOf())) return text;
  return (type === 'Date' ? moment : day).format(date);
}

/**
 * @param {unknown} value
 * @param {FieldType} type
 * @param {boolean} [isLong] whether there is room for all of it
 * @param {boolean} [isKey] keys are names, not amounts
 * @returns {Node}
 */
export function shown(value, type, isLong = false, isKey = false) {
  if (value === null || value === undefined || value === '') return nothing();
  if (typeof value === 'boolean') return h('span', { class: value ? 'yes' : 'no' }, value ? 'Yes' : 'No');
  if (Array.isArray(value) && value.every((element) => typeof element !== 'object' || element === null)) {
    const element = Array.isArray(type) ? (type[0] ?? 'String') : 'String';
    return h(
      'span',
      { class: 'tags' },
      value.map((one) => h('span', { class: 'tag' }, shown(one, element, isLong))),
    );
  }
  if (typeof value === 'object') {
    const text = JSON.stringify(value, null, isLong ? 2 : undefined);
    return isLong ? h('pre', { class: 'json' }, text) : h('code', { title: text.slice(0, 500) }, text.slice(0, 200));
  }
  const text = String(value);
  if (type === 'Enum') return badge(text);
  // a number without limits comes as a text
  if (type === 'Number' && !isKey) return h('span', {}, typeof value === 'number' ? number.format(value) : text);
  if (type === 'Date' || type === 'Dateonly') {
    const date = new Date(text);
    if (Number.isNaN(date.valueOf())) return isolated(text);
    // a table has room for the day; the time is in the title and on the record's own page
    const format = type === 'Dateonly' ? day : isLong ? moment : calendarDay;
    return h(
      'time',
      { datetime: text, title: isLong || type === 'Dateonly' ? text : `${moment.format(date)} (${text})` },
      format.format(date),
    );
  }
  if (isLong && text.startsWith('data:')) return isolated(`${text.slice(0, 80)}…`);
  const title = !isLong && text.length > 40 ? text.slice(0, 1_000) : null;
  return h('span', { class: 'text', dir: 'auto', title }, isLong ? text : text.slice(0, 400));
}
