/** The house (docs/architecture.md): which room may import which, and which rooms are pure. */

const below = (...rooms: readonly string[]): readonly string[] => rooms;

const state = below('base', 'ip', 'wireguard', 'state');
const compile = [...state, 'spec', 'compile'];
const api = below('base', 'ip', 'wireguard', 'state', 'api');
const host = [...state, 'host'];
const agent = [...new Set([...host, ...api, 'agent'])];
const server = [...new Set([...compile, ...api, 'server'])];
const monitors = [...api, 'monitors'];
const implementations = [...server, 'clouds', 'slurm', 'monitors'];
const deploy = [...new Set([...api, ...agent, 'spec', 'deploy'])];
const doctor = [...agent, 'doctor'];
const lab = [...new Set([...implementations, ...agent, 'lab'])];
const cli = [...lab, 'deploy', 'doctor', 'cli'];

/** Room -> the rooms it may import. A room that is not named here is an offence itself. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  ip: ['base'],
  wireguard: ['base', 'ip'],
  state: ['base', 'ip', 'wireguard'],
  spec: ['base', 'ip'],
  compile,
  api,
  host,
  agent,
  server,
  clouds: server,
  slurm: server,
  monitors,
  doctor,
  lab,
  deploy,
  cli,
  main: [...cli, 'main'],
};

/** Rooms without input, output, clock or chance (law 1). */
export const pureRooms: ReadonlySet<string> = new Set(['base', 'ip', 'spec', 'state', 'compile']);

/** What of Node a pure room may use: computation only. */
export const pureModules: ReadonlySet<string> = new Set([
  'node:assert',
  'node:crypto',
  'node:path',
  'node:util',
]);

/** Clock and chance. `new Date(value)` is computation, `new Date()` asks the clock. */
export const impureWords =
  /\b(Date\.now|Math\.random|performance\.now|new Date\(\)|random(?:Bytes|UUID|Int|FillSync)|getRandomValues|generateKeyPair(?:Sync)?|process\.(?:env|cwd|argv|hrtime)|setTimeout|setInterval|fetch)\b/;
