import type { Diagnostic } from '#base';
import { check } from '../check.ts';
import { found } from '../errors.ts';
import type { RouterSeen } from '../facts.ts';

/** A machine that forwards all of IPv6 hears advertisements of routers only where it is told to. */
const bewareOf = (key: string): string =>
  key === 'net.ipv6.conf.all.forwarding'
    ? ' Where a device has its own address by router advertisements `net.ipv6.conf.DEVICE.accept_ra=2` comes first, else it loses that.'
    : '';

function findingsOf(router: RouterSeen): readonly Diagnostic[] {
  const { namespace, network, isThere, device = '', shut, silent } = router;
  if (!isThere) return [found('doctor/router-gone', { namespace, network })];
  return [
    ...silent.map((address) => found('doctor/router-silent', { namespace, address, device })),
    ...shut.map(({ family, key }) =>
      found('doctor/router-shut', { namespace, device, family, key, beware: bewareOf(key) }),
    ),
  ];
}

export const routerChecks = [
  check({
    id: 'routers',
    group: 'routes',
    fine: 'routers of segments are there, and their ways out are open',
    needs: ['routers'],
    codes: ['doctor/router-gone', 'doctor/router-silent', 'doctor/router-shut'],
    judge: ({ routers }) => routers.flatMap(findingsOf),
    detail: ({ routers }) => routers.map(({ namespace }) => namespace).join(', '),
  }),
];
