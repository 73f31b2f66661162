// The control page: shows GET /control/state, and has a button for each command that people use by hand.

/** Right, letter, key and condition key in the environment permissions. */
const RIGHTS = [
  ['trigger', 'T', 'triggerEnabled', 'triggerConditions'],
  ['approval_required', 'R', 'approvalRequired', 'approvalRequiredConditions'],
  ['approve', 'A', 'userApprovalEnabled', 'userApprovalConditions'],
  ['self_approve', 'S', 'selfApprovalEnabled', 'userApprovalConditions'],
];

const main = document.querySelector('main');

/** An element with properties and children. Texts are never read as HTML. */
function el(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.map((child) => (child instanceof Node ? child : String(child ?? ''))));
  return element;
}

function table(headings, rows) {
  const row = (tag, cells) => el('tr', {}, ...cells.map((cell) => el(tag, {}, ...[cell].flat())));
  return el('table', {}, row('th', headings), ...rows.map((cells) => row('td', cells)));
}

async function send(command, fields) {
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`/control/${command}`, { method: 'POST', headers, body: JSON.stringify(fields) });
  const problem = reply.ok ? [] : [el('p', { role: 'alert' }, (await reply.json()).errors[0].detail)];
  await show(...problem);
}

function button(label, command, fields) {
  return el('button', { onclick: () => send(command, fields()) }, label);
}

function rightsOf({ roles, environment }) {
  if (environment === true) return [];
  const actions = Object.entries(environment.collections).flatMap(([collection, entry]) =>
    Object.entries(entry.actions).map(([action, rights]) => ({ collection, action, rights })),
  );
  const switches = ({ collection, action, rights }, role) =>
    RIGHTS.map(([right, letter, key, conditions]) => {
      const allowed = rights[key] === true || (rights[key].roles ?? []).includes(role.id);
      const star = rights[conditions].some(({ roleId }) => roleId === role.id) ? '*' : '';
      const fields = { role: role.name, collection, action, right, allowed: !allowed };
      const flip = button(letter + star, 'rights', () => fields);
      flip.ariaPressed = String(allowed);
      return flip;
    });
  return [
    el('h2', {}, 'Rights'),
    el('p', {}, 'T: may trigger; R: needs approval; A: may approve; S: may approve its own. A star: under a condition.'),
    table(
      ['Action', ...roles.map(({ name }) => name)],
      actions.map((row) => [`${row.collection}: ${row.action}`, ...roles.map((role) => switches(row, role))]),
    ),
  ];
}

function usersOf({ users, roles }) {
  const roleOf = ({ roleId }) => roles.find(({ id }) => id === roleId)?.name ?? 'none';
  return [
    el('h2', {}, 'Users'),
    table(['Id', 'Name', 'E-mail', 'Role'], users.map((user) => [user.id, user.fullName, user.email, roleOf(user)])),
  ];
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curl({ url, token, body }) {
  const headers = [`Authorization: Bearer ${token}`, 'Content-Type: application/json'];
  const parts = [`curl -X POST ${quoted(url)}`, ...headers.map((header) => `-H ${quoted(header)}`)];
  return [...parts, `-d ${quoted(JSON.stringify(body))}`].join(' \\\n  ');
}

function approvalsOf({ approvals, users }) {
  const nameOf = (id) => users.find((user) => user.id === id)?.fullName ?? `user ${id}`;
  const decision = (id) => {
    const options = users.map((user) => el('option', { value: user.id }, user.fullName));
    const reviewer = el('select', { ariaLabel: 'Reviewer' }, ...options);
    const fields = () => ({ reviewer: Number(reviewer.value) });
    return [reviewer, button('approve', `approvals/${id}/approve`, fields), button('reject', `approvals/${id}/reject`, fields)];
  };
  const statusOf = ({ id, attributes, call }) => {
    if (attributes.status === 'pending') return decision(id);
    if (!call) return `${attributes.status} by ${nameOf(attributes.reviewer_id)} ${attributes.comments.at(-1)?.comment ?? ''}`;
    const command = el('textarea', { rows: 4, readOnly: true, ariaLabel: 'The call to the agent' }, curl(call));
    return [`approved by ${nameOf(attributes.reviewer_id)}; the browser now sends`, command];
  };
  const rows = approvals.toReversed().map((approval) => {
    const { requester_id, collection_name, action_name, record_ids } = approval.attributes;
    const action = `${collection_name}: ${action_name}`;
    return [approval.id, nameOf(requester_id), action, record_ids.join(', '), statusOf(approval)];
  });
  return [el('h2', {}, 'Approvals'), table(['Id', 'Requester', 'Action', 'Records', 'Status'], rows)];
}

function requestsOf({ requests }) {
  const rows = requests.map(({ method, path, bytes, status }) => [method, path, bytes, status ?? 'none']);
  return [el('h2', {}, 'Last requests'), table(['Method', 'Path', 'Bytes', 'Status'], rows)];
}

async function show(...problem) {
  const state = await (await fetch('/control/state')).json();
  const words = state.development ? 'Development: no permissions apply. ' : 'Permissions apply. ';
  const about = `Project ${state.project}, agent at ${state.agentUrl}, ${state.subscribers} event streams.`;
  main.replaceChildren(
    ...problem,
    el('p', {}, 'A fake Forest server for tests, at ', el('code', {}, state.url), `. ${about}`),
    el('p', {}, words, button('switch', 'development', () => ({ on: !state.development }))),
    ...rightsOf(state),
    ...usersOf(state),
    ...approvalsOf(state),
    ...requestsOf(state),
  );
}

await show();
