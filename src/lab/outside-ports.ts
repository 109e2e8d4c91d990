import { flowClasses } from '#compile';
import { formatPort, type Network, type Port, type Router } from '#spec';

/** All classes, and the first port of each span that the list of a router names. */
export const outsidePorts = (network: Network, { egress }: Router): readonly Port[] => {
  const named = egress
    .flatMap(({ ports }) => ports)
    .map((port) => (port.protocol === 'icmp' ? port : { ...port, last: port.first }));
  const all = [...flowClasses(network), ...named];
  return [...new Map(all.map((port) => [formatPort(port), port])).values()];
};
