import './check-node.ts';
import { keepCompiled } from './compiled.ts';

keepCompiled();
const { runCli } = await import('#cli');

await runCli(process.argv);
