import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const isMusl = (): boolean => {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return process.platform === 'linux' && report.header?.glibcVersionRuntime === undefined;
};

/** better-sqlite3's addon for this machine: a bundle cannot hold it, nor find it by its own place. */
export function nativeBinding(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
  const system = isMusl() ? 'linuxmusl' : process.platform;
  return join(folder, 'prebuilds', `${system}-${process.arch}.node`);
}
