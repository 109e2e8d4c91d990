import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { generateKeyPair } from '#wireguard';
import packageFile from '../../package.json' with { type: 'json' };
import { streamOf } from '../server/stream.ts';
import {
  joinToken,
  type Machine,
  overlayOf,
  type Running,
  serve,
  settled,
  World,
} from '../server/world.ts';
import type { BareRoot } from '../support/bare-root.ts';
import { architecture, otherDeb } from '../support/packages.ts';
import { SystemdMachine } from '../support/systemd.ts';
import { until } from '../support/until.ts';

const deb = `hawser_${packageFile.version}_${architecture}.deb`;

/** A cable from a machine to its only way out, the hub. */
function plugInto(hub: Machine, machine: SystemdMachine): void {
  const [a, b] = [String(machine.pid), String(hub.box.pid)];
  const pair = ['name', 'eth0', 'netns', a, 'type', 'veth', 'peer', 'name', 'eth1', 'netns', b];
  execFileSync('ip', ['link', 'add', ...pair]);
  hub.do('ip address add 198.51.100.1/24 dev eth1');
  hub.do('ip link set eth1 up');
  machine.run('ip address add 198.51.100.2/24 dev eth0; ip link set eth0 up');
  machine.run('ip route replace default via 198.51.100.1');
}

/** A program that ends where an agent should run. */
const endsAtOnce = (text: string, name: string): string =>
  name === 'hawser.mjs' ? `if (process.argv.includes('run')) process.exit(7);\n${text}` : text;

/** Makes a member a gateway in a network with names, so that it answers for them. */
function answerForNames(hub: Machine, member: string): void {
  const file = '/run/home/net.yaml';
  hub.must('pull', file);
  const site = `  ${member}: { gateways: { ${member}: {} } }\ndns: { zone: home.internal }\n`;
  hub.write(file, hub.read(file).replace(/^members:[^]*$/m, site));
  hub.must('apply', file, '--yes');
}

/** The machine becomes a gateway that answers for names, with a way of its own into the world. */
const withNames = `version: 1
network: home
overlay: 10.77.0.0/24
dns: {}
sites:
  hub: { gateways: { hub: { endpoint: "198.51.100.1:51820" } } }
  far: { gateways: { confined: { endpoint: "198.51.100.2:51820" } } }
`;

/** systemd-resolved asks the gateways for the network's names, and for all others whom it always asks. */
async function namesAreSplit(hub: Machine, must: (text: string) => string): Promise<void> {
  const options = ['--no-resolv', '--no-hosts', '--bind-interfaces', '--user=root'];
  const world = ['--listen-address=198.51.100.1', '--address=/world.test/203.0.113.77'];
  hub.do(`dnsmasq -C /dev/null --pid-file ${[...options, ...world].join(' ')}`);
  must('mkdir /etc/systemd/resolved.conf.d');
  must('printf "[Resolve]\\nDNS=198.51.100.1\\n" >/etc/systemd/resolved.conf.d/own.conf');
  must('systemctl restart systemd-resolved');
  const found = (name: string): string => must(`getent hosts ${name}`).split(/\s+/)[0] ?? '';
  expect(found('world.test')).toBe('203.0.113.77');

  hub.write('/run/home/net.yaml', withNames);
  hub.must('apply', '/run/home/net.yaml', '--force');
  const address = overlayOf(await settled(hub, 'hub', 'confined'), 'hub');
  for (const name of ['hub.home.internal', 'hub']) expect(found(name)).toBe(address);
  expect(must(`getent hosts ${address}`)).toContain('hub.home.internal');
  expect(must('resolvectl domain hw-home')).toContain('home.internal ~0.77.10.in-addr.arpa');
  expect(must('cat /etc/resolv.conf')).toContain('nameserver 127.0.0.53');

  const pid = '/run/hawser/names/hawser:home:resolver/pid';
  expect(must(`stat --format=%U /proc/$(cat ${pid})`).trim()).toBe('nobody');
  must(`kill -KILL $(cat ${pid})`);
  expect(found('world.test')).toBe('203.0.113.77');
  expect(found('hub.home.internal')).toBe(address);
  await until('its resolver is there again', () => must(`kill -0 $(cat ${pid}) && echo yes`));
  must('resolvectl revert hw-home');
  must('systemctl restart hawser-agent');
  await until('the domain is split off again', () =>
    must('resolvectl domain').includes('home.internal'),
  );
}

