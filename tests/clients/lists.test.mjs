// Lists, filters, relations, exports and capabilities, through the vendor's agent-client.

import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { allOperators } from '@forestadmin/datasource-toolkit/dist/src/interfaces/query/condition-tree/nodes/operators.js';

import { ADA, SAM, clientOf, postJson, refusal, startDemo } from './demo.mjs';

const ALL = { pagination: { size: 1000, number: 1 } };

let demo;
let ada;

before(async () => {
  demo = await startDemo();
  ada = await clientOf(demo, ADA);
});
after(() => demo.stop());

const ids = (records) => records.map((record) => record.id);
const filters = (field, operator, value) => ({ ...ALL, filters: { field, operator, value } });

test('pages cover a list once, and size and number have a default each', async () => {
  const companies = ada.collection('companies');
  const all = ids(await companies.list(ALL));
  assert.equal(all.length, 40);
  assert.equal(await companies.count(), 40);
  const pages = [];
  for (let number = 1; number <= 6; number += 1) {
    pages.push(...ids(await companies.list({ pagination: { size: 7, number } })));
  }
  assert.deepEqual(pages, all);
  assert.deepEqual(ids(await companies.list({ pagination: { size: 3 } })), all.slice(0, 3));
  assert.deepEqual(ids(await companies.list({ pagination: { number: 2 } })), all.slice(10, 20));
  const { status } = await refusal(companies.list({ pagination: { size: 1001 } }));
  assert.equal(status, 400);
});

test('every sortable field sorts both ways', async () => {
  for (const { name, fields } of demo.schema.collections) {
    const collection = ada.collection(name);
    const all = ids(await collection.list(ALL)).sort();
    // JSON documents have no order
    const sortable = fields.filter((field) => field.isSortable && !field.reference && field.type !== 'Json');
    for (const { field } of sortable) {
      for (const ascending of [true, false]) {
        const sorted = await collection.list({ ...ALL, sort: { field, ascending } });
        assert.deepEqual(ids(sorted).sort(), all, `${name}.${field}`);
      }
    }
  }
  const balances = (
    await ada.collection('companies').list({ ...ALL, sort: { field: 'balance_cents', ascending: false } })
  ).map((company) => company.balanceCents);
  assert.deepEqual(
    balances,
    balances.toSorted((a, b) => b - a),
  );
});

test('filters hold for the records that they return, and for no others', async () => {
  const companies = await ada.collection('companies').list(ALL);
  const today = new Date().toISOString().slice(0, 10);
  for (const [field, operator, value, holds] of [
    ['status', 'Equal', 'live', ({ status }) => status === 'live'],
    ['status', 'NotEqual', 'live', ({ status }) => status !== 'live'],
    ['status', 'In', ['live', 'pending'], ({ status }) => ['live', 'pending'].includes(status)],
    ['status', 'NotIn', ['live'], ({ status }) => status !== 'live'],
    ['balance_cents', 'GreaterThan', 0, ({ balanceCents }) => balanceCents > 0],
    ['balance_cents', 'LessThanOrEqual', 0, ({ balanceCents }) => balanceCents <= 0],
    ['name', 'IContains', 'SUPPLIES', ({ name }) => /supplies/i.test(name)],
    ['name', 'StartsWith', 'Ever', ({ name }) => name.startsWith('Ever')],
    ['name', 'LongerThan', 14, ({ name }) => name.length > 14],
    ['created_at', 'Before', '2024-06-01', ({ createdAt }) => createdAt < '2024-06-01'],
    // without a value
    ['tracking_number', 'Present', undefined, ({ trackingNumber }) => trackingNumber !== null],
    ['tracking_number', 'Blank', undefined, ({ trackingNumber }) => trackingNumber === null],
    ['tracking_number', 'Missing', undefined, ({ trackingNumber }) => trackingNumber === null],
    ['created_at', 'Today', undefined, ({ createdAt }) => createdAt.startsWith(today)],
    ['created_at', 'Past', undefined, () => true],
  ]) {
    const expected = ids(companies.filter(holds));
    const found = await ada.collection('companies').list(filters(field, operator, value));
    assert.deepEqual(ids(found), expected, `${field} ${operator}`);
    assert.equal(await ada.collection('companies').count(filters(field, operator, value)), expected.length);
  }
  const either = {
    aggregator: 'Or',
    conditions: [
      { field: 'status', operator: 'Equal', value: 'rejected' },
      { aggregator: 'And', conditions: [{ field: 'id', operator: 'LessThan', value: 3 }] },
    ],
  };
  const expected = ids(companies.filter(({ id, status }) => status === 'rejected' || id < 3));
  assert.deepEqual(ids(await ada.collection('companies').list({ ...ALL, filters: either })), expected);
  const { status } = await refusal(ada.collection('companies').list(filters('status', 'Equal', undefined)));
  assert.equal(status, 422, 'an operator that needs a value');
});

