import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../support/hawser.ts';
import { hawser, Project } from './cli.ts';

const hybrid = 'examples/hybrid-cloud.yaml';
const key = (letter: string): string => `${letter.repeat(42)}E=`;

const network = (extra = ''): string => `version: 1
network: t
overlay: 10.99.0.0/24
topology: mesh
sites:
  a:
    subnets: [10.1.0.0/24]
    gateways: { ga: { endpoint: "203.0.113.1:51820", address: 10.1.0.1, key: ${key('A')} } }
    hosts: { ha: { address: 10.1.0.10 } }
members:
  lap: { hub: a, managed: false }
${extra}`;

describe('hawser check', () => {
  test('says that a sound file is sound, with the matrix and the tests', () => {
    const { code, out } = hawser(['check', hybrid]);
    expect(code).toBe(0);
    expect(out).toContain('sound: all 56 pairs proven');
    expect(out).toMatch(/^alice-laptop .* icmp,tcp\/22/m);
    expect(out).toMatch(/pass {2}alice-laptop -> worker-1/);
  });

  test('gives programs the same as JSON', () => {
    const found = JSON.parse(hawser(['check', hybrid, '--json']).out);
    expect(found.diagnostics).toEqual([]);
    expect(found.proof.pairs).toBe(56);
    expect(found.tests).toHaveLength(2);
    expect(found.matrix.rows).toHaveLength(56);
  });

  test('says of almost everything what does not pass, as the page of the policy does', () => {
    const ports = '[icmp, tcp/1-14789, tcp/14791-65535, udp]';
    using project = new Project(
      network(
        `policy: [{ from: lap, to: ha, ports: ${ports} }, { from: ha, to: lap, ports: [icmp] }]`,
      ),
    );
    const { code, out } = project.run('check', 'hawser.yaml');
    expect(code).toBe(0);
    expect(out).toMatch(/^lap .* all but tcp\/14790( |$)/m);
    expect(out).toMatch(/^ha .* icmp( |$)/m);
    const { matrix } = JSON.parse(project.run('check', 'hawser.yaml', '--json').out) as {
      readonly matrix: { readonly rows: readonly Record<'from' | 'to', string>[] };
    };
    const row = matrix.rows.find(({ from, to }) => from === 'lap' && to === 'ha');
    expect(row).toMatchObject({ closed: ['tcp/14790'] });
  });

  test('says all errors of a file at once, each with place and remedy, and exits with 1', () => {
    using project = new Project('version: 1\nnetwork: t\noverlay: 10.0.0.1/24\nsite: {}\n');
    const { code, err } = project.run('check', 'hawser.yaml');
    expect(code).toBe(1);
    expect(err).toMatch(/hawser\.yaml:3:10: error ip\/host-bits.*\n.*10\.0\.0\.0\/24/);
    expect(err).toMatch(/hawser\.yaml:4:1: error spec\/unknown-key.*\n.*sites/);
  });

  test('says no to a file whose policy test fails, at the line of the test', () => {
    using project = new Project(
      network('policy: []\ntests: [{ from: lap, to: ha, expect: allow }]'),
    );
    const { code, out } = project.run('check', 'hawser.yaml');
    expect(code).toBe(1);
    expect(out).toMatch(/hawser\.yaml:13:\d+: error compile\/test-failed/);
  });

  test('exits with 2 when there is no such file', () => {
    const { code, err } = hawser(['check', 'nowhere.yaml']);
    expect([code, err]).toEqual([2, expect.stringContaining('spec/file-not-found')]);
  });
});

