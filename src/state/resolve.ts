import type { Binding, DeviceRef, Tunnel } from './schema.ts';

/** A device that the state does not name: the one with this address, or the way to this neighbour. */
export type DeviceWanted = { readonly holding: string } | { readonly towards: string };

/** What only the machine itself knows. */
export interface Resolver {
  device(wanted: DeviceWanted): string;
  /** The public key of the private key the machine holds; empty when it is unknown. */
  publicKey(tunnel: Tunnel): string;
  /** The tunnel by which a binding with candidates in several lives; undefined: the first. */
  live?(binding: Binding): string | undefined;
  /** Whether names of some domains can be asked for apart (systemd-resolved); undefined: not known. */
  readonly splitsDns: boolean | undefined;
}

/** For plans made elsewhere: devices stay descriptions, keys are those the state carries. */
export const symbolic: Resolver = {
  device: (wanted) =>
    'holding' in wanted
      ? `(the device with ${wanted.holding})`
      : `(the device towards ${wanted.towards})`,
  publicKey: (tunnel) => tunnel.key.publicKey ?? '',
  splitsDns: undefined,
};

export const deviceOf = (resolver: Resolver, ref: DeviceRef): string =>
  typeof ref === 'string' ? ref : resolver.device(ref);
