import { file, type Gateway, openWorld, proxied } from '../../tests/agent/tables-world.ts';
import { until } from '../../tests/support/until.ts';

const nameOf = (n: number): string => `m-${n}`;
const addressOf = (n: number): string => `10.9.0.${10 + n}`;
const macOf = (n: number): string => `02:00:00:00:02:${n.toString(16).padStart(2, '0')}`;

/** A site, and its machine of the file. */
interface End {
  readonly gateway: Gateway;
  readonly station: string;
  readonly address: string;
}

/**
 * Machines that the file does not name go from one site to the other, one after another, and speak there. Gives
 * how long after its first frame there each is pinged again from where it was, in ms. `routed`: one of the sites is in proxy
 * mode, and every other machine goes to it.
 */
export async function moves(count: number, routed = false): Promise<readonly number[]> {
  const [a, b] = await openWorld(routed ? proxied : file);
  const knox = { gateway: a, station: 'knox-1', address: '10.9.0.1' };
  const pouta = { gateway: b, station: 'pouta-1', address: '10.9.0.129' };
  try {
    await until(
      'the machines of the file reach each other',
      () => a.reaches('knox-1', '10.9.0.129'),
      20_000,
    );
    const times: number[] = [];
    for (let n = 0; n < count; n++) {
      const isBack = routed && n % 2 === 1;
      times.push(await (isBack ? move(knox, pouta, n) : move(pouta, knox, n)));
    }
    return times;
  } finally {
    await a.close();
    await b.close();
  }
}

async function move(from: End, to: End, n: number): Promise<number> {
  const [name, address] = [nameOf(n), addressOf(n)];
  from.gateway.plugIn(name, address, macOf(n));
  from.gateway.reaches(name, from.address);
  await until('it is known at the other site', () => to.gateway.reaches(to.station, address, 0.2));
  from.gateway.unplug(name);
  to.gateway.plugIn(name, address, macOf(n));
  let began = performance.now();
  // Its switch lets nothing pass for up to a second after it was plugged in (the kernel's linkwatch).
  while (!to.gateway.reaches(name, to.address, 0.05)) began = performance.now();
  while (!from.gateway.reaches(from.station, address, 0.05)) {
    if (performance.now() - began > 20_000) throw new Error(`${name} is not found again`);
  }
  return performance.now() - began;
}
