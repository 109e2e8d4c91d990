import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../support/checkout.ts';
import { bundle, outcomeOf } from '../support/hawser.ts';
import { suite } from '../support/suite.ts';

const nobody = 65_534;
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
const mayNest =
  spawnSync('setpriv', [...asNobody.slice(1), 'unshare', '-Urnm', 'true']).status === 0;
const kernelHasWireguard =
  spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'wg', 'type', 'wireguard']).status === 0;

/** A user without rights, on a machine whose TUN device has this mode. */
class User implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'hawser-user-'));
  readonly #tun = join(this.folder, 'tun');

  constructor(tunMode: number) {
    chownSync(this.folder, nobody, nobody);
    execFileSync('mknod', [this.#tun, 'c', '10', '200']);
    chmodSync(this.#tun, tunMode);
  }

  lab(...args: readonly string[]): { readonly code: number; readonly out: string } {
    const program = [process.execPath, bundle, 'lab', ...args];
    const mounted = ['unshare', '-m', 'sh', '-ec', 'mount --bind "$0" /dev/net/tun; exec "$@"'];
    const argv = [...mounted, this.#tun, ...asNobody, ...program];
    const env = {
      PATH: process.env['PATH'],
      HOME: this.folder,
      HAWSER_LABS: join(this.folder, 'l'),
    };
    const { code, out, err } = outcomeOf(argv, { env, cwd: repositoryRoot });
    return { code, out: out + err };
  }

  [Symbol.dispose](): void {
    this.lab('down', '--all');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

suite('a lab without root', { needs: ['root', 'tun'] }, () => {
  test('works where the machine allows it, and says so where not', () => {
    using user = new User(0o666);
    const { code, out } = user.lab('up', 'examples/hybrid-cloud.yaml');
    if (!mayNest) return expect(out).toContain('lab/no-namespaces');
    expect(out).toContain('the network is what its file says');
    expect(code).toBe(0);
    expect(user.lab('exec', 'worker-1', '--', 'ping', '-c', '1', 'remote-1').code).toBe(0);
    expect(user.lab('down').out).toContain('denbi-hybrid is gone');
  });

  test('says what to do where there is no WireGuard and nobody may open the TUN device', () => {
    using user = new User(0o600);
    const { code, out } = user.lab('up', 'examples/hybrid-cloud.yaml');
    if (!mayNest) return expect(out).toContain('lab/no-namespaces');
    if (kernelHasWireguard) return expect(code).toBe(0);
    expect(code).toBe(2);
    expect(out).toContain('lab/no-tun');
    expect(out).toContain('chmod 0666');
    expect(user.lab('list').out).toContain('no lab is up');
  });
});
