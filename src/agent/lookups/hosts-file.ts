/** The addresses that a hosts file (hosts(5)) gives a name. */
export const inHostsFile = (text: string, host: string): readonly string[] =>
  text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return names.some((name) => name.toLowerCase() === host) ? [address] : [];
  });
