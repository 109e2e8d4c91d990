import type { Command } from 'commander';
import { Option } from 'commander';
import {
  exportHostFiles,
  exportMachineFiles,
  exportNames,
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
import { cliErrors } from '../errors.ts';
import { type KeyOptions, withKey } from '../export/keys.ts';
import { pendingPeers, refuseWithoutPeers } from '../export/pending.ts';
import { atSource, fileSource, requireName, type Source } from '../export/source.ts';
import { linkKnown } from '../load.ts';
import { print, printDrawing, printJson } from '../output.ts';
import { type NetworkOptions, ofNetwork, type Reasoned, reason } from '../remote/session.ts';

interface Options extends KeyOptions, NetworkOptions, Reasoned {
  readonly format?: string;
  readonly device?: string;
}

type File = ReturnType<typeof exportMachineFiles>[number];

const allFormats = [...new Set([...machineFormats, ...hostFormats, namesFormat])];

export const exportCommand = (): Command =>
  ofNetwork('export', 'write the configuration of one machine for software other than Hawser')
    .argument('<file-or-machine>', 'a machine of the server’s network; or a file, then its machine')
    .argument('[machine]', 'of the file: a gateway, node, member or host')
    .addOption(new Option('-f, --format <format>', 'how to write it').choices(allFormats))
    .option('--device <name>', 'a plain host: its device on the network of its site')
    .option('--public-key <key>', 'an unmanaged member: its own key, instead of making a pair here')
    .option('--new-key', 'an unmanaged member: make another pair; the one before stops working')
    .option('--key-from <file>', 'take the private key from the file that it has')
    .option('--keep-key', 'leave the private key out: it is in the file that it has')
    .option(...reason)
    .addHelpText(
      'after',
      `
Machines that run WireGuard: ${machineFormats.join(', ')} (wg-quick unless said).
Plain hosts: ${hostFormats.join(', ')} (iproute2 unless said).
Any of them: ${namesFormat}, the names of all machines for /etc/hosts.

For a member with 'managed: false' the key pair is made here, once: the private key goes into the exported
text only. The public key goes to the server, which lets the member in with it; of a file, into
hawser.facts.json beside it.

Exit code 0: written. 1: the file has errors. 2: could not be written.`,
    )
    .action(run);

async function run(what: string, machine: string | undefined, options: Options): Promise<void> {
  if (machine !== undefined) return exportFrom(fileSource(what), machine, options);
  requireName(what);
  return atSource(options, (source) => exportFrom(source, what, options));
}

async function exportFrom(source: Source, name: string, options: Options): Promise<void> {
  const { known } = source;
  const model = linkKnown(known, known.facts);
  const isKnown = model.hostsByName.has(name) || model.nodesByName.has(name);
  if (options.format === namesFormat && isKnown) return output([exportNames(model)], options);
  if (model.hostsByName.has(name)) return output(hostFiles(model, name, options), options);
  const node = model.nodesByName.get(name);
  if (!node) return void project(model, name);
  return exportMachine(source, node.machine, options);
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

async function exportMachine(source: Source, machine: Machine, options: Options): Promise<void> {
  const { name } = machine;
  if (Object.hasOwn(source.known.facts.revoked ?? {}, name)) {
    throw cliErrors.error('cli/export-revoked', { machine: name });
  }
  const kind = 'machines that run WireGuard';
  const format = chosen(name, kind, options.format ?? 'wg-quick', machineFormats);
  const { facts, privateKey } = withKey(source, machine, options, format === 'hoststate');
  const model = linkKnown(source.known, facts);
  refuseWithoutPeers(model, name, source);
  const files = exportMachineFiles(project(model, name), format as MachineFormat, {
    ...(privateKey && { privateKey }),
    pending: pendingPeers(model, name),
  });
  await source.keep(facts, name);
  if (format !== 'qr' || options.json) return output(files, options);
  const { qrCode } = await import('../qr.ts');
  printDrawing(await qrCode(files.map(({ content }) => content).join('')));
}

function chosen(name: string, kind: string, format: string, formats: readonly string[]): string {
  if (formats.includes(format)) return format;
  throw cliErrors.error('cli/unknown-format', { name, format, kind, formats: formats.join(', ') });
}

function output(files: readonly File[], options: Options): void {
  if (options.json) printJson({ files });
  else if (files.length === 1) print(files[0]?.content ?? '');
  else print(files.map((f) => `# file: ${f.path} (mode ${f.mode})\n${f.content}`).join('\n'));
}
