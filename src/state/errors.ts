import { errorTable } from '#base';

export const stateErrors = errorTable({
  'state/not-json': {
    says: 'the host state is no JSON: {detail}',
    fix: 'Write it again with `hawser export FILE MACHINE --format hoststate`.',
  },
  'state/malformed': {
    says: 'the host state is not as it should be at {path}: {detail}',
    fix: 'Write it again with `hawser export FILE MACHINE --format hoststate`.',
  },
  'state/format-too-new': {
    says: 'the host state has format {format}, and this agent reads up to {supported}',
    fix: 'This machine needs agent >= the version that wrote it; it stays at its revision until then.',
  },
  'state/facility-too-new': {
    says: 'namespace {namespace} asks for {facility} version {version}, and this agent has {supported}',
    fix: 'This machine needs agent >= the version that wrote it; it stays at its revision until then.',
  },
  'state/delta-misfit': {
    says: 'a change to the host state does not fit what is here: {why}',
    fix: 'The agent asks for the whole state by itself; if this stays, compare the versions of agent and server.',
  },
  'state/no-candidate': {
    says: 'nobody can carry {prefixes}: no tunnel of this state has the peers it names',
    fix: 'Write the state again with `hawser export FILE MACHINE --format hoststate`.',
  },
});
