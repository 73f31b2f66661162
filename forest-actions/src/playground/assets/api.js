// Every request of the page, and what it had for an answer. Adds the token, the time zone and the number by which the
// log line of a call is found; keeps the last calls for the inspector; notices an ended session and a server that is gone,
// and asks until it is back. Knows no collection and no form.

import { config, emit, remember, state, timezone } from './state.js';

/** How many calls are kept, and how long a text of one may be once another has followed. */
const KEPT_CALLS = 40;
const KEPT_TEXT = 200_000;

/** @type {Call[]} The newest first. */
export const calls = [];

/** An answer that is an error, or none at all (`status` 0). */
export class CallError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {ActionAnswer | null} body
   */
  constructor(message, status, body) {
    super(message);
    this.status = status;
    this.body = body;
  }

  /** The name that the agent gives the error. */
  get errorName() {
    return this.body?.errors?.[0]?.name ?? '';
  }
}

/** What a form says when the session has ended before it was sent. */
export const EXPIRED = 'Your session has ended. What you entered is kept: sign in, and send it again.';

/** What an error says. @param {unknown} error */
export const textOf = (error) => (error instanceof Error ? error.message : String(error));

/** Whether an error only says that a newer request has taken the place of this one. @param {unknown} error */
export const isAborted = (error) => error instanceof DOMException && error.name === 'AbortError';

/**
 * What is sent.
 * @typedef {object} Sent
 * @property {Record<string, string | number>} [query]
 * @property {unknown} [body]
 * @property {AbortSignal} [signal]
 * @property {Call['kind']} [kind]
 * @property {boolean} [anonymous] without token
 */

/**
 * Sends a request; whatever comes back with a status is an answer.
 * @param {string} method
 * @param {string} path
 * @param {Sent} [sent]
 * @returns {Promise<Answer>}
 */
export async function send(method, path, { query, body, signal, kind = 'read', anonymous = false } = {}) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value));
  if (kind !== 'page') url.searchParams.set('timezone', timezone);
  const id = crypto.randomUUID();
  /** @type {Record<string, string>} */
  const headers = { Accept: kind === 'action' ? '*/*' : 'application/json' };
  const isOwn = url.origin === location.origin;
  if (!anonymous && state.token) headers.Authorization = `Bearer ${state.token}`;
  if (isOwn) headers['X-Request-Id'] = id;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const text = body === undefined ? null : JSON.stringify(body);
  /** @type {Call} */
  const call = {
    id,
    kind,
    method,
    url: url.href,
    headers,
    body: text,
    isShortened: false,
    started: new Date(),
    milliseconds: null,
    status: null,
    statusText: '',
    answerHeaders: [],
    answer: null,
    problem: null,
  };
  if (kind !== 'page') keep(call);
  const start = performance.now();
  try {
    const response = await fetch(url, { method, headers, body: text, signal, cache: 'no-store', credentials: 'omit' });
    call.status = response.status;
    call.statusText = response.statusText;
    call.answerHeaders = [...response.headers];
    const answer = await read(response, call);
    call.milliseconds = performance.now() - start;
    told(call);
    back();
    if (response.status === 401 && !anonymous) emit('expired');
    return answer;
  } catch (error) {
    call.milliseconds = performance.now() - start;
    call.problem = isAborted(error) ? 'given up for a newer request' : 'no answer';
    told(call);
    if (isAborted(error)) throw error;
    if (isOwn) gone();
    // what was sent may have arrived; when the server is back, the lists are read again
    throw new CallError(
      kind === 'action'
        ? 'No answer came. The action may have run: look at the records before sending it again.'
        : kind === 'write'
          ? 'No answer came. The change may have been made: look at the records before sending it again.'
          : 'The server does not answer.',
      0,
      null,
    );
  }
}

/**
 * Sends a request and gives the parsed body of a good answer.
 * @param {string} method
 * @param {string} path
 * @param {Sent} [sent]
 * @returns {Promise<any>}
 */
export async function ask(method, path, sent) {
  const answer = await send(method, path, sent);
  if (answer.status >= 400) throw refusal(answer);
  return answer.json;
}

