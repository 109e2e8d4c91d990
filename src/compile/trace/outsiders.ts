import { type Address, type Family, Prefix, PrefixSet } from '#ip';
import { type Router, unroutable } from '#spec';
import type { Model } from '../model.ts';

const everything = PrefixSet.of([Prefix.parse('0.0.0.0/0'), Prefix.parse('::/0')]);

const known = new WeakMap<Router, PrefixSet>();

/** All that is outside of the network, and not of a link. */
export function outsideOf({ network, inside }: Model, router: Router): PrefixSet {
  const found =
    known.get(router) ??
    everything
      .subtract(unroutable)
      .subtract(
        PrefixSet.of([...inside.prefixes(), ...network.segments.flatMap((one) => one.subnets)]),
      )
      .subtract(
        PrefixSet.of(network.routers.flatMap(({ uplink }) => uplink.map((end) => end.network))),
      );
  known.set(router, found);
  return found;
}

/** Somebody of whom nothing is known but that it is outside, and on no range of a router's list if there is such a one. */
export function somebodyOutside(model: Model, router: Router, family: Family): Address {
  const all = outsideOf(model, router);
  const unlisted = all.subtract(PrefixSet.of(router.egress.flatMap(({ to }) => to ?? [])));
  const first = [...unlisted.prefixes(), ...all.prefixes()].find((one) => one.family === family);
  if (!first) throw new RangeError('a network that leaves nothing outside');
  return first.first;
}
