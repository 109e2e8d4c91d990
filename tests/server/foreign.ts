import type { Machine } from './world.ts';

/** The programs of a small machine that knows no dpkg. */
const tools = [
  ...['sh', 'id', 'uname', 'mktemp', 'chmod', 'rm', 'rmdir', 'mkdir', 'mv', 'ln', 'cp', 'cat'],
  ...['sha256sum', 'tar', 'gzip', 'dirname', 'readlink', 'find', 'tr', 'sleep'],
  ...['wg', 'ip', 'nft', 'ping', 'conntrack', 'wireguard-go', 'modprobe', 'flock'],
];

/** Where a machine that was made foreign finds its programs. */
export const foreignPath = '/usr/local/bin:/run/tools';

/** Makes it a machine of another distribution, on which nothing of Hawser ever was. */
export function makeForeign(machine: Machine, ...more: readonly string[]): void {
  for (const folder of ['/opt', '/usr/local']) machine.do(`mount -t tmpfs tmpfs ${folder}`);
  machine.do('mkdir -p /run/tools');
  const link = 'for tool; do ln -s "$(command -v "$tool")" /run/tools/; done';
  machine.box.run(['sh', '-ec', link, 'sh', ...tools, ...more]);
}
