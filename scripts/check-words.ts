/**
 * Words that must not stand in the sources: tests that do not run, promises to do it later, and
 * ways around the type checker.
 */
import { pathToFileURL } from 'node:url';
import { findLines, type Source, sourcesOf } from './sources.ts';

interface Law {
  readonly pattern: RegExp;
  readonly says: string;
  /** Files that state or implement the law. */
  readonly except: readonly string[];
}

const laws: readonly Law[] = [
  {
    pattern:
      /\b(?:test|it|describe|suite|ctx|context)(?:\.\w+)*\.(?:skip|only|todo|skipIf|runIf|fails)\b|\b(?:skip|only|todo): true\b|\(\{[^})]*\bskip\b/,
    says: 'a test that does not run; say what it needs with suite() from tests/support',
    except: ['tests/support/suite.ts', 'tests/repository/check.test.ts'],
  },
  {
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/,
    says: 'a promise; do it, or write it down as a limit',
    except: ['scripts/check-words.ts', 'tests/repository/check.test.ts'],
  },
  {
    pattern: /@ts-(?:ignore|nocheck)|\bas any\b|(?:oxlint|eslint)-disable(?!-next-line \S+ --)/,
    says: 'a way around the checker; a lint exception names its rule and its reason (-- why)',
    except: ['scripts/check-words.ts', 'tests/repository/check.test.ts'],
  },
];

export function wordOffences({ path, text }: Source): readonly string[] {
  const binding = laws.filter((law) => !law.except.includes(path));
  return findLines(path, text, (line) => binding.find((law) => law.pattern.test(line))?.says);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const sources = sourcesOf(process.cwd());
  const offences = sources.flatMap(wordOffences);
  for (const offence of offences) console.log(offence);
  console.log(`${sources.length} files, ${offences.length} offences`);
  process.exitCode = sources.length === 0 || offences.length > 0 ? 1 : 0;
}
