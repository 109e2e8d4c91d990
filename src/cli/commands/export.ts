import { Command, Option } from 'commander';
import type { Secret } from '#base';
import {
  exportHostFiles,
  exportMachineFiles,
  exportNames,
  type Facts,
  type HostFormat,
  hostFormats,
  hostRoutes,
  type MachineFormat,
  type Model,
  machineFormats,
  namesFormat,
  project,
} from '#compile';
import type { Machine } from '#spec';
import { generateKeyPair, isKey } from '#wireguard';
import { cliErrors } from '../errors.ts';
import { linkKnown, type Opened, openNetwork, saveFacts, withAddresses } from '../load.ts';
import { print, printJson } from '../output.ts';

interface Options {
  readonly format?: string;
  readonly device?: string;
  readonly publicKey?: string;
  readonly newKey?: boolean;
  readonly json?: boolean;
}

type LinkedNode = Model['nodes'][number];
type File = ReturnType<typeof exportMachineFiles>[number];

const allFormats = [...new Set([...machineFormats, ...hostFormats, namesFormat])];

export const exportCommand = (): Command =>
  new Command('export')
    .description('write the configuration of one machine for software other than Hawser')
    .argument('<file>', 'the network, as YAML; - for standard input')
    .argument('<machine>', 'a gateway, node, member or host')
    .addOption(new Option('-f, --format <format>', 'how to write it').choices(allFormats))
    .option('--device <name>', 'a plain host: its device on the network of its site')
    .option('--public-key <key>', 'an unmanaged member: its own key, instead of making a pair here')
    .option('--new-key', 'an unmanaged member: make another pair; the one before stops working')
    .option('--json', 'for programs: the files with path and mode')
    .addHelpText(
      'after',
      `
Machines that run WireGuard: ${machineFormats.join(', ')} (wg-quick unless said).
Plain hosts: ${hostFormats.join(', ')} (iproute2 unless said).
Any of them: ${namesFormat}, the names of all machines for /etc/hosts.

For a member with 'managed: false' the key pair is made here: the private key goes into the
exported text only, the public key into hawser.facts.json beside the file.

Exit code 0: written. 1: the file has errors. 2: could not be written.`,
    )
    .action((file: string, machine: string, options: Options) => run(file, machine, options));

async function run(file: string, name: string, options: Options): Promise<void> {
  const opened = openNetwork(file);
  const model = linkKnown(opened, opened.facts);
  const isKnown = model.hostsByName.has(name) || model.nodesByName.has(name);
  if (options.format === namesFormat && isKnown) return output([exportNames(model)], options);
  if (model.hostsByName.has(name)) return output(hostFiles(model, name, options), options);
  const node = model.nodesByName.get(name);
  if (!node) return void project(model, name);
  return exportMachine(opened, node.machine, options);
}

function hostFiles(model: Model, name: string, options: Options): readonly File[] {
  const format = chosen(name, 'plain hosts', options.format ?? 'iproute2', hostFormats);
  checkDevice(options.device);
  const host = { name, ...(options.device !== undefined && { device: options.device }) };
  return exportHostFiles(hostRoutes(model, name), host, format as HostFormat);
}

/** What is exported gets pasted into the shell of root. */
function checkDevice(text: string | undefined): void {
  if (text === undefined || /^[\w.-]{1,15}$/.test(text)) return;
  throw cliErrors.error('cli/bad-device', { text }, { text });
}

async function exportMachine(opened: Opened, machine: Machine, options: Options): Promise<void> {
  const kind = 'machines that run WireGuard';
  const format = chosen(machine.name, kind, options.format ?? 'wg-quick', machineFormats);
  const { facts, privateKey } = withKey(opened, machine, options, format === 'hoststate');
  const model = linkKnown(opened, facts);
  refuseWithoutPeers(opened, model, machine.name);
  const secrets = privateKey ? { privateKey } : {};
  const files = exportMachineFiles(project(model, machine.name), format as MachineFormat, secrets);
  saveFacts(opened, facts);
  if (format !== 'qr' || options.json) return output(files, options);
  const { qrCode } = await import('../qr.ts');
  print(await qrCode(files.map(({ content }) => content).join('')));
}

