import { type Endpoint, formatEndpoint, Prefix } from '#ip';
import type { MapNode, YamlEntry, YamlNode } from '#spec';
import { compileErrors } from '../errors.ts';
import {
  assumed,
  type Draft,
  type DraftSite,
  type Field,
  from,
  question,
  type Remark,
} from './draft.ts';
import { labelOf, uniqueName } from './names.ts';
import { type Answers, checkAnswers, checkNames } from './options.ts';
import type { ImportFile, Left } from './source.ts';
import { asItems, asMap, asText, badValue, entryOf, readTree, textOf } from './tree.ts';

/**
 * BiBiGrid 2 and 3: a list of configurations, one for each cloud; the first has the master, each other
 * one a gateway (`vpnInstance`; older: `vpnWorker`, `vpnwkr`). What its playbook sets for all of them is
 * fixed: 10.0.0.0/24 with the master at .1 and the gateways from .2 on, port 51820, keepalive 25, wg0.
 */
const fixed = { overlay: '10.0.0.0/24', port: 51820, keepalive: 25, interface: 'wg0' };
const gatewayKeys = ['vpnInstance', 'vpnWorker', 'vpnwkr'];
const unnamed = 'bibigrid';
const roles = ['masterInstance', ...gatewayKeys];

const understood = new Set([...roles, 'infrastructure', 'cloud', 'subnet', 'network']);
const whyLeft: ReadonlyMap<string, string> = new Map(
  Object.entries({
    workerInstances:
      'their addresses are not in this file; write those that exist under `hosts:`, a range in one line',
    features: 'Slurm across the clouds stays with BiBiGrid',
    slurm: 'Slurm across the clouds stays with BiBiGrid',
    slurmConf: 'Slurm across the clouds stays with BiBiGrid',
  }),
);
const clusterAffair = 'it is about the cluster and its cloud, not about the network between them';

interface Cloud {
  readonly name: string;
  readonly map: MapNode;
  readonly isMaster: boolean;
  readonly index: number;
}

const leftOf = ({ name, map }: Cloud): readonly Left[] =>
  map.entries
    .filter(({ key }) => !understood.has(key))
    .map(({ key, place }) => ({
      what: `${key} of ${name}`,
      why: whyLeft.get(key) ?? clusterAffair,
      place,
    }));

function roleOf(map: MapNode, index: number): YamlEntry {
  const wanted = index === 0 ? ['masterInstance'] : gatewayKeys;
  const entry = map.entries.find(({ key }) => wanted.includes(key));
  if (entry) return entry;
  const stray = map.entries.find(({ key }) => roles.includes(key));
  const expected =
    index === 0
      ? 'a configuration with a `masterInstance`'
      : 'a configuration with a `vpnInstance`';
  throw badValue(stray?.key ?? 'cloud', expected, (stray ?? map).place);
}

function cloudsOf(items: readonly YamlNode[]): readonly Cloud[] {
  const taken = new Set<string>();
  return items.map((item, index) => {
    const map = asMap(item, 'a configuration');
    const isMaster = roleOf(map, index).key === 'masterInstance';
    const said = textOf(map, 'cloud');
    const name = uniqueName(labelOf(said ?? '') ?? `cloud-${index + 1}`, taken);
    taken.add(name);
    return { name, map, isMaster, index };
  });
}

const machineOf = ({ isMaster, name }: Cloud): string => (isMaster ? 'master' : `vpn-${name}`);

/** By the name of the cloud or of its machine. */
const answerTo = <T>(answers: ReadonlyMap<string, T>, cloud: Cloud): T | undefined =>
  answers.get(cloud.name) ?? answers.get(machineOf(cloud));

function namesOfSubnets({ map }: Cloud): readonly string[] {
  const value = (entryOf(map, 'subnet') ?? entryOf(map, 'network'))?.value;
  if (!value || (value.kind === 'scalar' && value.value === null)) return [];
  const items = value.kind === 'list' ? value.items : [value];
  return items.map((item) => asText(item, 'subnet'));
}

