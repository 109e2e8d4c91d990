import type { Address } from '#ip';
import type { Draft, NsDraft } from './draft.ts';
import { internet } from './plan.ts';

/** Link-local next hops (RFC 4291 section 2.5.6) of every cable to the internet. */
const coreSide = 'fe80::1';
const farSide = 'fe80::2';

interface UplinkOptions {
  readonly unit: string;
  readonly ns: NsDraft;
  readonly device: string;
  readonly mtu: number;
  /** Addresses the namespace itself has; one per family at most. */
  readonly own: readonly Address[];
  /** Further public addresses that the internet sends there. */
  readonly routed: readonly Address[];
}

/** A cable to the internet, default routes out, and routes back to exactly these addresses. */
export function connect(draft: Draft, options: UplinkOptions): void {
  const { unit, ns, device, own, routed } = options;
  const coreDevice = draft.nextCoreDevice();
  draft.uplinks.push({ unit, device: coreDevice });
  draft.cable(
    { namespace: internet, device: coreDevice },
    { namespace: ns.name, device },
    options.mtu,
  );
  draft.core.interfaces.push({ device: coreDevice, addresses: [`${coreSide}/64`] });
  ns.interfaces.push({
    device,
    addresses: [...own.map((a) => `${a}/${a.family === 4 ? 32 : 128}`), `${farSide}/64`],
  });
  for (const family of draft.families) {
    const via = family === 4 ? `${draft.coreAddress}` : coreSide;
    ns.routes.push({ prefix: family === 4 ? '0.0.0.0/0' : '::/0', via, device });
  }
  draft.core.routes.push(...backRoutes(own, routed, coreDevice));
}

function backRoutes(own: readonly Address[], routed: readonly Address[], device: string) {
  const next = (address: Address) =>
    address.family === 6 ? farSide : `${own.find((a) => a.family === 4)}`;
  return [
    ...own.map((a) =>
      a.family === 4 ? { prefix: `${a}/32`, device } : { prefix: `${a}/128`, via: farSide, device },
    ),
    ...routed
      .filter((a) => !own.some((other) => other.equals(a)))
      .map((a) => ({ prefix: `${a}/${a.family === 4 ? 32 : 128}`, via: next(a), device })),
  ];
}