function chosen(name: string, kind: string, format: string, formats: readonly string[]): string {
  if (formats.includes(format)) return format;
  throw cliErrors.error('cli/unknown-format', { name, format, kind, formats: formats.join(', ') });
}

/** The facts with the machine's key, and its private key if it is made now. */
function withKey(
  opened: Opened,
  machine: Machine,
  options: Options,
  stateOnly: boolean,
): { readonly facts: Facts; readonly privateKey?: Secret } {
  const facts = withAddresses(opened, opened.facts);
  const { name } = machine;
  if (machine.managed && (options.newKey || options.publicKey !== undefined)) {
    throw cliErrors.error('cli/managed-key', { machine: name });
  }
  const { publicKey: text } = options;
  if (text !== undefined) {
    if (!isKey(text)) throw cliErrors.error('cli/bad-public-key', { text }, { text });
    return { facts: setKey(facts, name, text) };
  }
  if (machine.managed || machine.publicKey !== undefined || stateOnly) return { facts };
  if (facts.keys[name]?.['0'] !== undefined && !options.newKey) {
    throw cliErrors.error('cli/key-was-given-out', { machine: name });
  }
  const { privateKey, publicKey } = generateKeyPair();
  return { facts: setKey(facts, name, publicKey), privateKey };
}

const setKey = (facts: Facts, machine: string, key: string): Facts => ({
  ...facts,
  keys: { ...facts.keys, [machine]: { ...facts.keys[machine], '0': key } },
});

/** The machines that one links with. */
function linksOf(model: Model, machine: string): readonly LinkedNode[] {
  const node = model.nodesByName.get(machine) as LinkedNode;
  const upstream = model.paths.upstream(node);
  return [...new Set([...(upstream ? [upstream] : []), ...model.paths.neighbours(node)])];
}

/** An export without any peer helps nobody; it means that keys are missing. */
function refuseWithoutPeers(opened: Opened, model: Model, machine: string): void {
  const peers = Object.keys(project(model, machine).tunnels.main?.peers ?? {});
  const pending = linksOf(model, machine).filter((node) => node.publicKey === undefined);
  if (peers.length > 0 || pending.length === 0) return;
  throw cliErrors.error('cli/pending-peers', {
    machine,
    pending: pending
      .map((node) => node.name)
      .sort()
      .join(', '),
    remedy: pendingRemedy(model, machine, pending),
  });
}

/**
 * Who runs an agent makes its own key. For all others an export makes it, if that would not wait for
 * this one again.
 */
function pendingRemedy(model: Model, own: string, pending: readonly LinkedNode[]): string {
  const network = model.network.name;
  const isKnown = ({ name, publicKey }: LinkedNode): boolean =>
    name !== own && publicKey !== undefined;
  const managed = pending.filter(({ machine }) => machine.managed);
  const others = pending.filter(({ machine }) => !machine.managed);
  const exported = others.filter(({ name }) => linksOf(model, name).some(isKnown));
  const written = others.filter((node) => !exported.includes(node));
  const names = (nodes: readonly LinkedNode[]): string => nodes.map(({ name }) => name).join(', ');
  const commands = exported.map(({ name }) => `hawser export FILE ${name}`).join('; ');
  return [
    ...(exported.length > 0 ? [`First run ${commands}.`] : []),
    ...(written.length > 0
      ? [`Write the public key of ${names(written)} as 'key:' into the file.`]
      : []),
    ...(managed.length > 0
      ? [
          `On ${names(managed)} run 'hawser agent key --network ${network}' and write what it prints as 'key:' into the file.`,
        ]
      : []),
  ].join(' ');
}

function output(files: readonly File[], options: Options): void {
  if (options.json) printJson({ files });
  else if (files.length === 1) print(files[0]?.content ?? '');
  else print(files.map((f) => `# file: ${f.path} (mode ${f.mode})\n${f.content}`).join('\n'));
}
