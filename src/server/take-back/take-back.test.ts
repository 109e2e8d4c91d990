import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Revision } from '#api';
import { until } from '../../../tests/support/until.ts';
import { Machine } from '../fixtures/machine.ts';
import { TestServer } from '../fixtures/server.ts';
import { compilerCalls } from '../network/compiler.ts';
import { Network } from '../network/network.ts';
import type { Card } from '../presence/card.ts';
import type { Store } from '../store/contract.ts';
import { openStore } from '../store/index.ts';
import { InProcess } from '../thread/in-process.ts';
import { TakeBack } from './take-back.ts';

const log = pino({ level: 'silent' });
/** ms; a revision is due after twice that. */
const confirm = 20;

type Change = (text: string) => string;

/** The hub listens elsewhere, and its members have to call it there. */
const otherPort: Change = (text) =>
  text.replace(/(?:port: \d+, )?endpoint: "([\d.]+):(\d+)"/, (_, host: string, port: string) => {
    const next = Number(port) + 1;
    return `port: ${next}, endpoint: "${host}:${next}"`;
  });
/** Nothing of it is about tunnels. */
const otherPolicy: Change = (text) => `${text}policy: [{ from: [all], to: [hub] }]\n`;
/** One end alone: a port before the hub's NAT. */
const oneEnd: Change = (text) => text.replace(/(endpoint: "[\d.]+):\d+/, '$1:4500');

/** A network in a store, whose agents are wherever a test says; nothing else is made up. */
class World {
  readonly store: Store;
  readonly network: Network;
  readonly #dead = new Set<string>();
  readonly #cards = new Map<string, Pick<Card, 'address' | 'own'>>();
  #takeBack: TakeBack;

  private constructor(store: Store, network: Network) {
    this.store = store;
    this.network = network;
    this.#takeBack = this.#serve();
  }

  static async open(store: Store): Promise<World> {
    const compiler = new InProcess(compilerCalls());
    const clock = () => new Date();
    return new World(store, await Network.open('net', { store, compiler, clock, log }));
  }

  #serve(): TakeBack {
    const present = (identity: string) => {
      const card = this.#cards.get(identity);
      return card && { card: card as Card };
    };
    const lives = async (identity: string): Promise<boolean> =>
      present(identity) !== undefined && !this.#dead.has(identity);
    return new TakeBack(this.network, { present, lives }, { store: this.store, log, confirm });
  }

  /** What one server knew is gone; what it wrote is there. */
  restart(): void {
    this.#takeBack.close();
    this.#takeBack = this.#serve();
  }

  close(): void {
    this.#takeBack.close();
  }

  #machine(name: string) {
    const machine = this.network.snapshot.machines.get(name);
    if (!machine) throw new Error(`no ${name}`);
    return machine;
  }

  comes(name: string, by: 'the network' | 'elsewhere'): void {
    const overlay = (machine: string): string =>
      this.network.snapshot.names.get(machine)?.overlay[0] ?? '';
    const ends = { address: '192.0.2.7', own: '192.0.2.1' };
    const inside = { address: overlay(name), own: overlay('hub') };
    this.#cards.set(this.#machine(name).identity, by === 'the network' ? inside : ends);
  }

  goes(name: string): void {
    this.#cards.delete(this.#machine(name).identity);
  }

  /** Its connection stands, and nothing comes of it. */
  isCutOff(name: string): void {
    this.#dead.add(this.#machine(name).identity);
  }

  async says(name: string, what: 'confirmed' | 'quarantined', { id }: Revision): Promise<void> {
    const put = [{ ...this.#machine(name), [what]: id.number }];
    await this.network.commit(() => ({ author: 'server', put }));
  }

  async freeze(frozen: boolean): Promise<void> {
    await this.network.commit(() => ({ author: 'ann', frozen }));
  }

  async newest(): Promise<Revision> {
    const [revision] = await this.store.read(async (tx) => tx.revisions('net', { limit: 1 }));
    return revision as Revision;
  }

  get text(): Promise<string> {
    return this.store.read(async (tx) => (await tx.network('net'))?.files.files['net.yaml'] ?? '');
  }

  async apply(change: Change): Promise<Revision> {
    const entry = 'net.yaml';
    const files = { entry, files: { [entry]: change(await this.text) } };
    const said = { kind: 'apply', why: '', author: 'ann', persons: 2 } as const;
    const { snapshot } = this.network;
    const input = { ...said, files };
    await this.network.commit(async (_, decide) => decide({ name: 'change', input }));
    const { held } = this.network.snapshot;
    if (held) {
      const persons = ['ann', 'ben'] as const;
      const release = { revision: held, files, author: 'ben', persons };
      await this.network.commit(async (_, decide) => decide({ name: 'release', input: release }));
    }
    expect(this.network.snapshot.stored.revision).not.toEqual(snapshot.stored.revision);
    return this.newest();
  }

  /** The revision that takes another one back. */
  async takenBack({ id }: Revision): Promise<Revision> {
    const made = await until('it is taken back', async () => {
      const newest = await this.newest();
      return newest.id.number > id.number && newest;
    });
    expect(made).toMatchObject({ author: 'hawser', kind: 'rollback', state: 'applied' });
    return made;
  }

  /** It is still the network's own when all has been looked at. */
  async stays({ id }: Revision): Promise<void> {
    await sleep(4 * confirm);
    await this.#takeBack.look();
    expect((await this.newest()).id).toEqual(id);
  }
}

describe('a revision that changed a tunnel at both ends', () => {
  const data = mkdtempSync(join(tmpdir(), 'hawser-take-back-'));
  let store: Store;
  let world: World;

  beforeAll(async () => {
    store = await openStore({ data });
    const server = await TestServer.start({ data }, { store });
    await server.enrol(new Machine('hub'), server.hubToken);
    for (const name of ['anna', 'ben']) await server.enrol(new Machine(name));
    await server.stop();
  });
  afterAll(async () => {
    await store.close();
    rmSync(data, { recursive: true });
  });
  beforeEach(async () => {
    world = await World.open(store);
    for (const name of ['anna', 'ben']) world.comes(name, 'the network');
  });
  afterEach(() => {
    world.close();
  });

  test('is taken back as a whole where one of the two went back', async () => {
    const before = await world.text;
    const made = await world.apply(otherPort);
    await world.says('hub', 'confirmed', made);
    await world.says('anna', 'quarantined', made);
    const back = await world.takenBack(made);
    const { number } = made.id;
    expect(back.why).toBe(
      `revision ${number} is taken back to ${number - 1}: anna went back, and its tunnel hw-net with hub changed at both ends`,
    );
    expect(await world.text).toBe(before);
    expect(world.network.snapshot.takenBack?.id).toEqual(back.id);
    const audit = await store.read(async (tx) => tx.audit({ limit: 1, network: 'net' }));
    expect(audit).toMatchObject([
      { action: 'take-back', actor: 'hawser', ...{ revision: back.id.number } },
    ]);
    // It is not taken back itself, whatever is said of it.
    await world.says('anna', 'quarantined', back);
    await world.stays(back);
  });

  test('is taken back where one of the two was cut off with it', async () => {
    const made = await world.apply(otherPort);
    await world.says('ben', 'confirmed', made);
    world.isCutOff('anna');
    const { why } = await world.takenBack(made);
    expect(why).toContain('anna did not come back with it, and its tunnel hw-net with hub changed');
    expect(why).not.toContain('ben');
  });

  test('is taken back also where the server was started again meanwhile', async () => {
    const made = await world.apply(otherPort);
    world.goes('anna');
    world.goes('ben');
    world.restart();
    expect((await world.takenBack(made)).why).toMatch(/anna did not .*; ben did not /);
  });

  test('stays where both confirmed it, whoever is switched off afterwards', async () => {
    const made = await world.apply(otherPort);
    for (const name of ['anna', 'ben']) {
      await world.says(name, 'confirmed', made);
      world.goes(name);
    }
    await world.stays(made);
  });

  test('stays where somebody was away before it, or came to the server by another way', async () => {
    world.goes('anna');
    world.comes('ben', 'elsewhere');
    const made = await world.apply(otherPort);
    world.goes('ben');
    await world.stays(made);
  });

  test('that is found to hold is not taken back later, whoever goes away then', async () => {
    const made = await world.apply(otherPort);
    await world.stays(made);
    // What was decided once is decided: neither a restart nor a reboot later on takes it back.
    world.goes('anna');
    world.restart();
    await world.stays(made);
  });

  test('is left alone while the network is frozen, and who went away meanwhile is not awaited', async () => {
    await world.freeze(true);
    const made = await world.apply(otherPort);
    world.goes('ben');
    await world.stays(made);
    await world.freeze(false);
    world.goes('anna');
    const { why } = await world.takenBack(made);
    expect(why).toContain('anna did not');
    expect(why).not.toContain('ben');
  });

  test('waits for no second person where a change needs two', async () => {
    await world.says('anna', 'confirmed', await world.apply((text) => `${text}approvals: 2\n`));
    const made = await world.apply(otherPort);
    await world.says('anna', 'quarantined', made);
    expect((await world.takenBack(made)).summary.join()).not.toContain('held');
    await world.apply((text) => text.replace('approvals: 2\n', ''));
  });

  test.each([
    ['one end alone', oneEnd],
    ['what is no tunnel', otherPolicy],
  ])('is another than one that changed %s: that stays', async (_, change) => {
    const made = await world.apply(change);
    await world.says('anna', 'quarantined', made);
    world.goes('ben');
    await world.stays(made);
  });
});
