import type { Diagnostic } from '#base';
import { check } from '../check.ts';
import { found } from '../errors.ts';
import type { Facts, Programs } from '../facts.ts';

type Family = Programs['family'];

interface Program {
  readonly name: string;
  readonly use: string;
  /** Debian's name of the package, and others' where they differ. */
  readonly package: string;
  readonly elsewhere?: { readonly [F in Family]?: string };
  /** Without it the network does not work; else only less can be seen. */
  readonly needed: boolean;
}

const iproute: Pick<Program, 'package' | 'elsewhere'> = {
  package: 'iproute2',
  elsewhere: { fedora: 'iproute' },
};

/** What the agent runs (scripts/packages.txt), and what the doctor asks besides. */
export const programs: readonly Program[] = [
  {
    name: 'wg',
    use: 'which sets up WireGuard',
    package: 'wireguard-tools',
    needed: true,
  },
  { name: 'ip', use: 'which sets up devices, addresses and routes', ...iproute, needed: true },
  { name: 'nft', use: 'which sets up filters', package: 'nftables', needed: true },
  {
    name: 'flock',
    use: 'which keeps two agents apart',
    package: 'util-linux',
    elsewhere: { alpine: 'flock' },
    needed: true,
  },
  {
    name: 'ping',
    use: 'without which the ways to peers are not measured',
    package: 'iputils-ping',
    elsewhere: { fedora: 'iputils', alpine: 'iputils-ping', arch: 'iputils', suse: 'iputils' },
    needed: false,
  },
  {
    name: 'fping',
    use: 'without which hosts behind gateways are not asked whether packets come back',
    package: 'fping',
    needed: false,
  },
  {
    name: 'ss',
    use: 'without which nothing tells who holds a port',
    ...iproute,
    elsewhere: { fedora: 'iproute', alpine: 'iproute2-ss' },
    needed: false,
  },
  {
    name: 'perl',
    use: 'without which machines in segments find out late who moved',
    package: 'perl-base',
    elsewhere: { fedora: 'perl-interpreter', alpine: 'perl', arch: 'perl', suse: 'perl-base' },
    needed: false,
  },
];

const packageOf = (program: Pick<Program, 'package' | 'elsewhere'>, family: Family): string =>
  program.elsewhere?.[family] ?? program.package;

function missing({ there, install, family }: Programs): readonly Diagnostic[] {
  return programs
    .filter(({ name }) => !there.has(name))
    .map((program) => {
      const { name, use, needed } = program;
      const command = `\`${install} ${packageOf(program, family)}\``;
      const severity = needed ? 'error' : 'warning';
      return found('doctor/program-missing', { program: name, use, command }, { severity });
    });
}

/** Devices of ours that wireguard-go carries: a TUN device with our mark. */
const carriedByProgram = (devices: Facts['devices']): readonly string[] =>
  devices
    .filter(({ kind, alias }) => kind === 'tun' && alias?.startsWith('hawser:'))
    .map(({ name }) => name);

export const programChecks = [
  check({
    id: 'programs',
    group: 'programs',
    fine: 'the programs that the agent runs are there',
    needs: ['programs'],
    codes: ['doctor/program-missing'],
    judge: ({ programs: seen }) => missing(seen),
    detail: ({ programs: { wg = '' } }) => wg,
  }),
  check({
    id: 'wireguard',
    group: 'programs',
    fine: 'WireGuard is there, by the kernel where that can',
    needs: ['programs', 'kernel', 'devices'],
    codes: ['doctor/no-wireguard', 'doctor/no-tun', 'doctor/slow-wireguard'],
    judge: ({ programs: { there, install }, kernel, devices }) => {
      const slow = carriedByProgram(devices);
      if (kernel.wireguard !== 'absent') {
        return slow.map((one) =>
          found('doctor/slow-wireguard', { interface: one }, { severity: 'warning' }),
        );
      }
      if (!there.has('wireguard-go')) {
        const command = `\`${install} wireguard-go\`, or a kernel with WireGuard (Linux 5.6)`;
        return [found('doctor/no-wireguard', { release: kernel.release, command })];
      }
      return kernel.tun ? [] : [found('doctor/no-tun', {})];
    },
    detail: ({ kernel, devices }) =>
      kernel.wireguard === 'absent' || carriedByProgram(devices).length > 0
        ? 'wireguard-go'
        : `Linux ${kernel.release}`,
  }),
];
