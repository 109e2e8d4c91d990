import { inside, type Keeper } from './keeper.ts';
import { must, run } from './run.ts';
import type { Plug, Underlay } from './underlay/plan.ts';

/** Puts the ends that move with a tunnel where it lives. With a device go its addresses and routes. */
export async function plug(keeper: Keeper, { plugs }: Underlay): Promise<void> {
  for (const one of plugs) await put(keeper, one);
}

async function put(keeper: Keeper, { device, home, router, ...more }: Plug): Promise<void> {
  const { isInRouter, addresses, routes } = more;
  const [from, to] = isInRouter ? [home, router] : [router, home];
  const ip = (namespace: string) => [...inside(keeper), 'ip', '-n', namespace];
  // It is there already, where this was done before.
  await run([...ip(from), 'link', 'set', device, 'netns', to]);
  const lines = [
    `link set ${device} up`,
    ...addresses.map((one) => `address replace ${one} dev ${device}${nodad(one)}`),
    ...(isInRouter
      ? routes.map(({ prefix, via }) => `route replace ${prefix} via ${via} dev ${device} onlink`)
      : []),
  ];
  await must([...ip(to), '-batch', '-'], { input: lines.map((line) => `${line}\n`).join('') });
}

const nodad = (address: string): string => (address.includes(':') ? ' nodad' : '');
