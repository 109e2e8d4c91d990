import type { Handlers } from '../call.ts';
import { alertHandlers } from './alerts.ts';
import { benchmarkHandlers } from './benchmark.ts';
import { changeHandlers } from './changes.ts';
import type { Context } from './context.ts';
import { healthHandlers } from './health.ts';
import { inspectionHandlers } from './inspection.ts';
import { invitationHandlers } from './invitation.ts';
import { inviteHandlers } from './invites.ts';
import { lifetimeHandlers } from './lifetime.ts';
import { loginProviderHandlers } from './login-provider.ts';
import { machineHandlers } from './machines.ts';
import { networkHandlers } from './networks.ts';
import { recordHandlers } from './records.ts';
import { removalHandlers } from './removal.ts';
import { rotationHandlers } from './rotation.ts';
import { silenceHandlers } from './silences.ts';
import { tokenHandlers } from './tokens.ts';
import { upgradeHandlers } from './upgrades.ts';
import { verifyHandlers } from './verify.ts';
import { whyHandlers } from './why.ts';

/** A handler for every route of the API. */
export const handlersOf = (context: Context): Handlers => ({
  ...networkHandlers(context),
  ...healthHandlers(context),
  ...alertHandlers(context),
  ...silenceHandlers(context),
  ...changeHandlers(context),
  ...inspectionHandlers(context),
  ...invitationHandlers(context),
  ...inviteHandlers(context),
  ...recordHandlers(context),
  ...machineHandlers(context),
  ...removalHandlers(context),
  ...lifetimeHandlers(context),
  ...rotationHandlers(context),
  ...tokenHandlers(context),
  ...loginProviderHandlers(context),
  ...upgradeHandlers(context),
  ...verifyHandlers(context),
  ...benchmarkHandlers(context),
  ...whyHandlers(context),
});
