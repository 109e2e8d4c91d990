import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Model, machinesOf, project } from '#compile';
import { Address } from '#ip';
import type { HostState } from '#state';
import { modelOf, networkFrom } from './compiled.ts';
import { runs } from './effort.ts';
import { namesOf } from './exhaustive.ts';
import { drafts } from './networks.ts';

const zone = 'random.internal';

/** What a hosts file with these lines says, read as a resolver reads it. */
class Book {
  readonly #lines: readonly { readonly address: string; readonly names: readonly string[] }[];

  constructor(state: HostState) {
    this.#lines = state.namespaces['root']?.names?.items ?? [];
  }

  find(name: string): string[] {
    return this.#lines.filter(({ names }) => names.includes(name)).map(({ address }) => address);
  }

  back(address: string): string | undefined {
    return this.#lines.find((line) => line.address === address)?.names[0];
  }

  get addresses(): readonly string[] {
    return this.#lines.map(({ address }) => address);
  }
}

/** By which others know a machine or host. */
function ownAddresses({ network, nodesByName }: Model, name: string): string[] {
  const hosts = network.sites.flatMap((site) => site.hosts);
  const host = hosts.find((one) => one.name === name)?.addresses.map((a) => a.presented);
  return (nodesByName.get(name)?.overlay ?? host ?? []).map(String).sort();
}

const siteOf = ({ network }: Model, name: string): string | undefined =>
  network.sites.find((site) =>
    [...site.gateways, ...site.nodes, ...site.hosts].some((one) => one.name === name),
  )?.name;

const named = drafts().map((draft) => ({ ...draft, dns: { hosts_file: true } }));

/** Machines with an agent: all of them know all names, unless their tunnel lives in a router of others. */
const knowing = (model: Model): readonly HostState[] =>
  machinesOf(model)
    .filter((name) => model.nodesByName.get(name)?.machine.managed ?? true)
    .map((name) => project(model, name))
    .filter(({ tunnels }) => Object.values(tunnels).every(({ livesIn }) => livesIn === 'root'));

test('every name leads to its machine and no other, from everywhere, in every form', () => {
  const property = fc.property(named, (draft) => {
    const model = modelOf(networkFrom(draft));
    for (const book of knowing(model).map((state) => new Book(state))) {
      for (const name of namesOf(model.network)) {
        const own = ownAddresses(model, name);
        const site = siteOf(model, name);
        const full = [
          `${name}.${zone}`,
          ...(site === undefined ? [] : [`${name}.${site}.${zone}`]),
        ];
        for (const form of [name, ...full]) expect(book.find(form).sort()).toEqual(own);
      }
      expect(new Set(book.addresses).size).toBe(book.addresses.length);
    }
  });
  fc.assert(property, runs(30));
});

test('every address leads back to the name that led to it, and a resolver has its domain', () => {
  const property = fc.property(named, (draft) => {
    const model = modelOf(networkFrom(draft));
    for (const state of knowing(model)) {
      const book = new Book(state);
      const zones = state.namespaces['root']?.resolvers?.items[0]?.zones;
      for (const name of namesOf(model.network)) {
        for (const address of ownAddresses(model, name)) {
          expect(book.back(address)).toBe(`${name}.${zone}`);
          const back = reverseOf(Address.parse(address));
          if (!zones || !model.inside.contains(Address.parse(address))) continue;
          const within = zones.filter((one) => back === one || back.endsWith(`.${one}`));
          expect(within).toHaveLength(1);
        }
      }
    }
  });
  fc.assert(property, runs(30));
});

test('everybody who can asks a resolver that it reaches, nearest first, in its own tunnel', () => {
  const property = fc.property(named, (draft) => {
    const model = modelOf(networkFrom(draft));
    for (const { name, overlay } of model.nodes) {
      const root = project(model, name).namespaces['root'];
      const [asked] = root?.splitDns?.items ?? [];
      const answers = root?.resolvers?.items[0]?.listen ?? [];
      if (answers.length > 0) expect(asked?.servers[0]).toBe(answers[0]);
      for (const server of asked?.servers ?? []) {
        expect(
          model.nodes.some((node) => node.isCarrier && node.overlay.map(String).includes(server)),
        ).toBe(true);
        expect(overlay.map(({ family }) => family)).toContain(Address.parse(server).family);
      }
    }
  });
  fc.assert(property, runs(30));
});

/** RFC 1035, section 3.5, and RFC 3596, section 2.5: written anew, digit by digit. */
function reverseOf(address: Address): string {
  if (address.family === 4) return `${`${address}`.split('.').reverse().join('.')}.in-addr.arpa`;
  const digits = address.value.toString(16).padStart(32, '0');
  return `${digits.split('').reverse().join('.')}.ip6.arpa`;
}
