import { canonicalJson } from '#base';
import type { HostState } from '#state';
import { Handshakes } from './handshakes.ts';
import type { Machine } from './machine.ts';
import { mtuTowardsPeers } from './mtu.ts';
import type { Surroundings } from './surroundings.ts';

/** What is seen on a machine and no state says: its keys, the MTU towards its peers, handshakes. */
export class Sights {
  readonly #machine: Machine;
  readonly #network: string;
  readonly #tell: Surroundings['tell'];
  readonly #handshakes: Handshakes;
  #mtu: number | undefined;
  /** Public keys by lane that were told last. */
  #toldKeys = '';

  constructor(machine: Machine, network: string, { tell }: Pick<Surroundings, 'tell'>) {
    this.#machine = machine;
    this.#network = network;
    this.#tell = tell;
    this.#handshakes = new Handshakes(machine.run, (keys) =>
      tell({ type: 'seen', handshakes: [...keys] }),
    );
  }

  /** Bytes towards the peers, as far as known. */
  get mtu(): number | undefined {
    return this.#mtu;
  }

  /** Public keys by lane, of the tunnels that a state has; there is always a first one. */
  keys(state: HostState | undefined): Readonly<Record<string, string>> {
    const { store } = this.#machine;
    const found = Object.values(state?.tunnels ?? {}).map((tunnel): [string, string] => [
      String(tunnel.lane),
      store.keyFor(this.#network, tunnel).publicKey,
    ]);
    if (found.some(([lane]) => lane === '0')) return Object.fromEntries(found);
    return { '0': store.publicKey(this.#network, 0), ...Object.fromEntries(found) };
  }

  /** Keys that were born for a state are wanted by the others before it can be of use. */
  tellKeys(state: HostState): void {
    const keys = this.keys(state);
    const told = canonicalJson(keys);
    if (told === this.#toldKeys) return;
    this.#toldKeys = told;
    this.#tell({ type: 'seen', keys });
  }

  /** Looks at the ways to the peers that a state has. */
  async measure(state: HostState): Promise<void> {
    const mtu = await mtuTowardsPeers(this.#machine.run, state);
    if (mtu === undefined || mtu === this.#mtu) return;
    this.#mtu = mtu;
    this.#tell({ type: 'seen', mtu });
  }

  /** The machine has this state now. */
  follow(state: HostState): void {
    this.#handshakes.follow(state);
  }

  /** Tells once more what a server that answers now may not have heard. */
  again(): void {
    this.#handshakes.again();
  }

  stop(): void {
    this.#handshakes.stop();
  }
}
