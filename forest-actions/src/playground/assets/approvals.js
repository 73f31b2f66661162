// Approvals: asking for one when an action needs it, and the list in which somebody else decides. An approved request is
// sent to the agent with the reviewer's own token, as a back office does it.

import { ask, send, textOf } from './api.js';
import { shown } from './cell.js';
import { arrange, fill, h, icon, isolated, newId, notice } from './dom.js';
import { openDialog, toast } from './overlay.js';
import { showFailure, showSuccess } from './results.js';
import { humanised } from './schema.js';
import { amount } from './selection.js';
import { collectionNamed, config, state } from './state.js';

/** What is said of a request that was approved and not carried out. */
const SIGNED = 'It is approved: you can send it again from the list.';

/** Requests that were approved here and not yet carried out, with their signed bodies. @type {Map<number, Signed>} */
const unsent = new Map();

const STATES = { pending: 'wait', approved: 'good', rejected: 'bad' };

/** @typedef {{ endpoint: string, body: unknown }} Signed */

/**
 * Asks for an approval; true when it was filed.
 * @param {SchemaAction} action
 * @param {import('./selection.js').Target} target
 * @param {Record<string, unknown>} values
 * @param {unknown} [named] the records that the agent has found, where the target only says "all"
 * @returns {Promise<boolean>}
 */
export function askForApproval(action, target, values, named) {
  const recordIds = Array.isArray(named) ? named.map(String) : target.isAll ? null : target.ids;
  return new Promise((resolve) => {
    let isFiled = false;
    const { body, footer, close } = openDialog({
      title: 'Ask for approval',
      subtitle: action.name,
      kind: 'card',
      id: 'ask-approval',
      onclose: () => resolve(isFiled),
    });
    if (recordIds === null) {
      fill(
        body,
        h('p', {}, 'This action has to be approved, and an approval names its records: select them one by one.'),
      );
      fill(footer, h('button', { class: 'primary', onclick: close }, 'Close'));
      return;
    }
    const id = newId('comment');
    const comment = h('textarea', { id, rows: 3, dir: 'auto' });
    const problem = h('p', { class: 'banner bad', role: 'alert', hidden: true });
    fill(
      body,
      h('p', {}, 'Your role may run this action once somebody has approved it.'),
      action.type === 'global'
        ? null
        : h('p', { class: 'muted', 'data-count': recordIds.length }, `For ${amount(recordIds.length)}.`),
      h('div', { class: 'field' }, h('label', { for: id }, 'Comment for the reviewer'), comment),
      problem,
    );
    const file = async () => {
      const filed = {
        collection: target.collection.name,
        action: action.name,
        recordIds,
        values,
        ...(comment.value.trim() ? { comment: comment.value.trim() } : {}),
        ...(target.parent
          ? {
              attributes: {
                parent_collection_name: target.parent.collection,
                parent_collection_id: target.parent.id,
                parent_association_name: target.parent.relation,
              },
            }
          : {}),
      };
      button.disabled = true;
      try {
        await ask('POST', `${config.base}/approvals`, { body: filed, kind: 'page' });
        isFiled = true;
        close();
        toast(
          'success',
          'Your request was filed: somebody else has to approve it.',
          h('a', { href: '#/approvals' }, 'See the approvals'),
        );
      } catch (error) {
        problem.hidden = false;
        fill(problem, textOf(error));
        button.disabled = false;
      }
    };
    const button = h('button', { class: 'primary', onclick: file }, 'Ask for approval');
    fill(footer, h('button', { onclick: close }, 'Cancel'), button);
    comment.focus();
  });
}

/** How many records of a request are named before somebody asks for the others. */
const NAMED = 5;

/** What a decision is called, and to whom its message goes. */
const DECISIONS = {
  approve: { title: 'Approve', label: 'Message with the approval' },
  reject: { title: 'Reject', label: 'Message for the requester' },
};

/**
 * The list of approvals.
 * @returns {{ element: HTMLElement, reload: () => void, stop: () => void }}
 */
