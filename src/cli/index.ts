export { buildProgram } from './program.ts';
export { runCli } from './run.ts';