/** The error that an answer tells of. @param {Answer} answer */
export function refusal({ status, json, call }) {
  return new CallError(messageOf(json) ?? `The server answered ${status} ${call.statusText}`.trim(), status, json);
}

/**
 * The text of an error, in the order in which clients of the protocol look for it.
 * @param {ActionAnswer | null} body
 */
export const messageOf = (body) =>
  [body?.errors?.[0]?.detail, body?.error, body?.message].find((text) => typeof text === 'string' && text !== '') ??
  null;

/**
 * @param {Response} response
 * @param {Call} call
 * @returns {Promise<Answer>}
 */
async function read(response, call) {
  const type = response.headers.get('content-type') ?? '';
  const { status, headers } = response;
  if (headers.has('content-disposition') || !/json|text/.test(type)) {
    const blob = await response.blob();
    call.answer = blob.size === 0 ? '' : `(a file: ${blob.size} bytes of ${type || 'an unnamed type'})`;
    return {
      status,
      headers,
      json: null,
      blob: blob.size === 0 && !headers.has('content-disposition') ? null : blob,
      call,
    };
  }
  const text = await response.text();
  call.answer = text;
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // a proxy may answer a page; its status says enough
  }
  return { status, headers, json, blob: null, call };
}

/** What the page asks for itself is nothing to inspect. @param {Call} call */
function told(call) {
  if (call.kind !== 'page') emit('call', call);
}

/** Whether a call is one that somebody looks for: not a list that was read meanwhile. @param {Call} call */
export const isOfAction = ({ kind }) => kind === 'action' || kind === 'hook' || kind === 'write';

/** @param {Call} call */
function keep(call) {
  calls.unshift(call);
  calls.length = Math.min(calls.length, KEPT_CALLS);
  // files travel in bodies: only the newest call is kept whole, and the last one of an action, after which lists are read
  const last = calls.find(isOfAction);
  for (const old of calls) {
    if (old === call || old === last) continue;
    old.isShortened ||= isLong(old.body);
    if (old.body && isLong(old.body)) old.body = shortened(old.body);
    if (old.answer && isLong(old.answer)) old.answer = shortened(old.answer);
  }
  emit('call', call);
}

/** @param {string | null} text */
const isLong = (text) => text !== null && text.length > KEPT_TEXT;

/** @param {string} text */
const shortened = (text) => `${text.slice(0, 2_000)}… (${text.length} characters)`;

/** @param {string} id */
export const segment = (id) => encodeURIComponent(id);

/**
 * Signs in as somebody, or with a token that was pasted.
 * @param {Person | null} person
 * @param {string} [token]
 */
export async function signIn(person, token) {
  const given =
    token ??
    (
      await ask('POST', `${config.base}/session`, {
        body: { userId: person?.id },
        kind: 'page',
        anonymous: true,
      })
    ).token;
  state.person = person;
  state.token = given;
  remember('person', person ? String(person.id) : null);
  await readRights();
}

/** The schema and the rights of whoever is signed in. */
export async function readRights() {
  const [schema, rights] = await Promise.all([
    ask('GET', `${config.base}/schema`, { kind: 'page' }),
    ask('GET', `${config.base}/rights`, { kind: 'page' }),
  ]);
  const isSame = JSON.stringify([schema, rights]) === JSON.stringify([state.schema, state.rights]);
  state.schema = schema;
  state.rights = rights;
  emit('session', isSame);
}

let isGone = false;
let delay = 0;
let timer = 0;

/** The server does not answer: asks again, ever more slowly, until it does. */
function gone() {
  if (isGone) return;
  isGone = true;
  delay = 1_000;
  wait();
}

function wait() {
  emit('offline', delay);
  timer = window.setTimeout(tryAgain, delay);
  delay = Math.min(delay * 2, 15_000);
}

/** Asks at once. */
export async function tryAgain() {
  clearTimeout(timer);
  try {
    await fetch(config.agent, { cache: 'no-store', credentials: 'omit' });
    back();
  } catch {
    wait();
  }
}

function back() {
  if (!isGone) return;
  isGone = false;
  clearTimeout(timer);
  emit('online');
}
