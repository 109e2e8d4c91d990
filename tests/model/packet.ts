import { familyOf } from './address.ts';
import { type Protocol, type Tuple, type View } from './fields.ts';

/** A packet under way. `role` is what it is to its flow. */
export interface Packet {
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly role: 'first' | 'answer' | 'next' | 'error';
}

const clientPort = 40_000;

export const firstPacket = (
  source: string,
  destination: string,
  protocol: Protocol,
  port = 0,
): Packet => ({
  source,
  destination,
  protocol,
  sourcePort: protocol === 'icmp' ? 0 : clientPort,
  destinationPort: port,
  role: 'first',
});

/** What the machine at the far end sends back. */
export const answerTo = (packet: Packet): Packet => ({
  ...packet,
  source: packet.destination,
  destination: packet.source,
  sourcePort: packet.destinationPort,
  destinationPort: packet.sourcePort,
  role: 'answer',
});

/** "Fragmentation needed" or "packet too big" from a machine on the way. */
export const errorAbout = (packet: Packet, source: string): Packet => ({
  source,
  destination: packet.source,
  protocol: 'icmp',
  sourcePort: 0,
  destinationPort: 0,
  role: 'error',
});

function icmpOf(packet: Packet): { type: number; code: number } | undefined {
  if (packet.protocol !== 'icmp') return undefined;
  const v6 = familyOf(packet.source) === 6;
  if (packet.role === 'error') return v6 ? { type: 2, code: 0 } : { type: 3, code: 4 };
  if (packet.role === 'answer') return { type: v6 ? 129 : 0, code: 0 };
  return { type: v6 ? 128 : 8, code: 0 };
}

/** The flow as a machine that sees this packet first would note it. */
export function tupleOf(packet: Packet): Tuple {
  const icmp = icmpOf(packet);
  return {
    source: packet.source,
    destination: packet.destination,
    protocol: packet.protocol,
    protoSource: icmp ? 1 : packet.sourcePort,
    protoDestination: icmp ? icmp.type * 256 + icmp.code : packet.destinationPort,
  };
}

interface Entry {
  readonly original: Tuple;
  answered: boolean;
}

/** Connection tracking of every machine, for the one flow of a walk. */
export class Conntrack {
  readonly #entries = new Map<string, Entry>();

  /** What a machine makes of a packet; notes a new flow, and that it was answered. */
  see(machine: string, packet: Packet): Pick<View, 'state' | 'flow'> {
    const entry = this.#entries.get(machine);
    if (packet.role === 'error') return related(entry);
    if (entry && goesWith(entry.original, packet)) {
      const state = entry.answered ? 'established' : 'new';
      return { state, flow: { original: entry.original, direction: 'original' } };
    }
    if (entry && goesWith(entry.original, answerTo(packet))) {
      entry.answered = true;
      return { state: 'established', flow: { original: entry.original, direction: 'reply' } };
    }
    return this.#open(machine, packet);
  }

  /** An echo reply or a SYN-ACK opens no flow; a datagram, and a segment in mid-stream, does. */
  #open(machine: string, packet: Packet): Pick<View, 'state' | 'flow'> {
    if (packet.role === 'answer' && packet.protocol !== 'udp') return { state: 'invalid' };
    const original = tupleOf(packet);
    this.#entries.set(machine, { original, answered: false });
    return { state: 'new', flow: { original, direction: 'original' } };
  }
}

const goesWith = (flow: Tuple, packet: Packet): boolean =>
  flow.source === packet.source &&
  flow.destination === packet.destination &&
  flow.protocol === packet.protocol;

const related = (entry: Entry | undefined): Pick<View, 'state' | 'flow'> =>
  entry
    ? { state: 'related', flow: { original: entry.original, direction: 'reply' } }
    : { state: 'invalid' };

/** The packet as the rules of one hook see it. */
export function viewOf(
  packet: Packet,
  devices: { iif: string; oif: string },
  tracked: Pick<View, 'state' | 'flow'>,
): View {
  const icmp = icmpOf(packet);
  const flags = { first: ['syn'], answer: ['syn', 'ack'], next: ['ack'], error: [] }[packet.role];
  return {
    family: familyOf(packet.source),
    source: packet.source,
    destination: packet.destination,
    protocol: packet.protocol,
    ...devices,
    ...tracked,
    ...(icmp
      ? { icmp }
      : { ports: { source: packet.sourcePort, destination: packet.destinationPort } }),
    ...(packet.protocol === 'tcp' && { flags }),
  };
}