export function createApprovals() {
  const items = h('ol', { class: 'entries' });
  const count = h('span', { class: 'count' });
  const message = h('div', { class: 'list-message', role: 'status' });
  const element = h(
    'section',
    { class: 'list', 'data-approvals': true, 'aria-busy': 'true' },
    h(
      'div',
      { class: 'list-head' },
      h('div', { class: 'list-title' }, h('h1', { tabindex: '-1' }, 'Approvals'), count),
      h(
        'div',
        { class: 'tools' },
        h('button', { 'data-reload': true, onclick: () => void load() }, icon('reload'), 'Read again'),
      ),
    ),
    items,
    message,
  );
  /** What is drawn, by number: it is drawn anew only when it has changed. @type {Map<number, { text: string, row: HTMLElement }>} */
  const drawn = new Map();
  let newest = 0;

  async function load() {
    const own = ++newest;
    element.setAttribute('aria-busy', 'true');
    try {
      /** @type {Approval[]} */
      const all = await ask('GET', `${config.base}/approvals`, { kind: 'page' });
      if (own !== newest) return;
      draw(all.toReversed());
      fill(count, all.filter(({ status }) => status === 'pending').length || '');
      fill(
        message,
        all.length > 0
          ? null
          : notice('inbox', 'Nothing to approve', 'An action that needs an approval can ask for one when it is run.'),
      );
    } catch (error) {
      if (own !== newest) return;
      fill(message, notice('alert', textOf(error)));
    }
    element.setAttribute('aria-busy', 'false');
  }

  /** What has not changed keeps its element: somebody may be about to press it. @param {Approval[]} all */
  function draw(all) {
    const rows = all.map((approval) => {
      const text = JSON.stringify([approval, state.person?.id, unsent.has(approval.id)]);
      const before = drawn.get(approval.id);
      if (before?.text === text) return before.row;
      const row = item(approval);
      if (before) before.row.replaceWith(row);
      drawn.set(approval.id, { text, row });
      return row;
    });
    arrange(items, rows);
  }

  /** @param {Approval} approval */
  function item(approval) {
    const { id, action, collection, recordIds, values, requester, status, reviewer, reason, comments, history } =
      approval;
    const signed = reviewer?.id === state.person?.id ? unsent.get(id) : undefined;
    const again = h('button', { 'data-send-again': id, onclick: () => void sendAgain() }, 'Send again');
    async function sendAgain() {
      if (!signed) return;
      again.disabled = true;
      await told(() => carriedOut(approval, signed));
      again.disabled = false;
      await load();
    }
    const heading = newId('approval');
    const isOwn = requester.id === state.person?.id;
    return h(
      'li',
      { class: 'entry', 'data-approval': id, 'data-status': status, 'aria-labelledby': heading },
      h(
        'div',
        { class: 'entry-head' },
        h('h2', { id: heading }, isolated(action)),
        h('span', { class: `badge ${STATES[status]}` }, status),
      ),
      h(
        'p',
        { class: 'muted' },
        isolated(requester.name),
        ' asks for it on ',
        recordIds.length === 0 ? humanised(collection) : records(collection, recordIds),
        reviewer ? [' · decided by ', isolated(reviewer.name)] : null,
      ),
      Object.keys(values).length > 0
        ? h(
            'dl',
            { class: 'details' },
            Object.entries(values).map(([name, value]) =>
              h('div', {}, h('dt', {}, isolated(name)), h('dd', {}, shown(value, 'String', true))),
            ),
          )
        : null,
      comments.length > 0
        ? h(
            'ul',
            { class: 'comments' },
            comments.map(({ author, text }) =>
              h('li', {}, h('strong', {}, isolated(author.name)), ' ', isolated(text)),
            ),
          )
        : null,
      h(
        'details',
        {},
        h('summary', {}, 'History'),
        h(
          'ol',
          {},
          history.map(({ at, by, step }) => h('li', {}, isolated(by.name), ` ${step} · `, shown(at, 'Date', true))),
        ),
      ),
      signed
        ? h(
            'div',
            { class: 'entry-tools' },
            again,
            h('span', { class: 'muted' }, 'It was approved, and has not been carried out as far as this page knows.'),
          )
        : null,
      status === 'pending'
        ? h(
            'div',
            { class: 'entry-tools' },
            h(
              'button',
              {
                class: 'primary',
                'data-approve': id,
                disabled: !approval.mayDecide,
                onclick: () => decide('approve', approval),
              },
              'Approve…',
            ),
            h(
              'button',
              {
                'data-reject': id,
                disabled: !approval.mayDecide,
                onclick: () => decide('reject', approval),
              },
              'Reject…',
            ),
            isOwn || reason
              ? h(
                  'span',
                  { class: 'muted', 'data-reason': true },
                  [isOwn ? 'You asked for this yourself.' : null, reason].filter(Boolean).join(' '),
                )
              : null,
          )
        : null,
    );
  }

  /** Asks for a message, and decides. @param {'approve' | 'reject'} verb @param {Approval} approval */
  function decide(verb, approval) {
    const { id, action, collection, requester, recordIds } = approval;
    const { title, label } = DECISIONS[verb];
    // no links: one would lead away from what is being written
    const some = recordIds.slice(0, NAMED);
    const rest = recordIds.length - some.length;
    const field = newId('message');
    const input = h('textarea', { id: field, rows: 3, dir: 'auto' });
    const { body, footer, close } = openDialog({ title, subtitle: action, kind: 'card', id: `${verb}-approval` });
    fill(
      body,
      h(
        'p',
        { class: 'muted' },
        isolated(requester.name),
        ' asks for it on ',
        `${humanised(collection)} ${some.map((record) => `#${record}`).join(', ')}`.trim(),
        rest > 0 ? ` and ${rest} more` : null,
      ),
      h('div', { class: 'field' }, h('label', { for: field }, label), input),
    );
    const button = h('button', { class: 'primary', onclick: () => void go() }, title);
    async function go() {
      button.disabled = true;
      await told(async () => {
        const sent = { message: input.value.trim() };
        if (verb === 'approve') await approved(approval, sent, close);
        else {
          await ask('POST', `${config.base}/approvals/${id}/reject`, { body: sent, kind: 'page' });
          close();
          toast('info', 'The request was rejected.');
        }
      });
      button.disabled = false;
      await load();
    }
    fill(footer, h('button', { onclick: close }, 'Cancel'), button);
    input.focus();
  }

  /** Approves a request and has it carried out. @param {Approval} approval @param {{ message: string }} sent @param {() => void} close */
  async function approved(approval, sent, close) {
    const { id, collection, action: name } = approval;
    // what cannot be carried out must not be approved: a signature is given once
    if (!collectionNamed(collection)?.actions.some((action) => action.name === name))
      throw new Error(`“${name}” is not an action of ${humanised(collection)} any more.`);
    const signed = await ask('POST', `${config.base}/approvals/${id}/approve`, { body: sent, kind: 'page' });
    unsent.set(id, signed);
    close();
    await carriedOut(approval, signed);
  }

  /** Sends what was signed to the action. @param {Approval} approval @param {Signed} signed */
  async function carriedOut({ id, collection: of, action: name }, { endpoint, body }) {
    const collection = collectionNamed(of);
    const action = collection?.actions.find((one) => one.name === name);
    if (!collection || !action) throw new Error(`“${name}” is not an action of ${humanised(of)} any more. ${SIGNED}`);
    const answer = await send(action.httpMethod || 'POST', endpoint, { body, kind: 'action' });
    if (answer.status >= 400) {
      showFailure(answer, action, false);
      toast('info', SIGNED);
      return;
    }
    unsent.delete(id);
    // a webhook may take its time: the list is read meanwhile
    void showSuccess(answer, action, collection);
  }

  // somebody else may have asked or decided meanwhile, in another tab
  const look = () => void load();
  window.addEventListener('focus', look);
  void load();
  return {
    element,
    reload: look,
    stop: () => {
      newest++;
      window.removeEventListener('focus', look);
    },
  };
}

/**
 * The records of a request, the first of them and how many more there are.
 * @param {string} collection
 * @param {string[]} ids
 */
function records(collection, ids) {
  const links = (/** @type {string[]} */ some) =>
    some.flatMap((record, index) => [
      index > 0 ? ', ' : '',
      h(
        'a',
        { href: `#/${encodeURIComponent(collection)}/${encodeURIComponent(record)}` },
        `${humanised(collection)} #${record}`,
      ),
    ]);
  // one more takes no more room than saying so
  if (ids.length <= NAMED + 1) return h('span', {}, links(ids));
  const all = h('span', {}, links(ids.slice(0, NAMED)), ' ');
  all.append(
    h(
      'button',
      { class: 'quiet', 'data-more': true, onclick: () => fill(all, links(ids)) },
      `and ${ids.length - NAMED} more`,
    ),
  );
  return all;
}

/** Says what went wrong. @param {() => Promise<void>} work */
async function told(work) {
  try {
    await work();
  } catch (error) {
    toast('error', textOf(error));
  }
}
