// Starts the live demo with its fake Forest server, and logs in.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { createRemoteAgentClient } from '@forestadmin/agent-client';

const root = join(import.meta.dirname, '../..');
const program = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target', 'debug', 'live-demo');

/** The people of the demo, who differ in what they may do with "Charge credit card". */
export const ADA = 1; // an administrator, who also approves
export const SAM = 2; // may not
export const OLGA = 3; // needs an approval

/** Starts a demo of its own for one file of tests. */
export async function startDemo() {
  if (!existsSync(program)) throw new Error(`${program} is missing: cargo build -p live-demo`);
  const folder = await mkdtemp(join(tmpdir(), 'forest-clients-'));
  const { child, output } = await start(program, ['--with-fake-forest'], /npx @forestadmin/, {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: '0', DATABASE_URL: `sqlite://${join(folder, 'demo.sqlite')}` },
  });
  const said = (pattern) => output.match(pattern)[1];
  const schema = JSON.parse(await readFile(join(folder, '.forestadmin-schema.json'), 'utf8'));
  return {
    folder,
    schema,
    url: said(/Open (\S+)/),
    forest: said(/Forest +(http\S+)/),
    envSecret: said(/FOREST_ENV_SECRET=(\S+)/),
    authSecret: said(/FOREST_AUTH_SECRET=(\S+)/),
    // of Olga, for the Forest server
    olgaAtForest: said(/action-approvals -H 'Authorization: Bearer (\S+)'/),
    async stop() {
      await stop(child);
      await rm(folder, { recursive: true });
    },
  };
}

/** Runs a program until it prints a line that matches. */
export async function start(command, args, ready, options) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  process.once('exit', () => child.kill());
  let output = '';
  await new Promise((started, failed) => {
    const read = (chunk) => {
      output += chunk;
      if (ready.test(output)) started();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', failed);
    child.once('exit', () => failed(new Error(`${command} ended:\n${output}`)));
  });
  return { child, output };
}

export async function stop(child) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}

/** A client of the agent, logged in as this person in the way of a browser. */
export async function clientOf(demo, person) {
  const begin = await postJson(`${demo.url}/forest/authentication`, { renderingId: 1 });
  const login = await fetch(`${begin.authorizationUrl}&user=${person}`);
  const { token } = await login.json();
  return createRemoteAgentClient({ url: demo.url, token, actionEndpoints: endpoints(demo.schema) });
}

function endpoints({ collections }) {
  const byName = (list, value) => Object.fromEntries(list.map((entry) => [entry.name, value(entry)]));
  return byName(collections, ({ actions }) => byName(actions, (action) => action));
}

export async function postJson(url, body, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

/** The answer that a client's error quotes: its status and the first of its errors. */
export async function refusal(promise) {
  const error = await promise.then(
    () => new Error('it was not refused'),
    (error) => error,
  );
  const answer = JSON.parse(error.message).error;
  const body = JSON.parse(answer.text);
  return { status: answer.status, text: body.errors?.[0]?.detail ?? body.error, ...body.errors?.[0] };
}
