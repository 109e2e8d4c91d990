import { expect, test } from 'vitest';
import { emptyFacts, type Facts } from '../inputs.ts';
import { linked } from '../testing.ts';
import { check } from './check.ts';

interface Parts {
  readonly top?: string;
  /** Of the gateway of a. */
  readonly endpoint?: string;
  /** More of the gateway of b. */
  readonly more?: string;
  readonly sites?: string;
  readonly members?: string;
  readonly subnet?: string;
  readonly pools?: readonly [string, string, string];
}

const six = ['fd09::2-fd09::99', 'fd09::100-fd09::199', 'fd09::200-fd09::210'] as const;
const four = ['10.9.0.2-10.9.0.99', '10.9.0.100-10.9.0.199', '10.9.0.200-10.9.0.210'] as const;

const file = ({
  top = '',
  endpoint = '192.0.2.1:51820',
  more = '',
  sites = '',
  members = '',
  subnet = 'fd09::/64',
  pools: [a, b, pool] = six,
}: Parts): string => `
version: 1
network: net
overlay: 10.0.0.0/24
${top}
sites:
  a: { gateways: { ga: { endpoint: "${endpoint}" } } }
  b: { gateways: { gb: { endpoint: "192.0.2.2:51820"${more} } } }
  ${sites}
${members}
segments:
  lab:
    vni: 7
    subnet: "${subnet}"
    pool: "${pool}"
    sites:
      a: { pool: "${a}", port: eth1 }
      b: { pool: "${b}", port: eth1, dhcp: { by: none } }
`;

const findings = (parts: Parts, facts?: Facts) =>
  check(linked(file(parts), facts))
    .diagnostics.filter(({ code }) => code === 'compile/segment-mtu')
    .map(({ message, fix, text }) => `${text}: ${message}. ${fix}`);

const hub = (mtu: number): Parts => ({
  top: 'topology: { hub: [c] }',
  sites: `c: { gateways: { mid: { endpoint: "192.0.2.3:51820", mtu: ${mtu} } } }`,
});

const seen: Facts = { ...emptyFacts, observations: { mtu: { gb: 1300 }, endpoints: {} } };

test('a segment with IPv6 asks for 1280 bytes on all ways between its sites', () => {
  expect(findings({})).toEqual([]);
  expect(findings(hub(1390))).toEqual([]);
});

test.each([
  ['by way of a hub that is not in it', hub(1380), 'mid', 1270, 1390],
  [
    'to a member alone',
    { members: 'members: { m: { hub: a, segment: lab, mtu: 1300 } }' },
    'm',
    1190,
    1390,
  ],
  [
    'where one end is called over IPv6',
    { endpoint: '[2001:db8::1]:51820', more: ', mtu: 1395' },
    'gb',
    1265,
    1410,
  ],
])('less is an error: %s', (_, parts, text, mtu, least) => {
  const [finding, ...others] = findings(parts);
  expect(others).toEqual([]);
  expect(finding).toContain(`${text}: segment \`lab\` has IPv6`);
  expect(finding).toContain(`leaves it ${mtu} `);
  expect(finding).toContain(`to ${least} or more`);
});

test('less is an error, too, where an agent told it', () => {
  const [finding] = findings({}, seen);
  expect(finding).toContain('gb: segment `lab` has IPv6');
  expect(finding).toContain('leaves it 1190 (the network below gb takes 1300)');
});

test('IPv4 alone takes less', () => {
  expect(findings({ ...hub(1000), subnet: '10.9.0.0/24', pools: four })).toEqual([]);
});

test('what fits is told where the DHCP server is not ours', () => {
  expect(check(linked(file({}))).mtus).toEqual([
    { segment: 'lab', site: 'a', mtu: 1390 },
    { segment: 'lab', site: 'b', mtu: 1390 },
  ]);
});
