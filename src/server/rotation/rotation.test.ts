import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { HostState } from '#state';
import { generateKeyPair } from '#wireguard';
import { type Channel, Machine } from '../fixtures/machine.ts';
import { TestServer } from '../fixtures/server.ts';

/** An agent that does what it is told: makes keys, applies, confirms, shakes hands. */
class Agent {
  readonly machine: Machine;
  readonly #server: () => TestServer;
  readonly #keys = new Map<string, string>();
  #channel: Channel | undefined;
  #done: HostState | undefined;
  #watched: readonly string[] = [];
  /** Nothing happens on it while this is so. */
  idle = false;
  /** Peers that do not shake hands with it, by public key. */
  readonly silent = new Set<string>();

  constructor(machine: Machine, server: () => TestServer) {
    this.machine = machine;
    this.#server = server;
  }

  get state(): HostState | undefined {
    return this.#done;
  }

  /** Values of secrets that it was told, by `id@version`. */
  get secrets(): ReadonlyMap<string, string> {
    return this.#channel?.secrets ?? new Map();
  }

  get key(): string | undefined {
    return this.#done?.tunnels['main']?.key.publicKey;
  }

  async connect(): Promise<void> {
    this.#channel = await this.#server().connect(this.machine, { keys: this.#keysNow() });
  }

