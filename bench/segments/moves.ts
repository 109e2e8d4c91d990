import { type Gateway, openWorld } from '../../tests/agent/tables-world.ts';
import { until } from '../../tests/support/until.ts';

const nameOf = (n: number): string => `m-${n}`;
const addressOf = (n: number): string => `10.9.0.${10 + n}`;
const macOf = (n: number): string => `02:00:00:00:02:${n.toString(16).padStart(2, '0')}`;

/**
 * Machines that the file does not name go from one site to the other, one after another, and speak there. Gives
 * how long after its first frame there each is pinged again from where it was, in ms.
 */
export async function moves(count: number): Promise<readonly number[]> {
  const [a, b] = await openWorld();
  try {
    await until(
      'the machines of the file reach each other',
      () => a.reaches('knox-1', '10.9.0.129'),
      20_000,
    );
    const times: number[] = [];
    for (let n = 0; n < count; n++) times.push(await move(b, a, n));
    return times;
  } finally {
    await a.close();
    await b.close();
  }
}

async function move(from: Gateway, to: Gateway, n: number): Promise<number> {
  const [name, address] = [nameOf(n), addressOf(n)];
  from.plugIn(name, address, macOf(n));
  from.reaches(name, '10.9.0.129');
  await until('it is known at the other site', () => to.reaches('knox-1', address, 0.2));
  from.unplug(name);
  to.plugIn(name, address, macOf(n));
  let began = performance.now();
  // Its switch lets nothing pass for up to a second after it was plugged in (the kernel's linkwatch).
  while (!to.reaches(name, '10.9.0.1', 0.05)) began = performance.now();
  while (!from.reaches('pouta-1', address, 0.05)) {
    if (performance.now() - began > 20_000) throw new Error(`${name} is not found again`);
  }
  return performance.now() - began;
}
