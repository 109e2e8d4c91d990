import type { Logger } from 'pino';
import type { StateAnswer } from '../network/messages.ts';
import type { Network } from '../network/network.ts';
import type { Asked, Connection, Name } from './connection.ts';

/** So many states are asked for at once: a change for all comes quickly, a change for two is not late. */
const batch = 32;

/** ms that a server needs for a connection that proves a state, and within which agents prove by themselves. */
const proof = 2;
const ownSpread = 300;

/** ms over which so many machines are to prove what they are told; undefined: they need not be told. */
export function spreadOf(machines: number): number | undefined {
  const spread = machines * proof;
  return spread > ownSpread ? spread : undefined;
}

interface Due {
  readonly connection: Connection;
  readonly name: Name;
}

/** The states that connected agents are to be sent, always of the newest snapshot. */
export class States {
  readonly #network: Network;
  readonly #log: Logger;
  readonly #changed: (identity: string) => void;
  readonly #due = new Map<Connection, Name>();
  #sending = false;

  /** `changed`: told of the identity for which something is due or done. */
  constructor(
    network: Network,
    { log }: { readonly log: Logger },
    changed: (identity: string) => void,
  ) {
    this.#network = network;
    this.#log = log;
    this.#changed = changed;
  }

  send(connection: Connection, name: Name): void {
    this.#postpone(connection, name);
    this.#changed(connection.hello.identity);
    this.goOn();
  }

  /** Whether something is to be sent, or on its way. */
  isAsked(connection: Connection): boolean {
    return connection.busy || this.#due.has(connection);
  }

  /** Of what a machine took back with its act it learns up to which act that is what it should have. */
  name(connection: Connection, hash: string): void {
    if (hash !== connection.wanted || this.isAsked(connection)) return;
    const { stored, acts: act } = this.#network.snapshot;
    const { epoch, number: rev } = stored.revision;
    void connection.wire.send({ type: 'current', epoch, rev, hash, act });
  }

  forget(connection: Connection): void {
    this.#due.delete(connection);
  }

  /** There is a new snapshot: what could not be made of the one before may be made of it. */
  goOn(): void {
    if (this.#sending || this.#due.size === 0) return;
    this.#sending = true;
    setImmediate(() => void this.#send());
  }

  #postpone(connection: Connection, name: Name): void {
    if (name === 'always' || !this.#due.has(connection)) this.#due.set(connection, name);
  }

  async #send(): Promise<void> {
    let crowd = 0;
    while (this.#due.size > 0) {
      crowd = Math.max(crowd, this.#due.size);
      const due = this.#take();
      const { snapshot } = this.#network;
      const wanted = due.map(({ connection }) => connection.wants);
      try {
        const answers = await this.#network.states(snapshot, wanted, spreadOf(crowd));
        for (const [index, { connection, name }] of due.entries()) {
          const asked = { has: wanted[index]?.has, basis: snapshot.basis, name };
          void this.#answer(connection, answers[index], asked);
        }
      } catch (error) {
        this.#log.error({ err: error, network: this.#network.name }, 'no states could be made');
        for (const { connection, name } of due) {
          connection.busy = false;
          this.#postpone(connection, name);
        }
        break;
      }
    }
    this.#sending = false;
  }

  /** Who may have a state, of those for whom one is due; to who is slow to take one it goes later. */
  #take(): readonly Due[] {
    const { stored, byIdentity } = this.#network.snapshot;
    const taken: Due[] = [];
    for (const [connection, name] of this.#due) {
      if (taken.length === batch) break;
      this.#due.delete(connection);
      const record = byIdentity.get(connection.hello.identity);
      if (stored.frozen || record?.enrolment !== 'enrolled') continue;
      if (connection.busy) {
        connection.again = connection.again === 'always' ? 'always' : name;
        continue;
      }
      connection.busy = true;
      taken.push({ connection, name });
    }
    return taken;
  }

  async #answer(
    connection: Connection,
    answer: StateAnswer | string | undefined,
    asked: Asked,
  ): Promise<void> {
    const { machine } = connection;
    let sent = true;
    if (typeof answer === 'object') sent = await connection.send(answer, asked);
    else this.#log.error({ machine, why: answer }, 'no state could be made');
    connection.busy = false;
    this.#changed(connection.hello.identity);
    const again = connection.again ?? (sent ? undefined : asked.name);
    connection.again = undefined;
    if (again !== undefined) this.send(connection, again);
  }
}
