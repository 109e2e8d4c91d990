import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { Enrolments } from '#agent';
import { openStore, type Store, serverCertificate } from '#server';
import {
  type Frame,
  isFrame,
  type Line,
  type Message,
  namesState,
  retold,
} from '../recorded/recorded.ts';
import { SocketServer } from '../recorded/socket-server.ts';
import { giveKey, story } from '../recorded/story.ts';
import { until } from '../support/until.ts';
import { FakeMachine } from './daemons.ts';

/** The state that a message speaks of, without its name: numbers of revisions may differ. */
const hashIn = (value: unknown): string => (namesState(value) ? value.hash : '');

/** What has to be the same in what an agent says now and said then; the words of a plan may change. */
function meaning(message: Message): string {
  const { type, outcome, paused, has } = message;
  const state = type === 'hello' ? hashIn(has) : hashIn(message);
  return [type, outcome, paused === null ? 'not paused' : paused && 'paused', state]
    .filter(Boolean)
    .join(' ');
}

/** Underlays differ: what this machine sees of its own is not what was seen then. */
const isOfUnderlay = ({ type, mtu }: Message): boolean => type === 'seen' && mtu !== undefined;

/** The agent of 0.1.0 took for drift what it undid itself. */
const isUndoing = (step: string, { type }: Message): boolean =>
  step === 'a person takes its last change back' && type === 'drift';

/**
 * The server of a release: it says what it said then, and waits for what was said to it. How often an
 * agent connects is its own affair, so each hello is answered as one with the same state was then.
 */
class RecordedServer {
  readonly #say: (message: object) => readonly object[];
  readonly #challenge: Message;
  /** By the state that the agent had. */
  readonly #answers = new Map<string, readonly Frame[]>();
  readonly #others: readonly Line[];
  readonly #heard = new Set<string>();
  #socket: WebSocket | undefined;

  constructor(lines: readonly Line[], say: (message: object) => readonly object[]) {
    this.#say = say;
    const challenge = lines.filter(isFrame).find(({ message }) => message.type === 'challenge');
    this.#challenge = challenge?.message ?? { type: 'none' };
    const answering = new Set<Line>();
    for (const [index, line] of lines.entries()) {
      if (!isFrame(line) || line.message.type !== 'hello') continue;
      const answer = answerTo(line, lines.slice(index + 1));
      this.#answers.set(hashIn(line.message['has']), answer);
      for (const one of answer) answering.add(one);
    }
    this.#others = lines.filter((line) => !answering.has(line) && !isChallenge(line));
  }

  readonly accepted = (socket: WebSocket): void => {
    socket.on('message', (data: Buffer) => {
      this.#hear(socket, JSON.parse(data.toString()) as Message);
    });
    this.#tell(socket, this.#challenge);
  };

  #tell(socket: WebSocket, message: object): void {
    for (const one of this.#say(message)) socket.send(JSON.stringify(one));
  }

  #hear(socket: WebSocket, message: Message): void {
    if (message.type === 'hello') {
      this.#socket = socket;
      const answer = this.#answers.get(hashIn(message['has']));
      for (const frame of answer ?? []) this.#tell(socket, frame.message);
    }
    this.#heard.add(meaning(message));
  }

  /** The whole story, on a machine. */
  async tell(anna: FakeMachine): Promise<void> {
    let step = '';
    let doing: Promise<unknown> | undefined;
    for (const line of this.#others) {
      if (!isFrame(line)) {
        await doing;
        ({ step } = line);
        this.#heard.clear();
        doing = story[step]?.machine?.(anna);
      } else if (line.from === 'agent') await this.#hearing(step, line.message);
      else this.#tell(this.#socket as WebSocket, line.message);
    }
    await doing;
  }

  async #hearing(step: string, message: Message): Promise<void> {
    if (isOfUnderlay(message) || isUndoing(step, message)) return;
    const expected = meaning(message);
    await until(`${step}: the agent says ${expected}`, () => this.#heard.has(expected));
  }
}

/** What a server says to each hello in the end: what the machine should have. */
const lastWords: ReadonlySet<string> = new Set(['pending', 'current', 'state', 'delta']);

/** What was said to a hello; the agent may have said something meanwhile. */
function answerTo(hello: Frame, rest: readonly Line[]): readonly Frame[] {
  const step = rest.findIndex((line) => !isFrame(line));
  const said = rest
    .slice(0, step)
    .filter(isFrame)
    .filter(({ connection, from }) => connection === hello.connection && from === 'server');
  const last = said.findIndex(({ message }) => lastWords.has(message.type));
  return said.slice(0, last + 1);
}

const isChallenge = (line: Line): boolean => isFrame(line) && line.message.type === 'challenge';

let folder: string;
let store: Store;
let pair: Awaited<ReturnType<typeof serverCertificate>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-recorded-'));
  store = await openStore({ data: folder });
  pair = await serverCertificate(store, { names: ['localhost'], clock: () => new Date() });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each(retold())(
  'this agent understands the server of $told, and the server it',
  async ({ lines, say }) => {
    const recorded = new RecordedServer(lines, say);
    const server = await SocketServer.open(pair, recorded.accepted);
    await using anna = new FakeMachine('anna');
    giveKey(anna);
    const own = { network: 'net', machine: 'anna', servers: [server.url], authorities: [] };
    new Enrolments(anna.stateDir).put({ ...own, pin: pair.pin ?? '' });
    await recorded.tell(anna);
    await until('it has forgotten the network', async () => (await anna.status()) === undefined);
    expect(anna.peers).toEqual([]);
    server.close();
  },
);
