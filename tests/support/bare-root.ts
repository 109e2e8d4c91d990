import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds. */
  readonly took: number;
}

const read = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

/** The release this machine runs, and the mirror its own apt takes it from. */
function ownRelease(): { readonly codename: string; readonly mirror: string } {
  const codename = read('sh', '-c', '. /etc/os-release && echo "$VERSION_CODENAME"');
  const format = '$(CODENAME) $(REPO_URI)';
  const sources = read('apt-get', 'indextargets', '--format', format, 'Created-By: Packages');
  const source = sources.split('\n').find((line) => line.startsWith(`${codename} `));
  if (source === undefined) throw new Error(`apt has no source for ${codename}`);
  return { codename, mirror: source.slice(codename.length + 1) };
}

/** How apt here reaches its mirrors: proxies, checks of dates. */
const aptConnection = (): string =>
  read('apt-config', 'dump')
    .split('\n')
    .filter((line) => /^Acquire::(?:https?|Check|Retries)\b/.test(line))
    .join('\n');

/** How npm here reaches its registry. */
function npmConnection(root: string): Readonly<Record<string, string>> {
  const registry = read('npm', 'config', 'get', 'registry');
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  const proxies = names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const authority = process.env['NODE_EXTRA_CA_CERTS'];
  if (authority !== undefined) cpSync(authority, join(root, 'etc/extra-authorities.crt'));
  return {
    npm_config_registry: registry,
    ...(authority !== undefined && { NODE_EXTRA_CA_CERTS: '/etc/extra-authorities.crt' }),
    ...(Object.fromEntries(proxies) as Record<string, string>),
  };
}

/**
 * The smallest Debian: a root made by debootstrap, with the network connection of this machine and
 * one user, ann. Commands run in it with a mount namespace of their own, which ends with them.
 */
export class BareRoot {
  readonly path: string;
  readonly #connection: Readonly<Record<string, string>>;

  private constructor(path: string, connection: Readonly<Record<string, string>>) {
    this.path = path;
    this.#connection = connection;
  }

  static make(path: string): BareRoot {
    const { codename, mirror } = ownRelease();
    const argv = ['-m', 'debootstrap', '--variant=minbase', codename, path, mirror];
    const { status, stdout } = spawnSync('unshare', argv, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`debootstrap failed:\n${stdout}`);
    chmodSync(path, 0o755);
    cpSync('/etc/resolv.conf', join(path, 'etc/resolv.conf'));
    writeFileSync(join(path, 'etc/apt/apt.conf.d/00connection'), `${aptConnection()}\n`);
    // Nobody needs these files after a power cut, and waiting for the disk is most of an installation.
    writeFileSync(join(path, 'etc/dpkg/dpkg.cfg.d/unsafe-io'), 'force-unsafe-io\n');
    rmSync(join(path, 'var/lib/apt/lists'), { recursive: true });
    const bare = new BareRoot(path, npmConnection(path));
    const added = bare.run('root', ['useradd', '--create-home', 'ann']);
    if (added.status !== 0) throw new Error(added.stderr);
    return bare;
  }

  /** Runs a command as this user, with `input` on its standard input. */
  run(user: 'root' | 'ann', argv: readonly string[], input = ''): Ended {
    const enter =
      'root=$1; shift; mount --bind "$root" "$root"; mount --bind /proc "$root/proc"; ' +
      'for d in dev sys; do mount --rbind "/$d" "$root/$d"; done; ' +
      'cd "$root"; pivot_root . mnt; umount -l mnt; exec chroot . "$@"';
    const environment = Object.entries({
      PATH: `${user === 'root' ? '/usr/sbin:/sbin:' : ''}/usr/bin:/bin`,
      HOME: user === 'root' ? '/root' : `/home/${user}`,
      ...this.#connection,
    }).map(([name, value]) => `${name}=${value}`);
    const become = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups'];
    const began = performance.now();
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['-m', 'sh', '-ec', enter, 'sh', this.path, ...become, 'env', '-i', ...environment, ...argv],
      { input, encoding: 'utf8', maxBuffer: 2 ** 26 },
    );
    return { status, stdout, stderr, took: performance.now() - began };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
