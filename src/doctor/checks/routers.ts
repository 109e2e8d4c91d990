import type { Diagnostic } from '#base';
import { check } from '../check.ts';
import { found } from '../errors.ts';
import type { RouterSeen } from '../facts.ts';

function findingsOf(router: RouterSeen): readonly Diagnostic[] {
  const { namespace, network, isThere, device = '', forwards = true, silent } = router;
  if (!isThere) return [found('doctor/router-gone', { namespace, network })];
  return [
    ...silent.map((address) => found('doctor/router-silent', { namespace, address, device })),
    ...(forwards ? [] : [found('doctor/router-shut', { namespace, device })]),
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
