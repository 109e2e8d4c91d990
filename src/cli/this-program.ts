import { resolve } from 'node:path';

/** How this very program is run: for agents, and for the machines of a lab. */
export const thisProgram = (): readonly string[] => [
  process.execPath,
  ...process.execArgv,
  resolve(process.argv[1] ?? ''),
];
