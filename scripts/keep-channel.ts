/**
 * Keeps what the present agent and server say to each other on the channel, through the story of
 * tests/recorded/story.ts: tests/recorded/releases/VERSION.jsonl, without secrets. Run before each
 * release; what was released never changes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { Enrolments } from '#agent';
import { openStore, serverCertificate } from '#server';
import packageFile from '../package.json' with { type: 'json' };
import { FakeMachine } from '../tests/agent/daemons.ts';
import { Server } from '../tests/agent/servers.ts';
import { type Line, type Message, recordedFolder } from '../tests/recorded/recorded.ts';
import { SocketServer } from '../tests/recorded/socket-server.ts';
import { type Call, giveKey, putPackage, story } from '../tests/recorded/story.ts';

/** ms without a word after which a step has come to its end. */
const quiet = 2_000;

const lines: Line[] = [];
let last = performance.now();

/** Without what is secret, or good only for the connection that it was said on. */
function openly(message: Message): Message {
  if (message.type === 'hello') return { ...message, signature: '' };
  // So the agent goes on asking where it asked first.
  if (message.type === 'trust') return { ...message, servers: [], authorities: [] };
  const { secrets } = message;
  if (secrets === undefined) return message;
  const value = Buffer.alloc(32).toString('base64');
  const values = Object.keys(secrets as object).map((id) => [id, value]);
  return { ...message, secrets: Object.fromEntries(values) };
}

/** Stands between an agent and its server, passes on what they say, and writes it down. */
async function tap(certificate: { key: string; cert: string }, target: string) {
  let connections = 0;
  return SocketServer.open(certificate, (agent, path) => {
    const connection = ++connections;
    const url = new URL(path, target.replace(/^https:/, 'wss:'));
    const server = new WebSocket(url, { rejectUnauthorized: false });
    const pass = (from: 'agent' | 'server', to: WebSocket) => (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      lines.push({ connection, from, message: openly(message) });
      last = performance.now();
      to.send(JSON.stringify(message.type === 'trust' ? openly(message) : message));
    };
    server.on('message', pass('server', agent));
    agent.on('message', pass('agent', server));
    server.on('close', () => agent.close());
    agent.on('close', () => server.close());
  });
}

async function stillness(): Promise<void> {
  last = performance.now();
  while (performance.now() - last < quiet) await sleep(100);
}

const folder = mkdtempSync(join(tmpdir(), 'hawser-keep-'));
const store = await openStore({ data: folder });
const server = await Server.start();
const [hub, anna] = [new FakeMachine('hub'), new FakeMachine('anna')];
const call: Call = (route, params, body) => server.call(route, params, body);
try {
  const made = { role: 'join', name: 'join', network: server.network, admits: false };
  const { token } = (await call('createToken', {}, made)) as { readonly token: string };
  giveKey(anna);
  putPackage(server.packages);
  await hub.join(server.hubToken);
  await anna.join(token);
  const enrolments = new Enrolments(anna.stateDir);
  const enrolment = enrolments.find(server.network);
  const names = ['localhost'];
  const pair = await serverCertificate(store, { names, clock: () => new Date() });
  const between = await tap(pair, enrolment?.servers[0] ?? '');
  const { network, machine } = { network: server.network, machine: 'anna' };
  const trust = { servers: [between.url], authorities: [], pin: pair.pin ?? '' };
  enrolments.put({ network, machine, ...trust });
  for (const [step, doing] of Object.entries(story)) {
    lines.push({ step });
    await doing.machine?.(anna);
    await doing.server?.(call);
    await stillness();
  }
  between.close();
} finally {
  for (const one of [anna, hub, server]) await one[Symbol.asyncDispose]();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}
const file = join(recordedFolder, `${packageFile.version}.jsonl`);
writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
process.stdout.write(`${file}: ${lines.length} lines\n`);
