// The words for conditions: operators as people say them, and a whole condition with its value, as it stands above a list.
// Pure.

import { formatted } from './cell.js';
import { humanised, referenced } from './schema.js';

const WORDS = /** @type {Record<string, string>} */ ({
  equal: 'is',
  not_equal: 'is not',
  not: 'is not (or has no value)',
  present: 'has a value',
  blank: 'is blank',
  missing: 'has no value',
  in: 'is one of',
  not_in: 'is none of',
  greater_than: 'is more than',
  less_than: 'is less than',
  greater_than_or_equal: 'is at least',
  less_than_or_equal: 'is at most',
  i_contains: 'contains (any case)',
  not_contains: 'does not contain',
  not_i_contains: 'does not contain (any case)',
  starts_with: 'starts with',
  i_starts_with: 'starts with (any case)',
  ends_with: 'ends with',
  i_ends_with: 'ends with (any case)',
  like: 'matches the pattern',
  i_like: 'matches the pattern (any case)',
  longer_than: 'is longer than',
  shorter_than: 'is shorter than',
  before: 'is before',
  after: 'is after',
  past: 'is in the past',
  future: 'is in the future',
  previous_week: 'was last week',
  previous_month: 'was last month',
  previous_quarter: 'was last quarter',
  previous_year: 'was last year',
  previous_week_to_date: 'is in this week so far',
  previous_month_to_date: 'is in this month so far',
  previous_quarter_to_date: 'is in this quarter so far',
  previous_year_to_date: 'is in this year so far',
  previous_x_days: 'is in the … days before today',
  previous_x_days_to_date: 'is in the last … days, with today',
  before_x_hours_ago: 'is more than … hours ago',
  after_x_hours_ago: 'is less than … hours ago',
  today: 'is today',
  yesterday: 'was yesterday',
  includes_all: 'has all of',
  includes_none: 'has none of',
});
const WITHOUT_VALUE =
  /^(present|blank|missing|today|yesterday|past|future|previous_(week|month|quarter|year)(_to_date)?)$/;
const WITH_LIST = /^(in|not_in|includes_all|includes_none)$/;
const WITH_COUNT = /^(previous_x_days|previous_x_days_to_date|(before|after)_x_hours_ago|longer_than|shorter_than)$/;

/** @param {string} operator @returns {'none' | 'count' | 'list' | 'one'} what an operator asks for */
export function asks(operator) {
  if (WITHOUT_VALUE.test(operator)) return 'none';
  if (WITH_COUNT.test(operator)) return 'count';
  return WITH_LIST.test(operator) ? 'list' : 'one';
}

/** @param {string} operator */
export const worded = (operator) => WORDS[operator] ?? operator.replaceAll('_', ' ');

/**
 * A condition in words.
 * @param {Leaf} leaf
 * @param {SchemaCollection} collection
 */
export function described({ field, operator, value }, collection) {
  const name = field.split(':').map(humanised).join(' › ');
  const words = worded(operator);
  const kind = asks(operator);
  if (kind === 'none') return `${name} ${words}`;
  const type = kind === 'count' ? 'Number' : typeOf(field, collection);
  const text = [value]
    .flat()
    .map((one) => formatted(one, type))
    .join(', ');
  return words.includes('…') ? `${name} ${words.replace('…', text)}` : `${name} ${words} ${text}`;
}

/** The type of a field, or of one of a record that the relation before the colon leads to. @param {string} path @param {SchemaCollection} collection */
function typeOf(path, collection) {
  const [first = '', second] = path.split(':');
  const own = collection.fields.find(({ field }) => field === first);
  const found = second ? referenced(own?.reference)?.fields.find(({ field }) => field === second) : own;
  const type = found?.type ?? 'String';
  return Array.isArray(type) ? (type[0] ?? 'String') : type;
}
