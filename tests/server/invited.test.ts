import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { create } from 'qrcode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InviteInfo } from '#api';
import { generateKeyPair } from '#wireguard';
import { type LocalServer, Person, serveLocally } from './local.ts';
import { key, office } from './office.ts';

const file = office([`ben: { managed: false, key: "${key('B')}" }`, 'eve: { managed: false }']);

/** What the browser of whoever opens a link does; gives the status of the answer. */
async function accept(link: string): Promise<number | undefined> {
  const { origin, hash } = new URL(link);
  const [network, secret] = hash.slice(1).split('.');
  const path = `${origin}/v1/networks/${network}/invitation`;
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
  // The certificate is the server's own, and no matter here.
  const sent = request(path, { method: 'POST', headers, rejectUnauthorized: false });
  sent.end(JSON.stringify({ publicKey: generateKeyPair().publicKey }));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

describe('people who invite others', () => {
  const ann = new Person();
  let server: LocalServer;
  beforeAll(async () => {
    server = await serveLocally(ann);
    ann.write('net.yaml', file);
    ann.must('apply', 'net.yaml', '--create', '-m', 'begin');
  });
  afterAll(async () => {
    await server.program.end('SIGKILL');
    ann[Symbol.dispose]();
  });

  const invitations = () =>
    (JSON.parse(ann.must('invites', '--json')) as InviteInfo[])
      .map(({ machine, state }) => `${machine} ${state}`)
      .sort();
  const isLink = /^https:\/\/127\.0\.0\.1:\d+\/invite#office\.[\w-]{43}$/;

  test('see what that changes, and get a link that nobody else is shown', () => {
    expect(ann.must('invites')).toBe('nobody was invited; `hawser invite NAME` does that\n');
    const { code, out, err } = ann.hawser(['invite', 'zoe', '--person', 'Zoë', '-m', 'a partner']);
    expect([code, out.trim()]).toEqual([0, expect.stringMatching(isLink)]);
    expect(err).toMatch(/^zoe joins the network \(member\):$/m);
    expect(err).toContain('For whoever sets up zoe, shown this once');
    const listed = ann.must('invites');
    expect(listed).toMatch(/^id +device +is +by +made$/m);
    expect(listed).toMatch(/^[0-9a-f]{12} +zoe +open, ends in 7 d +admin +\d+ s ago$/m);
    expect(listed).not.toContain(out.trim().split('.').at(-1));
    expect(ann.must('pull')).toMatch(/zoe:.*Zoë/s);
  });

  test('have it drawn for the camera of a phone', () => {
    const [link = '', ...drawing] = ann.must('invite', 'eve', '--qr').trimEnd().split('\n');
    expect(link).toMatch(isLink);
    const rows = drawing.flatMap((line) => [
      line.replace(/[█▀]/g, '#'),
      line.replace(/[█▄]/g, '#'),
    ]);
    const drawn = rows.map((row) => row.replace(/[^#]/g, ' ').trimEnd());
    const { size, data } = create(link, { errorCorrectionLevel: 'L' }).modules;
    const wanted = Array.from({ length: size }, (_, row) =>
      Array.from(data.slice(row * size, (row + 1) * size), (bit) => (bit ? '#' : ' ')).join(''),
    );
    const quiet = '  ';
    expect(drawn.filter((row) => row !== '')).toEqual(
      wanted.map((row) => `${quiet}${row}`.trimEnd()),
    );
  });

  test('know that a newer link makes the one before void, and how long it is good for', () => {
    ann.must('invite', 'eve', '--expires', '3d');
    expect(ann.must('invites')).toMatch(/ eve +open, ends in 3 d /);
    expect(invitations()).toEqual(['eve open', 'eve withdrawn', 'zoe open']);
  });

  test('may make a link void', () => {
    const [open = ''] = ann.must('complete', 'invites').split('\n');
    expect(ann.must('invites', 'withdraw', open, '-m', 'a slip')).toBe(`${open} is void\n`);
    expect(ann.must('complete', 'invites')).not.toContain(open);
    expect(invitations().filter((one) => one.endsWith('open'))).toHaveLength(1);
    expect(ann.refusal('invites', 'withdraw', 'nobody')).toEqual([2, 'api/not-found']);
  });

  test('do not take away by a slip what somebody has', () => {
    const before = invitations();
    expect(ann.refusal('invite', 'ben')).toEqual([2, 'server/key-in-file']);
    expect(ann.refusal('invite', 'gate')).toEqual([2, 'server/invite-agent']);
    expect(ann.refusal('invite', 'eve', '--expires', '2020-01-01')).toEqual([
      2,
      'cli/ended-already',
    ]);
    expect(invitations()).toEqual(before);
  });

  test('give a device that has a key another one only when they say so', async () => {
    const link = ann.must('invite', 'eve').trim();
    expect(await accept(link)).toBe(200);
    expect(invitations()).toContain('eve used');
    expect(ann.must('invites')).toMatch(/ eve +used \d+ s ago /);
    expect(ann.refusal('invite', 'eve')).toEqual([2, 'server/invite-has-key']);
    const next = ann.must('invite', 'eve', '--new-key').trim();
    expect(await accept(next)).toBe(200);
    expect(await accept(link)).toBe(410);
    expect(invitations().filter((one) => one === 'eve used')).toHaveLength(2);
  });

  describe('and suspend them', () => {
    test('until they are let back', () => {
      expect(ann.must('suspend', 'ben', '-m', 'a lost laptop')).toBe('ben is cut off\n');
      expect(ann.must('status')).toMatch(/^ben .*revoked/m);
      expect(ann.must('resume', 'ben')).toBe('ben is let back\n');
      expect(ann.must('status')).not.toContain('revoked');
    });

    test('when they say so, where they are asked', () => {
      const asked = ann.onTerminal('n\n', 'suspend', 'ben');
      expect(asked.out).toMatch(/ben is cut off at all its peers[^]*nothing was changed/);
      expect(asked.code).toBe(2);
      expect(ann.must('status')).not.toContain('revoked');
    });

    test('or let them end by themselves, once they see what that is', () => {
      const ended = ann.hawser(['expire', 'ben', '--at', '2030-01-31', '-m', 'a year']);
      const end = '2030-02-01T00:00:00.000Z';
      expect(ended.err).toContain(`ben: is cut off at ${end}`);
      expect(ended.out).toMatch(/revision \d+, apply, .* by admin\n {2}a year\n/);
      expect([ended.code, ended.out]).toEqual([0, expect.stringContaining(`(${end})`)]);
      expect(ann.must('status', '--json')).toContain(`"expires": "${end}"`);
      expect(ann.must('pull')).toContain(`key: "${key('B')}", expires: "${end}" }`);
      const asked = ann.onTerminal('n\n', 'expire', 'ben', '--in', '30d');
      expect(asked.out).toMatch(/ben ends in 30 d [^]*nothing was changed/);
      expect(ann.must('pull')).toContain(end);
      expect(ann.must('expire', 'ben', '--never')).toContain('ben never ends');
      expect(ann.must('pull')).toContain(`ben: { managed: false, key: "${key('B')}" }\n`);
    });

    test('but say which end they mean', () => {
      for (const flags of [[], ['--never', '--in', '7d'], ['--at', '2030-01-31', '--in', '7d']]) {
        expect(ann.refusal('expire', 'ben', ...flags)).toEqual([2, 'cli/expire-when']);
      }
      expect(ann.refusal('expire', 'ben', '--in', 'long')).toEqual([2, 'cli/usage']);
      expect(ann.refusal('expire', 'ben', '--at', '2020-01-31')).toEqual([2, 'cli/ended-already']);
      expect(ann.refusal('expire', 'gate', '--in', '7d')).toEqual([2, 'server/not-member']);
      expect(ann.refusal('expire', 'bne', '--in', '7d')).toEqual([2, 'api/not-found']);
    });

    test('by no name that nobody has', () => {
      for (const word of ['suspend', 'resume']) {
        expect(ann.refusal(word, 'bne')).toEqual([2, 'api/not-found']);
      }
    });
  });
});
