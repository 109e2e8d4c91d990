import type { Install } from '#api';

/** What is to be put in place, and by whom it is confirmed. */
export interface Task {
  /** Of the order. */
  readonly id: string;
  readonly network: string;
  readonly version: string;
  readonly kind: Install['kind'];
  /** File of the package. */
  readonly package: string;
  readonly prefix: string;
  readonly stateDir: string;
  /** Seconds that the new agent has to be connected again. */
  readonly within: number;
  /** Whether the agent is a unit of systemd. */
  readonly isUnit: boolean;
}

/** Nothing that comes from outside may end the quotes that it stands in. */
function plain(text: string): string {
  if (/^[\w.:/+~-]*$/.test(text)) return text;
  throw new TypeError(`not fit for a shell script: ${text}`);
}

/** A task as the script reads it. */
export const taskText = (task: Task): string =>
  [
    ['id', task.id],
    ['network', task.network],
    ['version', task.version],
    ['kind', task.kind],
    ['package', task.package],
    ['prefix', task.prefix],
    ['state_dir', task.stateDir],
    ['within', String(task.within)],
    ['unit', task.isUnit ? 'yes' : ''],
  ]
    .map(([name, value = '']) => `${name}='${plain(value)}'\n`)
    .join('');

/** What is to be put in place, and for whom. */
export type Wanted = Pick<Task, 'id' | 'network' | 'version'>;

/** Of a task that was written down: what is to be confirmed, and to whom. */
export function readTask(text: string): Wanted {
  const values = new Map(
    [...text.matchAll(/^(\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]),
  );
  const read = (name: keyof Wanted): string => values.get(name) ?? '';
  return { id: read('id'), network: read('network'), version: read('version') };
}

/**
 * Puts another version in place, and the one before back if the new agent does not return. It is the
 * agent that is replaced which writes it down, so no part of it is of the new program; it goes on where
 * it was if the machine went down meanwhile. All of it is in \`main\`, which the last line calls.
 */
export const switchScript = `#!/bin/sh
set -u
umask 077
cd "$(dirname -- "$0")" || exit 1
. ./task
# Beside what is replaced, so that both can be renamed; and not below the folder of the agent, which
# closes what lies there to others.
if [ "$kind" = deb ]; then work=$state_dir-upgrade; else work=$(dirname -- "$prefix")/hawser-upgrade; fi

# end OUTCOME WORDS: what the agent tells its server. The task goes last: until then a reboot goes on here.
end() {
  rm -rf "$package" "$work"
  printf '%s\\n' "$1" "$id" "$network" "$version" "$within" "$(printf '%s' "$2" | tr '\\n' ' ')" >outcome.new
  mv outcome.new outcome
  rm -f task stage proven pid
}

put_units() {
  if [ -z "$unit" ]; then return 0; fi
  units=/usr/local/lib/systemd/system
  mkdir -p "$units"
  cp "$prefix"/lib/systemd/system/hawser-*.service "$units/"
  systemctl daemon-reload
}

unpack() {
  rm -rf "$work"
  mkdir "$work" && tar -xzf "$package" -C "$work" || return 1
  said=$("$work/hawser/bin/hawser" --version 2>&1)
  if [ "$said" = "$version" ]; then return 0; fi
  echo "it does not run here: $said"
  return 1
}

# The package that is installed, made anew from its files.
keep_deb() {
  rm -rf "$work"
  mkdir -m 700 "$work" && mkdir -p "$work/tree/DEBIAN" || return 1
  dpkg-query --listfiles hawser |
    while read -r path; do if [ ! -d "$path" ] || [ -L "$path" ]; then echo "$path"; fi; done |
    tar -c -P -T - | tar -x -C "$work/tree" --transform 's,^/,./,' || return 1
  dpkg-query --control-list hawser | while read -r name; do
    dpkg-query --control-show hawser "$name" >"$work/tree/DEBIAN/$name"
    case $name in p*) chmod 755 "$work/tree/DEBIAN/$name" ;; esac
  done
  dpkg-query --status hawser | sed '/^Status:/d' >"$work/tree/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone --build "$work/tree" "$work/former.new" &&
    mv "$work/former.new" "$work/former.deb"
}

# Programs are for everybody, unlike what lies in the folder of this script.
put_new() (
  umask 022
  if [ "$kind" = deb ]; then
    keep_deb && dpkg --install "$package"
  else
    unpack && mv "$prefix" "$work/former" && mv "$work/hawser" "$prefix" && put_units
  fi
)

put_back() (
  umask 022
  if [ "$kind" = deb ]; then
    if [ -f "$work/former.deb" ]; then dpkg --install "$work/former.deb"; fi
  elif [ -d "$work/former" ]; then
    rm -rf "$prefix"
    mv "$work/former" "$prefix"
    put_units
  fi
)

# agent WORD: starts or stops it, by the program that is in place.
agent() { "$prefix/lib/hawser/node" "$prefix/lib/hawser/hawser.mjs" agent "$1" --state-dir "$state_dir"; }

# The unit of a package is restarted by the package.
start_anew() {
  if [ -z "$unit" ]; then agent restart
  elif [ "$kind" = archive ]; then systemctl restart hawser-agent.service
  fi
}

returns() {
  left=$within
  while [ "$left" -gt 0 ]; do
    if [ "$(cat proven 2>/dev/null)" = "$version" ]; then return 0; fi
    sleep 1
    left=$((left - 1))
  done
  return 1
}

last_words() {
  if [ "$unit" ]; then journalctl --unit=hawser-agent --lines=4 --output=cat
  else tail -n 4 "$state_dir/agent.log"
  fi 2>/dev/null
}

go_back() {
  if [ -z "$unit" ]; then agent stop; fi
  put_back
  start_anew
}

main() {
  export DEBIAN_FRONTEND=noninteractive LC_ALL=C
  if [ -f outcome ]; then
    rm -f task
    return
  fi
  echo $$ >pid
  case $(cat stage 2>/dev/null) in
    '')
      echo putting >stage
      if ! put_new >log 2>&1; then
        words=$(grep -m 1 'No space left' log || tail -n 3 log)
        put_back >>log 2>&1
        end failed "$words"
        return
      fi
      echo put >stage
      start_anew &
      starting=$!
      ;;
    putting)
      put_back
      start_anew
      end failed 'the machine went down meanwhile'
      return
      ;;
  esac
  if returns; then end 'done' ''; return; fi
  words=$(last_words)
  if [ "\${starting-}" ]; then kill "$starting" 2>/dev/null; fi
  go_back
  end reverted "$words"
}

main </dev/null
`;
