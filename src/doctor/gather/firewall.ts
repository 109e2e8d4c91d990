import { existsSync, readFileSync } from 'node:fs';
import { lacksNftables } from '#host';
import { readIptables } from '../firewall/iptables.ts';
import type { Firewall } from '../firewall/model.ts';
import { type NftRuleset, readNft } from '../firewall/nft.ts';
import type { Gathering } from './gathering.ts';
import { hasProgram } from './programs.ts';

const families = [
  { family: 'ip', program: 'iptables', names: '/proc/net/ip_tables_names' },
  { family: 'ip6', program: 'ip6tables', names: '/proc/net/ip6_tables_names' },
] as const;

const firstOf = (...programs: readonly string[]): string | undefined => programs.find(hasProgram);

async function saved(
  { sources: { run } }: Gathering,
  program: string | undefined,
  family: 'ip' | 'ip6',
  legacy: boolean,
): Promise<Firewall> {
  if (program === undefined) return [];
  return readIptables(await run('read', [program]), family, legacy);
}

/** Rules of iptables of old, which nft knows nothing of; only where there are any. */
async function legacyTables(gathering: Gathering): Promise<Firewall> {
  const found = families.map(async ({ family, program, names }) => {
    const isUsed = existsSync(names) && readFileSync(names, 'utf8').trim() !== '';
    const save = firstOf(`${program}-legacy-save`, `${program}-save`);
    return isUsed ? saved(gathering, save, family, true) : [];
  });
  return (await Promise.all(found)).flat();
}

/** iptables writes extensions into nft that only it can read. */
async function extendedTables(gathering: Gathering): Promise<Firewall> {
  const found = families.map(({ family, program }) =>
    saved(gathering, firstOf(`${program}-nft-save`), family, false),
  );
  return (await Promise.all(found)).flat();
}

const nameOf = ({ family, name }: Firewall[number]): string => `${family} ${name}`;

/** What nft(8) says of all rules; a kernel without nftables has none. */
async function rulesetText({ sources: { run } }: Gathering): Promise<string> {
  try {
    return await run('read', ['nft', '-j', 'list', 'ruleset']);
  } catch (error) {
    if (!lacksNftables(error)) throw error;
    return '{ "nftables": [] }';
  }
}

/** All packet filters there are. */
export async function gatherFirewall(gathering: Gathering): Promise<Firewall> {
  const text = await rulesetText(gathering);
  const shown = readNft(JSON.parse(text) as NftRuleset);
  const extended = text.includes('"xt"') ? await extendedTables(gathering) : [];
  const better = new Set(extended.map(nameOf));
  return [
    ...shown.filter((table) => !better.has(nameOf(table))),
    ...extended,
    ...(await legacyTables(gathering)),
  ];
}
