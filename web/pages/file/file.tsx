import { useMemo, useRef, useState } from 'react';
import type { FileSet, Finding, NetworkStatus, SessionInfo } from '#api';
import { type Stored, usePlan, useStored } from '../../data/changes.ts';
import { type Draft, draftOf, keepDraft } from '../../data/draft.ts';
import { mergeFiles } from '../../data/merge.ts';
import { useRested } from '../../data/rested.ts';
import { Refused } from '../../data/server.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { Application } from './application.tsx';
import Editor from './editor.tsx';
import { Notices } from './notices.tsx';
import { Tabs } from './tabs.tsx';

interface FilePageProps {
  readonly status: NetworkStatus;
  readonly session: SessionInfo;
}

/** The stored file, which is the truth, in an editor. */
export default function FilePage({ status, session }: FilePageProps) {
  const { network, revision } = status;
  const { data, error, refetch } = useStored(network, revision.number);
  if (data) return <Editing status={status} session={session} stored={data} />;
  if (error) return <Failure page="File" error={error} again={() => void refetch()} />;
  return <Loading page="File" what="the file" />;
}

const isSame = (a: FileSet['files'], b: FileSet['files']): boolean =>
  Object.keys({ ...a, ...b }).every((name) => a[name] === b[name]);

const isSameRevision = (a: Stored, b: Stored): boolean =>
  a.revision.epoch === b.revision.epoch && a.revision.number === b.revision.number;

/** What is typed, and what it was begun from; kept in the browser from the first letter on. */
function useWork(network: string, stored: Stored) {
  const [first] = useState(() => draftOf(network));
  const [work, setWork] = useState<Draft>(first ?? { base: stored, files: stored.files });
  /** Counts the texts that came from elsewhere than from the editor's keys. */
  const [turn, setTurn] = useState(0);
  const [isKept, setKept] = useState(true);
  const isTouched = !isSame(work.files, work.base.files);
  const set = (next: Draft): void => {
    setWork(next);
    setKept(keepDraft(network, isSame(next.files, next.base.files) ? undefined : next));
  };
  const replace = (next: Draft): void => {
    set(next);
    setTurn(turn + 1);
  };
  const isBehind = !isSameRevision(work.base, stored);
  // Who typed nothing sees the file as it is now.
  if (isBehind && !isTouched) {
    setWork({ base: stored, files: stored.files });
    setTurn(turn + 1);
  }
  const isFound = first !== undefined && turn === 0;
  return { work, set, replace, turn, isTouched, isBehind, isKept, isFound };
}

interface EditingProps extends FilePageProps {
  readonly stored: Stored;
}

function Editing({ status, session, stored }: EditingProps) {
  const { network, revision } = status;
  const acts = session.role !== 'viewer';
  const { work, set, replace, turn, ...is } = useWork(network, stored);
  const { entry } = stored;
  const [name, setName] = useState(entry);
  const [jump, setJump] = useState<{ line: number; column: number }>();
  const rested = useRested(work.files);
  const asked = useMemo(() => ({ entry, files: rested }), [entry, rested]);
  const plan = usePlan(network, is.isTouched ? asked : undefined, revision.number);
  const found = useFound(plan.error, plan.isPending && is.isTouched);
  const names = [
    entry,
    ...Object.keys(work.files)
      .filter((one) => one !== entry)
      .sort(),
  ];
  const shown = names.includes(name) ? name : entry;
  const own = useMemo(
    () => found.filter(({ place }) => place === undefined || place.file === shown),
    [found, shown],
  );
  const show = (file: string): void => {
    setName(file);
    setJump(undefined);
  };
  const go = ({ file, ...place }: NonNullable<Finding['place']>): void => {
    if (names.includes(file)) setName(file);
    setJump(place);
  };
  const begin = (files: FileSet['files']): void => {
    setJump(undefined);
    replace({ base: stored, files });
  };
  const onMerge = (): void => begin(mergeFiles(work.base.files, work.files, stored.files).files);
  const onDrop = (): void => begin(stored.files);
  return (
    <>
      <h1>File</h1>
      <Notices
        {...{ status, stored, work, ...is, acts, onMerge, onDrop }}
        isChecking={is.isTouched && (plan.isPending || rested !== work.files)}
      />
      <div className="edit">
        <section>
          {names.length > 1 && (
            <Tabs
              {...{ names, shown, found }}
              before={work.base.files}
              now={work.files}
              onShow={show}
            />
          )}
          <Editor
            key={`${shown} ${turn}`}
            label={acts ? `${shown}; Escape, then Tab leaves it` : shown}
            text={work.files[shown] ?? ''}
            isReadOnly={!acts}
            findings={own}
            jump={jump}
            onChange={(text) => set({ ...work, files: { ...work.files, [shown]: text } })}
          />
          {acts && (
            <p className="dim">
              Ctrl-Space offers what may stand there, Ctrl-F seeks; Escape, then Tab leaves.
            </p>
          )}
        </section>
        {is.isTouched && (
          <Application
            {...{ network, stored, work, found, plan }}
            isRested={rested === work.files && !is.isBehind}
            onPlace={go}
            onDone={() => keepDraft(network, undefined)}
          />
        )}
      </div>
    </>
  );
}

const none: readonly Finding[] = [];

/** What the server found wrong; what it found last stays marked while it looks again. */
function useFound(error: Error | null, isLooking: boolean): readonly Finding[] {
  const last = useRef(none);
  if (!isLooking) last.current = error instanceof Refused ? error.errors : none;
  return last.current;
}
