import { existsSync } from 'node:fs';
import { putItem } from '#state';
import type { Context, LinuxFacility } from '../context.ts';
import { together } from '../failure.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { removeResolverFolder, tableFolder } from './folder.ts';
import { findResolver, startResolver, stopResolver, watch } from './process.ts';

/** Where a resolver is wished, or may be left. */
const mayRun = (context: Context): boolean =>
  context.namespace === 'root' &&
  (context.wanted.resolvers.size > 0 ||
    context.wish.thorough === true ||
    existsSync(tableFolder(context)));

/** A resolver for the names of a network, by dnsmasq. */
export const dnsmasq: LinuxFacility = {
  name: 'resolvers',
  v: 1,

  async observe(context) {
    const running = mayRun(context) ? await findResolver(context) : undefined;
    if (running) watch(context, running.pid);
    else context.vigil.forget(context.network);
    return (into) => {
      if (running) putItem(into, 'resolvers', running.item);
    };
  },

  async establish(context, changes) {
    const failures = wishesOf(changes, 'resolvers').map(async ({ change, item, before }) =>
      together([change], async () => {
        if (before) await stopResolver(context);
        await startResolver(context, item);
      }),
    );
    return (await Promise.all(failures)).flat();
  },

  async withdraw(context, changes) {
    const gone = removalsOf(changes, 'resolvers').map(({ change }) => change);
    return together(gone, async () => {
      await stopResolver(context);
      removeResolverFolder(context);
    });
  },
};
