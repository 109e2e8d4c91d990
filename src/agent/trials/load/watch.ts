import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Watched } from '#api';

/** Ticks that a core was busy, of all that passed. */
export interface Core {
  readonly busy: number;
  readonly all: number;
}

/** Ticks a second, as all Linux machines that we know count them: USER_HZ, proc(5). */
const ticks = 100;

/** The cores of /proc/stat: user nice system idle iowait irq softirq steal. Pure. */
export const coresIn = (stat: string): readonly Core[] =>
  stat.split('\n').flatMap((line) => {
    if (!/^cpu\d/.test(line)) return [];
    const counts = line.split(/ +/).slice(1, 9).map(Number);
    const all = counts.reduce((sum, count) => sum + count, 0);
    return [{ busy: all - (counts[3] ?? 0) - (counts[4] ?? 0), all }];
  });

/** Between two looks: of all cores together, and of the one that had most to do. Pure. */
export function busyBetween(
  before: readonly Core[],
  after: readonly Core[],
): Pick<Watched, 'cores' | 'busy' | 'hottest'> {
  const spent = after.map(({ busy, all }, at) => ({
    busy: busy - (before[at]?.busy ?? 0),
    all: all - (before[at]?.all ?? 0),
  }));
  const share = ({ busy, all }: Core): number =>
    all <= 0 ? 0 : Math.min(1, Math.max(0, busy / all));
  const whole = spent.reduce((sum, one) => ({ busy: sum.busy + one.busy, all: sum.all + one.all }));
  return {
    cores: spent.length,
    busy: round(share(whole)),
    hottest: round(Math.max(...spent.map(share))),
  };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
const cores = (): readonly Core[] => coresIn(readFileSync('/proc/stat', 'utf8'));

const tryRead = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};

/** Ticks that each wireguard-go of this network namespace used so far. */
function helpers(): ReadonlyMap<string, number> {
  const here = tryRead(() => readlinkSync('/proc/self/ns/net'));
  const found = readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    const stat = tryRead(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (!stat.includes('(wireguard-go)')) return [];
    if (tryRead(() => readlinkSync(`/proc/${pid}/ns/net`)) !== here) return [];
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [[pid, Number(fields[11]) + Number(fields[12])] as const];
  });
  return new Map(found);
}

const hasIperf = (): boolean =>
  spawnSync('iperf3', ['--version'], { stdio: 'ignore' }).status === 0;

/** How busy this machine is for so many seconds. */
export async function watch(seconds: number): Promise<Watched> {
  const [before, used, began] = [cores(), helpers(), performance.now()];
  await sleep(seconds * 1000);
  const passed = (performance.now() - began) / 1000;
  const after = helpers();
  const spent = [...after].map(([pid, now]) => now - (used.get(pid) ?? now));
  const sum = spent.reduce((all, one) => all + one, 0);
  return {
    ...busyBetween(before, cores()),
    ...(after.size > 0 && { wireguard: round(sum / ticks / passed) }),
    iperf3: hasIperf(),
  };
}
