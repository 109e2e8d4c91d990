import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { NetworkStatus } from '#api';
import { bundle, type Outcome, outcomeOf } from '../support/hawser.ts';
import { type Program, Sandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';

/** A program that goes on in a machine until it is ended. */
export class Running {
  readonly #child: ChildProcess;
  /** Whether it is nsenter, which starts the program and waits for it. */
  readonly #entered: boolean;
  readonly #closed: Promise<unknown>;
  #output = '';

  constructor(child: ChildProcess, entered = false) {
    this.#child = child;
    this.#entered = entered;
    this.#closed = new Promise((resolve) => child.once('close', resolve));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (part: string) => {
        this.#output += part;
      });
    }
  }

  get output(): string {
    return this.#output;
  }

  /** All that it said, when it has ended: what is in the pipe then is read after the end is known. */
  async whole(): Promise<string> {
    await this.#closed;
    return this.#output;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Types something, where it was started at a terminal. */
  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Ends the program itself, as the machine's own kill(1) would. */
  async end(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): Promise<void> {
    if (this.ended) return;
    const { pid = 0 } = this.#child;
    const gone = once(this.#child, 'exit');
    const inner = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0];
    process.kill(this.#entered && inner ? Number(inner) : pid, signal);
    await gone;
  }
}

/** One machine: nothing of it lasts, and nothing is shared with others but the programs. */
export class Machine {
  readonly name: string;
  readonly address: string;
  readonly box: Sandbox;

  private constructor(name: string, address: string, box: Sandbox) {
    this.name = name;
    this.address = address;
    this.box = box;
  }

  static async open(name: string, address: string): Promise<Machine> {
    const box = await Sandbox.open();
    const machine = new Machine(name, address, box);
    machine.do(`hostname ${name}`);
    machine.do('mount -t tmpfs tmpfs /var/lib');
    machine.do('mkdir -p /run/home');
    return machine;
  }

  /** Runs a command line of plain words; throws if it fails. */
  do(line: string): string {
    return this.box.run(line.split(' '));
  }

  #argv(args: readonly string[]): string[] {
    const [, ...enter] = this.box.enter;
    const env = ['env', 'HOME=/run/home', 'XDG_CONFIG_HOME=', 'NO_COLOR=1', 'LC_ALL=C'];
    return [...enter, ...env, process.execPath, bundle, ...args];
  }

  #argvBehind(before: readonly string[], args: readonly string[]): string[] {
    const argv = this.#argv(args);
    const at = argv.indexOf(process.execPath);
    return [...argv.slice(0, at), ...before, ...argv.slice(at)];
  }

  /** Runs Hawser to its end, in a folder of the machine's own. */
  hawser(...args: readonly string[]): Outcome {
    return outcomeOf(['nsenter', ...this.#argv(args)], { timeout: 90_000 });
  }

  /** The same behind other words, such as those of env(1) or setpriv(1). */
  hawserAs(before: readonly string[], ...args: readonly string[]): Outcome {
    return outcomeOf(['nsenter', ...this.#argvBehind(before, args)], { timeout: 90_000 });
  }

  /** The same, for what has to succeed; gives what it printed. */
  must(...args: readonly string[]): string {
    const { code, out, err } = this.hawser(...args);
    if (code === 0) return out;
    throw new Error(`${this.name}: hawser ${args.join(' ')} ended with ${code}: ${err}${out}`);
  }

  /** Starts another program, which goes on. */
  run(...argv: readonly string[]): Running {
    const [, ...enter] = this.box.enter;
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    return new Running(spawn('nsenter', [...enter, ...argv], { stdio: [...stdio] }), true);
  }

  /** Starts Hawser, which goes on. */
  start(...args: readonly string[]): Running {
    return this.startAs([], ...args);
  }

  /** The same behind other words, as in `hawserAs`. */
  startAs(before: readonly string[], ...args: readonly string[]): Running {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    return new Running(
      spawn('nsenter', this.#argvBehind(before, args), { stdio: [...stdio] }),
      true,
    );
  }

  /**
   * Starts Hawser at a terminal, whose settings are printed before and after it, with the code that it ends with between
   * these: what is typed there is heard.
   */
  startAtTerminal(...args: readonly string[]): Running {
    const argv = this.#argv(args);
    const at = argv.indexOf(process.execPath);
    // One that nobody looks at has no size.
    const before = 'stty rows 30 cols 120; stty -g';
    const line = `${before}; ${argv.slice(at).join(' ')}; echo "ended with $?"; stty -g`;
    const script = [...argv.slice(0, at), 'script', '-qec', line, '/dev/null'];
    const stdio = ['pipe', 'pipe', 'pipe'] as const;
    return new Running(spawn('nsenter', script, { stdio: [...stdio] }), true);
  }

  read(file: string): string {
    return this.do(`cat ${file}`);
  }

  write(file: string, text: string): void {
    this.box.write(file, text);
  }

  /** Whether a packet comes back from an address. */
  reaches(address: string): boolean {
    const [, ...enter] = this.box.enter;
    return spawnSync('nsenter', [...enter, 'ping', '-c1', '-W1', address]).status === 0;
  }
}

/** Machines with a network between them that anybody may send anything through. */
export class World {
  readonly #machines: Machine[] = [];
  readonly #middle: Sandbox;

  private constructor(middle: Sandbox) {
    this.#middle = middle;
  }

  static async open(): Promise<World> {
    const middle = await Sandbox.open();
    middle.run(['ip', 'link', 'add', 'middle', 'type', 'bridge']);
    middle.run(['ip', 'link', 'set', 'middle', 'up']);
    return new World(middle);
  }

  /** A machine with an address of its own in 192.0.2.0/24. */
  async machine(name: string): Promise<Machine> {
    const number = this.#machines.length + 1;
    const machine = await Machine.open(name, `192.0.2.${number}`);
    this.#machines.push(machine);
    const [a, b] = [String(machine.box.pid), String(this.#middle.pid)];
    const end = `port${number}`;
    const pair = ['name', 'eth0', 'netns', a, 'type', 'veth', 'peer', 'name', end, 'netns', b];
    execFileSync('ip', ['link', 'add', ...pair]);
    this.#middle.run(['ip', 'link', 'set', end, 'master', 'middle', 'up']);
    machine.do(`ip address add ${machine.address}/24 dev eth0`);
    machine.do('ip link set eth0 up');
    return machine;
  }

  /** Takes a machine's cable out, or puts it in again. */
  cable(machine: Machine, is: 'up' | 'down'): void {
    this.#middle.run(['ip', 'link', 'set', this.#end(machine), is]);
  }

  /** The name of the middle's end of a machine's cable. */
  #end(machine: Machine): string {
    return `port${this.#machines.indexOf(machine) + 1}`;
  }

  /** Makes a machine's cable slow in both directions, as tc(8) writes rates; undefined: as fast as it was. */
  slow(machine: Machine, rate: string | undefined): void {
    // What waits longer than that is dropped, as full queues of real lines do.
    const queue = ['tbf', 'rate', rate ?? '', 'burst', '2000', 'latency', '5s'];
    for (const [box, device] of [
      [machine.box, 'eth0'],
      [this.#middle, this.#end(machine)],
    ] as const) {
      const words = rate === undefined ? ['del'] : ['add'];
      box.run([
        'tc',
        'qdisc',
        ...words,
        'dev',
        device,
        'root',
        ...(rate === undefined ? [] : queue),
      ]);
    }
  }

  /** Takes cables out and puts them in again, so often in turn, each time for so many seconds. */
  flap(machines: readonly Machine[], times: number, seconds: number): Program {
    const all = (is: string): string =>
      machines.map((one) => `ip link set ${this.#end(one)} ${is}`).join('; ');
    const turn = `${all('down')}; sleep ${seconds}; ${all('up')}; sleep ${seconds}`;
    const script = `for turn in $(seq ${times}); do ${turn}; done; echo done`;
    return this.#middle.start(['sh', '-c', script]);
  }

  /** Lets only packets up to so many bytes pass a machine's cable; larger ones vanish without a word. */
  narrow(machine: Machine, mtu: number): void {
    this.#middle.run(['ip', 'link', 'set', this.#end(machine), 'mtu', String(mtu)]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#machines.map(async ({ box }) => box.close()));
    await this.#middle.close();
  }
}

/** A started server and the line that lets machines in. */
export interface Serving {
  readonly program: Running;
  readonly joinToken: string;
}

/** `hawser server` on a machine, at its first start. */
export async function serve(machine: Machine, ...args: readonly string[]): Promise<Serving> {
  const program = machine.start('server', ...args);
  const joinToken = await until('the server prints how to join', () => {
    if (program.ended) throw new Error(`the server ended: ${program.output}`);
    return /hawser join (hawser-join-[\w-]+)$/m.exec(program.output)?.[1];
  });
  return { program, joinToken };
}

/** `hawser server` once more, on what it kept; resolves when it answers. */
export async function serveAgain(machine: Machine, ...args: readonly string[]): Promise<Running> {
  const program = machine.start('server', ...args);
  await until('the server answers again', () => {
    if (program.ended) throw new Error(`the server ended: ${program.output}`);
    return machine.hawser('network', 'list').code === 0;
  });
  return program;
}

/** What the server knows of its machines, asked where one is logged in. */
export const statusAt = (machine: Machine): NetworkStatus =>
  JSON.parse(machine.must('status', '--json')) as NetworkStatus;

/** Resolves when every one of these machines is connected and has what it should. */
export const settled = (at: Machine, ...names: readonly string[]): Promise<NetworkStatus> =>
  until(`${names.join(', ')} have what they should`, () => {
    const status = statusAt(at);
    const own = names.map((name) => status.machines.find((machine) => machine.name === name));
    const done = own.every(
      (one) => one?.connected && one.confirmed === one.wanted && !one.notes.includes('behind'),
    );
    return done && status;
  });

/** A token that lets machines in, made where an admin is logged in. */
export function joinToken(at: Machine, ...flags: readonly string[]): string {
  const made: unknown = JSON.parse(at.must('token', 'create', '--join', '--json', ...flags));
  return (made as { readonly token: string }).token;
}

/** The first overlay address of a machine. */
export function overlayOf(status: NetworkStatus, name: string): string {
  const address = status.machines.find((machine) => machine.name === name)?.overlay[0];
  if (address === undefined) throw new Error(`${name} has no address: ${JSON.stringify(status)}`);
  return address.replace(/\/\d+$/, '');
}
