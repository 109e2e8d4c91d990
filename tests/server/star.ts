import { type Machine, type Running, serve, settled, World } from './world.ts';

/** A network of three machines that joined: `hub` serves it, `alice` and `bob` meet there. */
export class Star {
  readonly world: World;
  readonly hub: Machine;
  readonly alice: Machine;
  readonly bob: Machine;
  server: Running;

  private constructor(world: World, machines: readonly Machine[], server: Running) {
    this.world = world;
    [this.hub, this.alice, this.bob] = machines as [Machine, Machine, Machine];
    this.server = server;
  }

  /** Each test names its network, and so its devices, differently: they share one machine's names. */
  static async open(network: string): Promise<Star> {
    const world = await World.open();
    try {
      const hub = await world.machine('hub');
      const others = [await world.machine('alice'), await world.machine('bob')];
      const { program, joinToken } = await serve(hub, '--network', network);
      for (const machine of others) machine.must('join', joinToken);
      await settled(hub, 'hub', 'alice', 'bob');
      return new Star(world, [hub, ...others], program);
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** Changes the network's file at the server, as an operator would. */
  edit(change: (text: string) => string, ...flags: readonly string[]): string {
    this.hub.must('pull', '/run/home/net.yaml', '--force');
    this.hub.write('/run/home/net.yaml', change(this.hub.read('/run/home/net.yaml')));
    return this.hub.must('apply', '/run/home/net.yaml', ...flags);
  }

  async close(): Promise<void> {
    await this.server.end('SIGKILL');
    await this.world.close();
  }
}

/** The overlay addresses that members of a star get, in the order of their joins. */
export const overlay = { hub: '10.77.0.1', alice: '10.77.0.2', bob: '10.77.0.3' } as const;
