import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byText, type Secret } from '#base';
import type { Network } from '#spec';
import { generateKeyPair } from '#wireguard';
import { exportMachine } from '../export/index.ts';
import { emptyFacts } from '../inputs.ts';
import { assumeKeys, link } from '../link.ts';
import { machinesOf, project } from '../project/project.ts';
import { networkOf } from '../testing.ts';
import { importNetwork } from './index.ts';

/** Key pairs are dear; those of one run serve all. */
const pairs = Array.from({ length: 16 }, () => generateKeyPair());

interface Plan {
  readonly members: readonly (readonly {
    readonly hasEndpoint: boolean;
    readonly keepalive: number;
    readonly isManaged: boolean;
  }[])[];
  readonly isStar: boolean;
  readonly isDual: boolean;
  readonly port: number;
}

const member = fc.record({
  hasEndpoint: fc.boolean(),
  keepalive: fc.constantFrom(0, 20, 25, 30),
  isManaged: fc.boolean(),
});
const plan: fc.Arbitrary<Plan> = fc.record({
  members: fc.array(fc.array(member, { maxLength: 3 }), { minLength: 2, maxLength: 4 }),
  isStar: fc.boolean(),
  isDual: fc.boolean(),
  port: fc.constantFrom(51820, 5555),
});

/** A network of sites with one gateway each, and members behind some of them. */
function yamlOf({ members, isStar, isDual, port }: Plan): string {
  let key = 0;
  const keyText = (): string => JSON.stringify(pairs[key++]?.publicKey);
  const overlay = (a: number, b: number): string =>
    `overlay: [10.0.${a}.${b}${isDual ? `, "fd00::${a}:${b}"` : ''}]`;
  return [
    'version: 1',
    'network: original',
    `overlay: [10.0.0.0/16${isDual ? ', "fd00::/64"' : ''}]`,
    `defaults: { port: ${port}, interface: wg0 }`,
    ...(isStar ? ['topology: { hub: [site-0] }'] : []),
    'sites:',
    ...members.flatMap((_, site) => [
      `  site-${site}:`,
      `    subnets: [192.168.${site}.0/24${isDual ? `, "fd01:${site + 1}::/64"` : ''}]`,
      '    gateways:',
      `      gw-${site}: { endpoint: 203.0.113.${site + 1}:${port}, ${overlay(site + 1, 1)}, key: ${keyText()} }`,
    ]),
    ...(members.some((list) => list.length > 0) ? ['members:'] : []),
    ...members.flatMap((list, site) =>
      list.map(({ hasEndpoint, keepalive, isManaged }, index) => {
        const endpoint = hasEndpoint ? `endpoint: 198.51.100.${site * 10 + index + 1}:4500, ` : '';
        const address = overlay(site + 1, index + 2);
        return `  m-${site}-${index}: { hub: site-${site}, managed: ${isManaged}, ${endpoint}${address}, keepalive: ${keepalive}, key: ${keyText()} }`;
      }),
    ),
  ].join('\n');
}

const linkOf = (network: Network) =>
  link({ ...assumeKeys(network, emptyFacts), network, epoch: 'test', rev: 1 });

const privateOf = (publicKey: string): Secret =>
  pairs.find((pair) => pair.publicKey === publicKey)?.privateKey as Secret;

/** What every machine's tunnel is, by public keys instead of names. */
function tunnelsOf(yaml: string) {
  const model = linkOf(networkOf(yaml));
  return machinesOf(model)
    .map((name) => project(model, name))
    .flatMap(({ tunnels, bindings }) =>
      Object.values(tunnels).map(({ key, listenPort, peers }) => ({
        publicKey: key.publicKey ?? '',
        listenPort,
        peers: Object.entries(peers)
          .map(([name, peer]) => ({
            key: peer.publicKey,
            endpoint: peer.endpoint,
            keepalive: peer.keepalive,
            allowed: bindings
              .filter(({ candidates }) => candidates[0]?.peer === name)
              .flatMap(({ prefixes }) => prefixes)
              .toSorted(byText),
          }))
          .toSorted((a, b) => byText(a.key, b.key)),
      })),
    )
    .toSorted((a, b) => byText(a.publicKey, b.publicKey));
}

test('what is exported for wg-quick and imported again gives each machine the same peers', () => {
  fc.assert(
    fc.property(plan, fc.boolean(), fc.infiniteStream(fc.nat(1000)), (wanted, keys, order) => {
      // Without private keys only a single address says whose file it is; spokes give a hub none.
      const hasKeys = keys || wanted.isStar;
      const yaml = yamlOf(wanted);
      const model = linkOf(networkOf(yaml));
      const files = machinesOf(model).map((name) => {
        const state = project(model, name);
        const [tunnel] = Object.values(state.tunnels);
        const secrets = hasKeys ? { privateKey: privateOf(tunnel?.key.publicKey ?? '') } : {};
        return { file: `${name}.conf`, text: exportMachine(state, 'wg-quick', secrets) };
      });
      const shuffled = files
        .map((file) => ({ file, at: order.next().value as number }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ file }) => file);
      const overlay = ['10.0.0.0/16', ...(wanted.isDual ? ['fd00::/64'] : [])];
      const imported = importNetwork(shuffled, { overlay, network: 'original' });
      expect(imported.remarks.filter(({ kind }) => kind === 'question')).toEqual([]);
      for (const { privateKey } of pairs) expect(imported.yaml).not.toContain(privateKey.reveal());
      expect(tunnelsOf(imported.yaml)).toEqual(tunnelsOf(yaml));
    }),
    { numRuns: 60 },
  );
});
