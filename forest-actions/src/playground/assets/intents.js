// Links that open an action (protocol: action intents): what of an address asks for one. Whoever wrote the link, everything
// in it comes from outside. Pure: opens nothing.

/** The parts of a query that ask for an action. */
const PARTS = ['actionIntent', 'actionIntentIds', 'actionIntentParams'];

/**
 * What a link asks for.
 * @typedef {object} Intent
 * @property {string} action
 * @property {string[]} ids
 * @property {Record<string, unknown> | null} params
 */

/** What a query asks for, if it asks for an action. @param {URLSearchParams} parts @returns {Intent | null} */
export function readIntent(parts) {
  const action = parts.get('actionIntent');
  if (!action) return null;
  const ids = parsed(parts.get('actionIntentIds'));
  const params = parsed(parts.get('actionIntentParams'));
  return {
    action,
    // a list, or one id, which need not be JSON
    ids: (ids === undefined ? [] : [ids].flat()).filter((id) => /^(string|number)$/.test(typeof id)).map(String),
    params: isObject(params) ? params : null,
  };
}

/** The query without what asks for an action. @param {string} search */
export function withoutIntent(search) {
  const parts = new URLSearchParams(search);
  PARTS.forEach((name) => parts.delete(name));
  return String(parts);
}

/** The query of an address, as far as it asks for an action. @param {string} address */
export function intentIn(address) {
  const given = new URLSearchParams(address.split('#', 1)[0]?.split('?', 2)[1] ?? '');
  const kept = new URLSearchParams([...given].filter(([name]) => PARTS.includes(name)));
  return kept.has('actionIntent') ? `?${kept}` : '';
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {string | null} text @returns {unknown} */
function parsed(text) {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
