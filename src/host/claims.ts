import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { byText, canonicalJson } from '#base';
import { idOf, type RouteItem } from '#state';
import { writeFileAtomically } from './files.ts';

/** The file's content: by key, plain and sorted. */
interface Content {
  /** Boot the sysctls belong to: a reboot restores them by itself. */
  readonly boot: string;
  /** Previous values by `<namespace> <path>`. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Ever used, by which routes without a device of ours are known. */
  readonly gateways: readonly string[];
  readonly marks: readonly number[];
  /** Ids of the routes by those gateways that are wished now: two networks may share a gateway. */
  readonly routes: readonly string[];
  /** Namespaces of others to which something was added. */
  readonly external: readonly string[];
}

const nothing: Content = {
  boot: '',
  sysctls: {},
  gateways: [],
  marks: [],
  routes: [],
  external: [],
};

function readBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function readContent(path: string): Content {
  try {
    return { ...nothing, ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<Content>) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return nothing;
    throw error;
  }
}

/**
 * What one network changed on this machine and the kernel cannot tell: previous values of sysctls, and
 * what its routes and rules without a device of ours are known by. In /run, one file a network, written
 * before the change itself, found by cleanup without any other state.
 */
export class Claims {
  readonly #folder: string;
  readonly #network: string;
  readonly #boot: string;
  #content: Content;
  /** Read once: claims live as long as one look at the machine. */
  #others: readonly Claims[] | undefined;

  constructor(folder: string, network: string) {
    this.#folder = folder;
    this.#network = network;
    this.#boot = readBoot();
    const content = readContent(this.#path);
    this.#content = content.boot === this.#boot ? content : { ...content, sysctls: {} };
  }

  /** Networks that have claims. */
  static networks(folder: string): readonly string[] {
    try {
      return readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => name.slice(0, -'.json'.length));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  get #path(): string {
    return join(this.#folder, `${this.#network}.json`);
  }

  get gateways(): readonly string[] {
    return this.#content.gateways;
  }

  get marks(): readonly number[] {
    return this.#content.marks;
  }

  /** Paths of the sysctls we changed or share in one namespace, with their previous values. */
  sysctls(namespace: string): ReadonlyMap<string, string> {
    const start = `${namespace} `;
    return new Map(
      Object.entries(this.#content.sysctls)
        .filter(([key]) => key.startsWith(start))
        .map(([key, value]) => [key.slice(start.length), value]),
    );
  }

  /**
   * Remembers previous values; the first one known stays. What another network claims already has its
   * value from that one: what is there now is no longer what was there before us all.
   */
  claimSysctls(namespace: string, previous: ReadonlyMap<string, string>): void {
    const original = (path: string): string | undefined =>
      this.others()
        .map((other) => other.sysctls(namespace).get(path))
        .find((value) => value !== undefined);
    const fresh = Object.fromEntries(
      [...previous].map(([path, value]) => [`${namespace} ${path}`, original(path) ?? value]),
    );
    this.#write({ ...this.#content, sysctls: { ...fresh, ...this.#content.sysctls } });
  }

  get external(): readonly string[] {
    return this.#content.external;
  }

  /** Namespaces of others in which something of ours is, or will be. */
  claimExternal(names: readonly string[]): void {
    this.#write({ ...this.#content, external: [...new Set(names)].sort(byText) });
  }

  get routes(): readonly string[] {
    return this.#content.routes;
  }

  claimRouting(routes: readonly RouteItem[], marks: readonly number[]): void {
    const gateways = routes.map(({ via, device }) => via ?? device);
    this.#write({
      ...this.#content,
      gateways: [...new Set([...this.gateways, ...gateways])].sort(byText),
      marks: [...new Set([...this.marks, ...marks])].sort((a, b) => a - b),
      routes: routes.map(idOf.routes).sort(byText),
    });
  }

  /** Whether another network relies on a sysctl too. */
  othersWant(namespace: string, path: string): boolean {
    return this.others().some((other) => other.sysctls(namespace).has(path));
  }

  /** Forgets a sysctl; whoever else claims it knows its first value too. */
  releaseSysctl(namespace: string, path: string): void {
    const { [`${namespace} ${path}`]: _, ...rest } = this.#content.sysctls;
    this.#write({ ...this.#content, sysctls: rest });
  }

  /** The claims of the machine's other networks. */
  others(): readonly Claims[] {
    this.#others ??= Claims.networks(this.#folder)
      .filter((network) => network !== this.#network)
      .map((network) => new Claims(this.#folder, network));
    return this.#others;
  }

  /** Nothing is left of this network. */
  forget(): void {
    this.#content = nothing;
    rmSync(this.#path, { force: true });
  }

  #write(content: Content): void {
    const next = { ...content, boot: this.#boot };
    if (canonicalJson(next) === canonicalJson(this.#content)) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeFileAtomically(this.#path, `${canonicalJson(next)}\n`);
    this.#content = next;
  }
}