/** Another file may take the place of the one that the agent's unit opened for it. */
async function hostsFileIsReplaced(hub: Machine, must: (text: string) => string): Promise<void> {
  must('echo 127.0.0.1 localhost >/etc/own && mv /etc/own /etc/hosts');
  hub.write('/run/home/net.yaml', withNames.replace('dns: {}', 'dns: { hosts_file: true }'));
  hub.must('apply', '/run/home/net.yaml', '--force');
  await until('the names are in the new file', () =>
    must('cat /etc/hosts').includes('hub.home.internal'),
  );
  await settled(hub, 'hub', 'confined');
}

/** Another network of the same server, of which a machine has the tunnel already. */
const legacyFile = (key: string): string => `version: 1
network: legacy
overlay: 10.9.0.0/24
defaults: { interface: wg0 }
topology: { hub: [center] }
sites:
  center: { gateways: { confined: { endpoint: 198.51.100.2:51899, port: 51899, overlay: 10.9.0.1 } } }
members:
  partner: { managed: false, overlay: 10.9.0.2, key: "${key}" }
`;

/** A tunnel that wg-quick's unit makes at boot is the agent's, and the unit's again. */
function adoptAndRelease(hub: Machine, must: (line: string) => string): void {
  const { publicKey } = generateKeyPair();
  hub.write('/run/home/legacy.yaml', legacyFile(publicKey));
  hub.must('apply', '/run/home/legacy.yaml', '--create');
  const own = generateKeyPair().privateKey.reveal();
  const lines = [
    '[Interface]',
    'Address = 10.9.0.1/24',
    'ListenPort = 51899',
    `PrivateKey = ${own}`,
  ];
  const peer = ['[Peer]', `PublicKey = ${publicKey}`, 'AllowedIPs = 10.9.0.2/32'];
  const text = [...lines, ...peer].join('\\n');
  must(`umask 077; printf '${text}\\n' > /etc/wireguard/wg0.conf`);
  must('systemctl enable --now wg-quick@wg0');
  const isEnabled = 'systemctl is-enabled wg-quick@wg0 || true';
  const token = joinToken(hub, '--network', 'legacy');
  const said = must(`hawser join ${token} --name confined --adopt wg0`);
  expect(said).toContain('wg-quick@wg0.service is disabled: at boot the agent makes wg0');
  expect(must(isEnabled).trim()).toBe('disabled');
  must('hawser agent release legacy');
  expect(must(isEnabled).trim()).toBe('enabled');
  expect(must('wg show wg0 peers').trim()).toBe(publicKey);
  must('systemctl disable --now wg-quick@wg0; rm /etc/wireguard/wg0.conf');
}

