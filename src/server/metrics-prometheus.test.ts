import { execFileSync, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { until } from '../../tests/support/until.ts';
import { TestServer } from './fixtures/server.ts';

const folder = join(import.meta.dirname, '../../packaging/grafana');
const rules = join(folder, 'alerts.yml');

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets: readonly { readonly expr: string }[];
}
const { panels } = JSON.parse(readFileSync(join(folder, 'hawser.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
};

/** As Grafana puts a user's choice into a query. */
const chosen = (expression: string): string =>
  expression
    .replaceAll('$network', 'net')
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Scrapes one server each 200 ms, as docs/metrics.md says how. */
const configuration = (port: number): string => `
global: { scrape_interval: 200ms, evaluation_interval: 200ms }
rule_files: [${rules}]
scrape_configs:
  - job_name: hawser
    scheme: https
    authorization: { credentials_file: token }
    tls_config: { ca_file: ca.crt }
    static_configs: [{ targets: ["127.0.0.1:${port}"] }]
`;

/** Who signed the certificate of a server, as it says to whoever calls. */
async function authorityOf(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate(true).issuerCertificate;
  socket.destroy();
  return new X509Certificate(raw).toString();
}

/** A service that anna looks at, a segment, and somebody who has not come yet. */
async function watch(server: TestServer): Promise<void> {
  const { entry, files, revision: base } = await server.call('pull', {});
  const web = 'monitors: { web: { type: http, url: "http://192.0.2.9/", from: anna } }\n';
  const place = 'pool: 10.9.0.2-10.9.0.9, port: eth1';
  const lab = `segments: { lab: { vni: 7, subnet: 10.9.0.0/24, sites: { hub: { ${place} } } } }\n`;
  const text = `${files[entry]}${web}${lab}`;
  await server.call('apply', {}, { entry, files: { ...files, [entry]: text }, base });
  await server.call('createInvite', {}, { machine: 'cleo', person: 'Cleo' });
}

suite('Prometheus', { needs: ['prometheus'] }, () => {
  const home = mkdtempSync(join(tmpdir(), 'hawser-prometheus-'));
  const cleanup = new AsyncDisposableStack();
  let ask: (path: string) => Promise<unknown>;

  beforeAll(async () => {
    const server = cleanup.use(await TestServer.start());
    const agents = await server.populate('anna');
    const anna = agents.get('anna');
    await watch(server);
    const segment = { leases: 3, dropped: { spoofed: 7 } };
    agents.get('hub')?.say({ type: 'segments', segments: { 'hw-net-lab': segment } });
    const probe = { rtt: 2, usual: 2, loss: 0, answered: 1 };
    const hub = { rx: 5, tx: 7, heard: 1, handshake: 9, probe };
    anna?.say({ type: 'samples', peers: { hub } });
    const down = { state: 'down', why: 'nothing answers', took: 9, lasts: 60 } as const;
    anna?.say({ type: 'monitors', results: { web: down } });

    writeFileSync(join(home, 'token'), server.admin, { mode: 0o600 });
    writeFileSync(join(home, 'ca.crt'), await authorityOf(server.port));
    writeFileSync(join(home, 'prometheus.yml'), configuration(server.port));
    const port = await freePort();
    const child = spawn(
      'prometheus',
      [`--config.file=${home}/prometheus.yml`, `--storage.tsdb.path=${home}/data`].concat(
        `--web.listen-address=127.0.0.1:${port}`,
      ),
      { stdio: 'ignore' },
    );
    cleanup.defer(async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    ask = async (path) => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
      const { data, error } = (await answer.json()) as { data?: unknown; error?: string };
      if (error !== undefined) throw new Error(`${path}: ${error}`);
      return data;
    };
    await until('tunnel and segment were scraped twice', async () => {
      const told = ['hawser_tunnel_up', 'hawser_segment_leases'];
      const counts = told.map(async (name) => values(`count_over_time(${name}[1m])`));
      return (await Promise.all(counts)).every(([found]) => Number(found) >= 2);
    });
  });
  afterAll(async () => {
    await cleanup.disposeAsync();
    rmSync(home, { recursive: true });
  });

  /** The values that an expression has now. */
  async function values(expression: string): Promise<readonly string[]> {
    const { result } = (await ask(`query?query=${encodeURIComponent(expression)}`)) as {
      result: readonly { value: readonly [number, string] }[];
    };
    return result.map(({ value: [, value] }) => value);
  }

  test('has an answer to every question of the Grafana dashboard', async () => {
    const found = await Promise.all(
      panels.map(async ({ title, targets }) => {
        const counts = await Promise.all(
          targets.map(async ({ expr }) => (await values(chosen(expr))).length),
        );
        return [title, counts.every((count) => count > 0)] as const;
      }),
    );
    // Of all who have joined the tunnels are up: the one of which this tells is the one that was not.
    expect(found.filter(([, is]) => !is).map(([title]) => title)).toEqual([
      'Tunnels that were not up',
    ]);
    const told = async (title: string) =>
      values(chosen(panels.find((panel) => panel.title === title)?.targets[0]?.expr ?? ''));
    expect(await told('Services that are down')).toEqual(['1']);
    expect(await values('hawser_tunnels{state="invited"}')).toEqual(['1']);
    expect(await told('Tunnels that are not well')).toEqual(['0']);
    expect(await told('Machines that are not connected')).toEqual(['0']);
  });

  test('loads the alerts, and is about to tell of the service that is down', async () => {
    const pending = await until('the rules were looked at', async () => {
      const { groups } = (await ask('rules')) as {
        groups: readonly {
          rules: readonly { name: string; health: string; state: string; lastError?: string }[];
        }[];
      };
      const all = groups.flatMap((group) => group.rules);
      expect(all.filter(({ lastError }) => lastError)).toEqual([]);
      if (all.length === 0 || all.some(({ health }) => health === 'unknown')) return undefined;
      return all.filter(({ state }) => state !== 'inactive').map(({ name }) => name);
    });
    expect(pending).toEqual(['HawserServiceDown']);
  });

  test('fires each alert when it should, and not before', () => {
    const file = join(folder, 'alerts.test.yml');
    const names = readFileSync(rules, 'utf8').match(/(?<=alert: )\w+/g) ?? [];
    const fired = readFileSync(file, 'utf8').match(/(?<=alertname: )\w+(?=\n)/g) ?? [];
    expect(new Set(fired)).toEqual(new Set(names));
    const said = execFileSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    expect(said).toContain('SUCCESS');
  });
});

test('panels of the Grafana dashboard have a number and a place of their own', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
});

test('dashboard and alerts ask for nothing that no server tells', () => {
  const described = readFileSync(join(folder, '../../docs/metrics.md'), 'utf8');
  const told = new Set([...described.matchAll(/^\| `(hawser_\w+)`/gm)].map(([, name]) => name));
  const alerts = readFileSync(rules, 'utf8').match(/(?<=expr: ).*/g) ?? [];
  const asked = [...alerts, ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))]
    .flatMap((expression) => expression.match(/hawser_\w+/g) ?? [])
    .map((name) => name.replace(/_bucket$/, ''));
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((name) => !told.has(name))).toEqual([]);
});
