import type { Diagnostic } from '#base';
import type { Change, NftTableItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import type { Failure } from '../contract.ts';
import { hostErrors } from '../errors.ts';
import { findingOf, together } from '../failure.ts';
import { lackedFamily } from '../lacks.ts';
import { removalsOf } from '../pick.ts';
import { isOurTable, knownRules, listTable, listTables, putTable } from './read.ts';
import { transaction } from './script.ts';

/** Tables that may be ours. Names are only names: what decides is the comment. */
const isCandidate = (context: Context, { family, name }: NftTableItem): boolean =>
  context.wish.thorough === true ||
  name.startsWith('hawser') ||
  context.wanted['nft-tables'].has(`${family} ${name}`);

const isOfNft = ({ facility }: Change): boolean => facility.startsWith('nft-');

/** All in one transaction; where the kernel lacks a family, what is of others all the same. */
async function establish(
  context: Context,
  changes: readonly Change[],
): Promise<readonly Failure[]> {
  const leaving = new Set<Change>(removalsOf(changes, 'nft-tables').map(({ change }) => change));
  const staying = changes.filter((change) => !leaving.has(change));
  const stdin = transaction(context.network, changes, context.wanted);
  if (stdin === '') return [];
  try {
    await context.run('write', ['nft', '-f', '-'], { stdin });
    return [];
  } catch (error) {
    const family = lackedFamily(error);
    if (family === undefined) return failed(staying, findingOf(error));
    const isOfIt = ({ id }: Change): boolean => id.startsWith(`${family} `);
    const args = { family, namespace: context.namespace };
    const told = findingOf(hostErrors.error('host/no-filter-family', args, { cause: error }));
    const others = changes.filter((change) => !isOfIt(change));
    return [...failed(staying.filter(isOfIt), told), ...(await establish(context, others))];
  }
}

const failed = (changes: readonly Change[], error: Diagnostic): readonly Failure[] =>
  changes.map((change) => ({ change, error }));

/** Our own nftables tables, changed by element and chain in one transaction, never flushed. */
export const nft: LinuxFacility = {
  name: 'nft',
  v: 1,

  async observe(context) {
    const tables = (await listTables(context)).filter((table) => isCandidate(context, table));
    const known = knownRules(context);
    const listed = await Promise.all(tables.map((table) => listTable(context, table)));
    return (into) => {
      for (const [index, table] of tables.entries()) {
        const content = listed[index];
        if (content && isOurTable(context, content)) putTable(into, table, content, known);
      }
    };
  },

  establish: (context, changes) => establish(context, changes.filter(isOfNft)),

  withdraw(context, changes) {
    const leaving = removalsOf(changes, 'nft-tables');
    const stdin = leaving.map(({ change }) => `delete table ${change.id}\n`).join('');
    return together(
      leaving.map(({ change }) => change),
      () => context.run('write', ['nft', '-f', '-'], { stdin }),
    );
  },
};
