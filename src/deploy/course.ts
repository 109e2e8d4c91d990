import { Readable } from 'node:stream';
import type { Package } from '#api';
import { HawserError } from '#base';
import { joinedIn, type Peers, peersIn } from './answers.ts';
import { deployErrors } from './errors.ts';
import { type Probe, parseProbe, type Step, stepFor } from './probe.ts';
import { folderScript, joinScript, meetScript, probeScript, type Server } from './scripts.ts';
import { type Ended, lastWords, overSsh, type SshInit } from './ssh.ts';
import type { Target } from './targets.ts';

/** What is asked of the server that the machines are to join. */
export interface Office extends Server {
  readonly network: string;
  /** Its installer; undefined where it has no packages. */
  installer(): Promise<string | undefined>;
  packages(): Promise<readonly Package[]>;
  /** The bytes of a package. */
  fetch(name: string): Promise<Buffer>;
  /** A join token for this machine alone, good for a short while. */
  token(machine: string): Promise<OwnToken>;
}

export interface OwnToken {
  readonly text: string;
  /** Makes it void, whether it was used or not. */
  revoke(): Promise<void>;
}

export interface CourseInit {
  readonly office: Office;
  readonly ssh: SshInit;
  /** Told what is being done. */
  readonly report: (doing: string) => void;
}

/** What had to be done, and the version of Hawser that is there now. */
export interface Brought {
  readonly done: Step;
  readonly version?: string;
}

/** Seconds without a word; a package manager that waits for its lock says nothing for long. */
const patience = { probe: 30, folder: 30, push: 60, installing: 300, joining: 120 };

/** Seconds that a first handshake may take. */
const handshakeWithin = 30;

/** One machine's way from whatever it is to a machine of the network; each step is safe to repeat. */
export class Course {
  readonly #target: Target;
  readonly #init: CourseInit;
  #isRoot = true;

  constructor(target: Target, init: CourseInit) {
    this.#target = target;
    this.#init = init;
  }

  /** Installs, joins and starts, as far as that is not done yet. @throws deploy/..., and what joining says */
  async bring(): Promise<Brought> {
    const { office, report } = this.#init;
    report('looking');
    const probe = await this.#probe();
    const { name, way } = this.#target;
    const step = stepFor(probe, way, office.network, name);
    this.#isRoot = probe.isRoot;
    let { version } = probe;
    if (step === 'install') version = await this.#install(probe);
    else if (step !== 'nothing') await this.#join('joining');
    return { done: step, ...(version !== undefined && { version }) };
  }

  async #probe(): Promise<Probe> {
    const { connectWithin } = this.#init.ssh;
    const input = probeScript(this.#init.office);
    const remote = ['sh', '-s'];
    const doing = 'looking';
    const errand = { remote, input, doing, patience: connectWithin + patience.probe };
    return parseProbe(this.#fine(await overSsh(this.#target.way, errand, this.#init.ssh), doing));
  }

  /** As root, whoever logged in. */
  async #asRoot(
    input: string,
    errand: { readonly doing: string; readonly patience: number },
    heard?: (line: string) => void,
  ): Promise<Ended> {
    const remote = this.#isRoot ? ['sh', '-s'] : ['sudo', '-n', 'sh', '-s'];
    const said = heard && { heard };
    return overSsh(this.#target.way, { ...errand, remote, input, ...said }, this.#init.ssh);
  }

  /** Gives the version. */
  async #install(probe: Probe): Promise<string> {
    const { office, report } = this.#init;
    const { kind, architecture } = probe;
    const packages = await office.packages();
    const fit = packages.find((one) => one.kind === kind && one.architecture === architecture);
    const installer = await office.installer();
    if (!fit || installer === undefined) {
      throw deployErrors.error('deploy/no-package', { kind, architecture });
    }
    if (probe.fetches) {
      await this.#join('installing', { installer });
    } else {
      report(`bringing ${fit.name}`);
      await this.#join('installing', { installer, brought: await this.#push(fit) });
    }
    return fit.version;
  }

