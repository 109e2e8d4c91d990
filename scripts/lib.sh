# shellcheck shell=sh
# The set-up that ./hawser, npm test, npm run check, npm run bench and .ci/run share: Node, Debian
# packages, npm dependencies, the bundle. Sourced with $root set to the checkout. Speaks on stderr
# only, so that a command's own output stays clean; exits with 2 when it cannot go on.

: "${root:?}"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

say() { printf 'hawser: %s\n' "$*" >&2; }

give_up() {
  say "$@"
  exit 2
}

# --- Node -----------------------------------------------------------------------------------

new_enough() {
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge 24 ] 2>/dev/null
}

# Sets $node to the system's Node from version 24 on, else to the project-local one that the npm
# package node-<platform>-<arch> put into node_modules.
find_node() {
  for node in node "$root"/node_modules/node-*/bin/node; do
    if command -v "$node" >/dev/null && new_enough "$node"; then return 0; fi
  done
  return 1
}

need_node() {
  find_node || give_up "no Node.js >= 24 found; 'npm ci' in $root brings one along."
}

# --- Debian packages ------------------------------------------------------------------------

kernel_has() { [ -d "/sys/module/$1" ] || modprobe -nq "$1" 2>/dev/null; }

any_file() {
  # The pattern is expanded on purpose.
  # shellcheck disable=SC2086
  set -- $1
  [ -e "$1" ]
}

# is_present WHAT: a program, a file (a pattern will do) or kernel:MODULE.
is_present() {
  case $1 in
    kernel:*) kernel_has "${1#kernel:}" ;;
    /*) any_file "$1" ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# missing_packages SET...: the packages of these sets that are not here, in one line.
missing_packages() {
  architecture=$(dpkg --print-architecture 2>/dev/null) || architecture=unknown
  while read -r set package program instead; do
    case " $* " in *" ${set%/"$architecture"} "*) ;; *) continue ;; esac
    is_present "$program" || { [ "$instead" ] && is_present "$instead"; } || printf '%s ' "$package"
  done <"$root/scripts/packages.txt"
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  if ! apt-get install --simulate "$@" >/dev/null 2>&1; then
    apt-get update -q >&2 || return
  fi
  apt-get install -q -y --no-install-recommends "$@" >&2
}

# The one command that installs the given packages, for a person to type.
install_command() {
  line="apt-get update && apt-get install -y --no-install-recommends $*"
  if [ "$(id -u)" -eq 0 ]; then
    echo "$line"
  elif command -v sudo >/dev/null; then
    echo "sudo sh -c '$line'"
  else
    echo "su -c '$line'"
  fi
}

agreed() {
  if ! [ -t 0 ] || ! [ -t 2 ]; then return 0; fi
  printf 'Go ahead? [Y/n] ' >&2
  read -r answer || answer=no
  case $answer in '' | [Yy]*) ;; *) return 1 ;; esac
}

# ensure_packages SET...: installs what is missing of these sets (root, Debian or a descendant),
# or says how to and stops.
ensure_packages() {
  missing=$(missing_packages "$@")
  missing=${missing% }
  if [ -z "$missing" ] || [ "$(uname -s)" != Linux ]; then return 0; fi
  if ! command -v apt-get >/dev/null; then
    give_up "please install what Debian calls: $missing"
  fi
  # The names are split into words on purpose, here and below.
  # shellcheck disable=SC2086
  command=$(install_command $missing)
  if [ "$(id -u)" -ne 0 ]; then
    give_up "some Debian packages are missing. Install them with this one command:
  $command"
  fi
  say "installing the Debian packages: $missing"
  agreed || give_up "not installed. The command would be:
  $command"
  # shellcheck disable=SC2086
  apt_install $missing || give_up "apt-get could not install: $missing"
}

# --- npm dependencies and the bundle --------------------------------------------------------

# Runs a command in the checkout as its owner, so that nothing there comes to belong to root.
as_owner() (
  cd "$root" || exit
  owner=$(stat -c %u .)
  if [ "$(id -u)" -ne 0 ] || [ "$owner" -eq 0 ]; then exec "$@"; fi
  home=$(getent passwd "$owner" | cut -d: -f6)
  exec setpriv --reuid="$owner" --regid="$(stat -c %g .)" --clear-groups \
    env HOME="${home:-/tmp}" "$@"
)

need_writable() {
  [ -w "$root" ] || give_up "$root is not set up, or has changed since, and you may not write there.
  Run ./hawser once as its owner, $(stat -c %U "$root"), or as root."
}

# One set-up at a time in a checkout: the lock is held on the checkout's folder itself.
locked() {
  if command -v flock >/dev/null; then
    (flock 9 && "$@" 9<&-) 9<"$root"
  else
    "$@"
  fi
}

# npm writes .package-lock.json when it is done; our copy of the lock file tells an install of the
# same dependencies from an older one after the lock file was touched.
dependencies_fresh() {
  installed=$root/node_modules/.package-lock.json
  [ -e "$installed" ] || return 1
  # shellcheck disable=SC3013
  [ "$installed" -nt "$root/package-lock.json" ] ||
    cmp -s "$root/package-lock.json" "$root/node_modules/.installed-lock.json"
}

install_dependencies() {
  if dependencies_fresh; then return 0; fi
  say "installing npm dependencies"
  as_owner npm ci --loglevel=error --no-audit --no-fund >&2 || return
  as_owner cp package-lock.json node_modules/.installed-lock.json
}

ensure_dependencies() {
  if dependencies_fresh; then return 0; fi
  need_writable
  locked install_dependencies || give_up "npm ci failed in $root; its words are above."
}

# The bundle's time is the moment its build began; a folder's time tells of removed files.
bundle_fresh() {
  bundle=$root/dist/hawser.mjs
  [ -e "$bundle" ] || return 1
  newer=$(find "$root/src" "$root/web" "$root/package.json" "$root/package-lock.json" \
    "$root/scripts/build.ts" "$root/scripts/build-web.ts" -newer "$bundle" -print -quit)
  [ -z "$newer" ]
}

ensure_built() {
  if bundle_fresh; then return 0; fi
  need_writable
  as_owner "$node" scripts/build.ts >&2 || give_up "the build in $root failed."
}

# prepare SET...: packages, npm dependencies and Node. Sets $node.
prepare() {
  if dependencies_fresh; then ensure_packages "$@"; else ensure_packages setup "$@"; fi
  ensure_dependencies
  need_node
}

# set_up SET...: everything that must be there before Hawser or its tests run. Sets $node.
set_up() {
  prepare "$@"
  ensure_built
}
