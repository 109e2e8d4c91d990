import { Prefix, PrefixSet } from '#ip';
import { type Route, unreachableMetric } from '#state';

/**
 * What refuses packets that are to pass a tunnel whose device is gone: its routes went along, and the
 * default route would take them, in the clear. One for each prefix that these routes make up together,
 * never more than there are of them and never longer, so that each of them wins while it is there.
 */
export function unreachableRoutes(
  network: string,
  devices: readonly string[],
  routes: readonly Route[],
): readonly Route[] {
  const metric = unreachableMetric(network);
  const tunnelled = routes.filter(({ device }) =>
    typeof device === 'string' ? devices.includes(device) : device && 'carrying' in device,
  );
  const tables = Map.groupBy(tunnelled, ({ table }) => table);
  return [...tables].flatMap(([table, inTable]) =>
    PrefixSet.of(inTable.map(({ prefix }) => Prefix.parse(prefix)))
      .prefixes()
      .map((prefix): Route => ({ type: 'unreachable', prefix: `${prefix}`, table, metric })),
  );
}
