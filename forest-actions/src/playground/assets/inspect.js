// The inspector: what exactly was sent and answered, as a request that can be pasted into a shell, with the log line of
// the call; and the schema with highlighting and search. It only reads.

import { CallError, ask, calls, isOfAction } from './api.js';
import { debounced, fill, h, icon, iconButton, newId } from './dom.js';
import { toast } from './overlay.js';
import { save } from './results.js';
import { config, on, state } from './state.js';

/** How much of a body is shown, and how much goes into a shell. */
const SHOWN = 60_000;
const PASTED = 100_000;

/**
 * JSON with a colour for each kind of token, line by line.
 * @param {string} text
 * @returns {HTMLElement[]}
 */
function highlighted(text) {
  return text.split('\n').map((line) => {
    const element = h('div', { class: 'line' });
    let at = 0;
    for (const match of line.matchAll(
      /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g,
    )) {
      element.append(line.slice(at, match.index));
      const kind = match[1]
        ? 'key'
        : match[0].startsWith('"')
          ? 'string'
          : /^[tfn]/.test(match[0])
            ? 'word'
            : 'numeral';
      element.append(h('span', { class: `j-${kind}` }, match[0]));
      at = match.index + match[0].length;
    }
    element.append(line.slice(at) || (at === 0 ? ' ' : ''));
    return element;
  });
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(
      JSON.parse(text),
      (_, value) =>
        typeof value === 'string' && value.length > 4_000
          ? `${value.slice(0, 200)}… (${value.length} characters)`
          : value,
      2,
    );
  } catch {
    return text;
  }
}

/** @param {string} label @param {string | null} text */
function code(label, text) {
  if (!text) return h('p', { class: 'muted' }, 'No body.');
  const whole = pretty(text);
  const cut = whole.length > SHOWN ? `${whole.slice(0, SHOWN)}\n… (${whole.length} characters)` : whole;
  return h('pre', { class: 'code-block', tabindex: '0', 'aria-label': label }, highlighted(cut));
}

/** Text as one word of a POSIX shell. @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The call for a shell. @param {Call} call */
export function curl({ method, url, headers, body }) {
  const parts = [
    `curl -X ${method} ${quoted(url)}`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
  ];
  if (body !== null) parts.push(body.length > PASTED ? '-d @body.json' : `-d ${quoted(body)}`);
  return parts.join(' \\\n  ');
}

/** @param {string} text @param {string} what */
async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast('success', `${what} copied.`);
  } catch {
    toast('error', 'The browser does not let the page copy: select the text instead.');
  }
}

/** A token in full has no place on a screen that others may see. @param {[string, string][]} headers */
const headerLines = (headers) =>
  headers.map(([name, value]) =>
    h(
      'div',
      { class: 'line' },
      h('span', { class: 'j-key' }, `${name}: `),
      /^authorization$/i.test(name) ? `${value.slice(0, 18)}…` : value,
    ),
  );

