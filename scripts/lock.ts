/**
 * npm run lock, after every change of dependencies: puts package-lock.json into a form that every
 * npm installs from on every platform.
 *
 * 1. npm leaves out optional packages its registry does not have, such as binaries for platforms a
 *    mirror does not carry, and `npm ci` then refuses the lock file as incomplete. They are added with
 *    the platform their name tells, so that npm skips them elsewhere without asking for them.
 * 2. npm drops optional packages without a word when their `engines` exclude the Node that npm runs
 *    under. Ours run under the Node that the checkout brings along, so they keep no `engines`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { byText } from '#base';

interface Entry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: readonly string[];
  cpu?: readonly string[];
  libc?: readonly string[];
  engines?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
interface Lock {
  packages: Record<string, Entry>;
}

const systems =
  /\b(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)(?=-|$)/;
const processors = /\b(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|wasm32|x64)(?=-|$)/;

/** The platform a package is for, from its name: `@oxc-parser/binding-linux-x64-musl`. */
function platformOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const os = systems.exec(name)?.[1];
  const cpu = processors.exec(name)?.[1];
  if (cpu === undefined) throw new Error(`the name of ${name} tells no platform`);
  const libc = /-(gnu|musl)/.exec(name)?.[1];
  return {
    ...(os !== undefined && { os: [os] }),
    cpu: [cpu],
    ...(libc !== undefined && { libc: [libc === 'gnu' ? 'glibc' : libc] }),
  };
}

/** The optional packages that entries ask for and the lock file does not hold. */
function missingEntries(packages: Lock['packages']): readonly [string, Entry][] {
  return Object.values(packages).flatMap((parent) =>
    Object.entries(parent.optionalDependencies ?? {})
      .filter(([name]) => !(`node_modules/${name}` in packages))
      .map(([name, version]): [string, Entry] => [
        `node_modules/${name}`,
        { version, ...platformOf(name), ...(parent.dev && { dev: true }), optional: true },
      ]),
  );
}

function settleLock(lock: Lock): Lock {
  const entries = [...Object.entries(lock.packages), ...missingEntries(lock.packages)];
  const settled = entries.map(([path, entry]): [string, Entry] => {
    const { engines: _engines, ...rest } = entry;
    return [path, entry.optional ? rest : entry];
  });
  return { ...lock, packages: Object.fromEntries(settled.sort(([a], [b]) => byText(a, b))) };
}

const file = 'package-lock.json';
const text = readFileSync(file, 'utf8');
const settled = `${JSON.stringify(settleLock(JSON.parse(text) as Lock), null, 2)}\n`;
if (process.argv.includes('--check')) {
  if (settled !== text) console.log(`${file} is not settled; run 'npm run lock'`);
  process.exitCode = settled === text ? 0 : 1;
} else {
  writeFileSync(file, settled);
}
