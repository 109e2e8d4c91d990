import { expect } from 'vitest';

/** The first machine of each site, and the second, by addresses of one family, and where names are asked for. */
interface Named {
  readonly knox: readonly [string, string];
  readonly epouta: readonly [string, string];
  readonly dns: string;
}

/** Machines of both sites, and a member alone, are told what all are called, past a policy that does not speak of it. */
export function namesAll(
  at: (machine: string, script: string) => string,
  { knox, epouta, dns }: Named,
): void {
  for (const [machine, name, address] of [
    ['epouta-1', 'knox-1', knox[0]],
    ['epouta-2', 'epouta-1', epouta[0]],
    ['knox-1', 'epouta-1', epouta[0]],
    ['instrument', 'knox-2', knox[1]],
  ] as const) {
    const ask = (what: string): string => `busybox nslookup ${what} ${dns}`;
    const whole = `${name}.stretched.internal`;
    const said = at(machine, `${ask(whole)}; ${ask(address)}`);
    expect(said).toContain(`Address: ${address}`);
    expect(said).toContain(`name = ${whole}`);
  }
}
