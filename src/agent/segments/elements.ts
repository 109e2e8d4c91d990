import type { Element } from './element.ts';

/** What is at one gateway, by the MAC or IP address that it is about. */
export class Elements {
  readonly #all = new Map<string, Element>();
  /** The IP addresses of each machine: there may be many machines, and each is asked for when it moves. */
  readonly #addresses = new Map<string, Set<string>>();

  get all(): ReadonlyMap<string, Element> {
    return this.#all;
  }

  get(of: string): Element | undefined {
    return this.#all.get(of);
  }

  has(of: string): boolean {
    return this.#all.has(of);
  }

  set(element: Element): void {
    const { of, mac } = element;
    this.delete(of);
    this.#all.set(of, element);
    if (of === mac) return;
    const addresses = this.#addresses.get(mac) ?? new Set();
    this.#addresses.set(mac, addresses.add(of));
  }

  delete(of: string): boolean {
    const mac = this.#all.get(of)?.mac;
    if (mac === undefined) return false;
    const addresses = this.#addresses.get(mac);
    addresses?.delete(of);
    if (addresses?.size === 0) this.#addresses.delete(mac);
    return this.#all.delete(of);
  }

  addressesOf(mac: string): readonly string[] {
    return [...(this.#addresses.get(mac) ?? [])];
  }
}
