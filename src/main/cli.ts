import './check-node.ts';

const { buildProgram } = await import('#cli');

await buildProgram().parseAsync();
