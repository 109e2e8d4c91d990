import { expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { until } from '../support/until.ts';
import { Labs } from './labs.ts';

const pair = `
version: 1
network: drills
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
sites:
  north:
    subnets: [192.168.1.0/24]
    gateways: { gw-north: { endpoint: 203.0.113.1:51820, address: 192.168.1.1 } }
    hosts: { server: { address: 192.168.1.9 } }
  south:
    subnets: [192.168.2.0/24]
    gateways: { gw-south: { endpoint: 198.51.100.1:51820, address: 192.168.2.1 } }
    hosts: { h-south: { address: 192.168.2.9 } }
`;

interface Status {
  readonly server: { readonly name: string; readonly runs: boolean };
  readonly machines: readonly {
    readonly name: string;
    readonly agent?: { readonly connected: boolean } | null;
  }[];
}

/** Of each machine with an agent, whether it speaks with the server; null where none runs. */
function agents(labs: Labs): Readonly<Record<string, boolean | null>> {
  const { machines } = JSON.parse(labs.must('status', '--json')) as Status;
  const managed = machines.flatMap(({ name, agent }) =>
    agent === undefined ? [] : [[name, agent?.connected ?? null] as const],
  );
  return Object.fromEntries(managed);
}

/** What the server says of the one tunnel. */
const tunnel = (labs: Labs): { readonly state: string; readonly why: string } => {
  const { out } = labs.on('hawser-server', 'hawser', 'tunnels', '--json');
  const { tunnels } = JSON.parse(out) as { tunnels: readonly { state: string; why: string }[] };
  return tunnels[0] ?? { state: '', why: '' };
};

/** A gateway that lives and passes nothing on is told from a host that is off. */
async function forwardingIsSeen(labs: Labs): Promise<void> {
  const is = (state: string, why: RegExp) =>
    until(
      `${state}, ${why}`,
      () => {
        const told = tunnel(labs);
        return told.state === state && why.test(told.why);
      },
      60_000,
    );
  await until('hosts behind both are heard', () =>
    /"through":\{"loss":0.*"through":\{"loss":0/.test(
      labs.on('hawser-server', 'hawser', 'tunnels', '--json').out.replaceAll(/\s/g, ''),
    ),
  );
  const devices = (value: 0 | 1) =>
    ['wg0', 'eth0'].map((device) => `net.ipv4.conf.${device}.forwarding=${value}`);
  labs.on('gw-south', 'hawser', 'agent', 'pause', '--for', '1h');
  labs.on('gw-south', 'sysctl', '-w', ...devices(0));
  await is(
    'degraded',
    /^gw-south answers gw-north, but does not forward: h-south answers gw-south/,
  );
  expect(labs.on('hawser-server', 'hawser', 'why', 'gw-north', 'h-south').out).toMatch(/^broken/);
  labs.on('gw-south', 'sysctl', '-w', ...devices(1));
  labs.on('gw-south', 'hawser', 'agent', 'resume');
  await is('up', /answer after/);
  const mute = (value: 0 | 1) =>
    labs.on('h-south', 'sysctl', '-w', `net.ipv4.icmp_echo_ignore_all=${value}`);
  mute(1);
  await is('up', /; h-south behind gw-south has not answered for \d+ s$/);
  mute(0);
  await is('up', /ms$/);
}

suite('failures that are rehearsed in a lab', { needs: ['netns', 'tun', 'fping'] }, () => {
  test('cost no packet, and all is as it was when they are over', async () => {
    using labs = new Labs();
    // The file has a machine called `server`: the lab's own has another name.
    const up = labs.proof('up', labs.file('pair.yaml', pair));
    expect(up.mismatches).toEqual([]);
    expect(labs.on('hawser-server', 'hawser', 'status').out).toMatch(/gw-north +connected/);
    const holds = () => expect(labs.proof('prove').mismatches).toEqual([]);

    expect(labs.must('kill', 'hawser-server')).toContain('the server was killed');
    expect(labs.must('kill', 'gw-south')).toContain('the agent of gw-south was killed');
    expect(labs.must('status')).toContain('it does not run');
    expect(agents(labs)['gw-south']).toBe(null);
    holds();

    // Booted without a server, it forwards again.
    labs.must('reboot', 'gw-north');
    expect(labs.on('gw-north', 'wg', 'show', 'wg0', 'listen-port').out).toBe('51820\n');
    holds();

    labs.must('start', 'gw-south');
    labs.must('start', 'hawser-server');
    await until('both agents found the server', () => Object.values(agents(labs)).every(Boolean));
    expect(labs.must('reconcile')).toContain('nothing drifted');
    await forwardingIsSeen(labs);
    labs.must('cut', 'hawser-server');
    expect(labs.proof('ping').mismatches).toEqual([]);
    expect(labs.on('gw-north', 'ping', '-c', '1', '-W', '1', 'hawser-server').code).toBe(1);

    expect(labs.run('kill', 'server').err).toContain('it is a plain host');
    expect(labs.run('kill', 'gw-nort').err).toContain('did you mean gw-north?');
    labs.must('kill', 'gw-north');
    expect(labs.run('kill', 'gw-north').err).toContain('lab/nothing-runs');
  });

  test('have nothing to kill where there is no server', () => {
    using labs = new Labs();
    labs.must('up', labs.file('pair.yaml', pair), '--direct', '--no-proof');
    expect(labs.run('kill', 'gw-north').err).toContain('lab/no-server');
  });
});
