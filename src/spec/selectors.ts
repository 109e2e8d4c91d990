import { didYouMean } from '#base';
import type { Draft } from './draft.ts';
import { errors } from './errors.ts';
import type { Kind } from './names.ts';
import type { Selector } from './network.ts';
import type { Text } from './origin.ts';
import { parseSelector } from './text/selector.ts';

/** What has an address, and can be an end of a flow. */
export const machines: readonly Kind[] = ['gateway', 'node', 'member', 'host'];

/** Whom a policy names: machines of segments and routers of ours, too. */
const selected: readonly Kind[] = [...machines, 'station', 'router', 'group'];

/** Selectors whose names are looked up; unknown ones are reported and left out. */
export const resolveSelectors = (texts: readonly Text[], draft: Draft): readonly Selector[] =>
  texts.flatMap((at) => resolveSelector(at, draft));

function resolveSelector(at: Text, draft: Draft): readonly Selector[] {
  const written = draft.parse(at, parseSelector);
  if (!written) return [];
  switch (written.kind) {
    case 'names':
      return written.names.flatMap((text) => resolveName({ text, place: at.place }, draft));
    case 'site':
      return draft.names.expect({ text: written.name, place: at.place }, 'site', ['site'])
        ? [written]
        : [];
    case 'segment':
      return hasSegment({ text: written.name, place: at.place }, draft) ? [written] : [];
    case 'tag':
      if (!draft.tags.has(written.name)) warnOfTag(written.name, at, draft);
      return [written];
    default:
      return [written];
  }
}

function resolveName(at: Text, draft: Draft): readonly Selector[] {
  const wanted = 'machine, host or group';
  if (!draft.names.expect(at, wanted, selected)) return [];
  const kind = draft.names.kindOf(at.text) === 'group' ? 'group' : 'machine';
  return [{ kind, name: at.text }];
}

function hasSegment({ text: name, place }: Text, draft: Draft): boolean {
  const known = draft.segments.map((segment) => segment.name);
  if (known.includes(name)) return true;
  const args = { kind: 'segment', name, hint: didYouMean(name, known, 'segment') };
  draft.report(errors.diagnostic('spec/unknown-name', args, { place, text: name }));
  return false;
}

/** A warning: whoever is to bear it may join later. */
function warnOfTag(tag: string, { text, place }: Text, draft: Draft): void {
  const where = { place, text, severity: 'warning' } as const;
  draft.report(errors.diagnostic('spec/unused-tag', { tag }, where));
}
