import type { Change, NftTableItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import { together } from '../failure.ts';
import { removalsOf } from '../pick.ts';
import { isOurTable, knownRules, listTable, listTables, putTable } from './read.ts';
import { transaction } from './script.ts';

/** Tables that may be ours. Names are only names: what decides is the comment. */
const isCandidate = (context: Context, { family, name }: NftTableItem): boolean =>
  context.wish.thorough === true ||
  name.startsWith('hawser') ||
  context.wanted['nft-tables'].has(`${family} ${name}`);

const isOfNft = ({ facility }: Change): boolean => facility.startsWith('nft-');

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

  establish(context, changes) {
    const ours = changes.filter((change) => isOfNft(change));
    const stdin = transaction(context.network, ours, context.wanted);
    if (stdin === '') return Promise.resolve([]);
    const leaving = removalsOf(ours, 'nft-tables').map(({ change }) => change as Change);
    return together(
      ours.filter((change) => !leaving.includes(change)),
      () => context.run('write', ['nft', '-f', '-'], { stdin }),
    );
  },

  withdraw(context, changes) {
    const leaving = removalsOf(changes, 'nft-tables');
    const stdin = leaving.map(({ change }) => `delete table ${change.id}\n`).join('');
    return together(
      leaving.map(({ change }) => change),
      () => context.run('write', ['nft', '-f', '-'], { stdin }),
    );
  },
};
