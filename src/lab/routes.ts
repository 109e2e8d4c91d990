import { inParallel } from '#base';
import { exportHost, hostRoutes, siteRouterRoutes } from '#compile';
import type { Router } from '#spec';
import type { Route } from '#state';
import { inside } from './keeper.ts';
import type { Lab } from './lab.ts';
import { must, run } from './run.ts';

/**
 * What people and clouds do for machines that run nothing of ours: each plain host gets exactly the
 * lines that `hawser check` prints for it, and the router of a site gets the way to the gateway where
 * hosts on other subnets depend on it, and a gateway that to the segments whose router translates nothing.
 */
export async function setPlainRoutes(lab: Lab): Promise<void> {
  await inParallel(plainRoutes(lab), 8, ({ namespace, lines }) =>
    must([...inside(lab.keeper, namespace), 'ip', '-batch', '-'], { input: lines.join('') }),
  );
}

/** Takes back the routes that these machines had and have no more; what is gone already is not missed. */
export async function dropPlainRoutes(before: Lab, after: Lab): Promise<void> {
  const kept = new Map(plainRoutes(after).map(({ namespace, lines }) => [namespace, lines]));
  const stale = plainRoutes(before).map(({ namespace, lines }) => {
    const prefixes = (kept.get(namespace) ?? []).map(prefixOf);
    const gone = lines.map(prefixOf).filter((prefix) => !prefixes.includes(prefix));
    return { namespace, input: gone.map((prefix) => `route del ${prefix}\n`).join('') };
  });
  await inParallel(
    stale.filter(({ input }) => input !== ''),
    8,
    ({ namespace, input }) =>
      run([...inside(before.keeper, namespace), 'ip', '-force', '-batch', '-'], { input }),
  );
}

/** Of `route replace PREFIX via ...`. */
const prefixOf = (line: string): string => line.split(' ')[2] ?? '';

interface PlainRoutes {
  readonly namespace: string;
  readonly lines: readonly string[];
}

const plainRoutes = (lab: Lab): readonly PlainRoutes[] => [
  ...siteRoutes(lab),
  ...lab.network.routers.flatMap((router) => wayBack(lab, router)),
];

/** Where a router translates nothing, its gateway has the way back to the segments. */
function wayBack({ network }: Lab, { site: name, segments, uplink, snat }: Router): PlainRoutes[] {
  const gateway = network.sites.find((site) => site.name === name)?.gateways[0];
  if (snat || !gateway) return [];
  const behind = network.segments.filter((one) => segments.includes(one.name));
  const lines = behind
    .flatMap(({ subnets }) => subnets)
    .flatMap((subnet) => {
      const end = uplink.find(({ address }) => address.family === subnet.family);
      return end ? [`route replace ${subnet} via ${end.address}\n`] : [];
    });
  return [{ namespace: gateway.name, lines }];
}

function siteRoutes({ network, model }: Lab): readonly PlainRoutes[] {
  return network.sites.flatMap((site) => {
    const plain = site.hosts
      .filter((host) => host.routes !== 'agent')
      .map((host) => ({ namespace: host.name, routes: hostRoutes(model, host.name) }));
    const viaRouter = siteRouterRoutes(model, site.name);
    const needed = site.hosts.some(
      (host) => hostRoutes(model, host.name).length < viaRouter.length,
    );
    const router = { namespace: `router.${site.name}`, routes: needed ? viaRouter : [] };
    return [...plain, router]
      .filter(({ routes }) => routes.length > 0)
      .map(({ namespace, routes }) => ({ namespace, lines: batchLines(namespace, routes) }));
  });
}

/** The lines of the export a person would run, as `ip -batch` takes them. */
const batchLines = (name: string, routes: readonly Route[]): readonly string[] =>
  exportHost(routes, { name }, 'iproute2')
    .split('\n')
    .filter((line) => line.startsWith('ip '))
    .map((line) => `${line.slice('ip '.length)}\n`);
