import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { type Enrolment, Link } from '#agent';
import type { StateReport, ToAgent } from '#api';
import { applyDelta, facilityVersions, type HostState, hashState } from '#state';
import { now } from './clock.ts';
import type { Made } from './messages.ts';

type Told = Extract<ToAgent, { readonly type: 'state' | 'delta' }>;
type Name = Pick<Told, 'epoch' | 'rev' | 'hash'>;

/** ms within which agents prove a change that does not touch their way to the server. */
const spread = 300;

const publicKeyOf = (key: KeyObject): string =>
  Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url').toString('base64');

/** An identity and a WireGuard key that were never anybody's. */
export function newMachine() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    identity: publicKeyOf(publicKey),
    key: randomBytes(32).toString('base64'),
    sign: (text: string): string => sign(null, Buffer.from(text), privateKey).toString('base64'),
  };
}

export interface Events {
  /** It was told of a change. */
  told(): void;
  /** Something about it is as it should be that was not. */
  changed(): void;
}

/**
 * An agent without a machine: it says and does over the channel what a real one does (the link is
 * the real one's own), and every change succeeds at once.
 */
export class SimulatedAgent {
  readonly made: Made;
  readonly #sign: (text: string) => string;
  readonly #events: Events;
  readonly #boot = randomBytes(8).toString('hex');
  #link: Link | undefined;
  #held: Name | undefined;
  #confirmed: Name | undefined;
  /** When the state that is not proven yet was taken up (performance.now). */
  #since = 0;
  #state: HostState | undefined;
  /** What came and was not looked at yet: looking takes the time of the others. */
  #unread: Told[] = [];
  #bytes = 0;
  toldAt: number | undefined;
  answeredAt: number | undefined;

  constructor(name: string, events: Events) {
    const { identity, key, sign: signature } = newMachine();
    this.made = { name, identity, key };
    this.#sign = signature;
    this.#events = events;
  }

  /** Connected, and what it holds is confirmed. */
  get isSettled(): boolean {
    const isProven = this.#held !== undefined && this.#held.hash === this.#confirmed?.hash;
    return this.#link?.isConnected === true && isProven;
  }

  connect(enrolment: Omit<Enrolment, 'machine'>): void {
    const { name: machine, identity, key } = this.made;
    this.#link = new Link({
      enrolment: () => ({ ...enrolment, machine }),
      identity: { publicKey: identity, sign: this.#sign },
      greeting: () => ({
        program: '0.1.0',
        supports: { ...facilityVersions },
        keys: { '0': key },
        seen: { boot: this.#boot, mtu: 1500 },
        ...(this.#held && { has: this.#held }),
        ...(this.#confirmed && { confirmed: this.#confirmed }),
      }),
      hurry: () => false,
      events: {
        answered: (began) => this.#answered(began),
        message: (message) => this.#hear(message),
        lost: () => {
          this.answeredAt = undefined;
        },
      },
    });
    this.#link.renew();
  }

  stop(): void {
    this.#link?.stop();
  }

  #answered(began: number): void {
    this.answeredAt = now();
    if (this.#held && began > this.#since) this.#confirm(this.#held);
    this.#events.changed();
  }

  #confirm(name: Name): void {
    if (this.#confirmed?.hash === name.hash) return;
    this.#confirmed = name;
    this.#report('confirmed');
  }

  #hear(message: ToAgent): void {
    if (message.type === 'current') {
      if (message.hash === this.#held?.hash) this.#confirm(message);
      this.#events.changed();
    }
    if (message.type !== 'state' && message.type !== 'delta') return;
    this.toldAt = now();
    this.#unread.push(message);
    const { epoch, rev, hash } = message;
    this.#held = { epoch, rev, hash };
    this.#since = performance.now();
    this.#report('applied');
    setTimeout(() => this.#link?.renew(), Math.random() * Math.max(spread, message.spread ?? 0));
    this.#events.told();
  }

  #report(outcome: StateReport['outcome']): void {
    if (!this.#held) return;
    this.#link?.send({ type: 'report', ...this.#held, outcome, changes: [], failures: [] });
  }

  /** How its tunnel to a hub is, and how it went for so many ms. */
  tell(hub: string, milliseconds: number): void {
    this.#bytes += 1_000_000;
    const probe = { rtt: 10 + Math.random(), usual: 10, loss: 0, answered: 1 };
    const sample = { rx: this.#bytes, tx: this.#bytes, handshake: 60, heard: 1, probe };
    const all = (value: number) =>
      Array.from({ length: Math.ceil(milliseconds / 10_000) }, () => value);
    const went = { rx: all(1e5), tx: all(1e5), handshakes: all(0), rtt: all(10), loss: all(0) };
    const series = { [hub]: { age: 0, ...went } };
    this.#link?.send({ type: 'samples', peers: { [hub]: sample }, series });
  }

  /** Looks at what came; how often it was not what its hash names. */
  verify(): number {
    let wrong = 0;
    for (const message of this.#unread) {
      if (message.type === 'state') this.#state = message.state;
      else if (this.#state) this.#state = applyDelta(this.#state, message.delta);
      if (!this.#state || hashState(this.#state) !== message.hash) wrong++;
    }
    this.#unread = [];
    return wrong;
  }
}
