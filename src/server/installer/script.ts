import { type Package, packagePath } from '#api';

export interface ScriptInit {
  /** Base URLs of the server, tried in turn. */
  readonly servers: readonly string[];
  /** Of the server's key; absent where a public CA vouches for it. */
  readonly pin: string | undefined;
  /** All of one version. */
  readonly packages: readonly Package[];
}

/** Nothing that comes from outside may end the quotes that it stands in. */
function plain(text: string): string {
  if (/^[\w.:/[\]+=~-]*$/.test(text)) return text;
  throw new TypeError(`not fit for a shell script: ${text}`);
}

/**
 * The installer as a POSIX shell script. It trusts what it was fetched with: the server's key, and sums
 * of packages that it names itself.
 */
export function installerScript({ servers, pin, packages }: ScriptInit): string {
  const rows = packages.map(({ kind, architecture, name, sha256 }) =>
    plain([kind, architecture, name, sha256].join(':')).replaceAll(':', ' '),
  );
  return `#!/bin/sh
# Installs Hawser on this machine, and lets it join a network if HAWSER_JOIN has a join token; what is
# given as arguments goes to \`hawser join\`. A second run changes nothing that is there already.
# All of it is in main, which the last line calls: half a download does nothing. Who brought the package
# along says in HAWSER_PACKAGES in which folder it lies.
set -eu

servers='${servers.map(plain).join(' ')}'
version='${plain(packages[0]?.version ?? '')}'
pin='${plain(pin ?? '')}'
${body.replace('@packages@', rows.join('\n'))}`;
}

/** What is the same for every server. */
const body = `
say() { printf 'hawser: %s\\n' "$*" >&2; }

give_up() {
  say "$@"
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# fetch URL FILE
fetch() {
  if has curl; then
    curl -fsS --connect-timeout 10 \${pin:+-k --pinnedpubkey "sha256//$pin"} -o "$2" "$1"
  elif has wget; then
    wget -q --connect-timeout=10 -t 1 \${pin:+--no-check-certificate "--pinnedpubkey=sha256//$pin"} \\
      -O "$2" "$1"
  else
    give_up 'curl or wget is needed'
  fi
}

# Sets name and sum of the package of this kind for this machine.
find_package() {
  while read -r kind architecture name sum; do
    if [ "$kind $architecture" = "$1 $2" ]; then return 0; fi
  done <<END
@packages@
END
  give_up "the server has no package ($1) for $2; its admin builds one with 'npm run package'"
}

# bring NAME: takes the package from the folder of who brought it. Judged is the copy, which stays as it is.
bring() {
  if [ -z "\${HAWSER_PACKAGES-}" ] || [ ! -f "$HAWSER_PACKAGES/$1" ]; then return 1; fi
  cp "$HAWSER_PACKAGES/$1" "$folder/$1" && is_whole
}

is_whole() { echo "$sum  $folder/$name" | sha256sum -c - >/dev/null 2>&1; }

# download KIND ARCHITECTURE: leaves the package in $folder/$name.
download() {
  find_package "$1" "$2"
  if bring "$name"; then return 0; fi
  for server in $servers; do
    say "fetching $name from $server"
    if fetch "$server${packagePath('')}$name" "$folder/$name" && is_whole; then return 0; fi
  done
  give_up "could not fetch $name whole; nothing was changed"
}

kernel_has_wireguard() { [ -d /sys/module/wireguard ] || modprobe -nq wireguard 2>/dev/null; }

install_deb() {
  download deb "$(dpkg --print-architecture)"
  set -- "$folder/$name"
  if ! kernel_has_wireguard && ! has wireguard-go; then set -- "$@" wireguard-go; fi
  say "installing it with apt-get, with what it needs: $*"
  export DEBIAN_FRONTEND=noninteractive
  if ! apt-get install --simulate --no-install-recommends "$@" >/dev/null 2>&1; then
    apt-get update -q >&2 || true
  fi
  apt-get install -q -y --no-install-recommends "$@" >&2 || give_up 'apt-get could not install it'
}

machine() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}

need_programs() {
  missing=
  for program in wg ip nft ping conntrack flock; do has "$program" || missing="$missing $program"; done
  if ! kernel_has_wireguard && ! has wireguard-go; then missing="$missing wireguard-go"; fi
  if [ "$missing" ]; then
    give_up "please install the programs that are missing here:$missing"
  fi
}

install_units() {
  units=/usr/local/lib/systemd/system
  mkdir -p "$units"
  cp /opt/hawser/lib/systemd/system/hawser-*.service "$units/"
  systemctl daemon-reload
  systemctl try-restart hawser-agent.service hawser-server.service
}

install_archive() {
  need_programs
  download archive "$(machine)"
  say 'installing it to /opt/hawser'
  rm -rf /opt/hawser.new
  mkdir -p /opt/hawser.new /usr/local/bin
  tar -xzf "$folder/$name" -C /opt/hawser.new
  /opt/hawser.new/hawser/bin/hawser --version >/dev/null ||
    give_up 'it does not run here: glibc 2.28 or later and libatomic are needed'
  rm -rf /opt/hawser
  mv /opt/hawser.new/hawser /opt/hawser
  rmdir /opt/hawser.new
  ln -sf /opt/hawser/bin/hawser /usr/local/bin/hawser
  if [ -d /run/systemd/system ]; then install_units; fi
}

main() {
  if [ "$(id -u)" -ne 0 ]; then give_up 'root is needed: type the line in a shell of root'; fi
  if [ "$(uname -s)" != Linux ]; then give_up 'this installs Hawser on Linux only'; fi
  if [ "$(hawser --version 2>/dev/null)" = "$version" ]; then
    say "Hawser $version is here already"
  else
    folder=$(mktemp -d)
    chmod 755 "$folder"
    trap 'rm -rf "$folder"' EXIT
    if has dpkg && has apt-get; then install_deb; else install_archive; fi
    say "Hawser $(hawser --version) is installed"
  fi
  if [ "\${HAWSER_JOIN-}" ]; then
    token=$HAWSER_JOIN
    unset HAWSER_JOIN
    say 'joining'
    echo "$token" | hawser join - "$@"
  else
    say "'hawser join TOKEN' joins a network"
  fi
}

main "$@"
`;
