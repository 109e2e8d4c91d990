import { joinProofText } from '#api';
import { emptyFacts, writeFacts } from '#compile';
import { openStore } from '#server';
import { fleet, fleetNames } from '../generate.ts';
import { newMachine } from './agent.ts';
import { Fleet } from './fleet.ts';
import type { Made } from './messages.ts';
import { BenchServer } from './server.ts';

export interface Shape {
  readonly sites: number;
  readonly members: number;
}

/** New connections a second while a world is built: as much as a server takes beside its agents. */
const perSecond = 1000;

const network = 'fleet';
const entry = 'fleet.yaml';

/** A server with a network, all of whose machines are connected. */
export class FleetWorld {
  readonly shape: Shape;
  readonly server: BenchServer;
  readonly fleet: Fleet;
  #open = 22;
  #port = 51820;

  private constructor(shape: Shape, server: BenchServer, agents: Fleet) {
    this.shape = shape;
    this.server = server;
    this.fleet = agents;
  }

  static async open(shape: Shape): Promise<FleetWorld> {
    const server = await BenchServer.open();
    const agents = Fleet.open();
    const world = new FleetWorld(shape, server, agents);
    try {
      const names = fleetNames(shape.sites, shape.members);
      await world.#enrol(await agents.order({ do: 'make', names }));
      await world.connect();
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  get size(): number {
    return this.shape.sites + this.shape.members;
  }

  #files() {
    const text = fleet({ ...this.shape, open: this.#open, port: this.#port });
    return { entry, files: { [entry]: text } };
  }

  /** A network in which every machine has joined: written into the store, since joining takes its time. */
  async #enrol(made: readonly Made[]): Promise<void> {
    const { server } = this;
    const keys = Object.fromEntries(made.map(({ name, key }) => [name, { '0': key }]));
    const mtu = Object.fromEntries(made.map(({ name }) => [name, 1500]));
    const observations = { ...emptyFacts.observations, mtu };
    const facts = writeFacts(undefined, network, { ...emptyFacts, keys, observations });
    await server.ask('POST', `/v1/networks/${network}`, { ...this.#files(), facts });
    await server.end('SIGTERM');
    const store = await openStore({ data: server.data });
    await store.write(async (tx) => {
      for (const { name, identity } of made) {
        await tx.putMachine({
          ...{ network, name, identity, keys: {}, tags: [] },
          enrolment: 'enrolled',
          joinedAt: new Date().toISOString(),
          ephemeral: false,
        });
      }
    });
    await store.close();
    await server.start();
  }

  /** Connects everybody, and waits until each has its state and has proven it. */
  async connect(): Promise<void> {
    const { url: server, pin } = this.server;
    const to = { server, network, pin };
    await this.fleet.order({ do: 'connect', to, perSecond });
    await this.fleet.order({ do: 'settled' });
  }

  /** Another rule for all. */
  async changeAll(): Promise<void> {
    this.#open = this.#open === 22 ? 23 : 22;
    await this.apply();
  }

  /** Another port of one member: for itself, and for the gateway that calls it. */
  async changeTwo(): Promise<void> {
    this.#port = this.#port === 51820 ? 51821 : 51820;
    await this.apply();
  }

  /** Resolves when it is acknowledged. */
  async apply(): Promise<void> {
    await this.server.ask('POST', `/v1/networks/${network}/apply`, {
      ...this.#files(),
      force: true,
    });
  }

  async plan(): Promise<string> {
    return this.server.ask('POST', `/v1/networks/${network}/plan`, this.#files());
  }

  /** A machine joins that the file does not name. */
  async join(name: string): Promise<void> {
    const made: unknown = JSON.parse(
      await this.server.ask('POST', '/v1/tokens', {
        ...{ role: 'join', name: 'bench', network, admits: true, uses: 1 },
      }),
    );
    const { token } = made as { readonly token: string };
    const { identity, key, sign } = newMachine();
    const proof = sign(joinProofText(network, identity, [key]));
    const body = { name, identity, keys: { '0': key }, proof };
    await this.server.ask('POST', `/v1/networks/${network}/join`, body, token);
  }

  async backup(): Promise<void> {
    const passphrase = 'correct horse battery staple';
    await this.server.ask('POST', '/v1/backup', { passphrase });
  }

  async status(): Promise<string> {
    return this.server.ask('GET', `/v1/networks/${network}/status`);
  }

  async close(): Promise<void> {
    await this.fleet.close();
    await this.server.close();
  }
}
