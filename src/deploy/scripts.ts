/**
 * What runs on the other side, each as a POSIX shell script on the standard input of `sh -s`: no
 * secret stands in arguments, and no login shell reads more than those two words. All of a script is
 * in `main`, which its last line calls with nothing to read: half a script does nothing, and what a
 * script starts cannot read its rest.
 */

/** Nothing that comes from outside may end the quotes that it stands in. */
function plain(text: string): string {
  if (/^[\w.:/[\]+=~-]*$/.test(text)) return text;
  throw new TypeError(`not fit for a shell script: ${text}`);
}

/** Programs of the system, and of ours, are often beyond what a login by ssh looks at. */
const head = `PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin
export PATH
has() { command -v "$1" >/dev/null 2>&1; }
`;

export interface Server {
  /** Base URLs. */
  readonly servers: readonly string[];
  /** Of the server's key; absent where a public CA vouches for it. */
  readonly pin: string | undefined;
}

/** Says what the machine is and has, in lines of a word and a value; reads only. */
export const probeScript = ({ servers, pin }: Server): string => `${head}
servers='${servers.map(plain).join(' ')}'
pin='${plain(pin ?? '')}'
newline='
'

# Whether a package could be fetched from the server.
fetches() {
  for server in $servers; do
    if has curl; then
      curl -fs --connect-timeout 5 -m 10 \${pin:+-k --pinnedpubkey "sha256//$pin"} -o /dev/null \\
        "$server/healthz" && return 0
    elif has wget; then
      wget -q --connect-timeout=5 -t 1 \${pin:+--no-check-certificate "--pinnedpubkey=sha256//$pin"} \\
        -O /dev/null "$server/healthz" 2>/dev/null && return 0
    fi
  done
  return 1
}

as_root() {
  if [ "$uid" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

architecture() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}

main() {
  uid=$(id -u)
  echo "system $(uname -s)"
  echo "uid $uid"
  echo "user $(id -un)"
  if [ "$uid" -eq 0 ]; then echo 'root yes'
  elif ! has sudo; then echo 'root there is no sudo'
  elif said=$(LC_ALL=C sudo -n sh -c : 2>&1); then echo 'root yes'
  else echo "root \${said##*"$newline"}"
  fi
  if has dpkg && has apt-get; then echo "kind deb"; echo "architecture $(dpkg --print-architecture)"
  else echo 'kind archive'; echo "architecture $(architecture)"
  fi
  if fetches; then echo 'fetches yes'; fi
  if has hawser; then
    echo "version $(hawser --version 2>/dev/null)"
    # One line: what it says is JSON.
    echo "agent $(as_root hawser agent status --json 2>/dev/null | tr -d '\\n')"
  fi
}

main </dev/null
`;

/** Makes a folder for a package that is brought, and says where. */
export const folderScript = `main() { umask 077; mktemp -d; }
main </dev/null
`;

export interface JoinInit {
  readonly name: string;
  readonly token: string;
  /** The server's own installer, where Hawser is not there yet. */
  readonly installer?: string;
  /** Where the package lies that was brought along; it is removed at the end. */
  readonly brought?: string;
}

/** Lets the machine join, or start its agent if it did before; \`hawser join\` says the rest, as JSON. */
export function joinScript({ name, token, installer, brought }: JoinInit): string {
  const words = `set -- --name '${plain(name)}' --json\n`;
  const given = `HAWSER_JOIN='${plain(token)}'\n`;
  const work = installer ?? ownJoin;
  return `${head}${words}${given}${brought === undefined ? work : withBrought(brought, work)}`;
}

const ownJoin = `main() { printf '%s\\n' "$HAWSER_JOIN" | hawser join - "$@"; }
main "$@"
`;

/** In a shell of its own, whose own end cleans up too. */
const withBrought = (folder: string, work: string): string => `HAWSER_PACKAGES='${plain(folder)}'
trap 'rm -rf "$HAWSER_PACKAGES"' EXIT
(
${work})
`;

/**
 * Waits until a handshake with a peer was exchanged, and shows what the machine has of a network.
 * WireGuard calls nobody to whom there is nothing to say, so there is a word for each address.
 */
export const meetScript = (network: string, addresses: readonly string[], seconds: number) =>
  `${head}
main() {
  tries=${seconds}
  while shown=$(hawser agent show --network '${plain(network)}' --json); do
    tries=$((tries - 1))
    case $shown in *'"handshake"'*) break ;; esac
    if [ "$tries" -le 0 ]; then break; fi
    for address in ${addresses.map((one) => `'${plain(one)}'`).join(' ')}; do
      ping -c 1 -W 1 "$address" >/dev/null 2>&1 &
    done
    sleep 1
  done
  printf '%s\\n' "$shown"
}

main </dev/null
`;
