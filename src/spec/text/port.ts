import { errors } from '../errors.ts';
import type { Port } from '../network.ts';

const form = /^(tcp|udp)(?:\/(\d+)(?:-(\d+))?)?$/;

function reasonAgainst(text: string): string {
  if (/^\d+(-\d+)?$/.test(text)) return 'it does not say whether TCP or UDP';
  if (/^icmp(v6)?\//.test(text) || text === 'icmpv6')
    return '`icmp` stands for all of ICMP and ICMPv6';
  const [protocol = ''] = text.split('/');
  if (!['tcp', 'udp'].includes(protocol)) return `\`${protocol}\` is not tcp, udp or icmp`;
  return 'what follows the protocol is no port and no range of ports';
}

/**
 * `tcp/22`, `udp/1000-2000`, `icmp`; `tcp` and `udp` alone are all their ports.
 * @throws spec/bad-port
 */
export function parsePort(text: string): Port {
  if (text === 'icmp') return { protocol: 'icmp' };
  const found = form.exec(text);
  const refuse = (reason: string) => errors.error('spec/bad-port', { text, reason }, { text });
  if (!found) throw refuse(reasonAgainst(text));
  const protocol = found[1] as 'tcp' | 'udp';
  if (found[2] === undefined) return { protocol, first: 1, last: 65535 };
  const first = Number(found[2]);
  const last = Number(found[3] ?? found[2]);
  if (first < 1 || last > 65535) throw refuse('ports are from 1 to 65535');
  if (last < first) throw refuse('the range ends before it begins');
  return { protocol, first, last };
}

/** The form `parsePort` reads. */
export function formatPort(port: Port): string {
  if (port.protocol === 'icmp') return 'icmp';
  const { protocol, first, last } = port;
  if (first === 1 && last === 65535) return protocol;
  return first === last ? `${protocol}/${first}` : `${protocol}/${first}-${last}`;
}
