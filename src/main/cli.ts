import './check-node.ts';

const { runCli } = await import('#cli');

await runCli(process.argv);
