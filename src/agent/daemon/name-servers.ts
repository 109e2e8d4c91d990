import type { Finding } from '#api';
import { plainFinding } from '#base';
import type { HostState } from '#state';
import { agentErrors } from '../errors.ts';
import type { Said } from '../lookups/ask-server.ts';
import { Again } from './again.ts';

/** ms between looks, and until the next where one server did not answer: what ends is started again meanwhile. */
const every = 60_000;
const sooner = 5_000;
/** ms that an answer may take, and so many in a row that did not come. */
const patience = 3_000;
const misses = 2;

/** A server of names of ours in a segment, and a name for which it answers. */
export interface NameServer {
  readonly space: string;
  readonly segment: string;
  readonly address: string;
  readonly name: string;
}

/** Those that a state says, by one address of each. */
export const nameServersIn = ({
  namespaces,
}: Pick<HostState, 'namespaces'>): readonly NameServer[] =>
  Object.entries(namespaces).flatMap(([space, { dhcpServers, addresses, names, tables }]) =>
    (dhcpServers?.items ?? []).flatMap(({ device, dns, zones: [zone] }) => {
      const own = (addresses?.items ?? [])
        .filter((one) => one.device === device)
        .map(({ address }) => address.split('/')[0] ?? '');
      const address = own.find((one) => dns.includes(one));
      if (zone === undefined || address === undefined) return [];
      const name = names?.items[0]?.names[0] ?? zone;
      return [{ space, segment: tables?.items[0]?.segment ?? space, address, name }];
    }),
  );

/** Sees to it that somebody knows of a server of names that runs and does not answer. */
export class NameServers {
  readonly #ask: (server: NameServer, within: number) => Promise<Said>;
  readonly #next = new Again(() => this.#look());
  #servers: readonly NameServer[] = [];
  /** How often in a row each did not answer, by its namespace. */
  #missed: ReadonlyMap<string, number> = new Map();

  constructor(ask: (server: NameServer, within: number) => Promise<Said>) {
    this.#ask = ask;
  }

  get findings(): readonly Finding[] {
    return this.#servers
      .filter(({ space }) => (this.#missed.get(space) ?? 0) >= misses)
      .map(({ segment, address }) =>
        plainFinding(agentErrors.diagnostic('agent/names-silent', { segment, address })),
      );
  }

  /** The machine has this state now; nothing of the network, if it has none. */
  follow(state: HostState | undefined): void {
    const had = this.#servers.length > 0;
    this.#servers = state ? nameServersIn(state) : [];
    if (!had && this.#servers.length > 0) this.#next.later(sooner);
  }

  async #look(): Promise<void> {
    const servers = this.#servers;
    if (servers.length === 0) return;
    const found = await Promise.all(servers.map((one) => this.#isSilent(one)));
    const missed = servers.map(({ space }, i): [string, number] => [
      space,
      found[i] ? (this.#missed.get(space) ?? 0) + 1 : 0,
    ]);
    this.#missed = new Map(missed);
    this.#next.later(found.includes(true) ? sooner : every);
  }

  /** Any word of it is an answer; what could not be asked says nothing of it. */
  async #isSilent(server: NameServer): Promise<boolean> {
    const said = await this.#ask(server, patience);
    return 'error' in said && said.error === 'ETIMEOUT';
  }

  stop(): void {
    this.#next.stop();
  }
}
