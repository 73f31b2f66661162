// Every action of the demo, its form and its hooks, through the vendor's agent-client.

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

const action = (collection, name, ...recordIds) => ada.collection(collection).action(name, { recordIds });

/** Opens an action, fills its form in and runs it. */
async function run(collection, name, recordIds, values = {}) {
  const opened = await action(collection, name, ...recordIds);
  await opened.setFields(values);
  return opened.execute();
}

const pdf = 'data:application/pdf;name=proof.pdf;base64,JVBERg==';
const rows = 'name;industry;headquarters;status\nBolt;Tools;Lyon;live\nAcme;;Porto;\n';
const csv = `data:text/csv;name=companies.csv;base64,${Buffer.from(rows).toString('base64')}`;

/** The run that was submitted last. */
async function lastRun() {
  const [{ id }] = await ada.collection('forest_runs').list({ sort: { field: 'created_at', ascending: false } });
  return [id];
}

// for each action: the records, the values, and what the answer has
const RUNS = {
  companies: {
    'Mark as Live': [['2'], {}, { success: /now live/ }],
    'Upload Legal Docs': [
      ['4'],
      {
        'Certificate of Incorporation': pdf,
        'Proof of address': pdf,
        'Company bank statement': pdf,
        'Valid proof of ID': pdf,
      },
      { success: /uploaded/ },
    ],
    'Add new transaction': [['4'], { 'Beneficiary company': '5', Amount: 12.5 }, { success: /emitted/ }],
    'Return and track': [['4'], {}, { redirectTo: /RM100000004GB/ }],
    'Show some activity': [['4'], {}, { redirectTo: /companies\/4\/activity/ }],
    'Refresh statistics': [[], {}, { success: /up to date/, html: /<ol>/ }],
    // of a file the client gives nothing
    'Export companies': [['1', '2'], {}, {}],
    'Recalculate balances': [['1', '2'], {}, { success: /balances of 2 companies/ }],
    'Import companies': [[], { File: csv }, { success: /^1 row imported, 1 refused$/, html: /line 3/ }],
  },
  customers: {
    'Charge credit card': [['4'], { amount: 42.5, description: 'Late fee' }, { html: /42.50 USD/ }],
    'Generate invoice': [['4'], {}, {}],
    'Send invoice': [['4'], { city: 'Lyon' }, { success: /69002 Lyon, France/ }],
    'Send reminder': [
      ['5', '61'],
      { Confirm: true },
      { success: /^1 reminder sent, 1 refused$/, html: /1 no invoice: 5/ },
    ],
    'Plan a delivery': [['4'], { city: 'Oslo', day: '2031-05-15' }, { success: /Standard ×1 to Oslo, Norway/ }],
  },
  transactions: {
    'Export to CSV': [['1', '2', '3'], {}, {}],
    Refund: [['1', '2'], { Confirm: 'REFUND' }, { success: /^2 transactions refunded$/ }],
  },
  // of the run of Recalculate balances, which was done
  forest_runs: {
    Cancel: [lastRun, {}, { refused: /1 refused/ }],
    'Retry failed': [lastRun, {}, { refused: /1 refused/ }],
    'Run the rest': [lastRun, {}, { refused: /1 refused/ }],
    'Download refused': [lastRun, {}, {}],
  },
  users: {
    'Reset password': [['4'], {}, { success: /new password/ }],
    Impersonate: [['4'], {}, { success: /You are now/, redirectTo: /impersonations/ }],
  },
};

test('every action runs', async (t) => {
  for (const { name: collection, actions } of demo.schema.collections) {
    for (const { name } of actions) {
      await t.test(`${collection}: ${name}`, async () => {
        assert.ok(RUNS[collection]?.[name], 'a new action belongs into RUNS');
        const [recordIds, values, expected] = RUNS[collection][name];
        const ids = typeof recordIds === 'function' ? await recordIds() : recordIds;
        if (expected.refused) {
          const { text } = await refusal(run(collection, name, ids, values));
          assert.match(text, expected.refused);
          return;
        }
        const answer = await run(collection, name, ids, values);
        for (const [part, pattern] of Object.entries(expected)) assert.match(answer[part], pattern);
      });
    }
  }
});

test('what an action did can be read', async () => {
  const [company] = await ada.collection('companies').list({ filters: { field: 'id', operator: 'Equal', value: 2 } });
  assert.equal(company.status, 'live');
  const kinds = (await ada.collection('companies').relation('documents', 4).list()).map(({ kind }) => kind);
  assert.equal(kinds.length, 4);
  const { status, text } = await refusal(run('companies', 'Mark as Live', ['2']));
  assert.deepEqual([status, text], [400, 'The company was already live!']);
});

test('a form that is not right is answered with each of its fields', async () => {
  const { status, name, data } = await refusal(
    run('companies', 'Add new transaction', ['4'], { 'Beneficiary company': 'Acme', Amount: 1.005 }),
  );
  assert.deepEqual([status, name], [400, 'ValidationError']);
  assert.deepEqual(Object.keys(data.fields).sort(), ['Amount', 'Beneficiary company']);
});