test('capabilities name operators that the programs know, and each of them works', async () => {
  for (const { name } of demo.schema.collections) {
    const collection = ada.collection(name);
    const { fields } = await collection.capabilities();
    const [sample] = await collection.list({ fields: fields.map((field) => field.name) });
    for (const field of fields) {
      for (const operator of field.operators) {
        const pascal = operator.replace(/(^|_)([a-z])/g, (_, __, letter) => letter.toUpperCase());
        assert.ok(allOperators.includes(pascal), `${name}.${field.name}: ${operator}`);
        const value = valueFor(operator, sample?.[camelCase(field.name)] ?? SAMPLES[field.type] ?? 'x', field.type);
        const number = await collection.count({ filters: { field: field.name, operator: pascal, value } });
        assert.ok(number >= 0, `${name}.${field.name} ${operator}`);
      }
    }
  }
});

/** Values for a collection without records. */
const SAMPLES = { Number: 1, Boolean: true, Json: [] };

const camelCase = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

function valueFor(operator, sample, type) {
  if (/^(present|blank|missing|today|yesterday|past|future)$|^previous_(?!x_)/.test(operator)) return undefined;
  if (/_x_|longer_than|shorter_than/.test(operator)) return 3;
  const value = type === 'Date' && sample === 'x' ? '2024-01-01T00:00:00Z' : sample;
  return operator === 'in' || operator === 'not_in' ? [value] : value;
}

test('foreign keys are returned when they are named', async () => {
  const [user] = await ada.collection('users').list({ fields: ['id', 'company_id', 'company@@@name'] });
  assert.equal(typeof user.companyId, 'number');
  assert.equal(user.company.id, String(user.companyId));
  assert.ok(user.company.name);
  const [unnamed] = await ada.collection('users').list();
  assert.ok(!('companyId' in unnamed));
});

test('searches, segments and live queries', async () => {
  const [found] = await ada.collection('companies').search('evergreen');
  assert.equal(found.id, '1');
  const fields = ['id', 'firstname', 'lastname', 'email', 'company@@@name'];
  const users = await ada.collection('users').list({ ...ALL, fields });
  const extended = { ...ALL, search: 'evergreen', shouldSearchInRelation: true };
  assert.deepEqual(
    ids(await ada.collection('users').list(extended)),
    ids(users.filter((user) => /evergreen/i.test(JSON.stringify(user)))),
  );
  const live = await ada.collection('companies').segment('Live').list(ALL);
  assert.ok(live.length > 0 && live.every(({ status }) => status === 'live'));
  const query = { connectionName: 'main', query: 'SELECT id FROM companies' };
  const { status } = await refusal(ada.collection('companies').liveQuerySegment(query).list());
  assert.equal(status, 403, 'it is not granted');
});

test('related lists have the records that point to their parent', async () => {
  for (const { name, fields } of demo.schema.collections) {
    for (const { field, reference, relationship, inverseOf } of fields) {
      if (relationship !== 'HasMany') continue;
      const child = ada.collection(reference.split('.')[0]);
      // the ids of runs are texts
      for (const parent of name === 'forest_runs' ? ['no-such-run'] : [1, 2, 7]) {
        const related = ada.collection(name).relation(field, parent);
        const expected = ids(await child.list(filters(`${inverseOf}:id`, 'Equal', parent)));
        assert.deepEqual(ids(await related.list(ALL)), expected, `${name} ${parent} ${field}`);
        assert.equal(await related.count(), expected.length);
      }
    }
  }
  const { status, text } = await refusal(ada.collection('companies').relation('nope', 1).list());
  assert.equal(status, 404);
  assert.match(text, /relation not found.*emitted_transactions/);
});

test('exports are whole files of the named columns', async () => {
  const csv = async (of, options) => {
    const path = join(demo.folder, 'export.csv');
    await of.exportCsv(createWriteStream(path), options);
    return (await readFile(path, 'utf8')).trimEnd().split('\n');
  };
  assert.equal((await csv(ada.collection('customers'))).length, 91);
  const named = await csv(ada.collection('users'), { fields: ['id', 'company_id', 'company'] });
  assert.equal(named[0], 'id,company_id,company');
  assert.match(named[1], /^1,(\d+),\1$/);
  const live = await ada.collection('companies').segment('Live').list(ALL);
  assert.equal((await csv(ada.collection('companies').segment('Live'))).length, live.length + 1);
});

test('writing a read-only collection is refused with a reason', async () => {
  const users = ada.collection('users');
  const count = await users.count();
  for (const write of [
    () => users.create({ firstname: 'Rosa' }),
    () => users.update(1, { firstname: 'Rosa' }),
    () => users.delete([1]),
    () => ada.collection('companies').relation('users', 1).associate(2),
    () => ada.collection('companies').relation('users', 1).dissociate([2]),
  ]) {
    const { status, text } = await refusal(write());
    assert.equal(status, 405);
    assert.match(text, /changed by its actions/);
  }
  assert.equal(await users.count(), count);
});

test('a role that may not browse sees no records, and no relation to them', async () => {
  const right = { role: 'Support', collection: 'documents', right: 'browse', allowed: false };
  await postJson(`${demo.forest}/control/collection-rights`, right);
  const sam = await clientOf(demo, SAM);
  assert.equal((await refusal(sam.collection('documents').list())).status, 403);
  const { text } = await refusal(sam.collection('companies').relation('documents', 1).list());
  assert.doesNotMatch(text, /\bdocuments,/);
  assert.equal(await sam.collection('companies').count(), 40);
});
