import { inParallel } from '#base';
import { inside, type Keeper } from '../keeper.ts';
import { must, run } from '../run.ts';
import { internet, type Underlay } from './plan.ts';
import { type NsScript, renderUnderlay } from './render.ts';

const width = 8;

/** Makes the namespaces, cables, addresses, routes and NATs of an underlay inside a lab. */
export async function buildUnderlay(keeper: Keeper, underlay: Underlay): Promise<void> {
  const script = renderUnderlay(underlay);
  const ip = [...inside(keeper), 'ip', '-batch', '-'];
  await must(ip, { input: script.namespaces });
  await inParallel(script.each, width, (ns) => settings(keeper, ns));
  await must(ip, { input: script.cables });
  await inParallel(script.each, width, (ns) => configure(keeper, ns));
}

const enter = (keeper: Keeper, ns: string): readonly string[] =>
  inside(keeper, ns === internet ? undefined : ns);

/** Settings a kernel lacks (a bridge filter that is not loaded) have nothing to be switched. */
async function settings(keeper: Keeper, { name, off, on }: NsScript): Promise<void> {
  const write = (files: readonly string[], input: string) =>
    run([...enter(keeper, name), 'tee', ...files.map((file) => `/proc/sys/${file}`)], { input });
  if (off.length > 0) await write(off, '0\n');
  if (on.length > 0) await write(on, '1\n');
}

async function configure(keeper: Keeper, { name, ip, nft }: NsScript): Promise<void> {
  await must([...enter(keeper, name), 'ip', '-batch', '-'], { input: ip });
  if (nft) await must([...enter(keeper, name), 'nft', '-f', '-'], { input: nft });
}
