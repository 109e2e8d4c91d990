import { Address, isHostName } from '#ip';
import { errors } from '../errors.ts';

const form = /^(?:(?<user>[^@]+)@)?(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>\d+))?$/;
const login = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;

/** An address, a DNS name, or a `Host` of ssh's own configuration. */
const isHost = (text: string): boolean =>
  Address.tryParse(text) !== undefined || isHostName(text.replaceAll('_', '-'));

/**
 * Where ssh finds a machine: an address without brackets, or a name.
 * @throws spec/bad-ssh-host
 */
export function parseSshHost(text: string): string {
  if (isHost(text)) return text;
  throw errors.error('spec/bad-ssh-host', { text }, { text });
}

/**
 * What to jump over, `[user@]host[:port]` as ssh's ProxyJump takes it; an IPv6 address in brackets.
 * @throws spec/bad-jump
 */
export function parseJump(text: string): string {
  const { user, host = '', port } = form.exec(text)?.groups ?? {};
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65535);
  const isUser = user === undefined || login.test(user);
  if (isUser && isPort && isHost(host.replace(/^\[(.*:.*)\]$/, '$1'))) return text;
  throw errors.error('spec/bad-jump', { text }, { text });
}
