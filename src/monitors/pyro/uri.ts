/** Where an object is, as Pyro writes it: `PYRO:object@host:port`, IPv6 in brackets. */
export interface PyroUri {
  readonly object: string;
  readonly host: string;
  readonly port: number;
}

/** Undefined where the text is none; of others than TCP (`./u:`) nothing can be asked from here. */
export function parseUri(text: string): PyroUri | undefined {
  const [, object, bracketed, plain, port] =
    /^PYRO:([^@\s]+)@(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const number = Number(port);
  if (object === undefined || host === undefined || number < 1 || number > 65_535) return undefined;
  return { object, host, port: number };
}
