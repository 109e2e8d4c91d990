import { installLines, parseToken } from '#api';

/** What to type on a machine that is to join, also where Hawser is not there yet if the server can give it. */
export function joinLines(token: string, installs: boolean): readonly string[] {
  const join = `hawser join ${token}`;
  if (!installs) return [join];
  const { curl, wget } = installLines(parseToken(token), token);
  return [join, '', 'or, where Hawser is not installed yet:', '', curl, '', 'or:', '', wget];
}
