import type { Run } from '#host';
import type { Item } from './item.ts';

/** wg hides keys unless it is told otherwise. */
const env = { WG_HIDE_KEYS: 'always' };

/** What a command line of plain words says. */
export const command = (
  run: Run,
  path: string,
  line: string,
  keep: Item['keep'] = 'head',
): Item => ({
  path,
  from: `\`${line}\``,
  keep,
  read: () => run('read', line.split(' '), { env }),
});
