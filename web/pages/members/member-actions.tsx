import { Button } from '@mantine/core';
import { type RefObject, useRef } from 'react';
import type { MachineStatus } from '#api';

/** What may be done to a member. */
export interface Acts {
  readonly onSuspend: (machine: string, revoked: boolean) => void;
  readonly onExpire: (machine: string) => void;
  readonly onInvite: (machine: string) => void;
  readonly onRemove: (machine: string) => void;
}

interface Action {
  readonly word: string;
  /** For who does not see in which row it stands. */
  readonly says: string;
  readonly act: () => void;
  /** It weighs less than the others. */
  readonly isLesser?: boolean;
}

const classOf = ({ isLesser = false }: Action): string => (isLesser ? 'lesser' : '');

function actionsOf(
  { name, cutOff, enrolment }: MachineStatus,
  { onSuspend, onExpire, onInvite, onRemove }: Acts,
): readonly Action[] {
  const turn = cutOff ? 'Resume' : 'Suspend';
  const isOpen = enrolment === 'unmanaged' && cutOff === undefined;
  const suspend = { word: turn, says: `${turn} ${name}`, act: () => onSuspend(name, !cutOff) };
  const expire = { word: 'Expire', says: `Expire ${name}`, act: () => onExpire(name) };
  const invite = { word: 'New link', says: `New link for ${name}`, act: () => onInvite(name) };
  const remove = {
    ...{ word: 'Remove', says: `Remove ${name}`, isLesser: true },
    act: () => onRemove(name),
  };
  return [...(cutOff === 'expired' ? [] : [suspend]), expire, ...(isOpen ? [invite] : []), remove];
}

interface MemberActionsProps {
  readonly member: MachineStatus;
  readonly acts: Acts;
}

/** All of them beside each other. */
export const MemberActions = ({ member, acts }: MemberActionsProps) =>
  actionsOf(member, acts).map((action) => (
    <Button
      key={action.word}
      className={classOf(action)}
      size="compact-xs"
      variant="subtle"
      color="gray"
      aria-label={action.says}
      onClick={action.act}
    >
      {action.word}
    </Button>
  ));

/** The same behind one button, where there is little room. */
export function MemberMenu({ member, acts }: MemberActionsProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        aria-haspopup="dialog"
        aria-label={`What to do with ${member.name}`}
        onClick={() => dialog.current?.showModal()}
      >
        ⋯
      </Button>
      <Sheet dialog={dialog} member={member} acts={acts} />
    </>
  );
}

interface SheetProps extends MemberActionsProps {
  readonly dialog: RefObject<HTMLDialogElement | null>;
}

function Sheet({ dialog, member, acts }: SheetProps) {
  const close = (): void => dialog.current?.close();
  const { name, person } = member;
  return (
    <dialog ref={dialog} className="actions" aria-label={`What to do with ${name}`}>
      <h2>
        {name} {person !== undefined && <span className="dim">{person}</span>}
      </h2>
      {actionsOf(member, acts).map((action) => (
        <Button
          key={action.word}
          className={classOf(action)}
          variant="default"
          fullWidth
          aria-label={action.says}
          onClick={() => {
            close();
            action.act();
          }}
        >
          {action.word}
        </Button>
      ))}
      <Button variant="subtle" color="gray" fullWidth onClick={close}>
        Cancel
      </Button>
    </dialog>
  );
}
