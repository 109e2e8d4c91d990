import type { Role } from '#api';

/** Who asks: the holder of a token. */
export interface Actor {
  /** Of the token. */
  readonly id: string;
  /** The token's name, which history and audit show. */
  readonly name: string;
  readonly role: Role;
  /** The token for whose holder it speaks; its own, mostly. */
  readonly person: string;
  /** SHA-256 of the token's secret, hex. */
  readonly hash: string;
  /** The one network the token is for. */
  readonly network?: string;
  readonly tags: readonly string[];
  readonly ephemeral: boolean;
  readonly admits: boolean;
  /** Seconds that members have that join with it. */
  readonly memberLife?: number;
  /** The one machine that it lets in. */
  readonly machine?: string;
  /** Its uses are taken: it lets nobody in any more, and still answers whom it let in. */
  readonly isSpent: boolean;
}
