import type { Context } from '../context.ts';

/** The MTU of the ports of a namespace, which its VXLAN devices are to have as well. */
export function portMtu({ wanted, devices, rootDevices }: Context): number | undefined {
  const ports = [...wanted.ports.keys()].map((port) => devices.get(port) ?? rootDevices.get(port));
  const vlans = [...wanted.vlans.values()].map(
    ({ name, parent }) => devices.get(name) ?? rootDevices.get(parent),
  );
  const mtus = [...ports, ...vlans].flatMap((device) => device?.mtu ?? []);
  return mtus.length === 0 ? undefined : Math.min(...mtus);
}

/** Lines for VXLAN devices that were made before their port came. */
export function resized(context: Context): readonly string[] {
  const mtu = portMtu(context);
  const waiting = context.devices.all.filter(
    ({ name, vxlan, mtu: own }) => vxlan && context.wanted.vxlans.has(name) && own !== mtu,
  );
  return mtu === undefined ? [] : waiting.map(({ name }) => `link set dev ${name} mtu ${mtu}`);
}
