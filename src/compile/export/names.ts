import { compileErrors } from '../errors.ts';
import type { Model } from '../model.ts';
import { hostsLines } from '../names/table.ts';
import { comment, type ExportFile } from './formats.ts';

/**
 * All names of the network as lines of hosts(5), for whoever runs nothing that asks for them.
 * @throws compile/export-no-names
 */
export function exportNames(model: Model): ExportFile {
  const { name, dns, place } = model.network;
  if (!dns) throw compileErrors.error('compile/export-no-names', { network: name }, { place });
  const lines = [comment(`names of the network ${name}, for /etc/hosts`), ...hostsLines(model)];
  return { path: '/etc/hosts', mode: '0644', content: `${lines.join('\n')}\n` };
}
