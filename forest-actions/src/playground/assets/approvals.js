// Approvals: asking for one when an action needs it, and the list in which somebody else decides. An approved request is
// sent to the agent with the reviewer's own token, as a back office does it.

import { CallError, ask, send } from './api.js';
import { shown } from './cell.js';
import { fill, h, icon, isolated, newId } from './dom.js';
import { openDialog } from './overlay.js';
import { showFailure, showSuccess, toast } from './results.js';
import { humanised } from './schema.js';
import { collectionNamed, config, state } from './state.js';

const STATES = { pending: 'wait', approved: 'good', rejected: 'bad' };

/**
 * Asks for an approval; true when it was filed.
 * @param {SchemaAction} action
 * @param {import('./selection.js').Target} target
 * @param {Record<string, unknown>} values
 * @returns {Promise<boolean>}
 */
export function askForApproval(action, target, values) {
  return new Promise((resolve) => {
    let isFiled = false;
    const { body, footer, close } = openDialog({
      title: 'Ask for approval',
      subtitle: action.name,
      kind: 'card',
      id: 'ask-approval',
      onclose: () => resolve(isFiled),
    });
    if (target.isAll) {
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
      h('div', { class: 'field' }, h('label', { for: id }, 'Comment for the reviewer'), comment),
      problem,
    );
    const file = async () => {
      const filed = {
        collection: target.collection.name,
        action: action.name,
        recordIds: target.ids,
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
      }
    };
    fill(
      footer,
      h('button', { type: 'button', onclick: close }, 'Cancel'),
      h('button', { type: 'button', class: 'primary', onclick: file }, 'Ask for approval'),
    );
    comment.focus();
  });
}

/**
 * The list of approvals.
 * @returns {{ element: HTMLElement, stop: () => void }}
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
      toast('error', error instanceof CallError ? error.message : String(error));
    }
    button.disabled = false;
    await load();
  }

  /** @param {Approval} approval */
  async function approved({ id, collection, action: name }) {
    const { endpoint, body } = await ask('POST', `${config.base}/approvals/${id}/approve`, { body: {}, kind: 'page' });
    const answer = await send('POST', config.agent.replace(/\/forest$/, '') + endpoint, { body, kind: 'action' });
    const known = collectionNamed(collection);
    const action = known?.actions.find((one) => one.name === name);
    if (!known || !action) return;
    if (answer.status < 400) await showSuccess(answer, action, known);
    else showFailure(answer, action, false);
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
  return { element, stop: () => {} };
}

/** @param {unknown} who */
function named(who) {
  if (who !== null && typeof who === 'object' && 'name' in who) return String(who.name);
  return (
    config.people.find(({ id }) => id === who)?.name ?? (who === null || who === undefined ? 'somebody' : `user ${who}`)
  );
}
