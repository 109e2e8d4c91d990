import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { repositoryRoot } from './checkout.ts';

/** What a program printed and how it ended, in the virtual machine. */
export interface RanInside {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What the first file system must load to reach the rest of the modules. */
const modulesNeeded = ['virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'overlay'];

const imageOf = (kernel: string): string => `/boot/vmlinuz-${kernel}`;

/** The newest installed kernel that can mount this machine's files; Debian's cloud kernels cannot. */
function newestKernel(): string {
  const modules = globSync('/lib/modules/*/kernel/net/9p/9pnet_virtio.ko*');
  const versions = modules
    .map((path) => path.split('/')[3] ?? '')
    .filter((version) => existsSync(imageOf(version)));
  const order = new Intl.Collator('en', { numeric: true }).compare;
  const newest = versions.toSorted(order).at(-1);
  if (newest === undefined) throw new Error('no kernel with 9p is installed: linux-image-amd64');
  return newest;
}

/** Files of modules and all they build on, in the order to load them. */
function modulesInOrder(kernel: string): readonly string[] {
  const files = modulesNeeded.flatMap((name) =>
    execFileSync('modprobe', ['-S', kernel, '--show-depends', name], { encoding: 'utf8' })
      .split('\n')
      .flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []),
  );
  return [...new Set(files)];
}

/** A module as the kernel loads it: distributions store them packed. */
function unpacked(file: string): Buffer {
  const unpackers: Readonly<Record<string, readonly string[]>> = {
    xz: ['busybox', 'xzcat'],
    gz: ['busybox', 'zcat'],
    zst: ['zstdcat'],
  };
  const [program, ...args] = unpackers[file.split('.').at(-1) ?? ''] ?? ['cat'];
  return execFileSync(program ?? '', [...args, file], { maxBuffer: 2 ** 26 });
}

/**
 * The first program: it lays a writable layer of memory over this machine's files, so that all of
 * them are there and none of them changes, and goes on in there.
 */
const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mkdir -p /proc /host /memory /root
mount -t proc proc /proc
for module in /modules/*; do insmod $module || exit; done
mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,msize=524288,ro host /host || exit
mount -t tmpfs memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work overlay /root || exit
mount -t sysfs sys /root/sys
mount -t devtmpfs dev /root/dev
ln -s /proc/self/fd /root/dev/fd
for number in 0:stdin 1:stdout 2:stderr; do ln -s fd/\${number%:*} /root/dev/\${number#*:}; done
mkdir -p /root/dev/pts /root/dev/shm
mount -t devpts devpts /root/dev/pts
mount -t tmpfs shm /root/dev/shm
mount -t tmpfs run /root/run
mkdir /root/run/jobs /root/run/lock
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288 jobs /root/run/jobs || exit
umount /proc
mount -t proc proc /root/proc
exec switch_root /root /bin/sh /run/jobs/serve
`;

/** What runs for good: each line on the virtual console names a job, and answers it when done. */
const serve = `ip link set lo up
hostname virtual-machine
exec </dev/hvc0 3>/dev/hvc0
stty raw -echo
echo ready >&3
while read -r job; do
  sh "/run/jobs/$job/command" </dev/null >"/run/jobs/$job/out" 2>"/run/jobs/$job/err" 3>&-
  echo $? >"/run/jobs/$job/code"
  echo "$job" >&3
done
`;

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** The archive of the first file system (initramfs, "newc" cpio), in this folder. */
function makeInitrd(folder: string, kernel: string): string {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'modules'), { recursive: true });
  mkdirSync(join(tree, 'bin'));
  mkdirSync(join(tree, 'dev'));
  execFileSync('cp', ['/bin/busybox', join(tree, 'bin/busybox')]);
  writeFileSync(join(tree, 'init'), init, { mode: 0o755 });
  modulesInOrder(kernel).forEach((file, index) => {
    const name = `${String(index).padStart(2, '0')}.ko`;
    writeFileSync(join(tree, 'modules', name), unpacked(file));
  });
  const names = globSync('**', { cwd: tree }).join('\n');
  const archive = execFileSync('busybox', ['cpio', '-o', '-H', 'newc'], {
    cwd: tree,
    input: `${names}\n`,
    stdio: ['pipe', 'pipe', 'ignore'],
    maxBuffer: 2 ** 28,
  });
  const file = join(folder, 'initrd');
  writeFileSync(file, archive);
  rmSync(tree, { recursive: true });
  return file;
}

/** By Node's name of the architecture: the guest runs this machine's own programs. */
const emulators: Readonly<Record<string, { program: string; board: string; console: string }>> = {
  x64: { program: 'qemu-system-x86_64', board: 'pc', console: 'ttyS0' },
  arm64: { program: 'qemu-system-aarch64', board: 'virt', console: 'ttyAMA0' },
};

function emulator(): { program: string; board: string; console: string } {
  const found = emulators[process.arch];
  if (found === undefined) throw new Error(`no virtual machine for ${process.arch}`);
  return found;
}

