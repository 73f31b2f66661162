// Records that the vendor's agent-client writes, their history, and charts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADA, SAM, clientOf, refusal, startDemo } from './demo.mjs';

let demo;
let ada;

before(async () => {
  demo = await startDemo();
  ada = await clientOf(demo, ADA);
});
after(() => demo.stop());

let companies = 0;

/** The attributes of a company with a name of its own. */
function acme() {
  companies += 1;
  return { name: `Acme ${companies}`, industry: 'Food', headquarters: 'Lyon' };
}

/** Reads the audit trail of a record; the client has no method for it, and expects records in every answer. */
async function trail(path, query) {
  const url = new URL(`/forest/_audit-trail/${path}`, demo.url);
  url.search = new URLSearchParams({ timezone: 'Europe/Paris', ...query });
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${ada.httpRequester.token}` } });
  assert.equal(answer.status, 200);
  return (await answer.json()).data;
}

/** Its rows, oldest first. */
const history = (collection, id, query = {}) => trail(`${collection}/${id}`, { sort: 'timestamp', ...query });

test('a record is created, changed and deleted', async () => {
  const all = ada.collection('companies');
  const { id, status } = await all.create(acme());
  assert.equal(status, 'signed_up');
  const changed = await all.update(id, { name: 'Acme & Co', trackingNumber: undefined });
  assert.deepEqual([changed.id, changed.name], [id, 'Acme & Co']);
  const [found] = await all.list({ filters: { field: 'id', operator: 'Equal', value: id } });
  assert.equal(found.name, 'Acme & Co');
  await all.delete([id]);
  assert.equal((await refusal(all.update(id, { name: 'Acme' }))).status, 404);
});

test('what cannot be written is refused with its fields, by rules, and by rights', async () => {
  const all = ada.collection('companies');
  const { status, data } = await refusal(all.create({ name: 'Acme', status: 'asleep' }));
  assert.equal(status, 400);
  assert.deepEqual(Object.keys(data.fields).sort(), ['headquarters', 'industry', 'status']);
  assert.equal((await refusal(all.update(1, { name: 'Acme', height: 3 }))).status, 400);
  assert.equal((await refusal(all.delete([2, 1]))).status, 422);
  const sam = await clientOf(demo, SAM);
  assert.equal((await refusal(sam.collection('companies').create(acme()))).status, 403);
});

test('records are linked and unlinked', async () => {
  const { id } = await ada.collection('companies').create(acme());
  const customers = ada.collection('companies').relation('customers', id);
  await customers.associate(5);
  assert.deepEqual(
    (await customers.list()).map((customer) => customer.id),
    ['5'],
  );
  const link = (await history('customers', 5)).at(-1);
  assert.deepEqual([link.operation, link.newValues], ['update', { company_id: Number(id) }]);
  const { status } = await refusal(customers.dissociate([5]));
  assert.equal(status, 400, 'a customer has to have a company');
});

test('the history has each change, with the values of both sides', async () => {
  const all = ada.collection('companies');
  const { id } = await all.create(acme());
  await all.update(id, { status: 'live' });
  await refusal(all.delete([id]));
  await all.update(id, { status: 'rejected' });
  const rows = await history('companies', id);
  assert.deepEqual(
    rows.map(({ operation }) => operation),
    ['create', 'update', 'delete_refused', 'update'],
  );
  assert.equal(rows[0].newValues.industry, 'Food');
  assert.deepEqual([rows[1].previousValues, rows[1].newValues], [{ status: 'signed_up' }, { status: 'live' }]);
  assert.match(rows[2].newValues.message, /live cannot be deleted/);
  assert.ok(rows.every(({ userEmail, status }) => userEmail && status === 'done'));
  assert.equal((await history('companies', id, { fields: 'status', search: 'rejected' })).length, 1);
});

test('the history has the runs of actions beside the changes', async () => {
  const { id } = await ada.collection('companies').create(acme());
  await (await ada.collection('companies').action('Mark as Live', { recordId: id })).execute();
  const rows = await history('companies', id);
  assert.deepEqual(
    rows.map(({ operation, actionName }) => [operation, actionName]),
    [
      ['create', null],
      ['action', 'Mark as Live'],
    ],
  );
  assert.equal(rows[1].newValues.type, 'Success');
});

test('a former state is the record without its later changes', async () => {
  const all = ada.collection('companies');
  const { id, name } = await all.create(acme());
  const [created] = await history('companies', id);
  await all.update(id, { name: 'Acme & Sons' });
  const state = await trail(`companies/${id}/state`, { at: created.timestamp });
  assert.equal(state.name, name);
});
