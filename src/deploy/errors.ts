import { errorTable } from '#base';

export const deployErrors = errorTable({
  'deploy/unknown-machine': {
    says: 'nothing can be deployed to {name}: the file has no such machine',
    fix: '{hint}',
  },
  'deploy/no-ssh': {
    says: 'there is no ssh on this machine',
    fix: 'Install an OpenSSH client, or join the machines by hand: `hawser token create --join`.',
  },
  'deploy/unreachable': {
    says: 'ssh does not get to {way}: {said}',
    fix: 'Try `{line}` by hand. What is missing (user, port, host, via, identity) stands in the file under `ssh:`, or in the configuration of ssh.',
  },
  'deploy/silent': {
    says: '{way} said nothing for {seconds} s while {doing}',
    fix: 'See what it is busy with, and deploy again: what is done already is not done twice.',
  },
  'deploy/stopped': {
    says: 'it was stopped before it was done',
    fix: 'Deploy again: what is done already is not done twice.',
  },
  'deploy/not-linux': {
    says: '{way} runs {system}; an agent runs on Linux only',
    fix: 'Say `managed: false` in the file, and hand out its configuration with `hawser export`.',
  },
  'deploy/no-root': {
    says: '{user} is not root there, and may not become it without a password: {said}',
    fix: 'Log in as root (`user: root` under `ssh:`), or let {user} use sudo by `{user} ALL=(ALL) NOPASSWD: ALL` in /etc/sudoers.d.',
  },
  'deploy/no-package': {
    says: 'Hawser is not installed there, and the server has no package for it ({kind}, {architecture})',
    fix: 'Put the packages where the server finds them (`npm run package`, `hawser server --packages DIR`), or install Hawser there by hand.',
  },
  'deploy/failed-there': {
    says: 'it went wrong there while {doing}: {said}',
    fix: 'Mend what it says, and deploy again: what is done already is not done twice.',
  },
  'deploy/other-name': {
    says: 'the machine there is in {network} already, as {name}',
    fix: 'Correct the file or its `ssh:`; a machine that changes its name says `was: {name}`.',
  },
  'deploy/not-connected': {
    says: 'its agent runs and has no connection to the server: {why}',
    fix: 'Let TCP to the server pass from there; if the server moved, see docs/server.md.',
  },
  'deploy/waits': {
    says: 'it waits for approval',
    fix: '`hawser approve {name}` lets it in.',
  },
  'deploy/not-confirmed': {
    says: 'it joined, and did not become what the network wants within {seconds} s: {why}',
    fix: '`hawser status` shows it; `hawser agent status` there says more.',
  },
  'deploy/no-handshake': {
    says: 'it joined, and exchanged no handshake with any of {peers} within {seconds} s',
    fix: 'Let UDP to the endpoints of the file pass, there and at its peers; `hawser agent show` there names them.',
  },
});
