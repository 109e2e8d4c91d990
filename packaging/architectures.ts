/** What Debian calls an architecture, and Node. */
export const architectures = { amd64: 'x64', arm64: 'arm64' } as const;

export type Architecture = keyof typeof architectures;

export const isArchitecture = (text: string): text is Architecture => text in architectures;
