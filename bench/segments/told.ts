import type { Namespace } from '#state';
import { file, type Gateway, openWorld } from '../../tests/agent/tables-world.ts';
import { type Element, Teller } from '../../tests/agent/teller.ts';
import { until } from '../../tests/support/until.ts';
import { timed } from '../bench.ts';
import { addressOf, batchesOf, closeRaw, macOf, openRaw, programRaw, space } from './crowd.ts';

const elementsOf = (n: number): readonly Element[] => [
  [macOf(n), macOf(n), 0],
  [addressOf(n), macOf(n), 0],
];

/** What the gateway makes of it. */
const learned = (count: number): Namespace => {
  const all = Array.from({ length: count }, (_, n) => n);
  const far = {
    name: 'far4',
    type: 'ether_addr . ipv4_addr',
    interval: false,
    elements: all.map((n) => `${macOf(n)} . ${addressOf(n)}`),
  };
  const table = { family: 'bridge', name: 'raw', counters: [], sets: [far], maps: [], chains: [] };
  return {
    fdb: { v: 1, items: all.map((n) => ({ device: 'vxlan', mac: macOf(n), to: '10.0.0.2' })) },
    neighbours: {
      v: 1,
      items: all.map((n) => ({ device: 'bridge', address: addressOf(n), mac: macOf(n) })),
    },
    nft: { v: 1, items: [table] },
  };
};

/** A gateway with the agent that ships; the other one is a program that says what it is to say. */
export class Told {
  readonly gateway: Gateway;
  readonly #other: Gateway;
  readonly #teller: Teller;
  #known = 0;

  private constructor(gateway: Gateway, other: Gateway, teller: Teller) {
    this.gateway = gateway;
    this.#other = other;
    this.#teller = teller;
  }

  static async open(): Promise<Told> {
    const [a, b] = await openWorld(file.replaceAll('10.9.0.0/24', '10.9.0.0/16'));
    await until('the tunnel works', () => a.reaches('knox-1', '10.9.0.129'), 20_000);
    const told = new Told(a, b, await Teller.open(b));
    // With the first table all was heard, and the agent looks at the whole.
    await told.tellAll(1_000);
    return told;
  }

  /** A table with so many machines, in ms until the kernel has the last of them. */
  async tellAll(count: number): Promise<number> {
    if (this.#known > 0) await this.#forget();
    return this.#tell(count);
  }

  /** All are gone, also from where they are taken last. */
  async #forget(): Promise<void> {
    await this.#tell(0);
    const entries = ['bridge', '-n', space, 'fdb', 'show', 'dev', 'vxlan'];
    await until(
      'no entry is left',
      () => !this.gateway.box.run(entries).includes(macOf(0).slice(0, 11)),
      60_000,
    );
  }

  #tell(count: number): Promise<number> {
    const elements = Array.from({ length: count }, (_, n) => elementsOf(n)).flat();
    const gone = this.#known;
    this.#known = count;
    return this.#inKernel((count || gone) - 1, count > 0, () => this.#teller.tellAll(elements));
  }

  /** One more machine, in ms until the kernel has it. */
  tellOne(n: number): Promise<number> {
    this.#known++;
    return this.#inKernel(n, true, () => this.#teller.tellMore(elementsOf(n)));
  }

  /** In ms, until the last of it, which is the n-th machine, is among the neighbours, or not any more. */
  async #inKernel(n: number, isThere: boolean, tell: () => Promise<number>): Promise<number> {
    const look = `ip -n ${space} neigh show ${addressOf(n)} | grep -q lladdr`;
    const loop = `${isThere ? 'until' : 'while'} ${look}; do sleep 0.005; done; date +%s.%N`;
    const watch = this.gateway.box.start(['sh', '-c', `echo looks; ${loop}`]);
    await until('it looks', () => watch.output().includes('looks'));
    const sent = await tell();
    const there = await until(
      'the kernel has all of it',
      () => /^\d+\.\d+$/m.exec(watch.output())?.[0],
      60_000,
    );
    return 1_000 * Number(there) - sent;
  }

  /** The same by `nft -f`, `bridge -batch` and `ip -batch`. */
  async programByHand(count: number): Promise<number> {
    openRaw(this.gateway);
    const machine = {
      do: (line: string, input?: string) =>
        this.gateway.box.run(line.split(' '), input === undefined ? {} : { input }),
    };
    const batches = batchesOf(learned(count));
    const time = await timed(() => programRaw(machine, batches));
    closeRaw(this.gateway);
    return time;
  }

  async close(): Promise<void> {
    this.#teller.close();
    await this.gateway.close();
    await this.#other.close();
  }
}
