import { createSocket } from 'node:dgram';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { type Diagnostic, DiagnosticsError, HawserError, inParallel, plainFinding } from '#base';
import { labErrors } from '../errors.ts';
import { layOwnHostsFile } from '../hosts-file.ts';
import { homeOf, programsFolder, serverDataOf } from '../machine.ts';
import { freshRun, homes, layOver } from '../mounts.ts';
import { must, run } from '../run.ts';
import { externalPrefix } from '../underlay/plan.ts';
import { agentHere, bootAgain, joinHere, startAgentHere } from './agent.ts';
import { Listeners } from './listen.ts';
import { probe } from './probe.ts';
import { type Answers, inNetwork, type Reply, type Request, type Sent } from './protocol.ts';
import { Service } from './service.ts';
import { Spaces } from './spaces.ts';

export interface StationOptions {
  readonly name: string;
  readonly labDir: string;
  /** Path of the Unix socket it is asked by. */
  readonly socket: string;
  /** Its machine's folders are laid: it is a second process of that, in another namespace. */
  readonly inside?: boolean;
}

/**
 * The process that stands for one machine of a lab: it holds the machine's mount and host name
 * namespaces, runs what is to run there, listens and probes. Started in them; ends with the lab.
 */
export async function serveStation({
  name,
  labDir,
  socket,
  inside = false,
}: StationOptions): Promise<void> {
  if (!inside) await layMachine(name, labDir);
  process.title = `hawser lab: ${name}`;
  const answers = answersOf(new Listeners(), new Service(), new Service());
  const spaces = new Spaces(name, socket);
  createServer((asker) => serve(asker, answers, spaces)).listen(socket);
}

/** What the machine sees at the places that programs have in common. */
async function layMachine(name: string, labDir: string): Promise<void> {
  const spaces = readdirSync('/run/netns').filter((one) => one.startsWith(externalPrefix));
  await freshRun([], labDir, spaces);
  await layOver([], homeOf(labDir, name), homes.agent);
  await layOver([], serverDataOf(labDir, name), homes.server);
  await layOwnHostsFile(labDir, name);
  await must(['hostname', name]);
  provideProgram();
}

/** This very program by its name, without what only a station is started with. */
function provideProgram(): void {
  const argv = [process.execPath, resolve(process.argv[1] ?? '')];
  const words = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  mkdirSync(programsFolder);
  const text = `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`;
  writeFileSync(join(programsFolder, 'hawser'), text, { mode: 0o755 });
}

/** One request, one reply; an asker that went away is not missed. */
function serve(socket: Socket, answers: AnswerBy, spaces: Spaces): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (part: string) => {
    text += part;
    if (!text.endsWith('\n')) return;
    void replyTo(JSON.parse(text) as Sent, answers, spaces).then((reply) =>
      socket.end(`${JSON.stringify(reply)}\n`),
    );
  });
}

async function replyTo(
  { space, ...request }: Sent,
  answers: AnswerBy,
  spaces: Spaces,
): Promise<Reply> {
  const answer = answers[request.do] as (asked: Request) => Promise<Answers[Request['do']]>;
  try {
    const isElsewhere = space !== undefined && inNetwork.includes(request.do);
    return { ok: await (isElsewhere ? spaces.ask(space, request) : answer(request)) };
  } catch (error) {
    return { error: plain(error) };
  }
}

/** An error as what travels; of several the first stands for all. */
function plain(error: unknown): Diagnostic {
  const known = error instanceof DiagnosticsError ? error.diagnostics[0] : error;
  if (!(known instanceof HawserError)) {
    return labErrors.diagnostic('lab/station-failed', { reason: String(error) });
  }
  return plainFinding(known);
}

const probesAtOnce = 24;

type AnswerBy = {
  readonly [D in Request['do']]: (
    request: Extract<Request, { readonly do: D }>,
  ) => Promise<Answers[D]>;
};

const answersOf = (listeners: Listeners, server: Service, own: Service): AnswerBy => ({
  listen: async (request) => ({ missing: await listeners.listen(request.addresses, request) }),
  probe: ({ probes, timeoutMs }) => inParallel(probes, probesAtOnce, (p) => probe(p, timeoutMs)),
  poke: async ({ addresses }) => {
    await Promise.all(addresses.map(poke));
    return null;
  },
  seen: async () => listeners.takeSeen(),
  pid: async () => ({ pid: process.pid }),
  run: ({ argv, input = '' }) => run(argv, { input }),
  join: ({ token, name }) => joinHere(token, name),
  'start-agent': ({ network }) => startAgentHere(own, network),
  agent: () => agentHere(),
  'kill-agent': async () => ({ ran: await own.kill() }),
  'start-server': async ({ argv, log }) => {
    server.start(argv, log);
    return null;
  },
  server: async () => ({ runs: server.runs }),
  'kill-server': async () => ({ ran: await server.kill() }),
  boot: bootAgain,
});

/** A datagram to the discard port (RFC 863): what it says is lost, the tunnel it takes comes up. */
function poke(address: string): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    socket.on('error', () => resolve());
    socket.send('', 9, address, () => socket.close(() => resolve()));
  });
}
