import type { Egress, Port, Router } from '#spec';
import type { Untried } from './untried.ts';

/** What a router lets out, and one whom the file names for that; no port: an echo. */
export type Leaving = {
  /** As the file has it. */
  readonly to: string;
  readonly port?: Port;
  /** The list lets pass everything, so there is no port at which somebody should answer. */
  readonly isAny: boolean;
} & ({ readonly address: string } | { readonly host: string });

/** Those whom the list of a router names one by one: nothing is sent to others. */
export const leavingOf = (router: Router | undefined): readonly Leaving[] =>
  (router?.egress ?? []).flatMap((egress): readonly Leaving[] => {
    const who = router && onlyIn(router, egress);
    if (!who) return [];
    const one = { to: egress.text, ...who };
    const tried = egress.ports.filter(({ protocol }) => protocol !== 'udp');
    return egress.ports.length === 0
      ? [{ ...one, isAny: true }]
      : tried.map((port) => ({ ...one, ...(port.protocol === 'tcp' && { port }), isAny: false }));
  });

/** The only one of an entry. */
function onlyIn(
  { families }: Router,
  { to, host }: Egress,
): { readonly address: string } | { readonly host: string } | undefined {
  if (host !== undefined) return { host };
  if (!to || !families.includes(to.family)) return undefined;
  return to.length === (to.family === 4 ? 32 : 128) ? { address: String(to.first) } : undefined;
}

/** What of the list of a router is not tried. */
export function untriedOf(router: Router): readonly Untried[] {
  const { name, external, egress } = router;
  if (external !== undefined) {
    return [{ what: `router ${name}`, why: `namespace ${external} is another’s` }];
  }
  const what = (text: string): string => `${text} by router ${name}`;
  return egress.flatMap((one): readonly Untried[] => {
    if (!onlyIn(router, one))
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
