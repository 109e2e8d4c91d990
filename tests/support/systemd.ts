import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended } from './bare-root.ts';
import { unifiedGroups } from './needs.ts';
import { until } from './until.ts';

/**
 * What a container has before its systemd starts; `$1` is its root. Its devices are nodes of its own:
 * systemd gives terminals other owners, which must not reach the machine's.
 */
const prepare = `
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys"
mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
mkdir -p "$1/dev/net" "$1/dev/pts" "$1/dev/shm"
while read -r device major minor; do
  mknod -m 666 "$1/dev/$device" c "$major" "$minor"
done <<END
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
net/tun 10 200
END
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
ln -s pts/ptmx "$1/dev/ptmx"
mount -t tmpfs tmpfs "$1/dev/shm"
mount -t tmpfs tmpfs "$1/run"
cd "$1"
pivot_root . mnt
umount -l mnt
exec chroot . env -i container=other /lib/systemd/systemd --log-target=null
`;

/** A root in which systemd is the first process, in namespaces of its own; it has no network yet. */
export class SystemdMachine {
  readonly #holder: ChildProcess;
  readonly #group: string;
  readonly pid: number;

  private constructor(holder: ChildProcess, group: string, pid: number) {
    this.#holder = holder;
    this.#group = group;
    this.pid = pid;
  }

  static async boot(root: string): Promise<SystemdMachine> {
    const group = join(unifiedGroups() ?? '', `hawser-test-${process.pid}`);
    mkdirSync(group);
    const spaces = ['--pid', '--mount', '--net', '--uts', '--ipc', '--cgroup'];
    const start = 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"';
    const argv = ['unshare', ...spaces, '--fork', '--kill-child', 'sh', '-ec', prepare, 'sh', root];
    const holder = spawn('sh', ['-ec', start, 'sh', group, ...argv], { stdio: 'ignore' });
    const pid = await until('systemd is started', () => {
      const { pid } = holder;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
      return /^\d+$/.test(children) && Number(children);
    });
    const machine = new SystemdMachine(holder, group, pid);
    await until('systemd has booted', () =>
      /running|degraded/.test(machine.run('systemctl is-system-running').stdout),
    );
    return machine;
  }

  /** Runs a line of shell inside, to its end. */
  run(line: string): Ended {
    const began = performance.now();
    const spaces = ['--pid', '--mount', '--net', '--uts', '--ipc', '--cgroup', '--root'];
    const env = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'];
    const argv = ['--target', String(this.pid), ...spaces, ...env, 'sh', '-c', line];
    const { status, stdout, stderr } = spawnSync('nsenter', argv, { encoding: 'utf8' });
    return { status, stdout, stderr, took: performance.now() - began };
  }

  async close(): Promise<void> {
    this.#holder.kill('SIGKILL');
    const events = join(this.#group, 'cgroup.events');
    await until('all of it has ended', () => readFileSync(events, 'utf8').includes('populated 0'));
    const find = [this.#group, '-depth', '-type', 'd'];
    const folders = execFileSync('find', find, { encoding: 'utf8' }).trim().split('\n');
    for (const folder of folders) rmdirSync(folder);
  }
}
