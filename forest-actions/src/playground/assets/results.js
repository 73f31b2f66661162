// What happens with the answer of an action: toasts, the HTML panel, a download, a run to follow, the webhook that the browser
// sends, the redirection. Tells the lists to read again; draws no form.

import { messageOf } from './api.js';
import { settled } from './back.js';
import { fill, h } from './dom.js';
import { intentIn } from './intents.js';
import { framed } from './markup.js';
import { openDialog, toast } from './overlay.js';
import { addressOf, goesOn, openRun } from './runs.js';
import { collectionNamed, emit } from './state.js';

/** How long a webhook may take. */
const WEBHOOK_SECONDS = 10;

/** How long a redirection waits for a webhook, in milliseconds. */
const WEBHOOK_FIRST = 2_000;

/**
 * Shows how an action went well.
 * @param {Answer} answer
 * @param {SchemaAction} action
 * @param {SchemaCollection} collection
 */
export async function showSuccess(answer, action, collection) {
  const { headers, json, blob } = answer;
  const body = /** @type {ActionAnswer} */ (json ?? {});
  emit('refresh', { collection: collection.name, relationships: body.refresh?.relationships ?? [] });
  if (blob) {
    const name = fileName(headers) ?? action.name;
    save(blob, name);
    toast('success', `Downloaded ${name}`);
    return;
  }
  // the runs of another origin's agent are none of this page's
  const run = action.baseUrl ? undefined : body.run;
  if (run && goesOn(run))
    return openRun(run.id, action.name, (ended, close) => void showEnd(ended, close, answer, action, collection));
  const link = run && h('a', { href: addressOf(run.id) }, 'See the run');
  // a panel says by itself that it went well
  if (body.success || typeof body.html !== 'string')
    toast('success', body.success || `“${action.name}” is done.`, link);
  if (typeof body.html === 'string') showPanel(action.name, body.html, false);
  const called = body.webhook ? callWebhook(body.webhook) : null;
  if (typeof body.redirectTo === 'string') {
    // what is opened may need the session that the webhook begins; but a new tab is only opened soon after a press
    if (called) await Promise.race([called, new Promise((resolve) => setTimeout(resolve, WEBHOOK_FIRST))]);
    await follow(body.redirectTo);
  }
  await called;
}

/**
 * Shows why an action did not go well. The panel, if there is one, leads back to the form.
 * @param {Answer} answer
 * @param {SchemaAction} action
 * @param {boolean} hasForm
 */
export function showFailure({ status, json, call }, action, hasForm) {
  const body = /** @type {ActionAnswer | null} */ (json);
  toast('error', messageOf(body) ?? `The server answered ${status} ${call.statusText}`.trim());
  if (typeof body?.html === 'string') showPanel(action.name, body.html, true, hasForm);
}

/**
 * Shows what became of a run that was followed, but for its panel, which stands with the run.
 * @param {Run} run
 * @param {() => void} close
 * @param {Answer} started
 * @param {SchemaAction} action
 * @param {SchemaCollection} collection
 */
async function showEnd({ status: state, message, answer }, close, started, action, collection) {
  if (answer?.body?.redirectTo) close();
  const json = { ...answer?.body, html: undefined };
  if (answer && answer.status < 400 && state !== 'cancelled')
    return await showSuccess({ ...started, status: answer.status, json }, action, collection);
  emit('refresh', { collection: collection.name, relationships: [] });
  if (answer && state !== 'cancelled') showFailure({ ...started, status: answer.status, json }, action, false);
  else toast('info', message || `“${action.name}” was cancelled.`);
}

/**
 * @param {string} title
 * @param {string} html
 * @param {boolean} isError
 * @param {boolean} [hasForm]
 */
function showPanel(title, html, isError, hasForm = false) {
  const label = hasForm ? 'Back to the form' : 'Close';
  const { dialog, body, footer, close } = openDialog({ title, id: 'html-panel', closeLabel: label });
  dialog.classList.toggle('bad', isError);
  fill(body, framed(title, html));
  fill(footer, h('button', { class: 'primary', onclick: close }, label));
}