/** The processor is emulated, which works everywhere; the console is a file. */
const qemuOptions = (folder: string, kernel: string, initrd: string): readonly string[] => [
  ...['-accel', 'tcg,thread=multi', '-machine', emulator().board],
  ...['-cpu', 'max', '-smp', '2', '-m', '3072'],
  ...['-display', 'none', '-nodefaults', '-no-reboot', '-monitor', 'none', '-net', 'none'],
  ...['-serial', `file:${folder}/console`, '-chardev', 'stdio,id=talk'],
  ...['-device', 'virtio-serial-pci', '-device', 'virtconsole,chardev=talk'],
  ...['-kernel', imageOf(kernel), '-initrd', initrd],
  ...['-append', `console=${emulator().console} panic=-1 quiet`],
  ...['-virtfs', 'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap'],
  ...['-virtfs', `local,path=${folder}/jobs,mount_tag=jobs,security_model=none`],
];

interface InsideOptions {
  /** Milliseconds; the machine is some ten times slower than the one it runs on. */
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A machine with Debian's own kernel and all files of this one, as they were when it booted; what is
 * written there stays there. It has no network. It ends with `close`, and with the test run.
 */
export class VirtualMachine {
  readonly kernel: string;
  readonly #folder: string;
  readonly #qemu: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  #said = '';
  #jobs = 0;

  private constructor(folder: string, kernel: string, qemu: ChildProcessWithoutNullStreams) {
    this.#folder = folder;
    this.kernel = kernel;
    this.#qemu = qemu;
    this.#lines = createInterface(qemu.stdout);
    qemu.stderr.on('data', (data: Buffer) => (this.#said += data.toString()));
  }

  static async boot(): Promise<VirtualMachine> {
    const kernel = newestKernel();
    const folder = mkdtempSync(join(tmpdir(), 'hawser-qemu-'));
    mkdirSync(join(folder, 'jobs'));
    writeFileSync(join(folder, 'jobs/serve'), serve);
    const initrd = makeInitrd(folder, kernel);
    const argv = ['--pdeathsig', 'KILL', emulator().program];
    const qemu = spawn('setpriv', [...argv, ...qemuOptions(folder, kernel, initrd)]);
    const machine = new VirtualMachine(folder, kernel, qemu);
    await machine.#answer('ready', 180_000);
    return machine;
  }

  /** Waits for a line on the virtual console; ends the machine when it does not come. */
  async #answer(line: string, timeout: number): Promise<void> {
    const answered = Promise.withResolvers<void>();
    const fail = (why: string): void => answered.reject(new Error(`${why}\n${this.#diagnosis()}`));
    const onLine = (said: string): void => void (said.trim() === line && answered.resolve());
    const onEnd = (): void => fail(`the virtual machine ended before "${line}"`);
    const timer = setTimeout(() => fail(`no "${line}" within ${timeout} ms`), timeout);
    this.#lines.on('line', onLine);
    this.#qemu.on('exit', onEnd);
    this.#qemu.on('error', onEnd);
    try {
      await answered.promise;
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#lines.off('line', onLine);
      this.#qemu.off('exit', onEnd);
      this.#qemu.off('error', onEnd);
    }
  }

  /** What the console, qemu and the running job said last, and what the kernel said first where it stumbled. */
  #diagnosis(): string {
    const job = join(this.#folder, 'jobs', String(this.#jobs));
    const files = [join(this.#folder, 'console'), join(job, 'out'), join(job, 'err')];
    const texts = files.filter(existsSync).map((file) => readFileSync(file, 'utf8'));
    const [bug = ''] = /.*\bBUG:[^]{0,4000}/.exec(texts[0] ?? '') ?? [];
    return [this.#said, bug, ...texts.map((text) => text.slice(-2000))].join('\n');
  }

  /** Puts a text where programs inside can read it; gives its path there. */
  write(name: string, text: string): string {
    writeFileSync(join(this.#folder, 'jobs', name), text);
    return `/run/jobs/${name}`;
  }

  /** Runs a program that must succeed, and gives what it printed. */
  async must(argv: readonly string[], options?: InsideOptions): Promise<string> {
    const { code, out, err } = await this.run(argv, options);
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}:\n${err}${out}`);
    return out;
  }

  /** Runs a program in the checkout to its end, one at a time; its standard input is empty. */
  async run(
    argv: readonly string[],
    { timeout = 120_000, env = {} }: InsideOptions = {},
  ): Promise<RanInside> {
    this.#jobs += 1;
    const job = join(this.#folder, 'jobs', String(this.#jobs));
    mkdirSync(job);
    const home = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C', ...env };
    const settings = Object.entries(home).map(([name, value]) => `${name}=${value}`);
    const command = ['exec', 'env', '-i', ...settings, ...argv].map(quoted).join(' ');
    writeFileSync(join(job, 'command'), `cd ${quoted(repositoryRoot)}\n${command}\n`);
    this.#qemu.stdin.write(`${this.#jobs}\n`);
    await this.#answer(String(this.#jobs), timeout);
    const read = (name: string): string => readFileSync(join(job, name), 'utf8');
    return { code: Number(read('code')), out: read('out'), err: read('err') };
  }

  async close(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#qemu;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const gone = new Promise((resolve) => this.#qemu.once('close', resolve));
      this.#qemu.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
