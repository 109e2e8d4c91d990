import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Star } from '../server/star.ts';
import type { Machine } from '../server/world.ts';
import { makeTemporaryFolder, repositoryRoot } from '../support/checkout.ts';
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

/** A nameserver that knows one name: its own, of an address of IPv4 (RFC 1035, sections 3.2.1 and 4.1). */
const nameserver = `
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (question, from) => {
  const end = question.indexOf(0, 12) + 5;
  const isOurs = question.subarray(12).toString().startsWith('\\x03hub\\x07example');
  const isAddress = question[end - 3] === 1;
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1]);
  const head = Buffer.from(question.subarray(0, end));
  head.set([head[2] | 0x80, isOurs ? 0 : 3, 0, 1, 0, isOurs && isAddress ? 1 : 0, 0, 0, 0, 0], 2);
  socket.send(isOurs && isAddress ? Buffer.concat([head, answer]) : head, from.port, from.address);
});
socket.bind(53, '192.0.2.1', () => console.log('ready'));
`;

export const network = 't-doctor';
export const tunnel = `hw-${network}`;

/** Three machines of one network, as well as machines can be: nothing is to be found on them. */
export class Ward {
  readonly star: Star;
  /** A folder of its own, outside of all machines, and seen by all. */
  readonly scratch = makeTemporaryFolder();

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

  async close(): Promise<void> {
    rmSync(this.scratch, { recursive: true });
    await this.star.close();
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

/** Words before a program of Node whose clock is to be fast, by so many seconds. */
export function fastBy(seconds: number): readonly string[] {
  const script = `const now = Date.now; const Real = Date; Date = class extends Real { constructor(...a) { super(...(a.length ? a : [now() + ${seconds * 1000}])); } static now() { return now() + ${seconds * 1000}; } };`;
  return ['env', `NODE_OPTIONS=--import=data:text/javascript,${encodeURIComponent(script)}`];
}

const asked = (only: readonly string[]): readonly string[] => [
  ...['doctor', '--json'],
  ...(only.length === 0 ? [] : ['--only', ...only]),
];

/** What a doctor's `--json` says. */
function examinationIn({ code, out, err }: Outcome): Examination {
  if (out === '') throw new Error(err);
  const { checks } = JSON.parse(out) as { readonly checks: readonly CheckResult[] };
  const findings = checks.flatMap((one) => one.findings);
  return { code, checks, findings, codes: findings.map((one) => one.code) };
}

/** What the doctor finds on a machine; some checks, or all. */
export const examine = (machine: Machine, ...only: readonly string[]): Examination =>
  examinationIn(machine.hawser(...asked(only)));

/** The same behind other words, such as those of a clock that is wrong. */
export const examineAs = (
  before: readonly string[],
  machine: Machine,
  ...only: readonly string[]
): Examination => examinationIn(machine.hawserAs(before, ...asked(only)));

/** The same by another program, such as one of another version. */
export const examineBy = (
  program: string,
  machine: Machine,
  ...only: readonly string[]
): Examination => examinationIn(runBy(program, machine, ...asked(only)));

/** Runs another Hawser on a machine. */
export const runBy = (program: string, { box }: Machine, ...args: readonly string[]): Outcome =>
  outcomeOf([...box.enter, 'env', 'HOME=/run/home', process.execPath, program, ...args]);

/** The commands that a finding names, in their order. */
export const commandsIn = ({ fix }: Finding): readonly string[] =>
  [...fix.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command);

/** Types a command as a person would; Hawser's own have to succeed. */
export function type(machine: Machine, command: string): void {
  const [program, ...words] = command.split(' ');
  if (program === 'hawser') machine.must(...words);
  else machine.box.run(['sh', '-c', command]);
}

/** Types what the first of some findings says first. */
export const obey = (machine: Machine, { findings: [finding] }: Examination): void =>
  type(machine, (finding && commandsIn(finding)[0]) ?? '');

/** These findings and no others, by their codes without the room. */
export function expectOnly(examination: Examination, ...codes: readonly string[]): Examination {
  expect(examination.codes).toEqual(codes.map((code) => `doctor/${code}`));
  return examination;
}
