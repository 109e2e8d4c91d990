import { existsSync, globSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentStatus, askAgent, heldStates } from '#agent';
import { hasSystemd, type Run } from '#host';
import { hasProgram } from '../gather/programs.ts';
import { command } from './command.ts';
import type { Item, LeftOut } from './item.ts';
import { spaceItems } from './spaces.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const file = (path: string, name: string, keep: Item['keep'] = 'head'): Item => ({
  path: name,
  from: path,
  keep,
  read: () => readFileSync(path, 'utf8'),
});

/** Programs of which somebody may ask the version. */
const versions = [
  ['wg', '--version'],
  ['wireguard-go', '--version'],
  ['ip', '-V'],
  ['nft', '--version'],
  ['ping', '-V'],
  ['systemctl', '--version'],
] as const;

async function versionText(run: Run, own: string): Promise<string> {
  const said = await Promise.all(
    versions.map(async ([program, flag]) => {
      const text = hasProgram(program)
        ? await run('read', [program, flag], { exits: [0, 1, 2] }).catch(String)
        : 'not there';
      return `${program}: ${text.split('\n')[0]}`;
    }),
  );
  const head = [`hawser: ${own}`, `node: ${process.version} ${process.arch}`];
  return `${[...head, ...said].join('\n')}\n`;
}

const keys =
  /^net\/(?:ipv4\/ip_forward|ipv4\/conf\/.*\/(?:forwarding|rp_filter|src_valid_mark|send_redirects)|ipv6\/conf\/.*\/(?:forwarding|force_forwarding|accept_ra|disable_ipv6)|netfilter\/nf_conntrack_(?:count|max)|core\/[rw]mem_max)$/;

/** Those sysctls of the network that decide about ours. */
function sysctlText(): string {
  const root = '/proc/sys';
  const paths = globSync('net/{ipv4,ipv6,core,netfilter}/**', { cwd: root }).filter((path) =>
    keys.test(path),
  );
  const lines = paths.sort().flatMap((path) => {
    try {
      return [`${path.replaceAll('/', '.')} = ${readFileSync(join(root, path), 'utf8').trim()}`];
    } catch {
      return [];
    }
  });
  return `${lines.join('\n')}\n`;
}

/** Names, modes, sizes and times of files, and nothing of what is in them. */
function listing(folder: string, indent = ''): string {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const { mode, size, mtime, uid } = lstatSync(path);
      const line = `${indent}${(mode & 0o7777).toString(8)} ${uid} ${size} ${mtime.toISOString()} ${name}\n`;
      return lstatSync(path).isDirectory() ? `${line}${listing(path, `${indent}  `)}` : line;
    })
    .join('');
}

/** What is never read, as the index says it. */
export const neverRead = (stateDir: string): readonly LeftOut[] => {
  const why = 'a secret: never read';
  return [
    { what: join(stateDir, 'keys'), why: `private keys of tunnels; ${why}` },
    { what: join(stateDir, 'secrets'), why: `preshared keys; ${why}` },
    { what: join(stateDir, 'identity.key'), why: `the private key of this machine; ${why}` },
    { what: 'the environment, command lines, shell histories', why: 'tokens may be in them' },
    { what: "a server's folder or database", why: 'tokens, keys and the network secret are in it' },
  ];
};

function agentItems(stateDir: string): readonly Item[] {
  return [
    {
      path: 'agent/status.json',
      from: '`hawser agent status`',
      keep: 'head',
      read: async () => json(await agentStatus(stateDir)),
    },
    {
      path: 'agent/states.json',
      from: 'what this machine should be, network by network',
      keep: 'head',
      read: async () => json(await heldStates(stateDir)),
    },
    {
      path: 'agent/show.json',
      from: '`hawser agent show`',
      keep: 'head',
      read: async () => {
        const held = await heldStates(stateDir);
        const shown = held.map(({ state: { network } }) =>
          askAgent(stateDir, { do: 'show', network }),
        );
        return json(await Promise.all(shown));
      },
    },
    {
      path: 'agent/files.txt',
      from: `names and sizes in ${stateDir}`,
      keep: 'head',
      read: () => listing(stateDir),
    },
    ...keptFiles(stateDir).filter(({ from }) => existsSync(from)),
  ];
}

const keptFiles = (stateDir: string): readonly Item[] => [
  ...foldersOf(stateDir).flatMap((network) =>
    ['enrolment.json', 'quarantined.json'].map((name) =>
      file(join(stateDir, 'enrolled', network, name), `agent/${network}-${name}`),
    ),
  ),
  ...['agent.log.1', 'agent.log'].map((name) => file(join(stateDir, name), `logs/${name}`, 'tail')),
];

/** Networks that this machine joined; none that this user may see. */
function foldersOf(stateDir: string): readonly string[] {
  try {
    return readdirSync(join(stateDir, 'enrolled'));
  } catch {
    return [];
  }
}

const journal = (run: Run, unit: string): Item =>
  command(run, `logs/${unit}.txt`, `journalctl -u ${unit} -n 4000 --no-pager -o short-iso`, 'tail');

function networkItems(run: Run): readonly Item[] {
  return [
    command(run, 'wireguard.txt', 'wg show all'),
    command(run, 'network/links.txt', 'ip -d -s link'),
    command(run, 'network/addresses.txt', 'ip address'),
    command(run, 'network/routes-4.txt', 'ip -4 -N route show table all'),
    command(run, 'network/routes-6.txt', 'ip -6 -N route show table all'),
    command(run, 'network/rules.txt', 'ip rule'),
    command(run, 'network/neighbours.txt', 'ip neighbour'),
    command(run, 'network/sockets.txt', 'ss -lntup'),
    command(run, 'firewall/nft.txt', 'nft list ruleset'),
    ...['iptables-save', 'ip6tables-save', 'iptables-legacy-save']
      .filter(hasProgram)
      .map((program) => command(run, `firewall/${program}.txt`, program)),
    { path: 'network/sysctls.txt', from: '/proc/sys/net', keep: 'head', read: sysctlText },
    file('/etc/resolv.conf', 'network/resolv.conf'),
  ];
}

/** All that a machine tells of itself and of Hawser on it, and in these namespaces besides the agent's own. */
export function machineItems(
  run: Run,
  stateDir: string,
  version: string,
  spaces: readonly string[],
): readonly Item[] {
  return [
    {
      path: 'versions.txt',
      from: 'programs asked for their versions',
      keep: 'head',
      read: () => versionText(run, version),
    },
    file('/etc/os-release', 'machine/os-release'),
    command(run, 'machine/kernel.txt', 'uname -srvm'),
    file('/proc/loadavg', 'machine/loadavg'),
    file('/proc/meminfo', 'machine/meminfo'),
    command(run, 'machine/disks.txt', 'df -hT'),
    ...agentItems(stateDir),
    ...networkItems(run),
    ...spaces.flatMap((space) => spaceItems(run, space)),
    ...(hasProgram('journalctl') && hasSystemd()
      ? [journal(run, 'hawser-agent'), journal(run, 'hawser-server')]
      : []),
  ];
}