/** The panel at the side. @returns {{ element: HTMLElement, toggle: (isOpen?: boolean) => void }} */
export function createInspector() {
  const body = h('div', { class: 'inspector-body', id: newId('inspector'), role: 'tabpanel' });
  let tab = 'call';
  /** The call that is shown; the last one of an action or hook while nobody has chosen. @type {string | null} */
  let chosen = null;
  const element = h('aside', { class: 'inspector', id: 'inspector', 'aria-label': 'Inspector', hidden: true });
  const tabs = [
    ['call', 'Last call'],
    ['schema', 'Schema'],
  ].map(([name, label]) =>
    h(
      'button',
      {
        role: 'tab',
        'data-inspect': name,
        'aria-controls': body.id,
        onclick: () => {
          tab = name ?? 'call';
          draw();
        },
      },
      label ?? '',
    ),
  );
  const close = iconButton('close', 'Close the inspector', () => toggle(false));
  fill(
    element,
    h(
      'div',
      { class: 'inspector-head' },
      h('div', { role: 'tablist', class: 'tabs', 'aria-label': 'Inspect' }, tabs),
      close,
    ),
    body,
  );

  /** @param {boolean} [isOpen] */
  function toggle(isOpen = Boolean(element.hidden)) {
    element.hidden = !isOpen;
    document.body.classList.toggle('inspecting', isOpen);
    if (isOpen) {
      draw();
      tabs.find((one) => one.dataset.inspect === tab)?.focus();
    } else {
      document.getElementById('inspect-button')?.focus();
    }
  }

  function draw() {
    if (element.hidden) return;
    for (const one of tabs) {
      const isCurrent = one.dataset.inspect === tab;
      one.setAttribute('aria-selected', String(isCurrent));
      one.tabIndex = isCurrent ? 0 : -1;
    }
    fill(body, tab === 'call' ? callView() : schemaView());
  }

  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') toggle(false);
    const at = tabs.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    if (at >= 0 && /^Arrow(Left|Right)$/.test(event.key)) {
      tabs[1 - at]?.click();
      tabs[1 - at]?.focus();
    }
  });

  function callView() {
    const call = calls.find(({ id }) => id === chosen) ?? calls.find(isOfAction) ?? calls[0];
    if (!call) return h('p', { class: 'muted' }, 'Nothing was sent yet.');
    const select = h(
      'select',
      {
        'aria-label': 'Call',
        onchange: () => {
          chosen = select.value;
          draw();
        },
      },
      calls.map((one) =>
        h(
          'option',
          { value: one.id },
          `${clock(one.started)}  ${one.method} ${new URL(one.url).pathname}  ${one.status ?? '…'}`,
        ),
      ),
    );
    select.value = call.id;
    const command = curl(call);
    const large = !call.isShortened && call.body !== null && call.body.length > PASTED;
    const log = h(
      'pre',
      { class: 'code-block', 'data-log-line': true, tabindex: '0', 'aria-label': 'Log line' },
      'Reading…',
    );
    if (call.status !== null && call.headers['X-Request-Id']) void readLog(call.id, log);
    else fill(log, call.problem ?? 'The call is under way.');
    const path = new URL(call.url);
    const failed = call.status === null || call.status >= 400;
    return h(
      'div',
      { class: 'stack', 'data-call': call.id },
      select,
      h(
        'div',
        { class: 'call-line' },
        h('strong', {}, call.method),
        h('span', { class: 'call-path' }, path.pathname + path.search),
      ),
      h(
        'div',
        { class: 'call-line' },
        h(
          'span',
          { class: `badge ${failed ? 'bad' : 'good'}`, 'data-call-status': call.status ?? '' },
          call.status === null ? (call.problem ?? 'under way') : `${call.status} ${call.statusText}`,
        ),
        h('span', { class: 'muted' }, call.milliseconds === null ? '' : `${call.milliseconds.toFixed(1)} ms`),
        h('span', { class: 'grow' }),
        h(
          'button',
          {
            'data-copy-curl': true,
            disabled: call.isShortened,
            onclick: () => void copy(command, 'The curl command was'),
          },
          icon('copy'),
          'Copy as curl',
        ),
        large && call.body
          ? h('button', { onclick: () => save(new Blob([call.body ?? '']), 'body.json') }, 'Save the body')
          : null,
      ),
      call.isShortened
        ? h('p', { class: 'muted', 'data-shortened': true }, 'The body of this call is no longer kept.')
        : null,
      h('h2', {}, 'Log line'),
      log,
      h('h2', {}, 'Request'),
      h(
        'pre',
        { class: 'code-block', tabindex: '0', 'aria-label': 'Request headers' },
        headerLines(Object.entries(call.headers)),
      ),
      call.body === null ? null : code('Request body', call.body),
      h('h2', {}, 'Answer'),
      h('pre', { class: 'code-block', tabindex: '0', 'aria-label': 'Answer headers' }, headerLines(call.answerHeaders)),
      code('Answer body', call.answer),
      call.isShortened
        ? null
        : h(
            'details',
            {},
            h('summary', {}, 'curl'),
            h(
              'pre',
              { class: 'code-block wrap', 'data-curl': true, tabindex: '0', 'aria-label': 'curl command' },
              command,
            ),
          ),
    );
  }

  function schemaView() {
    const text = JSON.stringify(state.schema, null, 2);
    const lines = highlighted(text);
    const view = h('pre', { class: 'code-block schema', tabindex: '0', 'aria-label': 'Schema' }, lines);
    const found = h('span', { class: 'muted', role: 'status' });
    /** @type {HTMLElement[]} */
    let hits = [];
    let at = 0;
    const go = (/** @type {number} */ by) => {
      if (hits.length === 0) return;
      hits[at]?.classList.remove('current');
      at = (at + by + hits.length) % hits.length;
      hits[at]?.classList.add('current');
      // of the panel only: the page behind it stays where it is
      view.scrollTop = (hits[at]?.offsetTop ?? 0) - view.offsetTop - view.clientHeight / 2;
      fill(found, `${at + 1} of ${hits.length}`);
    };
    const look = debounced(150, () => {
      const asked = input.value.trim().toLowerCase();
      for (const line of lines) line.classList.remove('hit', 'current');
      hits = asked === '' ? [] : lines.filter((line) => line.textContent?.toLowerCase().includes(asked));
      for (const line of hits) line.classList.add('hit');
      at = 0;
      fill(found, asked === '' ? '' : 'Not found');
      go(0);
    });
    const input = h('input', {
      type: 'search',
      placeholder: 'Search the schema',
      'aria-label': 'Search the schema',
      oninput: look,
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        go(event.shiftKey ? -1 : 1);
      },
    });
    return h(
      'div',
      { class: 'stack fill' },
      h(
        'div',
        { class: 'call-line' },
        h('label', { class: 'search grow' }, icon('search'), input),
        found,
        iconButton('up', 'Previous match', () => go(-1), { class: 'round' }),
        iconButton('down', 'Next match', () => go(1), { class: 'round' }),
        h('button', { onclick: () => void copy(text, 'The schema was') }, icon('copy'), 'Copy'),
      ),
      view,
    );
  }

  let queued = false;
  on('call', (/** @type {Call} */ call) => {
    if (isOfAction(call)) chosen = null;
    if (tab !== 'call' || queued) return;
    queued = true;
    // many calls at once are drawn once
    requestAnimationFrame(() => {
      queued = false;
      if (!body.contains(document.activeElement)) draw();
    });
  });
  on('session', () => tab === 'schema' && draw());
  return { element, toggle };
}

/** The log line of a call; written when the server has finished with it. @param {string} id @param {HTMLElement} place */
async function readLog(id, place) {
  let missing = 'The server keeps no log line of this call.';
  for (const wait of [0, 150, 600]) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (wait > 0 && !place.isConnected) return;
    try {
      const { line } = await ask('GET', `${config.base}/calls/${id}`, { kind: 'page' });
      fill(place, line);
      return;
    } catch (error) {
      if (!(error instanceof CallError) || error.status !== 404) break;
      missing = error.message;
    }
  }
  fill(place, missing);
}

/** @param {Date} moment */
const clock = (moment) => moment.toTimeString().slice(0, 8);
