import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { type LocalServer, Person, serveLocally } from './local.ts';
import { key, office } from './office.ts';

const members = ['ann', 'ben'].map(
  (name, index) => `${name}: { managed: false, key: "${key('BC'.charAt(index))}" }`,
);
const file = (more = ''): string => office(members, more);

const policy = 'policy:\n  - { from: [ann], to: [ben] }\n';

describe('people at a server', () => {
  const ann = new Person();
  const ben = new Person();
  let server: LocalServer;
  beforeAll(async () => {
    server = await serveLocally(ann);
    ann.write('net.yaml', file());
    ann.must('apply', 'net.yaml', '--create', '-m', 'begin');
    const operator = ann.must('token', 'create', '--role', 'operator', '--name', 'ben').trim();
    ben.must('login', operator, '--name', 'office');
  });
  afterAll(async () => {
    await server.program.end('SIGKILL');
    for (const person of [ann, ben]) person[Symbol.dispose]();
  });

  test('have their shell complete the names that the server knows', () => {
    const names = (kind: string) => ann.must('complete', kind).trim().split('\n');
    expect(names('machines')).toEqual(['ann', 'ben', 'gate']);
    expect(names('networks')).toEqual(['office']);
    expect(names('tokens')).toHaveLength(2);
    const elsewhere = ['--line', 'hawser remove --network elsewhere '];
    expect(ann.must('complete', 'machines', ...elsewhere)).toBe('');
    expect(ben.hawser(['complete', 'tokens'])).toMatchObject({ code: 0, out: '', err: '' });
  });

  test('watch how it is, and see at once what is another', async () => {
    const watching = ann.start('status', '--watch', '--json');
    const seen = () => watching.output.trim().split('\n');
    await until('it is told once', () => seen()[0] !== '');
    ann.must('freeze');
    await until('it is told again', () => seen().length === 2);
    ann.must('thaw');
    const frozen = seen().map((line) => (JSON.parse(line) as { frozen: boolean }).frozen);
    expect(frozen).toEqual([false, true]);
    await watching.end('SIGINT');
  });

  describe('who change one network', () => {
    test('see what a change does before it is done', () => {
      ann.write('net.yaml', file(policy));
      const { code, out } = ann.hawser(['plan', 'net.yaml']);
      expect([code, out]).toEqual([3, expect.stringMatching(/Newly denied:(.|\n)* {2}ben -> ann/)]);
      expect(ann.must('history')).not.toContain('policy');
    });

    test('may say no when they see it', () => {
      expect(ann.onTerminal('n\n', 'apply', 'net.yaml')).toMatchObject({
        code: 2,
        out: expect.stringMatching(/Apply it\?[^]*nothing was changed/),
      });
      expect(ann.must('history')).not.toContain('apply');
    });

    test('find it in the history, with who, when and why', () => {
      expect(ann.must('apply', 'net.yaml', '-m', 'a policy')).toMatch(
        /revision 2, apply, .* admin/,
      );
      expect(ann.must('history')).toMatch(/2 +.* ago +admin +apply +a policy\n1 .*begin/);
      expect(ann.must('diff', '1', '2')).toContain('+policy:\n+  - { from: [ann], to: [ben] }');
      expect(ann.must('show', '1')).toContain('# the only one with an address');
      expect(ann.hawser(['plan', 'net.yaml'])).toMatchObject({ code: 0, out: 'No changes.\n' });
    });

    test('are not asked for a revision where nothing is to be done', () => {
      expect(ann.must('apply', 'net.yaml')).toContain('office is so already, at revision 2');
      ann.write('other/name.yaml', ann.read('net.yaml'));
      for (const more of [['--merge'], ['--base', '1'], ['--force']]) {
        const said = ann.must('apply', 'other/name.yaml', ...more);
        expect(said).toContain('office is so already, at revision 2');
      }
      expect(ann.refusal('apply', 'net.yaml', '--base', '99')).toEqual([2, 'api/not-found']);
    });

    test('do not undo what another did meanwhile, and are told what that was', () => {
      ben.must('pull', 'mine.yaml');
      expect(ben.read('mine.yaml')).toBe(ann.read('net.yaml'));
      ben.write('mine.yaml', ben.read('mine.yaml').replace('# the only one', '# the one'));
      ann.write('net.yaml', `${file(policy)}tests:\n  - { from: ann, to: ben, expect: allow }\n`);
      ann.must('apply', 'net.yaml', '-m', 'tests');
      const { code, err } = ben.hawser(['apply', 'mine.yaml']);
      expect([code, err]).toEqual([2, expect.stringContaining('error api/conflict')]);
      expect(err).toMatch(/3 .* admin +apply +tests/);
      expect(ann.must('pull')).toContain('# the only one');
    });

    test('may take over what another did', () => {
      ben.write('mine.yaml', file(`  eve: { managed: false, key: "${key('D')}" }\n${policy}`));
      expect(ben.must('apply', 'mine.yaml', '--merge', '-m', 'eve')).toMatch(
        /revision 4, .* ben\n/,
      );
      const merged = ann.must('pull');
      expect(merged).toContain('eve:');
      expect(merged).toContain('tests:');
      expect(ben.read('mine.yaml')).toBe(merged);
    });

    test('are asked which revision a file was made from, where nothing says so', () => {
      ben.write('new/net.yaml', file());
      expect(ben.refusal('apply', 'new/net.yaml')).toEqual([2, 'cli/no-base']);
      expect(ben.must('apply', 'new/net.yaml', '--force')).toContain('revision 5');
    });

    test('go back to what was', () => {
      const why = 'as it was\n7         1 s ago  ben     apply     not ben';
      expect(ann.must('rollback', '4', '-m', why)).toContain('revision 6, rollback');
      expect(ann.must('history', '-n', '1').trim().split('\n')).toHaveLength(2);
      expect(ann.must('pull')).toBe(ben.read('mine.yaml'));
    });

    test('learn what is wrong with a file before it reaches anybody, each at its place', () => {
      ann.write('bad.yaml', file('policy:\n  - { from: [nobody], to: [ben] }\n'));
      const { code, err } = ann.hawser(['apply', 'bad.yaml', '--force']);
      expect([code, err]).toEqual([1, expect.stringMatching(/^bad\.yaml:13:\d+: error spec/)]);
      const wrongTest = `${policy}tests:\n  - { from: ben, to: ann, expect: allow }\n`;
      ann.write('untrue.yaml', file(wrongTest));
      const untrue = ann.hawser(['apply', 'untrue.yaml', '--force']);
      expect(untrue.code).toBe(1);
      expect(untrue.err).toMatch(/untrue\.yaml:15:\d+: error compile\/test-failed/);
      expect(ann.must('history', '-n', '1')).toMatch(/^6 /m);
    });

    test('do not make a network by a slip of the pen', () => {
      ann.write('slip.yaml', file().replace('network: office', 'network: offcie'));
      expect(ann.refusal('apply', 'slip.yaml')).toEqual([2, 'cli/no-network-yet']);
    });

    test('can stop everything', () => {
      ann.must('freeze', '-m', 'holidays');
      expect(ann.must('status')).toContain('frozen');
      ann.must('thaw');
      expect(ann.must('status')).not.toContain('frozen');
    });
  });

  describe('who hold tokens', () => {
    test('have them where nobody else reads', () => {
      expect(statSync(join(ann.home, '.config/hawser/contexts.json')).mode & 0o777).toBe(0o600);
    });

    test('may do what the role says, and no more', () => {
      using vic = new Person();
      const token = ann.must('token', 'create', '--role', 'viewer', '--name', 'vic').trim();
      vic.must('login', token);
      vic.must('status');
      vic.write('net.yaml', file());
      expect(vic.refusal('apply', 'net.yaml', '--force')).toEqual([2, 'api/forbidden']);
      expect(ben.refusal('token', 'list')).toEqual([2, 'api/forbidden']);
      expect(ben.refusal('audit')).toEqual([2, 'api/forbidden']);
    });

    test('lose everything with them', () => {
      using vic = new Person();
      const made = ann.must('token', 'create', '--role', 'viewer', '--json');
      const { token, info } = JSON.parse(made) as { token: string; info: { id: string } };
      vic.must('login', token);
      ann.must('token', 'revoke', info.id);
      expect(vic.refusal('status')).toEqual([2, 'api/unauthorized']);
      expect(ann.must('token', 'list')).toMatch(new RegExp(`${info.id} .* revoked`));
    });

    test('may say them in the environment', () => {
      using vic = new Person();
      expect(vic.refusal('status')).toEqual([2, 'cli/not-logged-in']);
      expect(vic.hawser(['status'], { HAWSER_TOKEN: server.admin }).code).toBe(0);
      const moved = { HAWSER_TOKEN: server.admin, HAWSER_SERVER: 'https://127.0.0.1:1' };
      expect(vic.hawser(['status'], moved).err).toContain('cli/server-unreachable');
    });

    test('tell nothing to a server that is another one', () => {
      using vic = new Person();
      const body = Buffer.from(server.admin.split('-').slice(2).join('-'), 'base64url');
      const data = JSON.parse(body.toString()) as { p: string };
      const other = { ...data, p: `${'A'.repeat(43)}=` };
      const text = Buffer.from(JSON.stringify(other)).toString('base64url');
      expect(vic.refusal('login', `hawser-admin-${text}`)).toEqual([2, 'agent/wrong-server']);
      expect(vic.refusal('login', 'hawser-admin-abc')).toEqual([2, 'api/token-malformed']);
    });

    test('log in by a token of a person, and by no other', () => {
      using vic = new Person();
      const token = ann.must('token', 'create', '--join').trim().split(/\s+/)[2] ?? '';
      expect(vic.refusal('login', token)).toEqual([2, 'cli/join-token']);
    });

    test('log out', () => {
      using vic = new Person();
      vic.must('login', server.admin, '--name', 'here');
      expect(vic.must('context')).toMatch(/\* +here +admin +https:\/\/127\.0\.0\.1:\d+/);
      vic.must('logout');
      expect(vic.refusal('status')).toEqual([2, 'cli/not-logged-in']);
    });

    test('leave traces', () => {
      const lines = ann.must('audit', '--since', '1h', '--json').trim().split('\n');
      const entries = lines.map((line) => JSON.parse(line) as { actor: string; action: string });
      expect(entries).toContainEqual(expect.objectContaining({ actor: 'ben', action: 'apply' }));
      expect(lines.join()).not.toContain('hawser-admin-');
    });

    test('are watched while they do', async () => {
      const watching = ann.start('audit', '--follow', '--json', '--since', '1h');
      await until('what was is there', () => watching.output.includes('"create"'));
      ben.must('freeze', '-m', 'somebody watches');
      ben.must('thaw', '-m', 'nobody does');
      await until('what comes is told', () => watching.output.includes('nobody does'));
      const lines = watching.output.trim().split('\n');
      const seqs = lines.map((line) => (JSON.parse(line) as { seq: number }).seq);
      expect(seqs).toEqual(seqs.map((_, n) => n + 1));
      await watching.end('SIGTERM');
    });
  });

  describe('who need each other', () => {
    test('wait until the other approves, and go on from there when it is rejected', () => {
      const text = (more: string): string => `${ann.must('pull')}${more}`;
      ann.must('pull', 'net.yaml', '--force');
      ann.write('net.yaml', text('approvals: 2\n'));
      expect(ann.hawser(['plan', 'net.yaml']).out).toContain('From then on each change needs two');
      ann.must('apply', 'net.yaml');
      ann.write('net.yaml', text('# one\n'));
      const said = ann.must('apply', 'net.yaml');
      const [, number = ''] = /waits: `hawser approve (\d+)`/.exec(said) ?? [];
      expect(ann.refusal('approve', number)).toEqual([2, 'server/second-person']);
      expect(ann.must('status')).toContain(`hawser reject ${number}`);
      expect(ben.must('reject', number, '-m', 'not so')).toContain('rejected');
      ann.write('net.yaml', text('# two\n'));
      const next = /`hawser approve (\d+)`/.exec(ann.must('apply', 'net.yaml'))?.[1] ?? '';
      const waiting = ben.hawser(['plan']);
      expect([waiting.code, waiting.out]).toEqual([3, expect.stringContaining('It waits until')]);
      expect(ben.must('approve', next)).toContain('approved by ben');
      expect(ben.hawser(['plan'])).toMatchObject({ code: 0, out: 'No changes.\n' });
      expect(ben.refusal('plan', '--against', 'net.yaml')).toEqual([2, 'cli/usage']);
      expect(ann.must('history', '-n', '2')).toContain('apply (rejected)');
      ann.write('net.yaml', ann.must('pull').replace('approvals: 2\n', ''));
      const off = /`hawser approve (\d+)`/.exec(ann.must('apply', 'net.yaml'))?.[1] ?? '';
      ben.must('approve', off);
      ann.must('pull', 'net.yaml', '--force');
    });

    test('vouch for whom another made a token', () => {
      const made = ann.must('token', 'create', '--role', 'operator', '--name', 'carl', '--json');
      const { info } = JSON.parse(made) as { info: { id: string } };
      expect(ben.must('token', 'vouch', info.id)).toContain('carl');
      expect(ann.must('token', 'list')).toMatch(/carl +all +good +itself/);
    });
  });

  describe('who cut a member off', () => {
    test('can let it back', () => {
      expect(ben.must('revoke', 'ben', '-m', 'a lost laptop')).toContain('ben is cut off');
      expect(ann.must('status')).toMatch(/^ben +not ours to run .*revoked/m);
      expect(ben.must('revoke', 'ben', '--undo')).toContain('ben is let back');
      expect(ann.must('status')).not.toContain('revoked');
      expect(ben.refusal('revoke', 'nobody')).toEqual([2, 'api/not-found']);
    });
  });

  describe('who keep backups', () => {
    const passphrase = { HAWSER_PASSPHRASE: 'correct horse battery' };

    test('can prove them, and nobody can without the passphrase', () => {
      const made = ann.hawser(['backup', 'office.backup'], passphrase);
      expect([made.code, made.err]).toEqual([0, '']);
      expect(statSync(join(ann.home, 'office.backup')).mode & 0o777).toBe(0o600);
      expect(ann.hawser(['backup', 'office.backup'], passphrase).err).toContain(
        'cli/output-exists',
      );
      expect(ann.hawser(['backup', 'office.backup', '--force'], passphrase).code).toBe(0);
      const proven = ann.hawser(['backup', 'verify', 'office.backup'], passphrase);
      expect(proven.out).toMatch(/office\.backup is sound: made .* office \(revision \d+\)/);
      const other = { HAWSER_PASSPHRASE: 'another horse battery' };
      const refused = ann.hawser(['backup', 'verify', 'office.backup'], other);
      expect([refused.code, refused.err]).toEqual([
        2,
        expect.stringContaining('backup-unreadable'),
      ]);
      expect(ben.hawser(['backup'], passphrase).err).toContain('api/forbidden');
    });

    test('serve from them again, with the same tokens and the same certificate', async () => {
      const restore = ['restore', 'office.backup', '--data', 'restored'];
      expect(ann.hawser(restore, passphrase).out).toMatch(
        /is restored to restored[^]*--address HOST\n[^]*hawser agent server https:\/\/HOST:7443\n/,
      );
      expect(ann.hawser(restore, passphrase).err).toContain('server/store-not-empty');
      const place = ['--data', 'restored', '--listen', '127.0.0.1:0', '--address', '127.0.0.1'];
      const program = ann.start('server', ...place);
      try {
        const url = await until(
          'the restored server listens',
          () => /serving at (\S+);/.exec(program.output)?.[1],
        );
        const there = { HAWSER_TOKEN: server.admin, HAWSER_SERVER: url };
        expect(ann.hawser(['history'], there).out).toMatch(/restore +restored from the backup/);
      } finally {
        await program.end('SIGKILL');
      }
    });
  });

  test('a server says for programs where it is, and the tokens of its first start', async () => {
    using zoe = new Person();
    const place = ['--listen', '127.0.0.1:0', '--address', '127.0.0.1'];
    const program = zoe.start('server', '--data', 'data', ...place, '--no-join', '--json');
    try {
      const { url, admin } = await until('it serves', () => {
        const said = /^\{\n[^]*?^\}$/m.exec(program.output)?.[0];
        return said !== undefined && (JSON.parse(said) as Readonly<Record<string, string>>);
      });
      const there = { HAWSER_TOKEN: admin ?? '', HAWSER_SERVER: url ?? '' };
      expect(zoe.hawser(['network', 'list', '--json'], there)).toMatchObject({
        code: 0,
        out: '[]\n',
      });
    } finally {
      await program.end('SIGKILL');
    }
  });

  test('a lost admin token is made anew by whoever has the server itself', () => {
    const place = ['--data', 'data', '--address', server.url];
    const { token } = JSON.parse(ann.must('server', 'reset-admin', ...place, '--json')) as {
      readonly token: string;
    };
    expect(ann.refusal('status', '--context', '127.0.0.1:1')).toEqual([2, 'cli/no-context']);
    using vic = new Person();
    vic.must('login', token);
    expect(vic.refusal('login', server.admin)).toEqual([2, 'api/unauthorized']);
  });
});
