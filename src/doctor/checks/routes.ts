import type { Diagnostic } from '#base';
import type { Device } from '#host';
import { check } from '../check.ts';
import { found } from '../errors.ts';
import type { Facts, RouteSeen } from '../facts.ts';

/** Kinds of devices that carry another VPN, as `ip -d link` names them. */
const tunnelKinds = new Set(['wireguard', 'tun', 'ppp', 'gre', 'ipip', 'sit', 'xfrm']);

const isOurs = ({ alias }: Device): boolean => alias?.startsWith('hawser:') ?? false;

function whatIs(device: Device | undefined, name: string): 'docker' | 'tunnel' | 'network' {
  if (/^(?:docker\d|br-[\da-f]{12}$)/.test(name)) return 'docker';
  if (device && tunnelKinds.has(device.kind)) return 'tunnel';
  return /^(?:tun|tap|wg|ppp|tailscale|zt)/.test(name) ? 'tunnel' : 'network';
}

const words = {
  docker: "one of Docker's networks",
  tunnel: 'another tunnel',
  network: "a network of this machine's own",
} as const;

function remedyFor(what: keyof typeof words, prefix: string, device: string): string {
  const without = `take ${prefix} out of the network's file`;
  if (what === 'docker') {
    return `\`docker network ls\` names it; give it another range (\`default-address-pools\` in /etc/docker/daemon.json, \`docker network create --subnet\`), or ${without}.`;
  }
  if (what === 'tunnel') {
    return `\`ip route del ${prefix} dev ${device}\` until that tunnel's configuration leaves it away, or ${without}.`;
  }
  return `Give one of the two another range: \`ip route show dev ${device}\`, or ${without}.`;
}

/** Routes that anybody looks into; table 255 is the kernel's own addresses. */
const local = 255;
const isDefault = ({ prefix }: RouteSeen): boolean => prefix.length === 0;

/** Whether the kernel takes the other one for addresses that both hold, in one table. */
const wins = (other: RouteSeen, own: RouteSeen): boolean =>
  other.prefix.length > own.prefix.length ||
  (other.prefix.length === own.prefix.length && other.metric < own.metric);

interface Scene {
  readonly routes: Facts['routes'];
  readonly devices: ReadonlyMap<string, Device>;
}

function overlaps({ routes, devices }: Scene): readonly Diagnostic[] {
  const own = routes.filter(({ ours, device }) => ours && device !== '');
  const others = routes.filter(
    (route) =>
      !route.ours &&
      route.device !== '' &&
      route.table !== local &&
      !isDefault(route) &&
      !isOursByName(devices, route.device),
  );
  return own.flatMap((mine) =>
    others
      .filter(({ prefix }) => prefix.family === mine.prefix.family && prefix.overlaps(mine.prefix))
      .map((other) => collision(mine, other, devices)),
  );
}

const isOursByName = (devices: Scene['devices'], name: string): boolean => {
  const device = devices.get(name);
  return device !== undefined && isOurs(device);
};

function collision(mine: RouteSeen, other: RouteSeen, devices: Scene['devices']): Diagnostic {
  const { device } = other;
  const kind = whatIs(devices.get(device), device);
  const prefix = mine.prefix.toString();
  const common = { prefix, device, what: words[kind], other: other.prefix.toString() };
  const remedy = remedyFor(kind, other.prefix.toString(), device);
  return wins(other, mine)
    ? found('doctor/route-taken', { ...common, interface: mine.device, remedy })
    : found('doctor/route-hides', { ...common, remedy }, { severity: 'warning' });
}

function foreignDefault({ routes, devices }: Scene): readonly Diagnostic[] {
  const names = routes
    .filter((route) => isDefault(route) && !route.ours && route.table !== local)
    .map(({ device }) => device)
    .filter((name) => {
      const device = devices.get(name);
      return device !== undefined && !isOurs(device) && whatIs(device, name) === 'tunnel';
    });
  return [...new Set(names)].map((device) =>
    found('doctor/default-in-tunnel', { device, address: 'ADDRESS' }, { severity: 'warning' }),
  );
}

const sceneOf = ({ routes, devices }: Pick<Facts, 'routes' | 'devices'>): Scene => ({
  routes,
  devices: new Map(devices.map((device) => [device.name, device])),
});

export const routeChecks = [
  check({
    id: 'overlap',
    group: 'routes',
    fine: 'nothing else on this machine claims what the network routes',
    needs: ['routes', 'devices'],
    codes: ['doctor/route-taken', 'doctor/route-hides'],
    judge: (facts) => overlaps(sceneOf(facts)),
    detail: ({ routes }) => {
      const own = routes.filter(({ ours, device }) => ours && device !== '');
      return own.length === 0 ? 'the network routes nothing here' : `${own.length} of ours`;
    },
  }),
  check({
    id: 'default-route',
    group: 'routes',
    fine: 'the default route does not lead into another tunnel',
    needs: ['routes', 'devices'],
    codes: ['doctor/default-in-tunnel'],
    judge: (facts) => foreignDefault(sceneOf(facts)),
  }),
];
