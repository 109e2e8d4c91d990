/** What a machine that runs WireGuard can be written as. */
export const machineFormats = [
  'wg-quick',
  'wg',
  'networkd',
  'networkmanager',
  'windows',
  'hoststate',
  'qr',
] as const;
export type MachineFormat = (typeof machineFormats)[number];

/** What the routes of a plain host can be written as. */
export const hostFormats = ['iproute2', 'netplan', 'networkd', 'cloud-init'] as const;
export type HostFormat = (typeof hostFormats)[number];

/** What the names of all machines can be written as, for any of them. */
export const namesFormat = 'hosts';

/** A file of an export. */
export interface ExportFile {
  /** Where its reader looks for it. */
  readonly path: string;
  /** As chmod(1) takes it. */
  readonly mode: string;
  readonly content: string;
}

export const comment = (line: string): string => `# ${line}`;

/** One file as it is; several below each other, each under a line that says where it belongs. */
export const joinFiles = (files: readonly ExportFile[]): string =>
  files.length === 1
    ? (files[0] as ExportFile).content
    : files
        .map(({ path, mode, content }) => `# file: ${path} (mode ${mode})\n${content}`)
        .join('\n');