  /** Brings a package where the machine cannot fetch it; gives the folder it lies in. */
  async #push({ name }: Package): Promise<string> {
    const { office, ssh, report } = this.#init;
    const { way } = this.#target;
    const doing = 'bringing the package';
    const making = { remote: ['sh', '-s'], input: folderScript, doing, patience: patience.folder };
    const folder = this.#fine(await overSsh(way, making, ssh), doing).trim();
    // It becomes a word of a command line there.
    if (!/^\/[\w./-]+$/.test(folder)) {
      throw deployErrors.error('deploy/failed-there', { doing, said: `no folder: ${folder}` });
    }
    const bytes = await office.fetch(name);
    const input = Readable.from(parts(bytes, (share) => report(`bringing ${name}, ${share} %`)));
    const remote = ['cat', '>', `${folder}/${name}`];
    this.#fine(await overSsh(way, { remote, input, doing, patience: patience.push }, ssh), doing);
    return folder;
  }

  /** Joins, after installing where an installer is given. */
  async #join(
    doing: 'installing' | 'joining',
    more: { readonly installer?: string; readonly brought?: string } = {},
  ): Promise<void> {
    const { office, report } = this.#init;
    const { name } = this.#target;
    const heard = (line: string): void => {
      const said = /^hawser: (.*)/.exec(line)?.[1];
      if (said !== undefined) report(said);
    };
    report(doing);
    const token = await office.token(name);
    try {
      const script = joinScript({ name, token: token.text, ...more });
      judgeJoin(
        await this.#asRoot(script, { doing, patience: patience[doing] }, heard),
        doing,
        name,
      );
    } finally {
      await token.revoke();
    }
  }

  /**
   * Waits until it has shaken hands with a peer; without peers there is nobody to wait for. `overlay`:
   * addresses by machine.
   * @throws deploy/no-handshake
   */
  async meet(overlay: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const { report } = this.#init;
    const doing = 'waiting for a handshake';
    report(doing);
    const shown = await this.#shown(doing, [], 0);
    const peers = shown?.peers.map(({ name }) => name) ?? [];
    if (peers.length === 0 || hasMet(shown)) return;
    const addresses = peers.flatMap((peer) => overlay.get(peer) ?? []);
    if (hasMet(await this.#shown(doing, addresses, handshakeWithin))) return;
    throw deployErrors.error('deploy/no-handshake', {
      peers: peers.join(', '),
      seconds: handshakeWithin,
    });
  }

  async #shown(
    doing: string,
    addresses: readonly string[],
    seconds: number,
  ): Promise<Peers | undefined> {
    const script = meetScript(this.#init.office.network, addresses, seconds);
    const errand = { doing, patience: patience.probe + 2 * seconds };
    const out = this.#fine(await this.#asRoot(script, errand), doing);
    return peersIn(out);
  }

  #fine({ status, out, err }: Ended, doing: string): string {
    if (status === 0) return out;
    throw deployErrors.error('deploy/failed-there', { doing, said: lastWords(err || out) });
  }
}

const hasMet = (shown: Peers | undefined): boolean =>
  shown?.peers.some(({ handshake }) => handshake !== undefined) ?? false;

/** Bytes as they are asked for; tells each tenth. */
function* parts(bytes: Buffer, report: (percent: number) => void): Iterable<Buffer> {
  const size = 1 << 18;
  let told = 0;
  for (let at = 0; at < bytes.length; at += size) {
    const tenths = Math.floor((10 * at) / bytes.length);
    if (tenths > told) report(10 * tenths);
    told = tenths;
    yield bytes.subarray(at, at + size);
  }
}

/** @throws what joining said there, deploy/waits, deploy/failed-there */
function judgeJoin({ status, out, err }: Ended, doing: string, name: string): void {
  const answer = joinedIn(out);
  const [error] = [...(answer?.errors ?? []), ...(answer?.failures ?? [])];
  if (error) throw new HawserError(error);
  if (status !== 0 || !answer) {
    throw deployErrors.error('deploy/failed-there', { doing, said: lastWords(err || out) });
  }
  if (answer.pending) throw deployErrors.error('deploy/waits', { name });
}
