import type { HawserMachine } from './hawser.ts';
import { atMachine, inLabOf } from './scripts.ts';

const network = 'guests';
const file = 'tests/kernel/guests.yaml';
/** The namespace of its segment. */
export const space = 'hw-guests-lab';
const tag = 9;

/** Sites of that lab, each with a gateway and one machine that the file names. */
export type Site = 'knox' | 'pouta';
const gateways: readonly string[] = ['knox-gw', 'pouta-gw'];

/** A machine that no file names. */
export interface Guest {
  readonly name: string;
  readonly mac: string;
  readonly address: string;
}

/** Asks a command again until it succeeds; fails where it does not so many seconds long. */
const within = `
within() {
  end=$(($(date +%s) + $1)); shift
  until "$@"; do
    [ "$(date +%s)" -lt "$end" ] || { echo "not in time: $*" >&2; return 1; }
    sleep 0.2
  done
}
`;

const enrolled = `/var/lib/hawser/enrolled`;

/** The agent of a gateway that joined, knows what it is to be, and whose server is dead. */
const begin = (gateway: string): string => `
  at ${gateway} install -d -m 700 ${enrolled} ${enrolled}/${network}
  at ${gateway} install -m 600 /tmp/labs/${network}/states/${gateway}.json ${enrolled}/${network}/confirmed.json
  at ${gateway} install -m 600 /dev/stdin ${enrolled}/${network}/enrolment.json </run/jobs/${gateway}
  at ${gateway} setsid -f /run/bin/hawser agent run >/tmp/${gateway}.log 2>&1 </dev/null
`;

/** Its first pass is over, so it does all that it ever does; and the other gateway has called it. */
const isAtWork = `
is_at_work() {
  at "$1" perl -MIO::Socket::UNIX -e '
    my $agent = IO::Socket::UNIX->new("/run/hawser/agent.sock") or exit 1;
    print $agent "{\\"do\\":\\"status\\"}\\n"; exit(<$agent> !~ /"complete":true/);' &&
    at "$1" ss -Htn state established sport = :14790 | grep -q .
}
`;

/** Agents that hold a segment of two sites together, and machines that come and go on its ports. */
export class AgentsAtWork {
  readonly #vm: HawserMachine;

  private constructor(vm: HawserMachine) {
    this.#vm = vm;
  }

  /** Makes the lab, starts its agents, and waits until they are at work. */
  static async begin(vm: HawserMachine): Promise<AgentsAtWork> {
    await vm.must('lab', 'up', '--direct', '--no-proof', file);
    for (const machine of gateways) {
      const servers = ['https://192.0.2.9:1'];
      vm.machine.write(machine, JSON.stringify({ network, machine, servers, authorities: [] }));
    }
    const agents = new AgentsAtWork(vm);
    const waits = gateways.map((gateway) => `within 400 is_at_work ${gateway}\n`);
    await agents.script([...gateways.map(begin), isAtWork, ...waits].join(''));
    return agents;
  }

  /** Runs lines of sh that know the lab, and how to wait. */
  script(lines: string): Promise<string> {
    return this.#vm.script(`${inLabOf(network)}${atMachine}${within}${lines}`);
  }

  /** A machine on the port of a site, which says nothing by itself. */
  async plugIn({ name, mac, address }: Guest, site: Site): Promise<void> {
    const onSwitch = `internet ip -n eth1.${site}`;
    await this.script(`
      internet ip netns add ${name}
      ${onSwitch} link add ${name} type veth peer name eth0 netns ${name}
      ${onSwitch} link set dev ${name} addrgenmode none master lan${tag} up
      internet ip -n ${name} link set dev eth0 addrgenmode none address ${mac}
      internet ip -n ${name} address add ${address}/24 dev eth0
      internet ip -n ${name} link set dev eth0 up`);
  }

  async unplug({ name }: Guest, site: Site): Promise<void> {
    await this.script(`
      internet ip -n eth1.${site} link del dev ${name}
      internet ip netns del ${name}`);
  }

  /** What the log of an agent says. */
  logAt(site: Site): Promise<string> {
    return this.script(`cat /tmp/${site}-gw.log`);
  }

  /** Where a gateway sends frames for a machine; empty where it knows nothing of it. */
  wayAt(site: Site, mac: string): Promise<string> {
    const fdb = `at ${site}-gw ip netns exec ${space} bridge fdb show dev vxlan`;
    return this.script(`${fdb} | grep ${mac} || true`);
  }

  /** How many frames the gateway of a site dropped since somebody spoke as somebody else. */
  async spoofedAt(site: Site): Promise<number> {
    const list = `at ${site}-gw ip netns exec ${space} nft list counter bridge hawser-${network} spoofed`;
    return Number(/packets (\d+)/.exec(await this.script(list))?.[1]);
  }

  /** What knox-1 hears, in hexadecimal, when a guest has sent frames that are lies, and then one that is none. */
  heardOf(guest: Guest, lies: readonly string[], honest: string): Promise<string> {
    this.#vm.machine.write('lies', lies.map((frame) => `${frame}\n`).join(''));
    this.#vm.machine.write('honest', `${honest}\n`);
    return this.script(`
      device=$(on ${guest.name} ip -o link show dev eth0 | cut -d : -f 1)
      speak() { on ${guest.name} perl -e "$(cat /run/jobs/sender)" "$device"; }
      says_honestly() { speak </run/jobs/honest; sleep 0.5; ! kill -0 $ear 2>/dev/null; }
      on knox-1 perl -e "$(cat /run/jobs/hearer)" | sed -u /${honest}/q >/tmp/heard & ear=$!
      within 120 grep -qs listening /tmp/heard
      speak </run/jobs/lies
      within 240 says_honestly
      cat /tmp/heard`);
  }
}
