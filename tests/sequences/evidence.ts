import { deviceOf, type Fleet, tableOf } from './fleet.ts';
import { everybody, type Who } from './model.ts';
import type { Connection } from './prober.ts';

/**
 * What tells why a connection came about, or did not: for every machine how it would send to the ends, by
 * what filter, through what tunnel, which connections it remembers, and who connected to it last.
 */
export async function evidence(fleet: Fleet, addresses: readonly string[]): Promise<string> {
  const ofAll = everybody.map((who) => evidenceAt(fleet, who, addresses));
  return (await Promise.all(ofAll)).join('\n');
}

async function evidenceAt(
  { machines, network, probes }: Fleet,
  who: Who,
  addresses: readonly string[],
): Promise<string> {
  const commands = [
    'date +%T.%N',
    'ip -4 -o address',
    ...addresses.map((address) => `ip route get ${address}`),
    `wg show ${deviceOf(network)}`,
    `nft list table inet ${tableOf(network)}`,
    'cat /proc/net/nf_conntrack',
  ];
  const said = commands.map((line) => {
    const text = machines[who].box.run(['sh', '-c', `${line} 2>&1 || true`]);
    return `${who}# ${line}\n${text}`;
  });
  const arrived = (await probes[who].accepted()).slice(-5);
  return [...said, `${who} was connected to by`, ...arrived.map(inWords)].join('\n');
}

export const inWords = ({ at, local, remote, by }: Connection): string =>
  `${local} with ${remote} at ${new Date(at).toISOString()}${by === undefined ? '' : `, answered by ${by}`}`;

/** The addresses of a connection's ends. */
export const addressesOf = ({ local, remote }: Connection): readonly string[] =>
  [local, remote].map((end) => end.replace(/:\d+$/, ''));
