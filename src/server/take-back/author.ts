/** Whose name stands at revisions that take another one back. */
export const takesBack = 'hawser';
