/** A file of an archive. */
export interface TarFile {
  readonly name: string;
  readonly content: Buffer;
}

const block = 512;

/** A field of a ustar header (POSIX.1-2017, pax): octal digits, closed by NUL. */
const octal = (value: number, width: number): string =>
  `${value.toString(8).padStart(width - 1, '0')}\0`;

/** Only its owner may read what is unpacked. */
function headerOf({ name, content }: TarFile, seconds: number): Buffer {
  const header = Buffer.alloc(block);
  const put = (text: string, at: number): number => header.write(text, at, 'latin1');
  put(name, 0);
  put(octal(0o600, 8), 100);
  put(octal(0, 8), 108);
  put(octal(0, 8), 116);
  put(octal(content.length, 12), 124);
  put(octal(seconds, 12), 136);
  put(' '.repeat(8), 148);
  put('0', 156);
  put('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${octal(sum, 7)} `, 148);
  return header;
}

/** An archive that tar(1) reads; names up to 100 bytes of ASCII. `seconds`: their time, since 1970. */
export function tarOf(files: readonly TarFile[], seconds: number): Buffer {
  const parts = files.flatMap((file) => {
    const rest = (block - (file.content.length % block)) % block;
    return [headerOf(file, seconds), file.content, Buffer.alloc(rest)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}
