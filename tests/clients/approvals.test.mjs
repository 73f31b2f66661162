// An action that needs an approval, from the refusal to the approved run.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADA, OLGA, clientOf, postJson, refusal, startDemo } from './demo.mjs';

let demo;

before(async () => {
  demo = await startDemo();
});
after(() => demo.stop());

const VALUES = { amount: 42, description: 'Late fee' };

async function charge(person, signed) {
  const client = await clientOf(demo, person);
  const action = await client.collection('customers').action('Charge credit card', { recordId: '4' });
  await action.setFields(VALUES);
  return action.execute(signed);
}

/** Asks for an approval at the Forest server, as the back office does, and returns the id of the request. */
async function ask() {
  const attributes = {
    action_name: 'Charge credit card',
    collection_name: 'customers',
    record_ids: ['4'],
    inputs: Object.entries(VALUES).map(([name, value]) => ({ name, value })),
  };
  const headers = { Authorization: `Bearer ${demo.olgaAtForest}` };
  const { data } = await postJson(`${demo.forest}/api/action-approvals`, { data: { attributes } }, headers);
  return data.id;
}

const approve = (id) => postJson(`${demo.forest}/control/approvals/${id}/approve`, { reviewer: ADA });

test('the action is refused with the roles that approve it, and runs once it is approved', async () => {
  const refused = await refusal(charge(OLGA));
  assert.deepEqual([refused.status, refused.name], [403, 'CustomActionRequiresApprovalError']);
  assert.equal(refused.data.roleIdsAllowedToApprove.length, 1);
  const { signed_approval_request: signed } = await approve(await ask());
  assert.match((await charge(ADA, signed)).html, /42.00 USD/);
});

test('an approval is for the people who may give it, and for one request', async () => {
  const { signed_approval_request: signed } = await approve(await ask());
  assert.equal((await refusal(charge(OLGA, signed))).name, 'ApprovalNotAllowedError');
  const forged = `${signed.slice(0, -4)}AAAA`;
  assert.equal((await refusal(charge(ADA, forged))).status, 400);
});
