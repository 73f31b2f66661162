// Approvals: asking for one when an action needs it, and the list in which somebody else decides. An approved request is
// sent to the agent with the reviewer's own token, as a back office does it.

import { ask, send } from './api.js';
import { shown } from './cell.js';
import { fill, h, icon, isolated, newId } from './dom.js';
import { openDialog } from './overlay.js';
import { showFailure, showSuccess, toast } from './results.js';
import { humanised } from './schema.js';
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
      fill(footer, h('button', { type: 'button', class: 'primary', onclick: close }, 'Close'));
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
        : h(
            'p',
            { class: 'muted', 'data-count': recordIds.length },
            recordIds.length === 1 ? 'For 1 record.' : `For ${recordIds.length.toLocaleString()} records.`,
          ),
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
        fill(problem, error instanceof Error ? error.message : String(error));
        button.disabled = false;
      }
    };
    const button = h('button', { type: 'button', class: 'primary', onclick: file }, 'Ask for approval');
    fill(footer, h('button', { type: 'button', onclick: close }, 'Cancel'), button);
    comment.focus();
  });
}

/**
 * The list of approvals.
 * @returns {{ element: HTMLElement, reload: () => void, stop: () => void }}
 */
export function createApprovals() {
  const items = h('ol', { class: 'approvals' });
  const count = h('span', { class: 'count' });
  const message = h('div', { class: 'list-message', role: 'status' });
  const element = h(
    'section',
    { class: 'list', 'data-approvals': true, 'aria-busy': 'true' },
    h(
      'div',
      { class: 'list-head' },
      h('div', { class: 'list-title' }, h('h1', { tabindex: '-1' }, 'Approvals'), count),
    ),
    items,
    message,
  );

  async function load() {
    try {
      /** @type {Approval[]} */
      const all = await ask('GET', `${config.base}/approvals`, { kind: 'page' });
      fill(items, all.toReversed().map(item));
      fill(count, all.filter(({ status }) => status === 'pending').length || '');
      fill(
        message,
        all.length > 0
          ? null
          : [
              icon('inbox'),
              h('p', { class: 'strong' }, 'Nothing to approve'),
              h('p', { class: 'muted' }, 'An action that needs an approval can ask for one when it is run.'),
            ],
      );
    } catch (error) {
      fill(message, icon('alert'), h('p', { class: 'strong' }, error instanceof Error ? error.message : String(error)));
    }
    element.setAttribute('aria-busy', 'false');
  }

  /** @param {Approval} approval */
  function item(approval) {
    const { id, action, collection, recordIds, values, requester, status, reviewer, comments, history } = approval;
    const [approve, reject] = [
      h(
        'button',
        {
          type: 'button',
          class: 'primary',
          'data-approve': id,
          onclick: () => void decide(approve, () => approved(approval)),
        },
        'Approve',
      ),
      h('button', { type: 'button', 'data-reject': id, onclick: () => refuse(approval) }, 'Reject…'),
    ];
    const signed = idOf(reviewer) === state.person?.id ? unsent.get(id) : undefined;
    const again = h(
      'button',
      {
        type: 'button',
        'data-send-again': id,
        onclick: () => void decide(again, async () => signed && carriedOut(approval, signed)),
      },
      'Send again',
    );
    const heading = newId('approval');
    return h(
      'li',
      { class: 'approval', 'data-approval': id, 'data-status': status, 'aria-labelledby': heading },
      h(
        'div',
        { class: 'approval-head' },
        h('h2', { id: heading }, isolated(action)),
        h('span', { class: `badge ${STATES[status]}` }, status),
      ),
      h(
        'p',
        { class: 'muted' },
        isolated(requester.name),
        ' asks for it on ',
        recordIds.length === 0
          ? humanised(collection)
          : recordIds.flatMap((record, index) => [
              index > 0 ? ', ' : '',
              h(
                'a',
                { href: `#/${encodeURIComponent(collection)}/${encodeURIComponent(record)}` },
                `${humanised(collection)} #${record}`,
              ),
            ]),
        reviewer ? [' · decided by ', isolated(named(reviewer))] : null,
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
            comments.map((comment) =>
              h(
                'li',
                {},
                typeof comment === 'string'
                  ? isolated(comment)
                  : [
                      h('strong', {}, isolated(named(comment.author))),
                      ' ',
                      isolated(comment.text ?? comment.comment ?? ''),
                    ],
              ),
            ),
          )
        : null,
      history.length > 0
        ? h(
            'details',
            {},
            h('summary', {}, 'History'),
            h(
              'ol',
              {},
              history.map((line) => h('li', {}, isolated(typeof line === 'string' ? line : JSON.stringify(line)))),
            ),
          )
        : null,
      signed
        ? h(
            'div',
            { class: 'approval-tools' },
            again,
            h('span', { class: 'muted' }, 'It was approved, and has not been carried out as far as this page knows.'),
          )
        : null,
      status === 'pending'
        ? h(
            'div',
            { class: 'approval-tools' },
            approve,
            reject,
            requester.id === state.person?.id ? h('span', { class: 'muted' }, 'You asked for this yourself.') : null,
          )
        : null,
    );
  }

  /** @param {HTMLButtonElement} button @param {() => Promise<void>} work */
  async function decide(button, work) {
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      toast('error', error instanceof Error ? error.message : String(error));
    }
    button.disabled = false;
    await load();
  }

  /** Approves a request and has it carried out. @param {Approval} approval */
  async function approved(approval) {
    const { id, collection, action: name } = approval;
    // what cannot be carried out must not be approved: a signature is given once
    if (!collectionNamed(collection)?.actions.some((action) => action.name === name))
      throw new Error(`“${name}” is not an action of ${humanised(collection)} any more.`);
    const signed = await ask('POST', `${config.base}/approvals/${id}/approve`, { body: {}, kind: 'page' });
    unsent.set(id, signed);
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

  /** @param {Approval} approval */
  function refuse({ id, action }) {
    const field = newId('message');
    const input = h('textarea', { id: field, rows: 3, dir: 'auto' });
    const { body, footer, close } = openDialog({
      title: 'Reject',
      subtitle: action,
      kind: 'card',
      id: 'reject-approval',
    });
    fill(body, h('div', { class: 'field' }, h('label', { for: field }, 'Message for the requester'), input));
    const button = h(
      'button',
      {
        type: 'button',
        class: 'primary',
        onclick: () =>
          void decide(button, async () => {
            await ask('POST', `${config.base}/approvals/${id}/reject`, {
              body: { message: input.value.trim() },
              kind: 'page',
            });
            close();
            toast('info', 'The request was rejected.');
          }),
      },
      'Reject',
    );
    fill(footer, h('button', { type: 'button', onclick: close }, 'Cancel'), button);
    input.focus();
  }

  void load();
  return { element, reload: () => void load(), stop: () => {} };
}

/** @param {Approval['reviewer']} who */
const idOf = (who) => (who !== null && typeof who === 'object' ? who.id : who);

/** @param {unknown} who */
function named(who) {
  if (who !== null && typeof who === 'object' && 'name' in who) return String(who.name);
  return (
    config.people.find(({ id }) => id === who)?.name ?? (who === null || who === undefined ? 'somebody' : `user ${who}`)
  );
}
