import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '#base';
import {
  allocate,
  assumeKeys,
  emptyFacts,
  exportHost,
  exportMachine,
  hostFormats,
  hostRoutes,
  link,
  type Model,
  machineFormats,
  project,
} from '#compile';
import { PrefixSet } from '#ip';
import { loadNetwork } from '#spec';
import { viewOf } from '#state';
import { parseConfig } from '#wireguard';

const folder = join(import.meta.dirname, '../../examples');
const privateKey = new Secret('TFlmmEUC7V7VtiDYLKsbP5rySTKLIZq1yn8lMqK83wo=');

function linked(file: string): Model {
  const { network, diagnostics } = loadNetwork(join(folder, file), {
    read: (path) => readFileSync(path, 'utf8'),
    glob: (directory, pattern) => globSync(join(directory, pattern)),
  });
  if (!network) throw new Error(JSON.stringify(diagnostics));
  const facts = { ...emptyFacts, ...assumeKeys(network, emptyFacts) };
  const { ledger } = allocate(network, facts.ledger);
  return link({ ...facts, ledger, network, epoch: 'test', rev: 1 });
}

describe.each(globSync('*.yaml', { cwd: folder }).map((file) => basename(file)))('%s', (file) => {
  const model = linked(file);
  const machines = [...model.nodesByName.keys()];

  test('every machine has every export, with the peers and allowed IPs of its state', () => {
    expect(machines).not.toEqual([]);
    for (const machine of machines) {
      const state = project(model, machine);
      for (const format of machineFormats) {
        expect(exportMachine(state, format, { privateKey })).toContain('\n');
      }
      const { peers } = parseConfig(exportMachine(state, 'wg-quick', { privateKey }));
      const wanted = [...(viewOf(state).get('root')?.peers.values() ?? [])];
      const said = peers.map((peer) => [peer.publicKey, peer.allowedIps.map(String).sort()]);
      expect(new Map(said as [string, string[]][])).toEqual(
        new Map(wanted.map((peer) => [peer.publicKey, [...peer.allowedIps].sort()])),
      );
    }
  });

  test('a member that runs nothing of ours needs no hooks: its allowed IPs make its routes', () => {
    for (const member of model.network.members.filter(({ managed }) => !managed)) {
      const text = exportMachine(project(model, member.name), 'wg-quick', { privateKey });
      const { interface: own, peers } = parseConfig(text);
      expect(own.postUp).toEqual([]);
      const reached = PrefixSet.of(peers.flatMap((peer) => peer.allowedIps));
      for (const prefix of model.network.overlay) expect(reached.contains(prefix)).toBe(true);
    }
  });

  test('every plain host has every export', () => {
    for (const host of model.hostsByName.keys()) {
      for (const format of hostFormats) {
        const text = exportHost(hostRoutes(model, host), { name: host, device: 'eth0' }, format);
        for (const { prefix } of hostRoutes(model, host)) expect(text).toContain(prefix);
      }
    }
  });
});
