import { until } from '../support/until.ts';
import { macs, type Stretched, space } from './stretched.ts';

const mac = 'fa:16:3e:99:99:99';

/**
 * A machine at knox that no file names, on the port of knox-1, which is away meanwhile. It has no address but what the
 * DHCP server of its site gives it.
 */
export class Guest implements Disposable {
  readonly #segment: Stretched;
  /** How its host stands there again. */
  readonly #back: string;
  #address = '';

  constructor(segment: Stretched) {
    this.#segment = segment;
    const own = this.#at(
      `ip -4 -o address show dev eth0 | grep -o '[0-9.]*/[0-9]*'; ip -4 route show default`,
    );
    const [address = '', way = ''] = own.split('\n');
    this.#back = `ip link set dev eth0 address ${macs.knox}; ip -4 address flush dev eth0
      ip address add ${address} dev eth0; ip route replace ${way}`;
    this.#at(`ip -4 address flush dev eth0; ip link set dev eth0 address ${mac}`);
  }

  readonly #at = (script: string): string => this.#segment.at('knox-1', script);

  /** It is known at the other site by its lease alone: it speaks no word of IP or ARP before. */
  async arrives(): Promise<void> {
    const said = this.#at(
      `busybox udhcpc -fqn -t 8 -T 1 -i eth0 -s ${this.#segment.labs.folder}/lease`,
    );
    this.#address = /^bound (10\.101\.\d+\.\d+) 10\.101\.128\.0$/m.exec(said)?.[1] ?? '';
    if (this.#address === '') throw new Error(`the guest was given no address:\n${said}`);
    await until('the other site knows who was given the address', () =>
      this.#segment
        .at('epouta-gw', `ip -n ${space} neigh show ${this.#address}`)
        .includes(`lladdr ${mac}`),
    );
    this.#at(`ip address add ${this.#address}/16 dev eth0`);
    await this.isReached();
  }

  /** From the other site. */
  async isReached(): Promise<void> {
    await until('the guest is reached', () =>
      this.#segment.at('epouta-1', `ping -nc 1 -W 0.5 ${this.#address}`),
    );
  }

  [Symbol.dispose](): void {
    this.#at(this.#back);
  }
}
