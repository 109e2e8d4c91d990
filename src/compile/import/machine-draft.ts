import { formatEndpoint } from '#ip';
import { assumed, type DraftMachine, type Field, from, question, type Remark } from './draft.ts';
import { endpointOf, interfaceOf, type Known, portOf, saidKeepalive, wellKnown } from './known.ts';
import { type Machine, whereIs } from './machines.ts';

function addressFields(machine: Machine, { addresses, overlay }: Known): readonly Field[] {
  const own = overlay.flatMap((range) => {
    const found = addresses.get(machine)?.find((prefix) => range.contains(prefix));
    return found ? [found.first.toString()] : [];
  });
  return own.length === 0
    ? []
    : [{ key: 'overlay', value: own.length === 1 ? (own[0] as string) : own }];
}

function addressRemarks(machine: Machine, { addresses, overlay }: Known): readonly Remark[] {
  const own = addresses.get(machine) ?? [];
  if (own.length === 0) {
    return [
      question('which address has it inside the tunnel (overlay:)? Without one it gets a free one'),
    ];
  }
  const without = overlay.filter((range) => !own.some((prefix) => range.contains(prefix)));
  return without.map((range) => assumed(`it had no address in ${range}; it gets a free one`));
}

/** A machine as the new file says it. */
export function machineOf(machine: Machine, known: Known): DraftMachine {
  const { port: usualPort = wellKnown.port, interface: usualDevice } = known.usual;
  const endpoint = endpointOf(machine, known);
  const port = portOf(machine) ?? endpoint?.port;
  const isPortGuessed = portOf(machine) === undefined && port !== undefined && port !== usualPort;
  const keepalive = saidKeepalive(machine, known);
  const device = interfaceOf(machine);
  const fields: readonly (Field | false | undefined)[] = [
    endpoint && { key: 'endpoint', value: formatEndpoint(endpoint) },
    ...addressFields(machine, known),
    machine.key !== undefined && !known.answers.keysApart && { key: 'key', value: machine.key },
    port !== undefined &&
      port !== usualPort && {
        key: 'port',
        value: port,
        ...(isPortGuessed && { remarks: [assumed('it listens on the port of its endpoint')] }),
      },
    keepalive !== undefined && { key: 'keepalive', value: keepalive },
    device !== undefined && device !== usualDevice && { key: 'interface', value: device },
  ];
  return {
    name: machine.name,
    remarks: [
      from(whereIs(machine)),
      ...(machine.unnamed
        ? [assumed(`its name, which no file says, or another has (--name ${machine.name}=NAME)`)]
        : []),
      ...addressRemarks(machine, known),
      ...(known.unfound.has(machine)
        ? [
            question(
              `at which public host and port do others reach it? (--endpoint ${machine.name}=HOST:PORT)`,
            ),
          ]
        : []),
      ...(machine.key === undefined
        ? [
            assumed(
              'its key is not in these files; it is known once it has joined or is written here (key:)',
            ),
          ]
        : []),
    ],
    fields: fields.filter((field) => field !== false && field !== undefined),
  };
}
