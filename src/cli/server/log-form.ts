/** How a log is written. */
export const logForms = ['text', 'json'] as const;
export type LogForm = (typeof logForms)[number];
