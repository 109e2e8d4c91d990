/** One section of a file of systemd or NetworkManager. */
export interface IniSection {
  readonly title: string;
  readonly comments?: readonly string[];
  /** Undefined values are left out. */
  readonly settings: readonly (readonly [name: string, value: string | number | undefined])[];
}

const one = (text: string): string => text.replace(/[\n\r]+/g, ' ');

const formatSection = ({ title, comments = [], settings }: IniSection): string =>
  [
    `[${one(title)}]`,
    ...comments.map((line) => `# ${one(line)}`),
    ...settings
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${one(String(value))}`),
    '',
  ].join('\n');

/** Comments first, then the sections that say something, with an empty line between. */
export const formatIni = (comments: readonly string[], sections: readonly IniSection[]): string =>
  [
    ...comments.map((line) => `# ${one(line)}\n`),
    ...sections.map((each) => `\n${formatSection(each)}`),
  ]
    .join('')
    .trimStart();