describe('hawser trace', () => {
  test('exits with 0 when the flow arrives, and names the rule with its line', () => {
    const { code, out } = hawser(['trace', hybrid, 'alice-laptop', 'worker-1', 'tcp/22']);
    expect(code).toBe(0);
    expect(out).toMatch(/decided at master: rule \w+ \(examples\/hybrid-cloud\.yaml:\d+:\d+\)/);
  });

  test('exits with 1 when it does not, and says who refuses', () => {
    const { code, out } = hawser(['trace', hybrid, 'alice-laptop', 'remote-1', 'tcp/22']);
    expect(code).toBe(1);
    expect(out).toContain('vpn refuses it');
  });

  test.each([
    [['nobody', 'master'], 'compile/unknown-machine'],
    [['master', 'vpn', 'ssh'], 'spec/bad-port'],
  ])('exits with 2 for %j', (args, error) => {
    const { code, err } = hawser(['trace', hybrid, ...args]);
    expect([code, err]).toEqual([2, expect.stringContaining(error)]);
  });

  test('to the machine itself says that nothing leaves it', () => {
    const { code, out } = hawser(['trace', hybrid, 'master', 'master']);
    expect([code, out]).toEqual([0, expect.stringContaining('it never leaves the machine')]);
    expect(out).not.toContain('outside');
  });

  test('errors are JSON too, when asked for', () => {
    const { code, out } = hawser(['trace', hybrid, 'nobody', 'master', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(out).errors[0]).toMatchObject({ code: 'compile/unknown-machine' });
  });
});

describe('hawser plan', () => {
  test('exits with 3 for changes, and says who loses access', () => {
    using project = new Project(network('policy: [{ from: [lap], to: [ha], ports: [tcp/22] }]'));
    project.write('old.yaml', network());
    const { code, out } = project.run('plan', 'hawser.yaml', '--against', 'old.yaml');
    expect(code).toBe(3);
    expect(out).toMatch(/Newly denied:\n(.*\n)* {2}lap -> ha all but tcp\/22\n/);
    expect(out).not.toContain('lap -> ha tcp/22');
  });

  test('warns of what a file lets happen, as check does', () => {
    const text = readFileSync('examples/stretched.yaml', 'utf8');
    using project = new Project(text.replace('- 10.254.0.1/32', '- { internet: true }'));
    project.write('old.yaml', text);
    const files = ['hawser.yaml', '--against', 'old.yaml'] as const;
    const warned = /spec\/egress-internet.*`mosler-gw` may reach ALL of the internet/;
    expect(project.run('check', 'hawser.yaml').out).toMatch(warned);
    expect(project.run('plan', ...files)).toMatchObject({
      code: 1,
      out: expect.stringMatching(warned),
    });
    const { warnings, errors } = JSON.parse(project.run('plan', ...files, '--json').out);
    expect(warnings).toMatchObject([{ code: 'spec/egress-internet' }]);
    // Its own test says that nothing else leaves.
    expect(errors[0]).toMatchObject({ code: 'compile/test-failed' });
  });

  test('exits with 0 when nothing changes', () => {
    using project = new Project(network());
    const { code, out } = project.run('plan', 'hawser.yaml', '--against', 'hawser.yaml');
    expect([code, out]).toEqual([0, 'No changes.\n']);
  });
});

describe('hawser export', () => {
  test('makes the key of an unmanaged member; only the text has the private half', () => {
    using project = new Project(network());
    const first = project.run('export', 'hawser.yaml', 'lap');
    expect(first.code).toBe(0);
    const secret = /PrivateKey = (\S+)/.exec(first.out)?.[1] ?? '';
    expect(secret).toHaveLength(44);
    const facts = project.read('hawser.facts.json');
    expect(facts).not.toContain(secret);
    expect(JSON.parse(facts).networks.t.keys.lap['0']).toHaveLength(44);
  });

  test('does not make a second key unless told to', () => {
    using project = new Project(network());
    project.run('export', 'hawser.yaml', 'lap');
    const facts = project.read('hawser.facts.json');
    const again = project.run('export', 'hawser.yaml', 'lap');
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('cli/key-was-given-out')]);
    expect(project.read('hawser.facts.json')).toBe(facts);
    expect(project.run('export', 'hawser.yaml', 'lap', '--new-key').code).toBe(0);
    expect(project.read('hawser.facts.json')).not.toBe(facts);
  });

  test('takes the person’s own public key instead', () => {
    using project = new Project(network());
    const { code, out } = project.run('export', 'hawser.yaml', 'lap', '--public-key', key('B'));
    expect(code).toBe(0);
    expect(out).not.toMatch(/^PrivateKey/m);
    expect(project.read('hawser.facts.json')).toContain(key('B'));
  });

  test.each([
    [['lap', '--public-key', 'short'], 'cli/bad-public-key'],
    [['ga', '--new-key'], 'cli/managed-key'],
    [['ha', '--format', 'wg'], 'cli/unknown-format'],
    [['lap', '--format', 'netplan'], 'cli/unknown-format'],
    [['nobody'], 'compile/unknown-machine'],
  ])('refuses %j and writes nothing', (args, error) => {
    using project = new Project(network());
    const { code, err } = project.run('export', 'hawser.yaml', ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(error)]);
    expect(() => project.read('hawser.facts.json')).toThrow(/ENOENT/);
  });

  test('refuses a configuration without a peer, and says whose keys are missing', () => {
    using project = new Project(network().replace(/, key: \S+E=/, ''));
    const { code, err } = project.run('export', 'hawser.yaml', 'lap');
    expect([code, err]).toEqual([2, expect.stringMatching(/cli\/pending-peers.*keys of ga/)]);
  });

  test('says in the configuration which peers are not in it yet', () => {
    using project = new Project(network('  bob: { hub: a, managed: false }\n'));
    expect(project.run('export', 'hawser.yaml', 'bob').code).toBe(0);
    const { out } = project.run('export', 'hawser.yaml', 'ga');
    expect(out).toContain('# not in this file: the peer lap: its public key is not known yet\n');
    expect(out).not.toContain('the peer bob');
  });

  test('says whose export makes a key that is missing, or who must give it', () => {
    using project = new Project(
      network('  bob: { endpoint: "203.0.113.9:51820", managed: false }\n')
        .replace('lap: { hub: a, managed: false }', 'lap: { managed: false }')
        .replace(/ {2}a:\n(.*\n){3}/, '')
        .replace('sites:\n', ''),
    );
    const { err } = project.run('export', 'hawser.yaml', 'lap');
    expect(err).toContain("Write the public key of bob as 'key:' into the file.");
  });

  test('refuses a facts file that is damaged, and leaves it as it is', () => {
    using project = new Project(network());
    project.write('hawser.facts.json', '{"format":1');
    const { code, err } = project.run('export', 'hawser.yaml', 'lap');
    expect([code, err]).toEqual([2, expect.stringContaining('compile/facts-unreadable')]);
    expect(project.read('hawser.facts.json')).toBe('{"format":1');
  });

  test('writes the routes of a plain host as the lines to type', () => {
    using project = new Project(network());
    const { code, out } = project.run('export', 'hawser.yaml', 'ha');
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('ip route replace 10.99.0.0/24 via 10.1.0.1'),
    ]);
  });

  test('draws a QR code for a telephone', () => {
    using project = new Project(network());
    const { code, out } = project.run('export', 'hawser.yaml', 'lap', '--format', 'qr');
    expect([code, out]).toEqual([0, expect.stringContaining('▄')]);
  });
});

