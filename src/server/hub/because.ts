import type { Edit } from '../network/edit.ts';

/** Characters of a reason that are kept: for one that is too long nobody stays. */
const longest = 1000;

/** An edit with its reason, for history and audit. */
export const because = (edit: Edit, reason: string): Edit => {
  const why = reason.slice(0, longest);
  return {
    ...edit,
    detail: { ...edit.detail, why },
    ...(edit.revision && { revision: { ...edit.revision, why } }),
  };
};
