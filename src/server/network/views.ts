import { type Model, spaceName } from '#compile';
import { formatEndpoint } from '#ip';
import { type PresharedView, presharedView } from '../rotation/preshared.ts';
import { type TurnView, turnView } from '../rotation/view.ts';
import { segmentsOf } from './segments.ts';

/** What everybody asks of a network besides its machines; plain data. */
export interface Views {
  /** The prefixes of its overlay. */
  readonly overlay: readonly string[];
  /** How many persons a change of the file needs. */
  readonly approvals: 1 | 2;
  /** A page without login. */
  readonly statusPage: { readonly port: number } | undefined;
  /** A change of key that is under way. */
  readonly turn: TurnView | undefined;
  /** Newer preshared keys that are being handed out. */
  readonly preshared: PresharedView | undefined;
  /** What is looked at, and by whom; sorted by name. */
  readonly monitors: readonly MonitorView[];
  /** Each segment at each of its sites. */
  readonly segments: readonly SegmentView[];
}

/** A service as people know it. */
export interface MonitorView {
  readonly name: string;
  readonly type: string;
  /** Host and port, or a URL, as the file has them. */
  readonly target: string;
  readonly from: string;
}

/** A segment at a site, and which machine carries it there. */
export interface SegmentView {
  readonly segment: string;
  readonly site: string;
  readonly gateway: string;
  /** Its namespace there. */
  readonly space: string;
}

export const viewsOf = (model: Model): Views => ({
  overlay: model.network.overlay.map(String),
  approvals: model.network.approvals,
  statusPage: model.network.statusPage,
  turn: turnView(model),
  preshared: presharedView(model),
  monitors: model.network.monitors.map(({ name, type, host = '', port = 0, url, from }) => ({
    ...{ name, type, from },
    target: url ?? formatEndpoint({ host, port }),
  })),
  segments: segmentsOf(model.network).segments.flatMap((segment) =>
    segment.sites.flatMap(({ site, gateway }) =>
      gateway === undefined
        ? []
        : { segment: segment.name, site, gateway, space: spaceName(model, segment) },
    ),
  ),
});
