/** Unknown fields may be there, and mean nothing. */
export const closed = { additionalProperties: true } as const;