/** The package where systemd starts what runs; goes on where it was purged, its file still there. */
export function systemdStory(rootOf: () => BareRoot): void {
  test('under systemd a confined agent is restarted, killed and upgraded without a lost packet', async () => {
    const install = ['apt-get', 'install', '-q', '-y', '--no-install-recommends'];
    const packages = ['systemd', 'systemd-resolved', 'dbus', 'dnsmasq-base'];
    expect(rootOf().run('root', [...install, ...packages]).status).toBe(0);
    const world = await World.open();
    let machine: SystemdMachine | undefined;
    let program: Running | undefined;
    try {
      const hub = await world.machine('hub');
      ({ program } = await serve(hub, '--packages', join(rootOf().path, 'srv/packages')));
      machine = await SystemdMachine.boot(rootOf().path);
      plugInto(hub, machine);
      const lines = hub.must('token', 'create', '--join').split('\n');
      const line = lines.find((one) => one.startsWith('curl ')) ?? '';
      const must = (text: string): string => {
        const { status, stdout, stderr } = (machine as SystemdMachine).run(text);
        expect(status, `${text}: ${stdout}${stderr}`).toBe(0);
        return stdout;
      };
      must(`${line} -s -- --name confined`);
      expect(must('systemctl is-enabled hawser-agent').trim()).toBe('enabled');
      expect(must('systemctl show --property=NoNewPrivileges hawser-agent')).toContain('=yes');

      await settled(hub, 'hub', 'confined');
      answerForNames(hub, 'confined');
      await settled(hub, 'hub', 'confined');

      /** The unit of each program that goes on when the agent ends. */
      const units = (): readonly string[] =>
        ['wireguard-go', 'dnsmasq'].map((program) =>
          basename(
            must(`cat $(grep -lx ${program} /proc/[0-9]*/comm | sed s/comm/cgroup/)`).trim(),
          ),
        );
      const before = units();
      expect(before).toEqual([
        expect.stringMatching(/^hawser-wireguard-go-hw-home-\w+\.scope$/),
        expect.stringMatching(/^hawser-dnsmasq-home-\w+\.scope$/),
      ]);

      const folder = join(rootOf().path, 'srv');
      const own = join(folder, 'packages', deb);
      const newer = otherDeb(own, { version: '99.0.0' }, folder);
      const address = overlayOf(await settled(hub, 'hub', 'confined'), 'confined');
      const stream = streamOf(hub, address);
      must('systemctl restart hawser-agent');
      must('systemctl kill --signal=KILL --kill-whom=main hawser-agent');
      must(`dpkg --install /srv/${basename(newer)}`);
      await until('the new agent runs', () =>
        must('hawser agent status || true').includes('agent 99.0.0'),
      );
      must('systemctl stop hawser-agent');
      expect(must('systemctl show --property=TasksCurrent hawser-agent')).toMatch(/not set|=0/);
      must('systemctl start hawser-agent');
      await settled(hub, 'hub', 'confined');

      const upgrade = ['upgrade', '--only', 'confined', '--return-within', '10s'];
      expect(hub.must(...upgrade)).toMatch(`confined  upgraded  ${packageFile.version}`);
      const broken = otherDeb(own, { version: '0.0.9', spoil: endsAtOnce }, folder);
      rmSync(dirname(own), { recursive: true });
      mkdirSync(dirname(own));
      renameSync(broken, join(folder, 'packages', basename(broken)));
      const asking = hub.start(...upgrade);
      const stage = 'cat /var/lib/hawser/upgrade/stage 2>/dev/null || true';
      await until('the broken one is there', () => must(stage).trim() === 'put');
      must('systemctl kill --signal=KILL hawser-upgrade');
      await until('it has come to an end', () => asking.ended, 60_000);
      expect(asking.output).toContain('agent/upgrade-reverted');
      await settled(hub, 'hub', 'confined');
      expect(must('hawser --version').trim()).toBe(packageFile.version);
      const { answered, lost } = await stream.end();
      expect(answered).toBeGreaterThan(20);
      expect(lost).toBe(0);
      expect(units()).toEqual(before);

      must('ip link del hw-home');
      await until('the agent made it again', () => must('ip -br link').includes('hw-home'));

      await namesAreSplit(hub, must);
      await hostsFileIsReplaced(hub, must);
      adoptAndRelease(hub, must);

      must('systemctl start hawser-server');
      await until('the server of this machine serves, as nobody', () =>
        must('journalctl --unit=hawser-server --output=cat').includes('Server listening'),
      );
      expect(must('stat --format=%U /var/lib/hawser-server/')).not.toContain('root');

      must('dpkg --purge hawser');
      expect(must('ip -br link')).not.toContain('hw-home');
      expect(must("systemctl list-units --all --plain --no-legend 'hawser-*.scope'")).toBe('');
      const folders = '/usr /etc /run /var/lib /var/cache';
      expect(must(`find ${folders} -name '*hawser*'`)).toBe('');
    } finally {
      await program?.end('SIGKILL');
      await machine?.close();
      await world.close();
    }
  }, 300_000);
}
