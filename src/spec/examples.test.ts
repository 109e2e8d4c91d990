import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '#base';
import { diskFiles, examples } from '../../tests/support/examples.ts';
import { conform } from './conform.ts';
import { parseYaml } from './document.ts';
import { loadNetwork } from './load.ts';
import { FileSchema } from './schema.ts';
import { sections } from './sections/index.ts';

const load = (file: string) => loadNetwork(file, diskFiles);

describe('every example', () => {
  test('is there', () => {
    expect(examples).toEqual(globSync(join('examples', '*.yaml')).sort());
    expect(examples.length).toBeGreaterThanOrEqual(6);
  });

  test.each(examples)('%s loads without a finding', (file) => {
    const { network, diagnostics } = load(file);
    expect(diagnostics.map(formatDiagnostic)).toEqual([]);
    expect(network?.sites.length).toBeGreaterThan(0);
    expect(network?.tests.length).toBeGreaterThan(0);
  });

  test.each(examples)('%s names its schema for editors', (file) => {
    expect(diskFiles.read(file)).toMatch(
      /^# yaml-language-server: \$schema=\.\.\/schema\/hawser\.schema\.json\n/,
    );
  });

  /** RFC 5737 and RFC 3849: nobody's addresses, so that no example reaches a stranger. */
  test.each(examples)('%s uses documentation addresses as endpoints', (file) => {
    const { network } = load(file);
    const machines = network?.sites.flatMap(({ gateways, nodes }) => [...gateways, ...nodes]) ?? [];
    const hosts = machines.flatMap(({ endpoint }) => (endpoint ? [endpoint.host] : []));
    expect(hosts.length).toBeGreaterThan(0);
    for (const host of hosts)
      expect(host).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\.|^2001:db8:/);
  });
});

test('every section but include stands in an example', () => {
  const used = new Set(
    examples.flatMap((file) => {
      const node = parseYaml(file, diskFiles.read(file) ?? '', () => undefined);
      return node ? Object.keys(conform(FileSchema, '', node, () => undefined) ?? {}) : [];
    }),
  );
  expect(Object.keys(sections).filter((name) => !used.has(name))).toEqual(['include']);
});

describe('the two clouds of the hybrid example', () => {
  const { network } = load(join('examples', 'hybrid-cloud.yaml'));

  test('have the names and addresses of the documentation', () => {
    expect(network?.name).toBe('denbi-hybrid');
    expect(network?.overlay.map(String)).toEqual(['10.0.0.0/24']);
    expect(network?.sites.map(({ name }) => name)).toEqual(['bielefeld', 'giessen']);
    const [bielefeld, giessen] = network?.sites ?? [];
    expect(bielefeld?.gateways[0]).toMatchObject({
      name: 'master',
      kind: 'gateway',
      site: 'bielefeld',
      listenPort: 51820,
      interface: 'wg0',
      keepalive: 0,
      managed: true,
    });
    expect(bielefeld?.gateways[0]?.overlay.map(String)).toEqual(['10.0.0.1']);
    expect(bielefeld?.gateways[0]?.endpoint?.host).toBe('203.0.113.10');
    expect(bielefeld?.hosts.map((host) => [host.name, String(host.addresses[0]?.local)])).toEqual([
      ['worker-1', '192.168.66.11'],
      ['worker-2', '192.168.66.12'],
      ['worker-3', '192.168.66.13'],
      ['worker-4', '192.168.66.14'],
    ]);
    expect(giessen?.gateways[0]?.overlay).toEqual([]);
    expect(network?.members[0]).toMatchObject({
      name: 'alice-laptop',
      hub: 'bielefeld',
      managed: false,
      tags: ['people'],
    });
  });

  test('are known with the places of their fields', () => {
    const source = (diskFiles.read(join('examples', 'hybrid-cloud.yaml')) ?? '').split('\n');
    const { place } = network?.sites[0]?.gateways[0] ?? {};
    expect(source[(place?.line ?? 0) - 1]?.slice((place?.column ?? 0) - 1)).toMatch(/^master:/);
    const { line, column } = network?.sites[0]?.gateways[0]?.fields.endpoint ?? {};
    expect(source[(line ?? 0) - 1]?.slice((column ?? 0) - 1)).toMatch(/^203\.0\.113\.10:51820/);
  });
});