test('records that are missing, and two for a single action, are refused', async () => {
  assert.equal((await refusal(run('companies', 'Mark as Live', ['9999']))).status, 404);
  const { status, text } = await refusal(run('companies', 'Mark as Live', ['3', '4']));
  assert.deepEqual([status, /exactly one record/.test(text)], [400, true]);
});

test('hooks fill a form in, and fields follow each other', async () => {
  const form = await action('customers', 'Send invoice', '3');
  assert.match(form.getField('email').getValue(), /@/);
  const layout = form.getLayout();
  assert.equal(layout.page(0).nextButtonLabel, 'Go to the address');
  assert.match(layout.page(0).element(0).getHtmlBlockContent(), /Invoice for/);
  assert.equal(layout.page(0).element(1).rowElement(1).getInputId(), 'lastname');
  assert.ok(layout.page(0).element(2).isSeparator());
  await form.getFieldString('zip code').fill('8001');
  assert.equal(form.getField('city').getValue(), 'Zürich');
  assert.equal(form.getEnumField('country').getValue(), 'Switzerland');
  await form.getEnumField('country').select('Portugal');
  assert.match((await form.execute()).success, /8001 Zürich, Portugal/);
  const charge = await action('customers', 'Charge credit card', '3');
  assert.match(charge.getField('stripe_id').getValue(), /^cus_/);
});

test('every kind of field is filled in by its own methods', async () => {
  const form = await action('customers', 'Plan a delivery', '4');
  await form.getFieldString('street').fill('1 quai Tilsitt');
  await form.getFieldNumber('sent from').fill(3);
  await form.getFieldNumber('contact').fill(5);
  await form.setFields({ city: 'Lyon', day: '2031-05-15', 'not before': '10:30' });
  await form.getDateField('ready since').fill(new Date('2031-05-14T08:00:00Z'));
  await form.setFields({ 'try again': ['2031-05-16T08:00:00Z'] });
  await form.getRadioGroupField('speed').check('today');
  await form.getCheckboxGroupField('handling').check('keep cold');
  await form.getCheckboxGroupField('handling').check('above 20 kg');
  await form.getCheckboxGroupField('handling').uncheck('keep cold');
  await form.getFieldNumber('parcels').fill(2);
  await form.getFieldNumberList('weights in kg').add(1.5);
  await form.getFieldNumberList('weights in kg').add(2.25);
  await form.getDropdownField('insured for').select('up to $500');
  await form.getCheckboxField('signature').check();
  await form.getColorPickerField('label color').fill('#e4002b');
  await form.getFieldStringList('tell by mail').add('lea@example.com');
  await form.getFieldString('handled by').fill('olga@example.com');
  await form.getFieldJson('customs declaration').fill({ goods: ['tea'], worth: 12.5 });
  await form.setFields({ papers: [pdf], 'greeting card': '<p>Enjoy!</p>' });
  const { success, html } = await form.execute();
  assert.equal(success, 'Same day ×2 to Lyon, France, on 2031-05-15.');
  for (const part of [
    '1 quai Tilsitt',
    '10:30:00',
    '2031-05-14T08:00:00',
    '2031-05-16T08:00:00',
    'Heavy',
    '3.8 kg',
    '$500',
    'needed',
    '#e4002b',
    'lea@example.com',
    'olga@example.com',
    '{&quot;goods&quot;:[&quot;tea&quot;],&quot;worth&quot;:12.5}',
    'proof.pdf',
  ]) {
    assert.ok(html.includes(part), `${part} in ${html}`);
  }
  assert.ok(!html.includes('Cold'));
});

test('a search while typing is answered with options', async () => {
  const { endpoint } = demo.schema.collections
    .find(({ name }) => name === 'customers')
    .actions.find(({ name }) => name === 'Plan a delivery');
  const form = await action('customers', 'Plan a delivery', '4');
  const fields = form.getFields().map((field) => field.field.getPlainField());
  const typed = fields.map((field) => (field.field === 'city' ? { ...field, searchValue: 'ge' } : field));
  // the client has no method for it
  const { httpRequester } = ada;
  const attributes = { collection_name: 'customers', ids: ['4'], search_field: 'city', fields: typed };
  const answer = await httpRequester.query({
    method: 'post',
    path: `${endpoint}/hooks/search`,
    body: { data: { attributes, type: 'custom-action-hook-requests' } },
  });
  const { options } = answer.fields[0].widgetEdit.parameters.static;
  assert.deepEqual(
    options.map(({ value }) => value),
    ['Bergen', 'Geneva'],
  );
});

test('forty submissions at once all succeed', async () => {
  const before = await ada.collection('transactions').count();
  const submissions = Array.from({ length: 40 }, (_, index) =>
    run('companies', 'Add new transaction', ['6'], { 'Beneficiary company': '7', Amount: index + 1 }),
  );
  await Promise.all(submissions);
  assert.equal(await ada.collection('transactions').count(), before + 40);
});

test('a role without the right may not open or run an action', async () => {
  const sam = await clientOf(demo, SAM);
  const opened = sam.collection('customers').action('Charge credit card', { recordId: '4' });
  const { status, name } = await refusal(opened);
  assert.deepEqual([status, name], [403, 'CustomActionTriggerForbiddenError']);
});
