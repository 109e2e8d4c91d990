import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Asks for no network: a report would look up the name of every connected address, for seconds. */
function isMusl(): boolean {
  const { report: reporter } = process;
  Object.assign(reporter, { excludeNetwork: true });
  const report = reporter.getReport() as { header?: { glibcVersionRuntime?: string } };
  return process.platform === 'linux' && report.header?.glibcVersionRuntime === undefined;
}

/** better-sqlite3's addon for this machine: a bundle cannot hold it, nor find it by its own place. */
export function nativeBinding(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
  const system = isMusl() ? 'linuxmusl' : process.platform;
  return join(folder, 'prebuilds', `${system}-${process.arch}.node`);
}
