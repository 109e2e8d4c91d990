import { supervisorVariable } from './supervise.ts';

/** ms between looks. */
const every = 2_000;

/**
 * Calls `orphaned` once the supervisor that started this agent is gone: whoever is left gets another
 * parent. Nothing happens where there never was one.
 */
export function whenOrphaned(orphaned: () => void): void {
  const supervisor = Number(process.env[supervisorVariable]);
  if (!supervisor) return;
  const timer = setInterval(() => {
    if (process.ppid === supervisor) return;
    clearInterval(timer);
    orphaned();
  }, every);
  timer.unref();
}
