import type { Logger } from 'pino';
import type { Store } from './store/contract.ts';
import { operatorCertificate, type ServerCertificate, serverCertificate } from './tls/index.ts';

export interface CertificatesInit {
  readonly store: Store;
  readonly names: readonly string[];
  readonly clock: () => Date;
  readonly log: Logger;
  /** The operator's, instead of the server's own. */
  readonly files: { readonly keyFile: string; readonly certFile: string } | undefined;
}

/** How often is looked whether it is time, in milliseconds: clocks jump, those of machines that boot too. */
const lookEvery = 10_000;
/** After a failure it is tried again in so many milliseconds. */
const pause = 600_000;
/** A clock that is put back by less leaves a certificate good: it is backdated by a day. */
const slack = 3600_000;

/** The server's certificate, renewed in time. */
export class Certificates {
  readonly #init: CertificatesInit;
  readonly #timer: NodeJS.Timeout;
  #current: ServerCertificate;
  #madeAt: number;
  #pauseUntil = 0;
  #onRenewal: (renewed: ServerCertificate) => void = () => undefined;

  private constructor(init: CertificatesInit, current: ServerCertificate) {
    this.#init = init;
    this.#current = current;
    this.#madeAt = init.clock().getTime();
    this.#timer = setInterval(() => void this.renew(), lookEvery).unref();
  }

  /** @throws server/certificate-unusable, server/store-... */
  static async open(init: CertificatesInit): Promise<Certificates> {
    return new Certificates(init, await made(init));
  }

  get current(): ServerCertificate {
    return this.#current;
  }

  follow(onRenewal: (renewed: ServerCertificate) => void): void {
    this.#onRenewal = onRenewal;
  }

  get #isDue(): boolean {
    const now = this.#init.clock();
    return now >= this.#current.renewAt || now.getTime() < this.#madeAt - slack;
  }

  /** Takes the next certificate if it is time. One that cannot be renewed now is used on. */
  async renew(): Promise<void> {
    const { clock, log } = this.#init;
    if (!this.#isDue || performance.now() < this.#pauseUntil) return;
    this.#pauseUntil = performance.now() + pause;
    try {
      this.#current = await made(this.#init);
      this.#madeAt = clock().getTime();
      this.#pauseUntil = 0;
      this.#onRenewal(this.#current);
    } catch (error) {
      log.error({ err: error }, 'the certificate is not renewed yet');
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

const made = async ({
  store,
  names,
  clock,
  files,
}: CertificatesInit): Promise<ServerCertificate> =>
  files ? operatorCertificate({ ...files, clock }) : serverCertificate(store, { names, clock });
