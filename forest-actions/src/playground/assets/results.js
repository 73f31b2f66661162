// What happens with the answer of an action: toasts, the HTML panel, a download, the webhook that the browser sends, the
// redirection. Tells the lists to read again; draws no form.

import { messageOf } from './api.js';
import { settled } from './back.js';
import { fill, h, icon } from './dom.js';
import { intentIn } from './intents.js';
import { openDialog, placeToasts } from './overlay.js';
import { collectionNamed, config, emit } from './state.js';

/** How long a webhook may take. */
const WEBHOOK_SECONDS = 10;

/** How long a redirection waits for a webhook, in milliseconds. */
const WEBHOOK_FIRST = 2_000;

const SECONDS = { success: 7, info: 9, error: 14 };

/**
 * Tells something at the edge of the page.
 * @param {'success' | 'error' | 'info'} kind
 * @param {string} text
 * @param {Node} [more]
 */
export function toast(kind, text, more) {
  let region = document.getElementById('toasts');
  if (!region) {
    region = h(
      'div',
      { id: 'toasts', popover: 'manual', role: 'region', 'aria-label': 'Notifications' },
      h('div', { class: 'toast-list', role: 'status', 'aria-live': 'polite' }),
    );
    document.body.append(region);
  }
  const list = /** @type {HTMLElement} */ (region.firstElementChild);
  const note = h(
    'div',
    { class: `toast ${kind}`, 'data-toast': kind, role: kind === 'error' ? 'alert' : null },
    icon(kind === 'success' ? 'check' : kind === 'error' ? 'alert' : 'right'),
    h(
      'div',
      { class: 'toast-text' },
      text.split('\n').map((line) => h('p', { dir: 'auto' }, line)),
      more,
    ),
  );
  const close = () => {
    note.remove();
    if (list.childElementCount === 0 && region.matches(':popover-open')) region.hidePopover();
  };
  note.append(
    h('button', { type: 'button', class: 'quiet round', 'aria-label': 'Dismiss', onclick: close }, icon('close')),
  );
  let timer = window.setTimeout(close, SECONDS[kind] * 1_000);
  // nobody has to read in a hurry
  note.addEventListener('pointerenter', () => clearTimeout(timer));
  note.addEventListener('focusin', () => clearTimeout(timer));
  note.addEventListener('pointerleave', () => (timer = window.setTimeout(close, 3_000)));
  list.append(note);
  while (list.childElementCount > 4) list.firstElementChild?.remove();
  placeToasts();
}

/**
 * Shows how an action went well.
 * @param {Answer} answer
 * @param {SchemaAction} action
 * @param {SchemaCollection} collection
 */
export async function showSuccess({ headers, json, blob }, action, collection) {
  const body = /** @type {ActionAnswer} */ (json ?? {});
  emit('refresh', { collection: collection.name, relationships: body.refresh?.relationships ?? [] });
  if (blob) {
    const name = fileName(headers) ?? action.name;
    save(blob, name);
    toast('success', `Downloaded ${name}`);
    return;
  }
  // a panel says by itself that it went well
  if (body.success || typeof body.html !== 'string') toast('success', body.success || `“${action.name}” is done.`);
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
 * HTML of the action's author, in a frame where nothing runs and from which nothing of the page can be reached.
 * @param {string} title
 * @param {string} html
 * @param {boolean} isError
 * @param {boolean} [hasForm]
 */
function showPanel(title, html, isError, hasForm = false) {
  const label = hasForm ? 'Back to the form' : 'Close';
  const { dialog, body, footer, close } = openDialog({ title, id: 'html-panel', closeLabel: label });
  dialog.classList.toggle('bad', isError);
  const frame = h('iframe', {
    class: 'panel',
    title: `Result of ${title}`,
    sandbox: 'allow-popups allow-popups-to-escape-sandbox allow-downloads',
  });
  frame.srcdoc = documentOf(html);
  fill(body, frame);
  fill(footer, h('button', { type: 'button', class: 'primary', onclick: close }, label));
}

/** @param {string} html */
function documentOf(html) {
  // the frame has no origin of its own and may load nothing of ours: the policy knows this one text by its hash
  const theme = document.documentElement.dataset.theme;
  const root = theme === 'dark' || theme === 'light' ? ` data-theme="${theme}"` : '';
  return `<!doctype html><html lang="en"${root}><head><style>${config.panelStyle}</style><base target="_blank"></head><body>${html}</body></html>`;
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