/** The name in `Content-Disposition`; the encoded one comes first, for names beyond ASCII. @param {Headers} headers */
export function fileName(headers) {
  const text = headers.get('content-disposition') ?? '';
  const encoded = /filename\*=\s*UTF-8''([^;\s]+)/i.exec(text)?.[1];
  if (encoded) {
    try {
      return decodeURIComponent(encoded);
    } catch {
      // fall back to the plain name
    }
  }
  const quoted = /filename="((?:[^"\\]|\\.)*)"/i.exec(text)?.[1]?.replace(/\\(.)/g, '$1');
  return quoted ?? /filename=([^;\s]+)/i.exec(text)?.[1] ?? null;
}

/**
 * Hands a file to the browser.
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = h('a', { href: url, download: name });
  link.click();
  // the browser has taken the file by then
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * Sends what the action asks the browser to send, and says how it went.
 * @param {NonNullable<ActionAnswer['webhook']>} webhook
 */
async function callWebhook({ url, method, headers = {}, body }) {
  const what = `${method} ${url}`;
  if (!/^https?:\/\//i.test(url)) {
    toast('error', `The webhook was not sent: ${url} is not an http address.`);
    return;
  }
  const all = new Headers(headers);
  const isText = typeof body === 'string';
  if (body !== undefined && body !== null && !isText && !all.has('content-type'))
    all.set('content-type', 'application/json');
  const isEmpty = body === undefined || body === null || /^(GET|HEAD)$/i.test(method);
  const sent = isEmpty ? null : isText ? String(body) : JSON.stringify(body);
  let isBlocked = false;
  const blocked = () => (isBlocked = true);
  document.addEventListener('securitypolicyviolation', blocked);
  try {
    // with cookies: a webhook is how an action reaches a session of another application
    const signal = AbortSignal.timeout(WEBHOOK_SECONDS * 1_000);
    const response = await fetch(url, { method, headers: all, body: sent, credentials: 'include', signal });
    toast(response.ok ? 'success' : 'error', `Webhook sent: ${what} answered ${response.status}.`);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      toast('error', `The webhook has no answer: ${what} did not answer within ${WEBHOOK_SECONDS} seconds.`);
      return;
    }
    // the policy's own event comes a moment later
    await new Promise((resolve) => setTimeout(resolve, 50));
    const why = isBlocked
      ? 'This page may only call this machine, and the origins named with webhook_origin.'
      : 'The address does not answer, or does not allow calls from this page (CORS).';
    toast('error', `The webhook could not be sent: ${what}\n${why}`);
  } finally {
    document.removeEventListener('securitypolicyviolation', blocked);
  }
}

/**
 * Goes where the action sends the user: a record of this back office, or another site in a new tab.
 * @param {string} target
 */
async function follow(target) {
  if (/^https?:\/\//i.test(target)) {
    window.open(target, '_blank', 'noopener,noreferrer');
    toast(
      'info',
      'Opened in a new tab:',
      h('a', { href: target, target: '_blank', rel: 'noopener noreferrer', 'data-redirect': 'external' }, target),
    );
    return;
  }
  const parts = /\/data\/([^/?#]+)\/index(?:\/record\/([^/?#]+)\/([^/?#]+)(?:\/([^/?#]+))?)?/.exec(target);
  const name = parts ? decodeURIComponent(parts[2] ?? parts[1] ?? '') : '';
  if (!collectionNamed(name)) {
    toast(
      'info',
      'The action leads to a page that only the hosted back office has:',
      h('code', { 'data-redirect': 'internal' }, target),
    );
    return;
  }
  const tab = parts?.[4] && collectionNamed(name)?.fields.some(({ field }) => field === parts[4]) ? `/${parts[4]}` : '';
  const query = parts?.[3] ? '' : intentIn(target);
  // the form that has just closed takes its entry of the history with it
  await settled();
  location.hash = `#/${encodeURIComponent(name)}${parts?.[3] ? `/${parts[3]}${tab}` : query}`;
  toast('info', 'Led on by the action to', h('code', { 'data-redirect': 'internal' }, target));
}
