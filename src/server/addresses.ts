/** The base URL of an address that tokens tell: a host on this port, or a whole URL as it is. */
export function urlOf(address: string, port: number): string {
  if (address.startsWith('https://')) return address;
  return `https://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** The host name or address that a certificate has to be good for. */
export function hostOf(address: string): string {
  const host = address.startsWith('https://') ? new URL(address).hostname : address;
  return host.replace(/^\[|\]$/g, '');
}
