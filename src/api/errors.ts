import { errorTable, type HawserError } from '#base';

/** What the HTTP API and the agents' channel answer, on both sides. */
export const apiErrors = errorTable({
  'api/token-malformed': {
    says: 'this is not a Hawser token: {why}',
    fix: 'Copy the whole token, from `hawser-` to its end.',
  },
  'api/unauthorized': {
    says: 'the token {is}',
    fix: 'Ask an admin for a new one: `hawser token create`.',
  },
  'api/no-token': {
    says: 'this is for those who have a token, and the request has none',
    fix: 'Send it as `authorization: Bearer TOKEN`; an admin makes one by `hawser token create`.',
  },
  'api/session-over': {
    says: 'the session is over',
    fix: 'Log in again.',
  },
  'api/cross-site': {
    says: 'a page of another site asked this browser to use your session',
    fix: 'Use the page that the server itself shows; programs send a token instead of a cookie.',
  },
  'api/forbidden': {
    says: 'a token of the role {role} may not do this: it needs the permission {permission}',
    fix: 'Use a token of a role that has it, or ask an admin.',
  },
  'api/other-network': {
    says: 'this token is for the network {network} only',
    fix: 'Use a token for the whole server, or one for what you asked about.',
  },
  'api/other-machine': {
    says: 'this token lets the machine {machine} in, and no other',
    fix: 'Join under that name, or ask for another token.',
  },
  'api/invite-used': {
    says: 'this invitation was used already, {at}: a link makes one key, once',
    fix: 'If that was you, use the file that you got. If you do not have it, or it was somebody else, ask {by} for another link, and say so.',
  },
  'api/invite-expired': {
    says: 'this invitation ended {at}',
    fix: 'Ask {by} for another: `hawser invite {machine}`.',
  },
  'api/invite-withdrawn': {
    says: 'this invitation was withdrawn',
    fix: 'Ask {by} for another if you are still to take part. Where somebody was invited anew, the newest link is the one that counts.',
  },
  'api/invite-waits': {
    says: '{network} does not let {machine} in now: that waits for another person there, or {machine} is suspended',
    fix: 'Keep this link and open it later; {by} can tell when.',
  },
  'api/too-many-failures': {
    says: 'too many failed attempts from this address',
    fix: 'Wait {seconds} seconds and try again with the right token.',
  },
  'api/not-found': {
    says: 'there is no {what}',
    fix: 'Check its name: `hawser status` lists machines, `hawser history` revisions, `hawser token list` tokens, `hawser invites` invitations, `hawser alerts` who is alerted.',
  },
  'api/no-network': {
    says: 'this server has no network {network}',
    fix: '{hint}`hawser network list` names those it has.',
  },
  'api/invalid-request': {
    says: 'the request is not as it should be: {why}',
    fix: 'Compare it with the API description at /openapi.json; a CLI of another version than its server may be the cause.',
  },
  'api/not-json': {
    says: 'what was sent is no JSON, but {type}',
    fix: 'Send JSON, and say so: `content-type: application/json`.',
  },
  'api/garbled': {
    says: 'this is no HTTP request that can be read: {why}',
    fix: 'Speak HTTP/1.1 over TLS; all headers together may have {most} bytes.',
  },
  'api/too-large': {
    says: 'the request is larger than {limit}',
    fix: 'Split the file with `include:`, or send less at once.',
  },
  'api/strange-file': {
    says: '{file} is no file that a network has: those end in .yaml or .yml, and neither they nor their folders begin with a dot',
    fix: 'Nothing was changed. Others would get it by `hawser pull`, where it might mean something to other programs: give it another name, or ask who applied it.',
  },
  'api/conflict': {
    says: 'the network changed since revision {base}: it is now at {now}',
    fix: '`hawser pull` fetches what is there; `hawser diff {base} {now}` shows what others changed; `--merge` takes it over, `--force` overwrites it.',
  },
  'api/restored': {
    says: 'the server was restored from a backup since revision {base}, and is at its own revision {now} now',
    fix: '`hawser diff FILE` shows how a file differs from what is there; `hawser apply FILE --force` puts it there.',
  },
  'api/plan-stale': {
    says: 'what was planned is no longer what would happen: {what} changed meanwhile',
    fix: 'Look at `hawser plan` again, then apply.',
  },
  'api/name-taken': {
    says: '{machine} is enrolled already, with another identity',
    fix: 'Choose another --name, or let an operator run `hawser replace {machine}` if this machine takes its place.',
  },
  'api/held': {
    says: 'revision {revision} waits for approval: {why}',
    fix: '`hawser approve {revision}` lets it go, `hawser reject {revision}` does not.',
  },
  'api/internal': {
    says: 'the server failed at this request; its log has the details under {id}',
    fix: 'Try again; if it stays, report it with `hawser support`.',
  },
  'api/unavailable': {
    says: 'the server could not read what it needs: {why}',
    fix: 'Nothing was changed. Mend the cause and try again.',
  },
});

/** What is told where a file was made from another revision than the network's own. */
export const conflictOf = (
  base: { readonly epoch: string; readonly number: number },
  now: { readonly epoch: string; readonly number: number },
): HawserError =>
  apiErrors.error(base.epoch === now.epoch ? 'api/conflict' : 'api/restored', {
    base: base.number,
    now: now.number,
  });
