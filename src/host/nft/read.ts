import { canonicalElement, type NamespaceBuilder, type NftTableItem, putItem } from '#state';
import type { Context } from '../context.ts';
import { hostErrors } from '../errors.ts';
import { readJson } from '../json.ts';
import { lacksNftables } from '../lacks.ts';
import { networkOf } from '../mark.ts';
import { type ListedRule, type ListedTable, parseTable } from './parse.ts';
import { stampOf } from './stamp.ts';

/** In the namespaces of segments: what an agent sees by. It is the agent's own affair, and may be large. */
export const sightTable = 'hawser-sight';

/** What nft(8) says of all tables. @throws host/no-nftables */
async function askForTables({ run, network }: Context): Promise<string> {
  try {
    return await run('read', ['nft', '-j', 'list', 'tables']);
  } catch (error) {
    if (!lacksNftables(error)) throw error;
    throw hostErrors.error('host/no-nftables', { network }, { cause: error });
  }
}

/** Names of all tables but those. @throws host/no-nftables */
export async function listTables(context: Context): Promise<readonly NftTableItem[]> {
  const text = await askForTables(context);
  const { nftables } = readJson<{ nftables?: readonly { table?: NftTableItem }[] }>('nft', text);
  return (nftables ?? []).flatMap(({ table }) =>
    table && table.name !== sightTable ? [{ family: table.family, name: table.name }] : [],
  );
}

export async function listTable(context: Context, table: NftTableItem): Promise<ListedTable> {
  const argv = ['nft', '-n', 'list', 'table', table.family, table.name];
  return parseTable(await context.run('read', argv));
}

export const isOurTable = (context: Context, listed: ListedTable): boolean =>
  networkOf(listed.comment) === context.network;

/** Our rules as we write them, by stamp. */
export function knownRules(context: Context): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const { rules } of context.wanted['nft-chains'].values()) {
    for (const rule of rules) known.set(stampOf(rule), rule);
  }
  return known;
}

/** A rule of which we know nothing is told in nft's words, which equal none of ours. */
const ruleText = ({ text, comment }: ListedRule, known: ReadonlyMap<string, string>): string =>
  known.get(comment ?? '') ?? `${text} comment "${comment ?? ''}"`;

/** Puts all that is in one of our tables into the view. */
export function putTable(
  into: NamespaceBuilder,
  table: NftTableItem,
  listed: ListedTable,
  known: ReadonlyMap<string, string>,
): void {
  const where = { family: table.family, table: table.name };
  putItem(into, 'nft-tables', table);
  for (const name of listed.counters) putItem(into, 'nft-counters', { ...where, name });
  for (const { name, hook, rules } of listed.chains) {
    const texts = rules.map((rule) => ruleText(rule, known));
    putItem(into, 'nft-chains', { ...where, name, ...(hook && { hook }), rules: texts });
  }
  for (const { name, map, type, interval, elements } of listed.sets) {
    putItem(into, 'nft-sets', { ...where, name, map, type, interval });
    for (const [text, verdict] of elements) {
      const item = { ...where, set: name, element: canonicalElement(text, type) };
      putItem(into, 'nft-elements', verdict === undefined ? item : { ...item, verdict });
    }
  }
}
