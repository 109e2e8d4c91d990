import './check-node.ts';
import { keepCompiled } from './compiled.ts';
import { beginLean, isStayingAgent } from './lean.ts';

beginLean(process);
keepCompiled();
const { runCli } = await import('#cli');

await runCli(process.argv, isStayingAgent(process.argv.slice(2)));
