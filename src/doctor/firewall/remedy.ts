import type { Block, Table } from './model.ts';

/** Who made a rule, told by the names that it gives to chains and tables. */
function makerOf({ table, chain }: Block): 'firewalld' | 'ufw' | 'docker' | 'iptables' | 'nft' {
  if (table.name === 'firewalld') return 'firewalld';
  if ([...table.chains.keys()].some((name) => /^ufw6?-/.test(name))) return 'ufw';
  if (table.chains.has('DOCKER-USER') && chain === 'FORWARD') return 'docker';
  const isIptables = table.legacy || /^(?:INPUT|FORWARD|PREROUTING)$/.test(chain);
  return isIptables ? 'iptables' : 'nft';
}

const iptablesOf = ({ family, legacy }: Table): string =>
  `${family === 'ip6' ? 'ip6tables' : 'iptables'}${legacy ? '-legacy' : ''}`;

const nftInsert = ({ table, chain }: Block, what: string): string =>
  `nft insert rule ${table.family} ${table.name} ${chain} ${what} accept`;

/** The command that lets UDP to a port of this machine pass. */
export function openPort(block: Block, port: number): string {
  switch (makerOf(block)) {
    case 'firewalld':
      return `firewall-cmd --permanent --add-port=${port}/udp && firewall-cmd --reload`;
    case 'ufw':
      return `ufw allow ${port}/udp`;
    case 'docker':
    case 'iptables':
      return `${iptablesOf(block.table)} -I INPUT -p udp --dport ${port} -j ACCEPT`;
    case 'nft':
      return nftInsert(block, `udp dport ${port}`);
  }
}

/** The command that lets what a tunnel brings and takes pass. */
export function openTunnel(block: Block, device: string): string {
  switch (makerOf(block)) {
    case 'firewalld':
      return `firewall-cmd --permanent --zone=trusted --add-interface=${device} && firewall-cmd --reload`;
    case 'ufw':
      return `ufw route allow in on ${device} && ufw route allow out on ${device}`;
    case 'docker':
      return both(block, 'DOCKER-USER', device);
    case 'iptables':
      return both(block, 'FORWARD', device);
    case 'nft':
      return [
        nftInsert(block, `iifname "${device}"`),
        nftInsert(block, `oifname "${device}"`),
      ].join(' && ');
  }
}

function both({ table }: Block, chain: string, device: string): string {
  const program = iptablesOf(table);
  return ['-i', '-o']
    .map((flag) => `${program} -I ${chain} ${flag} ${device} -j ACCEPT`)
    .join(' && ');
}

const makers = { firewalld: 'firewalld', ufw: 'ufw', docker: 'Docker', iptables: '', nft: '' };

/** `chain FORWARD of table ip filter, by its policy, as Docker has it`. */
export function describeBlock(block: Block): string {
  const { table, chain, byPolicy } = block;
  const where = table.legacy ? `${iptablesOf(table)}'s table` : `table ${table.family}`;
  const how = byPolicy ? 'by its policy' : 'by a rule';
  const maker = makers[makerOf(block)];
  return `chain ${chain} of ${where} ${table.name}, ${how}${maker && `, as ${maker} has it`}`;
}
