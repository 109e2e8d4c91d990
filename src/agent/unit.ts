import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasSystemd, runProcess } from '#host';
import { defaultStateFolder } from './store.ts';

export const unitName = 'hawser-agent.service';
const unitFile = `/etc/systemd/system/${unitName}`;

/** Whether the agent of that folder is a unit of systemd here. */
export const isUnit = (stateDir: string): boolean =>
  stateDir === defaultStateFolder && hasSystemd();

const quoted = (word: string): string =>
  `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

/** `KillMode=process`: tunnels made by wireguard-go do not end with the agent (law 5). */
export const unitText = (argv: readonly string[]): string => `[Unit]
Description=Hawser agent
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=${argv.map(quoted).join(' ')}
KillMode=process
Restart=always
RestartSec=2
Environment=LC_ALL=C

[Install]
WantedBy=multi-user.target
`;

/** Where packages and archives put their unit, which confines the agent better. */
const unitFolders = ['/lib', '/usr/lib', '/usr/local/lib'].map((lib) => `${lib}/systemd/system`);
const isPackaged = (): boolean => unitFolders.some((folder) => existsSync(join(folder, unitName)));

/** Starts the agent as a unit, now and whenever the machine boots; one of the package stays as it is. */
export async function enableUnit(argv: readonly string[]): Promise<void> {
  if (!isPackaged()) writeFileSync(unitFile, unitText(argv));
  await runProcess(['systemctl', 'daemon-reload']);
  await runProcess(['systemctl', 'enable', '--now', unitName]);
}

/** Whether systemd starts a unit when the machine boots. */
export async function isEnabled(unit: string): Promise<boolean> {
  const said = await runProcess(['systemctl', 'is-enabled', unit], { exits: [0, 1, 4] });
  return said.trim() === 'enabled';
}

export async function isActive(unit: string): Promise<boolean> {
  const said = await runProcess(['systemctl', 'is-active', unit], { exits: [0, 3, 4] });
  return said.trim() === 'active';
}
