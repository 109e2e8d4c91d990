import type { Context } from '../context.ts';
import { hostErrors } from '../errors.ts';
import { isGone } from './kernel.ts';

/**
 * Gives sysctls back the values they had before us, unless another network of ours also wants them,
 * which knows what to restore. A sysctl whose device is gone needs nothing.
 */
export async function restore(context: Context, paths: readonly string[]): Promise<void> {
  const previous = context.claims.sysctls(context.namespace);
  const now = await context.kernel.read(paths);
  for (const path of paths) {
    const value = previous.get(path);
    const others = context.claims.othersWant(context.namespace, path);
    if (value !== undefined && now.has(path) && now.get(path) !== value && !others) {
      await context.kernel.write(path, value).catch((error: unknown) => {
        if (!isGone(error)) throw error;
      });
    }
    context.claims.releaseSysctl(context.namespace, path);
  }
}

/** Those of the module br_netfilter: how bridged packets come to the filters of IP. */
const ofBridges = 'net/bridge/';

/** Sets sysctls, after remembering what they were. @throws host/no-bridge-filter */
export async function set(context: Context, values: ReadonlyMap<string, string>): Promise<void> {
  const now = await context.kernel.read([...values.keys()]);
  for (const path of values.keys()) {
    if (path.startsWith(ofBridges) && !now.has(path)) {
      throw hostErrors.error('host/no-bridge-filter', { path: path.replaceAll('/', '.') });
    }
  }
  context.claims.claimSysctls(context.namespace, now);
  for (const [path, value] of values) {
    if (now.get(path) !== value) await context.kernel.write(path, value);
  }
}
