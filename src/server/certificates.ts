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

/** How often is looked whether it is time, in milliseconds: clocks of machines that sleep jump. */
const lookEvery = 3600_000;

/** The server's certificate, renewed in time. */
export class Certificates {
  readonly #init: CertificatesInit;
  readonly #timer: NodeJS.Timeout;
  #current: ServerCertificate;
  #onRenewal: (renewed: ServerCertificate) => void = () => undefined;

  private constructor(init: CertificatesInit, current: ServerCertificate) {
    this.#init = init;
    this.#current = current;
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

  /** Takes the next certificate if it is time. One that cannot be renewed now is used on. */
  async renew(): Promise<void> {
    const { clock, log } = this.#init;
    if (clock() < this.#current.renewAt) return;
    try {
      this.#current = await made(this.#init);
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
