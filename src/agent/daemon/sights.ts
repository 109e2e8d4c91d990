import { canonicalJson, plainFinding } from '#base';
import type { HostState } from '#state';
import { askServer } from '../lookups/ask-server.ts';
import type { Lookups } from '../lookups/lookups.ts';
import type { Counted, Tables } from '../segments/tables.ts';
import { enterSpace } from '../sockets.ts';
import { Handshakes } from './handshakes.ts';
import { Liveness } from './liveness.ts';
import { lookupsOf } from './lookups.ts';
import type { Machine } from './machine.ts';
import { Monitors } from './monitors.ts';
import { mtuTowardsPeers } from './mtu.ts';
import { NameServers } from './name-servers.ts';
import type { Notes } from './notes.ts';
import { Samples } from './samples.ts';
import { SegmentPorts } from './segment-ports.ts';
import { droppedIn, knownIn } from './segment-samples.ts';
import { Segments } from './segments.ts';
import type { Surroundings } from './surroundings.ts';
import { conflictsOf, tablesOf, unheardOf } from './tables.ts';
import { Warnings } from './warnings.ts';

/** What is seen on a machine and no state says: its keys, the MTU towards peers, handshakes, its tunnels, its segments, names outside. */
export class Sights {
  readonly #machine: Machine;
  readonly #network: string;
  readonly #tell: Surroundings['tell'];
  readonly #handshakes: Handshakes;
  readonly #liveness: Liveness;
  readonly #samples: Samples;
  readonly #tables: Tables;
  readonly #lookups: Lookups;
  readonly #monitors: Monitors;
  readonly #segments: Segments;
  readonly #ports: SegmentPorts;
  readonly #nameServers: NameServers;
  readonly #warnings: Warnings;
  #mtu: number | undefined;
  #haveMoved = false;
  /** Public keys by lane that were told last. */
  #toldKeys = '';

  /** `changed`: told when a peer lives by another tunnel than before. */
  constructor(
    machine: Machine,
    network: string,
    { tell, sample }: Pick<Surroundings, 'tell' | 'sample'>,
    changed: () => void,
    notes: Notes,
  ) {
    this.#machine = machine;
    this.#network = network;
    this.#tables = tablesOf(machine, network, changed);
    notes.addLive(() => conflictsOf(this.#tables));
    this.#ports = new SegmentPorts(machine.run);
    this.#nameServers = new NameServers(({ space, address, name }, within) =>
      askServer(enterSpace(space), address, name, within),
    );
    notes.addLive(() => [
      ...this.#ports.findings,
      ...this.#nameServers.findings,
      ...unheardOf(this.#tables),
    ]);
    this.#lookups = lookupsOf(machine, network, changed);
    notes.addLive(() => this.#lookups.findings.map(plainFinding));
    this.#warnings = new Warnings(
      () => notes.lasting,
      (warnings) => tell({ type: 'seen', warnings: [...warnings] }),
      (lines) => notes.say(lines),
    );
    this.#tell = tell;
    this.#liveness = new Liveness(machine.run, changed);
    this.#samples = new Samples(machine.run, sample);
    this.#monitors = new Monitors(machine.probe, sample);
    this.#segments = new Segments(
      {
        known: (state) =>
          knownIn(state, machine.stateDir, (space) => this.#tables.machinesIn(space)),
        dropped: (state) => droppedIn(state, machine.run),
      },
      sample,
    );
    this.#handshakes = new Handshakes(machine.run, (keys) =>
      tell({ type: 'seen', handshakes: [...keys] }),
    );
  }

  /** Which of these answer on the port of the segment in a namespace, within ms. @throws host/command-failed */
  get answering(): Tables['answering'] {
    return this.#tables.answering.bind(this.#tables);
  }

  /** Whom a gateway knows on the port of the segment in a namespace beside the file. */
  get unnamed(): Tables['unnamed'] {
    return this.#tables.unnamed.bind(this.#tables);
  }

  /** Bytes towards the peers, as far as known. */
  get mtu(): number | undefined {
    return this.#mtu;
  }

  /** How many machines are known in its segments, where it has any. */
  get counted(): { readonly machines?: readonly Counted[] } {
    const { counts: machines } = this.#tables;
    return machines.length > 0 ? { machines } : {};
  }

  /** Public keys by lane, of the tunnels that a state has; without any, the one that it joined with. */
  keys(state: HostState | undefined): Readonly<Record<string, string>> {
    const { store } = this.#machine;
    const found = Object.values(state?.tunnels ?? {}).map((tunnel): [string, string] => [
      String(tunnel.lane),
      store.keyFor(this.#network, tunnel).publicKey,
    ]);
    if (found.length > 0) return Object.fromEntries(found);
    return { '0': store.publicKey(this.#network, 0) };
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

  /** The machine is to have nothing of the network: nobody looks into its segments any more. */
  async cleanup(): Promise<void> {
    this.#tables.follow(undefined);
    this.#ports.follow(undefined);
    this.#nameServers.follow(undefined);
    this.#lookups.follow(undefined);
    await this.#machine.agent.cleanup(this.#network);
  }

  /** The machine has this state now. */
  follow(state: HostState): void {
    this.#handshakes.follow(state);
    this.#liveness.follow(state);
    this.#tables.follow(state);
    this.#ports.follow(state);
    this.#nameServers.follow(state);
    this.#lookups.follow(state);
    this.#samples.follow(state);
    this.#monitors.follow(state);
    this.#segments.follow(state);
  }

  /** Whether peers had moved to another tunnel when that was looked at last. */
  get haveMoved(): boolean {
    return this.#haveMoved;
  }

  /** Sees by which tunnels peers live, and what is known of names, before a state is made so. */
  async choose(state: HostState): Promise<void> {
    this.#tables.letGo();
    this.#haveMoved = await this.#liveness.look(state);
    this.#lookups.expect(state);
    this.#machine.agent.prefer(this.#network, this.#liveness.choice);
  }

  /** Tells once more what a server that answers now may not have heard. */
  again(): void {
    this.#handshakes.again();
    this.#samples.again();
    this.#warnings.again();
    this.#monitors.again();
    this.#segments.again();
  }

  stop(): void {
    this.#warnings.stop();
    this.#liveness.stop();
    this.#tables.stop();
    this.#ports.stop();
    this.#nameServers.stop();
    this.#lookups.stop();
    this.#samples.stop();
    this.#monitors.stop();
    this.#segments.stop();
    this.#handshakes.stop();
  }
}
