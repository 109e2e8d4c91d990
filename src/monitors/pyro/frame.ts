/**
 * Messages of Pyro5's wire protocol, version 502 (Pyro5, protocol.py): a header of 40 bytes, big-endian, then annotations, then the
 * payload.
 */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly payload: Buffer;
}

export const types = { connect: 1, connectOk: 2, connectFail: 3, invoke: 4, result: 5 } as const;
export const flag = { exception: 1, compressed: 2 } as const;

const tag = 'PYRO';
const version = 502;
const magic = 0x4dc5;
/** Of its serializers the one that can execute nothing; every server understands it. */
const json = 3;
const headerLength = 40;

/** Bytes: what is longer is none of the answers we ask for. */
const longest = 8 * 2 ** 20;

export function encodeFrame({ type, flags, seq, payload }: Frame): Buffer {
  const header = Buffer.alloc(headerLength);
  header.write(tag, 0, 'latin1');
  header.writeUInt16BE(version, 4);
  header.writeUInt8(type, 6);
  header.writeUInt8(json, 7);
  header.writeUInt16BE(flags, 8);
  header.writeUInt16BE(seq, 10);
  header.writeUInt32BE(payload.length, 12);
  header.writeUInt16BE(magic, 38);
  return Buffer.concat([header, payload]);
}

/** Puts messages together from what comes in. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are whole with these bytes. @throws RangeError where they are no messages of Pyro5 */
  push(bytes: Buffer): readonly Frame[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | undefined {
    const rest = this.#rest;
    requireStart(rest);
    if (rest.length < headerLength) return undefined;
    const [data, annotations] = [rest.readUInt32BE(12), rest.readUInt32BE(16)];
    if (data + annotations > longest) throw new RangeError(`${data + annotations} bytes at once`);
    const begin = headerLength + annotations;
    if (rest.length < begin + data) return undefined;
    const [type, serializer] = [rest.readUInt8(6), rest.readUInt8(7)];
    // A server may refuse a greeting before it has read what the other side understands.
    if (serializer !== json && type !== types.connectFail) {
      throw new RangeError(`serializer ${serializer}`);
    }
    this.#rest = rest.subarray(begin + data);
    return {
      type,
      flags: rest.readUInt16BE(8),
      seq: rest.readUInt16BE(10),
      payload: rest.subarray(begin, begin + data),
    };
  }
}

/** Says as early as can be said that these are no messages of Pyro5. */
function requireStart(bytes: Buffer): void {
  const start = bytes.subarray(0, tag.length).toString('latin1');
  if (!tag.startsWith(start)) throw new RangeError(`it begins with ${JSON.stringify(start)}`);
  if (bytes.length >= 6 && bytes.readUInt16BE(4) !== version) {
    throw new RangeError(`version ${bytes.readUInt16BE(4)} of the protocol`);
  }
  if (bytes.length >= headerLength && bytes.readUInt16BE(38) !== magic) {
    throw new RangeError('a header that is none');
  }
}
