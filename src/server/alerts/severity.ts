import { type AlertFilter, type EventKind, type Severity, severities } from '#api';

/** How bad it is that something happened. */
const severityOf: Readonly<Record<EventKind, Severity>> = {
  ...{ down: 'critical', failing: 'critical', clone: 'critical', conflict: 'critical' },
  ...{ degraded: 'warning', away: 'warning', drift: 'warning', failover: 'warning' },
  'login-failed': 'warning',
  ...{
    joined: 'info',
    left: 'info',
    up: 'info',
    back: 'info',
    well: 'info',
    repaired: 'info',
    apply: 'info',
  },
};

export const severity = (kind: EventKind): Severity => severityOf[kind];

/** Whether one is worse than another. */
export const isWorse = (one: Severity, other: Severity): boolean =>
  severities.indexOf(one) < severities.indexOf(other);

interface About {
  readonly severity: Severity;
  readonly kind: EventKind | 'test';
  readonly machine?: string | undefined;
  readonly other?: string | undefined;
  readonly sites?: readonly string[] | undefined;
}

/** Whether somebody wants to be alerted of it. */
export function isWanted(filter: AlertFilter, { machine, other, sites = [], ...alert }: About) {
  const { kinds, machines, sites: wanted } = filter;
  const names = [machine, other].filter((name) => name !== undefined);
  return (
    !isWorse(filter.severity, alert.severity) &&
    (kinds === undefined || kinds.some((kind) => kind === alert.kind)) &&
    (machines === undefined || names.some((name) => machines.includes(name))) &&
    (wanted === undefined || sites.some((site) => wanted.includes(site)))
  );
}
