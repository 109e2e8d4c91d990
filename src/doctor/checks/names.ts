import type { Diagnostic } from '#base';
import { check } from '../check.ts';
import { found } from '../errors.ts';
import type { ResolverSeen } from '../facts.ts';

/** Without any name that is missed a dead resolver is a pity; with one it is a fault. */
function resolvers({ servers, missed: name }: ResolverSeen): readonly Diagnostic[] {
  if (servers.length === 0) {
    return name === undefined ? [] : [found('doctor/no-resolver', { name })];
  }
  const isFault = name !== undefined && servers.every(({ answers }) => !answers);
  const severity = isFault ? 'error' : 'warning';
  return servers
    .filter(({ answers }) => !answers)
    .map(({ address, throughTunnel }) =>
      throughTunnel === undefined
        ? found('doctor/resolver-dead', { address }, { severity })
        : found(
            'doctor/resolver-in-tunnel',
            { address, interface: throughTunnel },
            { severity: 'error' },
          ),
    );
}

export const nameChecks = [
  check({
    id: 'resolver',
    group: 'names',
    fine: "the machine's nameservers answer",
    needs: ['resolver'],
    codes: ['doctor/no-resolver', 'doctor/resolver-dead', 'doctor/resolver-in-tunnel'],
    judge: ({ resolver }) => resolvers(resolver),
    detail: ({ resolver: { servers } }) =>
      servers.map(({ address }) => address).join(', ') || 'none is set, and none is needed',
  }),
  check({
    id: 'names',
    group: 'names',
    fine: 'the names of servers and endpoints can be resolved',
    needs: ['names'],
    codes: ['doctor/name-unresolved'],
    judge: ({ names }) =>
      names
        .filter(({ is }) => !is)
        .map(({ name, of }) => found('doctor/name-unresolved', { name, of })),
    detail: ({ names }) =>
      names.map(({ name }) => name).join(', ') || 'the network names addresses only',
  }),
];
