// The vendor's MCP server between an assistant, here the official client of the protocol, and the agent.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { ADA, OLGA, SAM, start, startDemo, stop } from './demo.mjs';

let demo;
let mcp;

before(async () => {
  demo = await startDemo();
  mcp = await startMcpServer();
});
after(async () => {
  await stop(mcp.child);
  await demo.stop();
});

async function startMcpServer() {
  const port = await freePort();
  const cli = createRequire(import.meta.url).resolve('@forestadmin/mcp-server/dist/cli.js');
  const env = {
    PATH: process.env.PATH,
    FOREST_SERVER_URL: demo.forest,
    FOREST_APP_URL: demo.forest,
    FOREST_ENV_SECRET: demo.envSecret,
    FOREST_AUTH_SECRET: demo.authSecret,
    MCP_SERVER_PORT: String(port),
  };
  const { child } = await start(process.execPath, [cli], /running on/, { env });
  return { child, url: new URL(`http://localhost:${port}/mcp`) };
}

async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** An assistant that registers and logs in by itself, and whose browser picks this person. */
async function assistantOf(person) {
  let code;
  const kept = {};
  const redirectUrl = 'http://localhost:1/callback';
  const authProvider = {
    redirectUrl,
    clientMetadata: {
      client_name: 'assistant',
      redirect_uris: [redirectUrl],
      token_endpoint_auth_method: 'none',
      scope: 'mcp:read mcp:write mcp:action',
    },
    clientInformation: () => kept.client,
    saveClientInformation: (client) => (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => (kept.tokens = tokens),
    codeVerifier: () => kept.verifier,
    saveCodeVerifier: (verifier) => (kept.verifier = verifier),
    async redirectToAuthorization(url) {
      const toForest = (await fetch(url, { redirect: 'manual' })).headers.get('location');
      const back = (await fetch(`${toForest}&user=${person}`, { redirect: 'manual' })).headers.get('location');
      code = new URL(back).searchParams.get('code');
    },
  };
  const transport = new StreamableHTTPClientTransport(mcp.url, { authProvider });
  const client = new Client({ name: 'assistant', version: '1.0.0' });
  await assert.rejects(client.connect(transport), UnauthorizedError);
  await transport.finishAuth(code);
  await client.connect(new StreamableHTTPClientTransport(mcp.url, { authProvider }));
  return { client, authProvider };
}

/** Calls a tool; the answer is JSON, or the text of an error. */
async function call({ client }, name, args) {
  const { content, isError } = await client.callTool({ name, arguments: args });
  return isError ? { error: content[0].text } : JSON.parse(content[0].text);
}

test('an assistant logs in, and gets a new token when its own has expired', async () => {
  const ada = await assistantOf(ADA);
  const { tools } = await ada.client.listTools();
  assert.equal(tools.length, 10);
  const { tokens, saveTokens } = ada.authProvider;
  const first = tokens();
  saveTokens({ ...first, access_token: 'expired' });
  assert.ok((await call(ada, 'list', { collectionName: 'companies' })).records.length > 0);
  assert.notEqual(tokens().access_token, first.access_token);
});

test('collections are described with fields, relations and actions', async () => {
  const ada = await assistantOf(ADA);
  for (const { name, actions, fields } of demo.schema.collections) {
    const described = await call(ada, 'describeCollection', { collectionName: name });
    assert.ok(described._meta.capabilitiesAvailable);
    assert.ok(!described.fields.some(({ operators }) => operators.includes('not')));
    assert.deepEqual(
      described.actions.map((action) => action.name).sort(),
      actions.map((action) => action.name).sort(),
    );
    assert.equal(described.relations.length, fields.filter(({ reference }) => reference).length);
  }
});

test('records are listed, counted, filtered and followed', async () => {
  const ada = await assistantOf(ADA);
  const listed = await call(ada, 'list', {
    collectionName: 'users',
    fields: ['id', 'company_id', 'company@@@name'],
    sort: { field: 'id', ascending: false },
    pagination: { size: 5, number: 2 },
    enableCount: true,
  });
  assert.equal(listed.totalCount, 80);
  assert.deepEqual(
    listed.records.map(({ id }) => id),
    ['75', '74', '73', '72', '71'],
  );
  assert.ok(listed.records.every(({ companyId, company }) => companyId && company.name));
  // an operator without a value
  const filters = { field: 'tracking_number', operator: 'Blank' };
  const blank = await call(ada, 'list', { collectionName: 'companies', filters, enableCount: true });
  assert.equal(blank.totalCount, 40);
  const of = { collectionName: 'companies', parentRecordId: 1 };
  const users = await call(ada, 'listRelated', { ...of, relationName: 'users', enableCount: true });
  assert.equal(users.records.length, users.totalCount);
  const { error } = await call(ada, 'listRelated', { ...of, relationName: 'nope' });
  assert.match(error, /Available relations for collection companies are: .*users/);
  const sorted = await call(ada, 'list', { collectionName: 'companies', sort: { field: 'nope' } });
  assert.match(sorted.error, /'companies.nope' field was not found/);
});

test('a form is opened, filled in and submitted', async () => {
  const ada = await assistantOf(ADA);
  const of = { collectionName: 'customers', actionName: 'Send invoice', recordIds: ['4'] };
  const opened = await call(ada, 'getActionForm', of);
  assert.ok(opened.canExecute, 'the load hook fills all in');
  assert.ok(opened.fields.find(({ name }) => name === 'country').enumValues.includes('Norway'));
  const values = { city: 'Oslo', nope: 1 };
  const changed = await call(ada, 'getActionForm', { ...of, values });
  assert.deepEqual(changed.skippedFields, ['nope']);
  assert.equal(changed.fields.find(({ name }) => name === 'zip code').value, '0150');
  assert.match((await call(ada, 'executeAction', { ...of, values: { city: 'Oslo' } })).success, /0150 Oslo, Norway/);
  const plan = { ...of, actionName: 'Plan a delivery' };
  assert.deepEqual((await call(ada, 'getActionForm', plan)).requiredFields, ['city', 'day']);
  const filled = { city: 'Lyon', day: '2031-05-15', handling: ['Cold'], 'customs declaration': { goods: ['tea'] } };
  assert.match((await call(ada, 'executeAction', { ...plan, values: filled })).html, /Cold/);
  const invalid = await call(ada, 'executeAction', { ...plan, values: { ...filled, handling: ['Hot'] } });
  assert.match(invalid.error, /handling/);
});

test('global and bulk actions run, and failures are reported', async () => {
  const ada = await assistantOf(ADA);
  const of = { collectionName: 'companies' };
  const refreshed = await call(ada, 'executeAction', { ...of, actionName: 'Refresh statistics', recordIds: null });
  assert.match(refreshed.success, /up to date/);
  const live = { ...of, actionName: 'Mark as Live', recordIds: [2] };
  assert.match((await call(ada, 'executeAction', live)).success, /now live/);
  assert.match((await call(ada, 'executeAction', live)).error, /already live/);
});

test('rights and approvals hold for an assistant', async () => {
  const values = { amount: 42, description: 'Late fee' };
  const charge = { collectionName: 'customers', actionName: 'Charge credit card', recordIds: ['4'], values };
  assert.match((await call(await assistantOf(SAM), 'executeAction', charge)).error, /permission to trigger/);
  assert.match((await call(await assistantOf(OLGA), 'executeAction', charge)).error, /requires to be approved/);
  assert.match((await call(await assistantOf(ADA), 'executeAction', charge)).html, /42.00 USD/);
});

test('an assistant writes a writable collection, and is refused by the others with a reason', async () => {
  const [ada, sam] = [await assistantOf(ADA), await assistantOf(SAM)];
  const of = { collectionName: 'companies' };
  const found = async () => {
    const filters = { field: 'name', operator: 'StartsWith', value: 'Assistant' };
    return (await call(ada, 'list', { ...of, filters })).records;
  };
  const attributes = { name: 'Assistant & Co', industry: 'Food', headquarters: 'Lyon' };
  assert.match((await call(sam, 'create', { ...of, attributes })).error, /permission|not allowed|Forbidden/i);
  assert.equal((await call(ada, 'create', { ...of, attributes })).error, undefined);
  const [{ id: recordId, status }] = await found();
  assert.equal(status, 'signed_up');
  await call(ada, 'update', { ...of, recordId, attributes: { status: 'live' } });
  assert.match((await call(ada, 'delete', { ...of, recordIds: [recordId] })).error, /live cannot be deleted/);
  await call(ada, 'update', { ...of, recordId, attributes: { status: 'pending' } });
  assert.equal((await call(ada, 'delete', { ...of, recordIds: [recordId] })).error, undefined);
  assert.deepEqual(await found(), []);

  const users = { collectionName: 'users' };
  const parent = { ...of, relationName: 'users', parentRecordId: 1 };
  for (const [name, args] of [
    ['create', { ...users, attributes: { firstname: 'Rosa' } }],
    ['update', { ...users, recordId: 1, attributes: { firstname: 'Rosa' } }],
    ['delete', { ...users, recordIds: [1] }],
    ['associate', { ...parent, targetRecordId: 2 }],
    ['dissociate', { ...parent, targetRecordIds: [2] }],
  ]) {
    assert.match((await call(ada, name, args)).error, /changed by its actions/, name);
  }
});

test('each operation is in the activity log, with its outcome', async () => {
  const sam = await assistantOf(SAM);
  await call(sam, 'list', { collectionName: 'documents' });
  await call(sam, 'list', { collectionName: 'documents', sort: { field: 'nope' } });
  const entries = async () => {
    const { activityLogs } = await (await fetch(`${demo.forest}/control/state`)).json();
    const ours = activityLogs.map(({ attributes }) => attributes);
    return ours.filter(({ user, collection }) => user === SAM && collection === 'documents');
  };
  // the outcome is reported after the answer
  let logged;
  do logged = await entries();
  while (logged.some(({ status }) => status === 'pending'));
  assert.deepEqual(
    logged.map(({ action, status }) => [action, status]),
    [
      ['index', 'completed'],
      ['index', 'failed'],
    ],
  );
});
