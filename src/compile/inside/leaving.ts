import type { Egress, Port, Router } from '#spec';
import type { Untried } from './untried.ts';

/** What a router lets out, and one whom the file names for that; no port: an echo. */
export interface Leaving {
  /** As the file has it. */
  readonly to: string;
  readonly address: string;
  readonly port?: Port;
  /** The list lets pass everything, so there is no port at which somebody should answer. */
  readonly isAny: boolean;
}

/** Those whom the list of a router names one by one: nothing is sent to others. */
export const leavingOf = (router: Router | undefined): readonly Leaving[] =>
  (router?.egress ?? []).flatMap((egress): readonly Leaving[] => {
    const address = router && onlyIn(router, egress);
    if (address === undefined) return [];
    const one = { to: egress.text, address };
    const tried = egress.ports.filter(({ protocol }) => protocol !== 'udp');
    return egress.ports.length === 0
      ? [{ ...one, isAny: true }]
      : tried.map((port) => ({ ...one, ...(port.protocol === 'tcp' && { port }), isAny: false }));
  });

function onlyIn({ families }: Router, { to }: Egress): string | undefined {
  if (!to || !families.includes(to.family)) return undefined;
  return to.length === (to.family === 4 ? 32 : 128) ? String(to.first) : undefined;
}

/** What of the list of a router is not tried. */
export function untriedOf(router: Router): readonly Untried[] {
  const { name, external, egress } = router;
  if (external !== undefined) {
    return [{ what: `router ${name}`, why: `namespace ${external} is another’s` }];
  }
  const what = (text: string): string => `${text} by router ${name}`;
  return egress.flatMap((one): readonly Untried[] => {
    if (one.host !== undefined)
      return [
        {
          what: what(one.text),
          why: 'what the router itself sends to a name has no way out, only what machines send',
        },
      ];
    if (onlyIn(router, one) === undefined)
      return [{ what: what(one.text), why: 'the file names nobody in particular there' }];
    return one.ports.some(({ protocol }) => protocol === 'udp')
      ? [
          {
            what: what(`${one.text} udp`),
            why: 'who has a service there would take what is sent for his',
          },
        ]
      : [];
  });
}
