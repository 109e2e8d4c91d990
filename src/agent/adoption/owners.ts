import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { HawserError } from '#base';
import { countingRun, hasSystemd, type Run } from '#host';

/** What else keeps an interface on this machine. */
export interface Owner {
  readonly kind: 'wg-quick' | 'NetworkManager' | 'netplan' | 'systemd-networkd' | 'ifupdown';
  /** Its unit, connection or file. */
  readonly what: string;
  /** What a person does so that it does not any more, without taking the interface down. */
  readonly remedy: string;
}

export interface OwnersInit {
  readonly run?: Run;
  /** Where /etc, /run and /usr lie. */
  readonly root?: string;
}

/** Files of a folder; none where there is none. */
function filesIn(folder: string, ending: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

const unitOf = (device: string): string => `wg-quick@${device}.service`;

async function wgQuick(device: string, run: Run, root: string): Promise<readonly Owner[]> {
  if (!hasSystemd(root)) return [];
  const unit = unitOf(device);
  const said = await run('read', ['systemctl', 'is-enabled', unit], { exits: [0, 1, 4] });
  if (!said.startsWith('enabled')) return [];
  return [{ kind: 'wg-quick', what: unit, remedy: `Run \`systemctl disable ${unit}\`` }];
}

/** `nmcli -t` puts a backslash before a colon that is part of a value. */
const fieldsOf = (line: string): readonly string[] =>
  line.split(/(?<!\\):/).map((field) => field.replaceAll('\\:', ':'));

/** nmcli ends with 8 where NetworkManager does not run, and with 1 where there is no bus to ask on. */
async function networkManager(device: string, run: Run): Promise<readonly Owner[]> {
  const argv = ['nmcli', '-t', '-f', 'DEVICE,STATE,CONNECTION', 'device', 'status'];
  const said = await run('read', argv, { exits: [0, 1, 8] }).catch((error: unknown) => {
    if (error instanceof HawserError && error.code === 'host/command-missing') return '';
    throw error;
  });
  return said.split('\n').flatMap((line): Owner[] => {
    const [name, state = '', connection = ''] = fieldsOf(line);
    // What others made it shows as connected externally, and leaves alone.
    if (name !== device || connection === '' || state.includes('external')) return [];
    const remedy = `Run \`nmcli connection modify '${connection}' connection.autoconnect no\`, which leaves it up until the next boot`;
    return [{ kind: 'NetworkManager', what: connection, remedy }];
  });
}

const networkFolders = ['etc', 'run', 'usr/lib'].map((folder) => `${folder}/systemd/network`);

function networkd(device: string, root: string): readonly Owner[] {
  const files = networkFolders.flatMap((folder) => filesIn(join(root, folder), '.netdev'));
  const own = files.find((file) =>
    textOf(file)
      .split('\n')
      .some((line) => line.replaceAll(/\s/g, '') === `Name=${device}`),
  );
  if (own === undefined) return [];
  if (basename(own).includes('netplan')) {
    const remedy = `Take ${device} out of \`tunnels:\` in /etc/netplan; it stays up, as long as nobody runs \`netplan apply\``;
    return [{ kind: 'netplan', what: '/etc/netplan', remedy }];
  }
  const remedy = `Move ${own} and the .network file of ${device} away; it stays up`;
  return [{ kind: 'systemd-networkd', what: own, remedy }];
}

function ifupdown(device: string, root: string): readonly Owner[] {
  const folder = join(root, 'etc/network');
  const files = [join(folder, 'interfaces'), ...filesIn(join(folder, 'interfaces.d'), '')];
  const stanza = new RegExp(`^\\s*iface\\s+${RegExp.escape(device)}\\s`, 'm');
  return files
    .filter((file) => stanza.test(textOf(file)))
    .map((file) => {
      const remedy = `Take \`iface ${device}\` out of ${file}; it stays up`;
      return { kind: 'ifupdown', what: file, remedy };
    });
}

/** All that would make an interface again, or change it, beside the agent. */
export async function ownersOf(
  device: string,
  { run = countingRun().run, root = '/' }: OwnersInit = {},
): Promise<readonly Owner[]> {
  return [
    ...(await wgQuick(device, run, root)),
    ...(await networkManager(device, run)),
    ...networkd(device, root),
    ...ifupdown(device, root),
  ];
}
