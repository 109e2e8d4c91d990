/**
 * The import law of the house: a room is entered only by its index, as `#room`; imports go only
 * downwards; pure rooms stay pure; in `wireguard` only keys.ts touches node:crypto.
 */
import { dirname, join, normalize } from 'node:path/posix';
import { pathToFileURL } from 'node:url';
import { impureWords, mayImport, pureModules, pureRooms } from './house.ts';
import { findLines, isTest, type Source, sourcesOf, withoutComments } from './sources.ts';

/** `import 'x'`, `import ... from 'x'`, `export ... from 'x'`, `} from 'x'` and `import('x')`. */
const specifier =
  /(?:^\s*(?:import|export|\}).*?\bfrom\s*|^\s*import\s*|\bimport\(\s*)(['"])(?<name>[^'"]+)\1/;

const roomOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];

function judgeRelative(path: string, name: string): string | undefined {
  const target = normalize(join(dirname(path), name));
  if (target === 'package.json') return undefined;
  const room = roomOf(path);
  const targetRoom = roomOf(target);
  if (room !== undefined && targetRoom === undefined) {
    const allowed = isTest(path) && target.startsWith('tests/');
    return allowed ? undefined : `'${name}' leaves src`;
  }
  if (targetRoom === room) return undefined;
  return `'${name}' enters room ${targetRoom} by the window; import '#${targetRoom}'`;
}

function judgeRoom(path: string, target: string): string | undefined {
  const room = roomOf(path);
  if (!(target in mayImport)) return `there is no room '#${target}'`;
  if (room === undefined) return undefined;
  if (target === room) return `room ${room} imports itself by its door; use a relative path`;
  if (mayImport[room]?.includes(target) === true) return undefined;
  return `room ${room} may not import '#${target}'`;
}

function judgeModule(path: string, name: string): string | undefined {
  const room = roomOf(path);
  if (room === undefined || isTest(path)) return undefined;
  if (pureRooms.has(room) && !pureModules.has(name)) return `pure room ${room} imports '${name}'`;
  const isKeys = path === 'src/wireguard/keys.ts';
  if (room === 'wireguard' && name === 'node:crypto' && !isKeys) {
    return `only src/wireguard/keys.ts may import '${name}'`;
  }
  return undefined;
}

/** The dashboard runs in browsers: it takes the shapes of the API, and nothing that runs. */
function judgeWeb(name: string, line: string): string | undefined {
  if (name.startsWith('node:')) return `the dashboard imports '${name}'`;
  if (/^(\.\.\/)+(src|tests|scripts)\//.test(name)) return `'${name}' leaves web`;
  if (!name.startsWith('#')) return undefined;
  if (name !== '#api') return `the dashboard may not import '${name}'`;
  return line.includes('import type') ? undefined : 'the dashboard imports only types of #api';
}

function judgeImport(path: string, name: string, line: string): string | undefined {
  if (path.startsWith('web/')) return judgeWeb(name, line);
  if (name.startsWith('.')) return judgeRelative(path, name);
  if (name.startsWith('#')) return judgeRoom(path, name.slice(1));
  if (name.startsWith('node:')) return judgeModule(path, name);
  return undefined;
}

function judgePurity(path: string, line: string): string | undefined {
  const room = roomOf(path);
  if (room === undefined || !pureRooms.has(room) || isTest(path)) return undefined;
  const word = impureWords.exec(line)?.[0];
  return word === undefined ? undefined : `pure room ${room} uses ${word}`;
}

/** Every offence in one file, as `path:line: what`. */
export function importOffences({ path, text }: Source): readonly string[] {
  const room = roomOf(path);
  if (room !== undefined && !(room in mayImport)) {
    return [`${path}:1: room ${room} is not in scripts/house.ts`];
  }
  return findLines(path, withoutComments(text), (line) => {
    const name = specifier.exec(line)?.groups?.['name'];
    return (
      (name === undefined ? undefined : judgeImport(path, name, line)) ?? judgePurity(path, line)
    );
  });
}

export function checkImports(root: string): { files: number; offences: readonly string[] } {
  const sources = sourcesOf(root);
  return { files: sources.length, offences: sources.flatMap(importOffences) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { files, offences } = checkImports(process.cwd());
  for (const offence of offences) console.log(offence);
  console.log(`${files} files, ${offences.length} offences`);
  process.exitCode = files === 0 || offences.length > 0 ? 1 : 0;
}