  /** Does what there is to do; says whether there was anything. */
  async act(): Promise<boolean> {
    await this.#channel?.settled();
    const state = this.#channel?.state;
    if (this.idle || !state || state === this.#done) return false;
    this.#done = state;
    const peers = Object.values(state.tunnels).flatMap((tunnel) => Object.values(tunnel.peers));
    this.#watched = peers.flatMap(({ publicKey, watched }) => (watched ? [publicKey] : []));
    this.shakeHands();
    this.#channel?.report('confirmed');
    return true;
  }

  /** Tells with whom it shook hands of those that it watches. */
  shakeHands(): void {
    const handshakes = this.#watched.filter((key) => !this.silent.has(key));
    this.#channel?.say({ type: 'seen', keys: this.#keysNow(), handshakes });
  }

  #keysNow(): Record<string, string> {
    const tunnels = Object.values(this.#done?.tunnels ?? {});
    if (tunnels.length === 0) return { ...this.machine.keys };
    return Object.fromEntries(tunnels.map(({ lane, key }) => [`${lane}`, this.#key(lane, key)]));
  }

  #key(lane: number, key: HostState['tunnels'][string]['key']): string {
    const own = this.#keys.get(`${lane}`) ?? this.machine.keys[`${lane}`];
    const isWanted = own !== undefined && own !== key.replaces;
    const next = key.publicKey ?? (isWanted ? own : generateKeyPair().publicKey);
    this.#keys.set(`${lane}`, next);
    return next;
  }
}

interface Cast {
  readonly server: () => TestServer;
  readonly agents: Readonly<Record<'hub' | 'anna' | 'bob', Agent>>;
}

/** All agents act, one after another, until the phase is one of those. */
async function play(
  { agents, server }: Pick<Cast, 'server'> & { agents: Readonly<Record<string, Agent>> },
  until: (phase: string) => boolean,
): Promise<void> {
  const end = performance.now() + 10_000;
  while (performance.now() < end) {
    for (const agent of Object.values(agents)) {
      const { rotation } = await server().call('rotation', {});
      if (until(rotation?.phase ?? 'none')) return;
      await agent.act();
    }
  }
  throw new Error(`still ${JSON.stringify(await server().call('rotation', {}))}`);
}

async function cast(server: () => TestServer): Promise<Cast> {
  const agents = {
    hub: new Agent(new Machine('hub'), server),
    anna: new Agent(new Machine('anna'), server),
    bob: new Agent(new Machine('bob'), server),
  };
  for (const agent of Object.values(agents)) {
    const token = agent === agents.hub ? server().hubToken : server().joinToken;
    await server().call('join', {}, agent.machine.joinRequest('net'), token);
    await agent.connect();
  }
  for (const agent of Object.values(agents)) while (await agent.act());
  return { server, agents };
}

const isOver = (phase: string): boolean => phase === 'none';

const keyIn = (state: HostState | undefined, tunnel: string, peer: string): string | undefined =>
  state?.tunnels[tunnel]?.peers[peer]?.publicKey;

test('a key changes by a detour, phase by phase, and nobody keeps anything of it', async () => {
  await using server = await TestServer.start();
  const playing = await cast(() => server);
  const { hub, anna } = playing.agents;
  const old = keyIn(anna.state, 'main', 'hub');
  await server.call('rotate', { machine: 'hub' }, { linger: 0 });
  await play(playing, isOver);
  for (const agent of Object.values(playing.agents)) while (await agent.act());
  expect(keyIn(anna.state, 'main', 'hub')).not.toBe(old);
  expect(keyIn(anna.state, 'main', 'hub')).toBe(hub.key);
  expect(Object.keys(anna.state?.tunnels ?? {})).toEqual(['main']);
  const audit = await server.call('audit', {});
  const phases = audit.flatMap(({ action, detail }) =>
    action.startsWith('rotate') ? [`${action} ${(detail as { phase?: string }).phase ?? ''}`] : [],
  );
  expect(phases).toEqual([
    'rotate ',
    ...['prepare', 'detour', 'moved', 'rekey', 'prove', 'back'].map(
      (phase) => `rotate-phase ${phase}`,
    ),
    'rotate-end linger',
  ]);
});

test('who is away holds it up by name, until a person lets it go on without', async () => {
  await using server = await TestServer.start();
  const playing = await cast(() => server);
  playing.agents.bob.idle = true;
  await server.call('rotate', { machine: 'hub' }, { linger: 0 });
  const waits = async () => (await server.call('rotation', {})).rotation?.waits ?? [];
  await expect
    .poll(async () => {
      for (const agent of Object.values(playing.agents)) await agent.act();
      return (await waits()).map(({ machine }) => machine);
    })
    .toEqual(['anna', 'bob', 'hub']);
  const { machines } = await server.call('status', {});
  expect(machines.find(({ name }) => name === 'hub')?.notes).toContain('key changes: prepare');
  await expect(server.call('finishRotation', {}, {})).rejects.toThrow('server/rotation-needs');
  playing.agents.bob.idle = false;
  await play(playing, (phase) => phase === 'moved');
  playing.agents.bob.idle = true;
  await expect
    .poll(async () => {
      for (const agent of Object.values(playing.agents)) await agent.act();
      return (await waits()).map(({ machine }) => machine);
    })
    .toEqual(['bob']);
  expect(await server.call('finishRotation', {}, {})).toEqual({ without: ['bob'] });
  await play(playing, isOver);
});

test('a rotation is given up while the old key is there, and not later', async () => {
  await using server = await TestServer.start();
  const playing = await cast(() => server);
  const old = keyIn(playing.agents.anna.state, 'main', 'hub');
  const abort = () => server.call('abortRotation', {});
  await expect(abort()).rejects.toThrow('server/no-rotation');
  await server.call('rotate', { machine: 'hub' }, {});
  await abort();
  await server.call('rotate', { machine: 'hub' }, {});
  await expect(server.call('rotate', { machine: 'anna' }, {})).rejects.toThrow(
    'server/rotation-runs',
  );
  await play(playing, (phase) => phase === 'moved');
  await abort();
  await play(playing, isOver);
  for (const agent of Object.values(playing.agents)) while (await agent.act());
  expect(keyIn(playing.agents.anna.state, 'main', 'hub')).toBe(old);
  await server.call('rotate', { machine: 'hub' }, {});
  await play(playing, (phase) => phase === 'back');
  await expect(abort()).rejects.toThrow('server/rotation-too-far');
});

test('what is asked again under one name, since its answer was lost, is done once', async () => {
  await using server = await TestServer.start();
  const { agents } = await cast(() => server);
  const again = async (path: string, body: unknown, name: string) => {
    const headers = { 'idempotency-key': `${name}-of-ada` };
    const ask = () => server.send('POST', path, { token: server.admin, body, headers });
    return [(await ask()).status, (await ask()).status];
  };
  const url = '/v1/networks/net';
  const rotate = `${url}/machines/hub/rotation`;
  expect(await again(rotate, {}, 'rotate')).toEqual([200, 200]);
  expect(await again(rotate, {}, 'another')).toEqual([409, 409]);
  expect(await again(`${url}/rotation/abort`, undefined, 'abort')).toEqual([204, 204]);
  expect((await server.call('rotation', {})).rotation).toBeNull();
  expect(await again(`${url}/preshared`, undefined, 'preshared')).toEqual([200, 200]);
  expect(await again(`${url}/preshared/finish`, undefined, 'finish')).toEqual([204, 204]);
  expect(await again(`${url}/machines/bob/replace`, undefined, 'replace')).toEqual([204, 204]);
  // Nobody is skipped twice: whoever is late in the next phase is another matter.
  agents.hub.idle = true;
  await server.call('rotate', { machine: 'anna' }, { linger: 0 });
  expect(await again(`${url}/rotation/finish`, { only: 'hub' }, 'skip')).toEqual([200, 200]);
});

test('a server that is started again goes on where it was, in every phase', async () => {
  let server = await TestServer.start();
  try {
    const playing = await cast(() => server);
    const agents = Object.values(playing.agents);
    await server.call('rotate', { machine: 'anna' }, { linger: 0 });
    const { data, admin } = server;
    for (const phase of ['prepare', 'detour', 'moved', 'rekey', 'prove', 'back']) {
      await play(playing, (now) => now === phase);
      await server.stop();
      server = await TestServer.start({ data });
      const again = server;
      Object.defineProperty(again, 'admin', { value: admin });
      expect((await server.call('rotation', {})).rotation).toMatchObject({ phase });
      for (const agent of agents) await agent.connect();
    }
    await play(playing, isOver);
  } finally {
    await server.stop();
    rmSync(server.data, { recursive: true, force: true });
  }
});

/** Puts two phones on which nothing of ours runs into the file; their public keys. */
async function addPhones(server: TestServer): Promise<readonly [string, string]> {
  const phones = [generateKeyPair().publicKey, generateKeyPair().publicKey] as const;
  const members = phones.map((key, n) => `phone-${n}: { hub: hub, managed: false, key: ${key} },`);
  const { files, entry, revision } = await server.call('pull', {});
  const text = (files[entry] ?? '').replace(/members:\s*\{/, `members: { ${members.join(' ')}`);
  await server.call('apply', {}, { entry, files: { [entry]: text }, base: revision });
  return phones;
}

/** A network of agents in whose file there are two phones besides. */
async function withPhones(
  server: TestServer,
): Promise<Cast & { readonly phones: readonly [string, string] }> {
  const playing = await cast(() => server);
  return { ...playing, phones: await addPhones(server) };
}

const tunnelsOf = ({ state }: Agent): readonly string[] =>
  Object.values(state?.tunnels ?? {}).map(({ lane, listenPort }) => `${lane} ${listenPort}`);

test('the old key stays beside the new one until whoever has it in a file moved or was dropped', async () => {
  await using server = await TestServer.start();
  const playing = await withPhones(server);
  const { hub, anna } = playing.agents;
  const plan = await server.call('planRotation', { machine: 'hub' });
  expect(plan).toMatchObject({ impact: 'none', stale: ['phone-0', 'phone-1'] });
  expect(plan.ports).toContainEqual(expect.objectContaining({ port: 51822, stays: true }));
  const waits = async () =>
    ((await server.call('rotation', {})).rotation?.waits ?? []).map(({ machine }) => machine);
  const drop = (only: string) => server.call('finishRotation', {}, { only });
  const rotateAgain = async (...tunnels: readonly string[]) => {
    for (const key of playing.phones) hub.silent.add(key);
    await server.call('rotate', { machine: 'hub' }, { linger: 0 });
    await play(playing, (phase) => phase === 'files');
    while (await hub.act());
    expect(tunnelsOf(hub).toSorted()).toEqual(tunnels);
    expect(await waits()).toEqual(['phone-0', 'phone-1']);
  };
  const moves = async (phone: 0 | 1) => {
    hub.silent.delete(playing.phones[phone]);
    hub.shakeHands();
    await expect.poll(waits).not.toContain(`phone-${phone}`);
  };
  await rotateAgain('0 51820', '2 51822');
  await moves(0);
  await moves(1);
  await play(playing, isOver);
  for (const agent of [hub, anna]) while (await agent.act());
  expect(tunnelsOf(hub)).toEqual(['2 51822']);
  await rotateAgain('0 51820', '2 51822');
  await moves(1);
  // That it moved the last time says nothing of this time.
  expect(await waits()).toEqual(['phone-0']);
  await expect(drop('phone-1')).rejects.toThrow('api/not-found');
  expect(await drop('phone-0')).toEqual({ without: ['phone-0'] });
  await play(playing, isOver);
  for (const agent of [hub, anna]) while (await agent.act());
  expect(tunnelsOf(hub)).toEqual(['0 51820']);
});

test('a machine whose peers all have files makes no detour', async () => {
  await using server = await TestServer.start();
  const hub = new Agent(new Machine('hub'), () => server);
  await server.call('join', {}, hub.machine.joinRequest('net'), server.hubToken);
  await hub.connect();
  const playing = { server: () => server, agents: { hub } };
  const phones = await addPhones(server);
  for (const key of phones) hub.silent.add(key);
  const plan = await server.call('planRotation', { machine: 'hub' });
  expect(plan).toMatchObject({ partners: [], ports: [{ port: 51822, stays: true }] });
  await server.call('rotate', { machine: 'hub' }, { linger: 0 });
  await play(playing, (phase) => phase === 'files');
  await server.call('finishRotation', {}, {});
  await play(playing, isOver);
  while (await hub.act());
  expect(tunnelsOf(hub)).toEqual(['2 51822']);
});

test('a key that stays beside the old one is given up also after it was made', async () => {
  await using server = await TestServer.start();
  const playing = await withPhones(server);
  const { hub, anna } = playing.agents;
  const old = keyIn(anna.state, 'main', 'hub');
  await server.call('rotate', { machine: 'hub' }, { linger: 0 });
  await play(playing, (phase) => phase === 'prove');
  await server.call('abortRotation', {});
  await play(playing, isOver);
  for (const agent of Object.values(playing.agents)) while (await agent.act());
  expect(keyIn(anna.state, 'main', 'hub')).toBe(old);
  expect(tunnelsOf(hub)).toEqual(['0 51820']);
});

test('what cannot be rotated is said, with what to do instead', async () => {
  await using server = await TestServer.start();
  await cast(() => server);
  const { files, entry, revision } = await server.call('pull', {});
  const text = (files[entry] ?? '').replace('members: {', 'members: { phone: { managed: false },');
  await server.call('apply', {}, { entry, files: { [entry]: text }, base: revision });
  const rotate = (machine: string) => server.call('rotate', { machine }, {});
  await expect(rotate('phone')).rejects.toThrow('server/rotate-file-holder');
  await expect(rotate('nobody')).rejects.toThrow('api/not-found');
  const at = (port: number) => server.call('rotate', { machine: 'anna' }, { port });
  await expect(at(51_820)).rejects.toThrow('server/rotation-port');
});

const versionsIn = (state: HostState | undefined): readonly number[] =>
  Object.values(state?.tunnels['main']?.peers ?? {})
    .map((peer) => peer.presharedKey?.version ?? 0)
    .toSorted((a, b) => a - b);

test('newer preshared keys are used by pairs that have them, and the older forgotten in the end', async () => {
  await using server = await TestServer.start();
  const playing = await cast(() => server);
  const { hub, anna, bob } = playing.agents;
  bob.idle = true;
  const { preshared } = await server.call('rotatePreshared', {});
  expect(preshared).toMatchObject({ from: 1, to: 2 });
  await expect(server.call('rotatePreshared', {})).rejects.toThrow('server/preshared-runs');
  const actAll = async () => {
    for (const agent of [hub, anna, bob]) await agent.act();
  };
  await expect
    .poll(async () => {
      await actAll();
      return [versionsIn(anna.state), versionsIn(hub.state)];
    })
    .toEqual([[2], [1, 2]]);
  const found = await server.call('rotation', {});
  expect(found.preshared).toMatchObject({ have: ['anna', 'hub'], waits: [{ machine: 'bob' }] });
  bob.idle = false;
  await expect
    .poll(async () => {
      await actAll();
      return (await server.call('rotation', {})).preshared;
    })
    .toBeNull();
  await expect
    .poll(async () => {
      await actAll();
      return [hub, anna, bob].flatMap(({ state }) => versionsIn(state));
    })
    .toEqual([2, 2, 2, 2]);
  expect(anna.secrets.size).toBeGreaterThan(0);
  for (const [reference, value] of anna.secrets) expect(hub.secrets.get(reference)).toBe(value);
});

test('a detour stays as long as it should, whatever becomes of the clock of the server', async () => {
  let shift = 0;
  await using server = await TestServer.start({ clock: () => new Date(Date.now() + shift) });
  const playing = await cast(() => server);
  for (const jump of [1, -1]) {
    await server.call('rotate', { machine: 'anna' }, { linger: 1 });
    await play(playing, (phase) => phase === 'linger');
    const since = performance.now();
    shift += jump * 86_400_000;
    await play(playing, isOver);
    expect(performance.now() - since).toBeGreaterThan(500);
  }
});
