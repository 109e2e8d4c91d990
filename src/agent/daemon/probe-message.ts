/**
 * What agents send each other by UDP: `HWPR`, a version, whether it asks (1) or answers (2), two bytes for what comes,
 * the number of the probe, eight bytes by which the one who asked knows his own, and nothing up to its size.
 * Big-endian. WireGuard says who sends.
 */
const magic = 0x48_57_50_52;
const version = 1;
const least = 20;
const kinds = ['ask', 'answer'] as const;

export interface ProbeMessage {
  readonly kind: (typeof kinds)[number];
  readonly number: number;
  /** Eight bytes. */
  readonly asker: Buffer;
}

/** An ask of so many bytes, and of 20 at least. */
export function askOf(number: number, asker: Buffer, size = least): Buffer {
  const message = Buffer.alloc(Math.max(size, least));
  message.writeUInt32BE(magic, 0);
  message.writeUInt8(version, 4);
  message.writeUInt8(1, 5);
  message.writeUInt32BE(number >>> 0, 8);
  asker.copy(message, 12, 0, 8);
  return message;
}

/** The same, of the same size, as an answer. */
export function answerTo(ask: Buffer): Buffer {
  const message = Buffer.from(ask);
  message.writeUInt8(2, 5);
  return message;
}

/** What a datagram says; undefined: it is none of ours, or of a version that is not known. */
export function readProbe(data: Buffer): ProbeMessage | undefined {
  if (data.length < least || data.readUInt32BE(0) !== magic || data.readUInt8(4) !== version) {
    return undefined;
  }
  const kind = kinds[data.readUInt8(5) - 1];
  return kind && { kind, number: data.readUInt32BE(8), asker: data.subarray(12, 20) };
}
