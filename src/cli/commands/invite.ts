import type { Command } from 'commander';
import type { InviteInfo, NewInvite, ResponseOf } from '#api';
import { columns } from '#lab';
import { declined } from '../ask.ts';
import { print, printDrawing, printJson, tell } from '../output.ts';
import type { Client } from '../remote/client.ts';
import { isNothing, meant, planText } from '../remote/plan.ts';
import {
  inNetwork,
  type NetworkOptions,
  ofNetwork,
  type Reasoned,
  reason,
} from '../remote/session.ts';
import { endOf, fromNow, lastMomentOf } from '../times.ts';
import { tagsOf } from './token.ts';

interface InviteFlags extends NetworkOptions, Reasoned {
  readonly expires: string;
  readonly person?: string;
  readonly tags?: readonly string[];
  readonly hub?: string;
  readonly memberExpires?: string;
  readonly newKey?: boolean;
  readonly qr?: boolean;
  readonly yes?: boolean;
}

export const inviteCommand = (): Command =>
  ofNetwork('invite', 'a link by which a person sets up a device of his own, without Hawser on it')
    .argument('<name>', 'the device: a member of the file, or one that it gets')
    .option('--expires <time>', 'the link is good for so long: 12h, 7d; or until a time', '7d')
    .option('--person <name>', 'a new member: whose it is')
    .option('--tags <tags>', 'a new member: its tags, a,b', tagsOf)
    .option('--hub <site>', 'a new member: the site that it reaches the network through')
    .option(
      '--member-expires <time>',
      'a new member: when it is cut off, 90d, a time, or its last day',
    )
    .option('--new-key', 'it has a key: that one ends when the link is used')
    .option('--qr', 'draw the link as a QR code too')
    .option(...reason)
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
Whoever opens the link gets a key, made in his browser, and files and a QR code for WireGuard's own software. It is
good once. Each device is a member of its own, with its own key: invite anna-laptop, then anna-phone.`,
    )
    .action((machine: string, flags: InviteFlags) =>
      inNetwork(flags, async (client, network) => invite(client, network, machine, flags)),
    );

function wantedOf(machine: string, flags: InviteFlags): NewInvite {
  const { expires, person, tags, hub, memberExpires, newKey } = flags;
  return {
    machine,
    expires: endOf(expires),
    ...(person !== undefined && { person }),
    ...(hub !== undefined && { hub }),
    ...(newKey && { newKey }),
    ...(tags && { tags: [...tags] }),
    ...(memberExpires !== undefined && { memberExpires: lastMomentOf(memberExpires) }),
  };
}

async function invite(
  client: Client,
  network: string,
  machine: string,
  flags: InviteFlags,
): Promise<void> {
  const params = { network };
  const wanted = wantedOf(machine, flags);
  const plan = await client.call('planInvite', { params, body: wanted });
  if (!isNothing(plan)) {
    if (!flags.json) tell(planText(plan, network));
    if (!(await meant('Apply it, and invite?', plan, flags.yes))) return declined();
  }
  const body = { ...wanted, plan: plan.hash, why: flags.message };
  const made = await client.call('createInvite', { params, body });
  if (flags.json) return printJson(made);
  await told(made, flags);
}

async function told(
  { link, info, revision }: ResponseOf<'createInvite'>,
  { qr }: InviteFlags,
): Promise<void> {
  if (revision?.state === 'held') {
    tell(`It opens when another person approved revision ${revision.id.number}.`);
  }
  tell(
    `For whoever sets up ${info.machine}, shown this once; good once, ends ${fromNow(info.expires)}`,
  );
  print(link);
  if (!qr) return;
  const { qrCode } = await import('../qr.ts');
  printDrawing(await qrCode(link));
}

export const invitesCommand = (): Command =>
  ofNetwork('invites', 'who was invited, and what became of it')
    .addCommand(withdrawCommand())
    .action((options: NetworkOptions) =>
      inNetwork(options, async (client, network) => {
        const all = await client.call('listInvites', { params: { network } });
        if (options.json) return printJson(all);
        if (all.length === 0) return print(`nobody was invited; \`hawser invite NAME\` does that`);
        print(columns([['id', 'device', 'is', 'by', 'made'], ...all.map(rowOf)]));
      }),
    );

const rowOf = ({ id, machine, by, created, ...info }: InviteInfo): readonly string[] => [
  ...[id, machine, stateText(info), by, fromNow(created)],
];

function stateText({ state, expires, used }: Pick<InviteInfo, 'state' | 'expires' | 'used'>) {
  if (state === 'used') return used === undefined ? state : `used ${fromNow(used)}`;
  if (state === 'expired') return `expired ${fromNow(expires)}`;
  return state === 'withdrawn' ? state : `${state}, ends ${fromNow(expires)}`;
}

const withdrawCommand = (): Command =>
  ofNetwork('withdraw', 'make the link of an invitation void')
    .argument('<id>', 'as `hawser invites` shows it')
    .option(...reason)
    .action((id: string, options: NetworkOptions & Reasoned) =>
      inNetwork(options, async (client, network) => {
        const query = { why: options.message };
        await client.call('withdrawInvite', { params: { network, id }, query });
        if (options.json) printJson({ withdrawn: id });
        else print(`${id} is void`);
      }),
    );
