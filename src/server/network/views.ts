import type { Model } from '#compile';
import { type PresharedView, presharedView } from '../rotation/preshared.ts';
import { type TurnView, turnView } from '../rotation/view.ts';

/** What everybody asks of a network besides its machines; plain data. */
export interface Views {
  /** The prefixes of its overlay. */
  readonly overlay: readonly string[];
  /** How many persons a change of the file needs. */
  readonly approvals: 1 | 2;
  /** A change of key that is under way. */
  readonly turn: TurnView | undefined;
  /** Newer preshared keys that are being handed out. */
  readonly preshared: PresharedView | undefined;
}

export const viewsOf = (model: Model): Views => ({
  overlay: model.network.overlay.map(String),
  approvals: model.network.approvals,
  turn: turnView(model),
  preshared: presharedView(model),
});