function subnetsOf(cloud: Cloud, answers: Answers) {
  const names = namesOfSubnets(cloud);
  const prefixes = names.flatMap((name) => Prefix.tryParse(name) ?? []);
  const subnets = answerTo(answers.subnets, cloud) ?? (prefixes.length > 0 ? prefixes : undefined);
  if (subnets) return { subnets: subnets.map(String), remarks: [] };
  const called = names.length > 0 ? ` of ${names.map((name) => `\`${name}\``).join(', ')}` : '';
  const ask = `which range has the subnet${called}? (--subnet ${cloud.name}=PREFIX; \`openstack subnet show\`)`;
  return { subnets: [], remarks: [question(ask)] };
}

/** The master has a floating IP unless it is told not to (`useMasterWithPublicIp`), or has a gateway. */
function isHidden({ map, isMaster }: Cloud): boolean {
  const said = textOf(map, 'useMasterWithPublicIp') ?? textOf(map, 'useMasterWithPublicIP');
  return isMaster && (/^(?:no|false)$/i.test(said ?? '') || entryOf(map, 'gateway') !== undefined);
}

function endpointRemarks(cloud: Cloud, endpoint: Endpoint | undefined): readonly Remark[] {
  if (endpoint) return [];
  return [
    isHidden(cloud)
      ? assumed('it has no floating IP, and reaches out itself (useMasterWithPublicIp, gateway)')
      : question(`which floating IP has it? (--endpoint ${cloud.name}=ADDRESS:${fixed.port})`),
  ];
}

function siteOf(cloud: Cloud, answers: Answers): DraftSite {
  const endpoint = answerTo(answers.endpoints, cloud);
  const { subnets, remarks } = subnetsOf(cloud, answers);
  const given = answers.overlay.length > 0;
  const fields: readonly (Field | false | undefined)[] = [
    endpoint && { key: 'endpoint', value: formatEndpoint(endpoint) },
    !given && {
      key: 'overlay',
      value: `10.0.0.${cloud.index + 1}`,
      remarks: [assumed('the address that BiBiGrid gives it')],
    },
  ];
  const { file, line, column } = cloud.map.place;
  return {
    name: cloud.name,
    remarks,
    subnets,
    gateway: {
      name: machineOf(cloud),
      remarks: [from(`${file}:${line}:${column}`), ...endpointRemarks(cloud, endpoint)],
      fields: fields.filter((field) => field !== false && field !== undefined),
    },
  };
}

function headOf(answers: Answers): readonly Field[] {
  const { network, overlay } = answers;
  return [
    network === undefined
      ? { key: 'network', value: unnamed, remarks: [assumed('no file names it (--network)')] }
      : { key: 'network', value: network },
    overlay.length > 0
      ? { key: 'overlay', value: overlay.map(String) }
      : {
          key: 'overlay',
          value: [fixed.overlay],
          remarks: [
            assumed('BiBiGrid has this range for every cluster; likewise port and keepalive'),
          ],
        },
  ];
}

const keysStay: Left = {
  what: 'keys of the gateways',
  why: 'BiBiGrid makes them anew with each cluster; a machine tells its key when it joins, or write it as `key:`',
};

/**
 * The draft of a bibigrid.yml.
 * @throws spec/..., compile/import-bad-value, compile/import-old-bibigrid
 */
export function readBibigrid(
  file: ImportFile,
  answers: Answers,
): { readonly draft: Draft; readonly left: readonly Left[] } {
  const root = readTree(file);
  if (root.kind === 'map' && entryOf(root, 'mode')) {
    throw compileErrors.error('compile/import-old-bibigrid', {}, { place: root.place });
  }
  const clouds = cloudsOf(asItems(root, 'the file'));
  checkNames(answers, []);
  checkAnswers(
    answers,
    clouds.flatMap((cloud) => [cloud.name, machineOf(cloud)]),
  );
  const { port, keepalive, interface: device } = fixed;
  const draft: Draft = {
    from: [file.file],
    network: answers.network ?? unnamed,
    head: headOf(answers),
    defaults: Object.entries({ port, keepalive, interface: device }).map(([key, value]) => ({
      key,
      value,
    })),
    sites: clouds.map((cloud) => siteOf(cloud, answers)),
    members: [],
    membersRemarks: [],
  };
  return { draft, left: [keysStay, ...clouds.flatMap(leftOf)] };
}
