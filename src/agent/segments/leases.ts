import { readFileSync, statSync } from 'node:fs';

/** ms between looks at the file: dnsmasq writes it anew, in place, with each lease. */
const interval = 500;

/** `expiry mac address name client-id`, as dnsmasq writes leases of IPv4 (lease.c); those of IPv6 name no MAC address. */
const line = /^(\d+) ((?:[\da-f]{2}:){5}[\da-f]{2}) ([\d.]+) /;

/** Machines to which the DHCP server of a site gave addresses: they are there, though they may not have spoken yet. */
export class Leases {
  readonly #file: string;
  readonly #given: (mac: string, address: string) => void;
  readonly #timer: NodeJS.Timeout;
  /** The file as it was read last. */
  #version = '';
  #told = new Set<string>();

  constructor(file: string, given: (mac: string, address: string) => void) {
    this.#file = file;
    this.#given = given;
    this.#timer = setInterval(() => this.#look(), interval).unref();
    this.#look();
  }

  #look(): void {
    const version = versionOf(this.#file);
    if (version !== this.#version) this.#read();
    this.#version = version;
  }

  /** Tells of those that are new, or were renewed. */
  #read(): void {
    const now = new Set<string>();
    for (const text of linesOf(this.#file)) {
      const [lease, expiry, mac = '', address = ''] = line.exec(text) ?? [];
      // 0: for ever.
      if (lease === undefined || (expiry !== '0' && Number(expiry) * 1_000 < Date.now())) continue;
      now.add(lease);
      if (!this.#told.has(lease)) this.#given(mac, address);
    }
    this.#told = now;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function versionOf(file: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return '';
  }
}

/** None where it is not there, or cannot be read: then nobody is told of. */
function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'latin1').split('\n');
  } catch {
    return [];
  }
}