describe('the command line', () => {
  test.each([[['check']], [['fly']], [['trace', hybrid]], [['check', hybrid, '--wings']]])(
    '%j makes no sense: exit code 2, the error and the usage in two lines on stderr',
    (args) => {
      const { code, out, err } = hawser(args);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(/^error cli\/usage: .*\n {4}Usage: hawser .*--help\.\n$/);
    },
  );

  test.each([[['check', '--json']], [['chek', '--json']], [['lab', 'ping', '--json', '--wings']]])(
    '%j makes no sense, as JSON',
    (args) => {
      const { code, out, err } = hawser(args);
      expect([code, err]).toEqual([2, '']);
      expect(JSON.parse(out).errors).toMatchObject([{ code: 'cli/usage' }]);
    },
  );

  test.each([
    [['chek'], 'did you mean check?'],
    [['lab', 'cutt'], 'did you mean cut?'],
    [['help', 'chek'], 'Did you mean `check`?'],
    [['help', 'lab', 'cutt'], 'Did you mean `cut`?'],
    [['lab', 'help', 'cutt'], 'Did you mean `cut`?'],
  ])('%j: what was meant', (args, hint) => {
    const { code, err } = hawser(args);
    expect([code, err]).toEqual([2, expect.stringContaining(hint)]);
  });

  test.each([
    ['lab', 'up'],
    ['lab', 'ping'],
    ['lab', 'prove'],
    ['lab', 'apply'],
    ['lab', 'exec'],
    ['lab', 'cut'],
    ['check'],
    ['trace'],
    ['plan'],
    ['export'],
  ])('the help of %s %s names its exit codes', (...args) => {
    const { code, out } = hawser([...args.filter((word) => word !== undefined), '--help']);
    expect([code, out]).toEqual([0, expect.stringMatching(/exit code/i)]);
  });

  test('what comes by standard input is read as a file', () => {
    using project = new Project(network('policy: []'));
    const text = project.read('hawser.yaml');
    expect(project.pipe(text, 'check', '-')).toMatchObject({
      code: 0,
      out: expect.stringContaining('sound'),
    });
    expect(project.pipe(text, 'trace', '-', 'ga', 'lap').code).toBe(1);
    expect(project.pipe(text, 'plan', '-', '--against', 'hawser.yaml').code).toBe(0);
    expect(project.pipe(text, 'export', '-', 'ha').out).toContain('via 10.1.0.1');
  });

  test('a folder in the place of a file is an error with a code', () => {
    const { code, err } = hawser(['check', 'examples']);
    expect([code, err]).toEqual([2, expect.stringContaining('could not be read: it is a folder')]);
  });

  test.each(['bash', 'zsh', 'fish'])('completion for %s knows every command', (shell) => {
    const { code, out } = hawser(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['check', 'trace', 'export', 'lab', 'cut', 'matrix']) {
      expect(out).toContain(word);
    }
    const { script } = JSON.parse(hawser(['completion', shell, '--json']).out) as {
      script: string;
    };
    expect(script).toBe(out);
  });

  /** Somebody who is logged in at two servers, of which none is there, in an empty folder. */
  const home = mkdtempSync(join(tmpdir(), 'hawser-completion-'));
  const empty = join(home, 'empty');
  beforeAll(() => {
    for (const folder of ['hawser', 'empty']) mkdirSync(join(home, folder));
    const token = 'hawser-viewer-x';
    const contexts = { home: { token }, work: { token }, '$(touch ran)': { token } };
    writeFileSync(join(home, 'hawser', 'contexts.json'), JSON.stringify({ contexts }));
  });
  afterAll(() => rmSync(home, { recursive: true }));

  test.each([
    ['lab st', 'status start'],
    ['completion z', 'zsh'],
    ['export --format net', 'networkd networkmanager netplan'],
    ['export -f q', 'qr'],
    ['status --context w', 'work'],
    ['context h', 'home'],
    ['remove ', '--context --json --network --message --yes --help'],
  ])('bash completes `hawser %s` by %s', (typed, completed) => {
    const words = `hawser ${typed}`.split(' ');
    const ask = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _hawser`;
    const own = `hawser() { '${process.execPath}' '${bundle}' "$@"; }`;
    const script = `${own}\n${hawser(['completion', 'bash']).out}\n${ask}; echo "\${COMPREPLY[@]}"`;
    const env = { ...process.env, XDG_CONFIG_HOME: home };
    const said = execFileSync('bash', ['-c', script], { cwd: empty, encoding: 'utf8', env });
    expect(said).toBe(`${completed}\n`);
    // No name is run.
    expect(readdirSync(empty)).toEqual([]);
  });

  test('bash asks for names with the line that is typed', () => {
    const line = 'hawser remove --context work a';
    const asked = `complete machines --line ${line}`;
    const script = [
      `hawser() { [[ "$*" == '${asked}' ]] && echo anna; }`,
      hawser(['completion', 'bash']).out,
      `COMP_LINE='${line}'; COMP_WORDS=(${line}); COMP_CWORD=4; _hawser; echo "\${COMPREPLY[@]}"`,
    ];
    const said = execFileSync('bash', ['-c', script.join('\n')], { cwd: empty, encoding: 'utf8' });
    expect(said).toBe('anna\n');
  });
});
