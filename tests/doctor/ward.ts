import { join } from 'node:path';
import { Star } from '../server/star.ts';
import type { Machine } from '../server/world.ts';
import { repositoryRoot } from '../support/checkout.ts';
import { type Outcome, outcomeOf } from '../support/hawser.ts';
import { until } from '../support/until.ts';

export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly fix: string;
}

interface CheckResult {
  readonly id: string;
  readonly is: 'fine' | 'found' | 'none' | 'unknown';
  readonly why?: string;
  readonly findings: readonly Finding[];
}

export interface Examination {
  readonly code: number;
  readonly checks: readonly CheckResult[];
  readonly findings: readonly Finding[];
  readonly codes: readonly string[];
}

/** Says to any question for a name that there is none. */
const nameserver = `
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (question, from) => {
  question[2] |= 0x80; question[3] = 3;
  socket.send(question, from.port, from.address);
});
socket.bind(53, '192.0.2.1', () => console.log('ready'));
`;

export const network = 't-doctor';
export const tunnel = `hw-${network}`;

/** Three machines of one network, as well as machines can be: nothing is to be found on them. */
export class Ward {
  readonly star: Star;

  private constructor(star: Star) {
    this.star = star;
  }

  static async open(): Promise<Ward> {
    const star = await Star.open(network);
    const ward = new Ward(star);
    try {
      const names = star.hub.run(process.execPath, '-e', nameserver);
      await until('the nameserver listens', () => names.output.includes('ready'));
      for (const machine of [star.hub, star.alice, star.bob]) makeWell(machine);
      return ward;
    } catch (error) {
      await ward.close();
      throw error;
    }
  }

  /** Runs Hawser as somebody who may nothing, wherever the checkout lies. */
  asUser(machine: Machine, ...args: readonly string[]): Outcome {
    machine.do('touch /run/node');
    machine.do(`mount --bind ${process.execPath} /run/node`);
    machine.do(`mount --mkdir --bind ${join(repositoryRoot, 'dist')} /run/dist`);
    const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const argv = [...user, '/run/node', '/run/dist/hawser.mjs', ...args];
    return outcomeOf([...machine.box.enter, ...argv]);
  }

  /** Lets only packets up to so many bytes pass a machine's cable. */
  narrow(machine: Machine, mtu: number): void {
    this.star.world.narrow(machine, mtu);
  }

  close(): Promise<void> {
    return this.star.close();
  }
}

function makeWell(machine: Machine): void {
  for (const folder of ['/etc/cron.d', '/etc/sysctl.d'])
    machine.do(`mount -t tmpfs tmpfs ${folder}`);
  machine.write('/etc/cron.d/hawser-agent', '@reboot root hawser agent start\n');
  machine.write('/etc/cron.d/hawser-server', '@reboot root hawser server\n');
  machine.box.write('/run/resolv.conf', '', '0644');
  machine.do('mount --bind /run/resolv.conf /etc/resolv.conf');
  resolvers(machine, '192.0.2.1');
}

/** Sets the machine's nameservers. */
export function resolvers(machine: Machine, ...addresses: readonly string[]): void {
  const input = addresses.map((one) => `nameserver ${one}\n`).join('');
  machine.box.run(['tee', '/etc/resolv.conf'], { input });
}

/** What the doctor finds on a machine; some checks, or all. */
export function examine(machine: Machine, ...only: readonly string[]): Examination {
  const chosen = only.length === 0 ? [] : ['--only', ...only];
  const { code, out, err } = machine.hawser('doctor', '--json', ...chosen);
  if (out === '') throw new Error(`${machine.name}: ${err}`);
  const { checks } = JSON.parse(out) as { readonly checks: readonly CheckResult[] };
  const findings = checks.flatMap((one) => one.findings);
  return { code, checks, findings, codes: findings.map((one) => one.code) };
}
