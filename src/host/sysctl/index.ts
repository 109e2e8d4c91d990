import { putItem } from '#state';
import type { LinuxFacility } from '../context.ts';
import { together } from '../failure.ts';
import { isForwardingPath } from '../forwarding/paths.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { restore, set } from './restore.ts';

/** Sysctls that are wished, and those we changed before and no other network of ours relies on. */
export const sysctl: LinuxFacility = {
  name: 'sysctls',
  v: 1,

  async observe(context) {
    const before = context.claims.sysctls(context.namespace);
    const claimed = [...before.keys()];
    const paths = new Set([
      ...context.wanted.sysctls.keys(),
      ...claimed.filter(
        (path) =>
          !isForwardingPath(path, claimed) && !context.claims.othersWant(context.namespace, path),
      ),
    ]);
    const values = await context.kernel.read([...paths]);
    return (into) => {
      for (const [path, value] of values) {
        const previous = before.get(path);
        const known = previous === undefined ? {} : { previous };
        putItem(into, 'sysctls', { path, value, ...known });
      }
    };
  },

  async establish(context, changes) {
    const failures = await Promise.all(
      wishesOf(changes, 'sysctls').map(({ change, item }) =>
        together([change], () => set(context, new Map([[item.path, item.value]]))),
      ),
    );
    return failures.flat();
  },

  withdraw(context, changes) {
    const gone = removalsOf(changes, 'sysctls');
    const paths = gone.map(({ item }) => item.path);
    return together(
      gone.map(({ change }) => change),
      () => restore(context, paths),
    );
  },
};
