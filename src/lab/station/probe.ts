import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { outcomeOf, refusalOf } from '#agent';
import { run } from '../run.ts';
import type { Measured, Probe } from './protocol.ts';

/** Sends what one probe says and waits for its answer, `timeoutMs` at most. */
export function probe(what: Probe, timeoutMs: number): Promise<Measured> {
  const began = performance.now();
  const ask = { icmp: probeIcmp, tcp: probeTcp, udp: probeUdp }[what.protocol];
  return ask(what, timeoutMs).then((found) => ({
    id: what.id,
    ...found,
    ms: Math.round((performance.now() - began) * 100) / 100,
  }));
}

type Found = Omit<Measured, 'id' | 'ms'>;

/** `198.51.100.7 WHAT WAS SAID` as the echo says it. */
function readEcho(text: string, said: string): Found | undefined {
  const [seenAs = '', ...echoed] = text.split(' ');
  return echoed.join(' ') === said
    ? { outcome: 'answered', seenAs: seenAs.replace('::ffff:', '') }
    : undefined;
}

/** More than fits into one packet of any size, so that what does not get through shows. */
const tcpFilling = '.'.repeat(16_000);

function probeTcp({ id, address, port = 0 }: Probe, timeoutMs: number): Promise<Found> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const finish = (found: Found) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(found);
    };
    const timer = setTimeout(() => finish({ outcome: 'silent' }), timeoutMs);
    const said = `${id} ${tcpFilling}\n`;
    let text = '';
    socket.on('connect', () => socket.write(said));
    socket.on('data', (data) => (text += data.toString()));
    socket.on('end', () => finish(readEcho(text, said) ?? { outcome: 'silent', error: 'no echo' }));
    socket.on('error', (e: NodeJS.ErrnoException) => {
      finish({ outcome: outcomeOf(e.code ?? ''), error: e.code ?? e.message });
    });
  });
}

/** When a datagram is sent again, in milliseconds: it may be lost while a tunnel shakes hands. */
const resend = [0, 200, 600];

function probeUdp({ id, address, port = 0 }: Probe, timeoutMs: number): Promise<Found> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const timers: NodeJS.Timeout[] = [];
    let done = false;
    const finish = (found: Found) => {
      if (done) return;
      done = true;
      for (const timer of timers) clearTimeout(timer);
      socket.close();
      resolve(found);
    };
    const failed = (e: NodeJS.ErrnoException) =>
      finish({ outcome: outcomeOf(e.code ?? ''), error: e.code ?? e.message });
    timers.push(setTimeout(() => finish({ outcome: 'silent' }), timeoutMs));
    socket.on('error', failed);
    socket.on('message', (message) => {
      const found = readEcho(message.toString(), id);
      if (found) finish(found);
    });
    const send = () => done || socket.send(id, (error) => error && failed(error));
    socket.connect(port, address, (error?: Error) => {
      if (error) failed(error);
      else if (!done) timers.push(...resend.map((ms) => setTimeout(send, ms)));
    });
  });
}

/** How long an echo request is given before another is sent, in milliseconds: one may be lost. */
const pingAgain = 1500;

/** Echo requests by ping(8), the only program here that may send one without being root. */
async function probeIcmp({ address }: Probe, timeoutMs: number): Promise<Found> {
  const wait = `${Math.max(1, Math.ceil(timeoutMs / 1000))}`;
  const count = `${Math.max(1, Math.floor(timeoutMs / pingAgain))}`;
  const { code, stdout, stderr } = await run(['ping', '-n', '-c', count, '-W', wait, address]);
  if (code === 0) return { outcome: 'answered' };
  return refusalOf(`${stdout}${stderr}`);
}
