import { existsSync, readFileSync } from 'node:fs';
import type { ProvisionRoute } from './provision-route.js';
import { runProgram } from './run-program.js';
import { findProgram, REDIS_OLDEST_MAJOR } from './server-binaries.js';

const OS_RELEASE = '/etc/os-release';

/**
 * Installs the packages named as arguments, as root. Their services must neither start now nor at the next boot: a
 * policy-rc.d that says "no" (exit 101, see invoke-rc.d(8)) stands while packages are configured, and a unit that this
 * installation brought is disabled. A policy-rc.d of the machine's own is left as it is; one of ours that a kill −9 left
 * behind is known by its second line. Only one such installation runs at a time.
 */
const INSTALL_SCRIPT = `
set -u
policy=/usr/sbin/policy-rc.d
mark='# written by hexfleet while it installs packages'
if command -v flock >/dev/null 2>&1; then exec 9</var/lib/dpkg; flock 9; fi
ours=
cleanup() { [ -z "$ours" ] || rm -f "$policy"; }
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
if [ ! -e "$policy" ] || grep -qF "$mark" "$policy"; then
  ours=1
  printf '#!/bin/sh\\n%s\\nexit 101\\n' "$mark" >"$policy" && chmod 755 "$policy"
fi
has_service() {
  for folder in /etc/systemd/system /lib/systemd/system /usr/lib/systemd/system; do
    [ -e "$folder/$1.service" ] && return 0
  done
  [ -e "/etc/init.d/$1" ]
}
new=
for package in "$@"; do has_service "$package" || new="$new $package"; done
export DEBIAN_FRONTEND=noninteractive
apt-get update -o DPkg::Lock::Timeout=300 || echo 'apt-get update failed; trying with the lists that are there'
status=0
for package in "$@"; do
  version=$(apt-cache policy "$package" | sed -n 's/^ *Candidate: *//p')
  version=\${version#*:}
  major=\${version%%.*}
  case "$major" in
    ''|*[!0-9]*) echo "apt has no package $package"; status=1; continue ;;
  esac
  if [ "$package" = redis-server ] && [ "$major" -lt ${REDIS_OLDEST_MAJOR} ]; then
    echo "apt has redis-server $version only, and ${REDIS_OLDEST_MAJOR} is needed"; status=1; continue
  fi
  apt-get install -y --no-install-recommends --no-upgrade -o DPkg::Lock::Timeout=300 "$package" || status=1
done
for service in $new; do
  has_service "$service" || continue
  if command -v systemctl >/dev/null 2>&1; then systemctl disable --now "$service" >/dev/null 2>&1
  else update-rc.d "$service" disable >/dev/null 2>&1; fi
done
exit $status
`;

/** apt-get on Debian, Ubuntu and their kin, as root or through sudo: without a terminal only if sudo asks for nothing. */
export function aptRoute(folders: readonly string[]): ProvisionRoute {
  const isRoot = process.getuid?.() === 0;
  const onTerminal = process.stdin.isTTY === true;
  const sudo = findProgram('sudo', folders);
  return {
    offer: (missing) => `install ${packagesFor(missing).join(' and ')} with apt-get, its services left off`,
    applies: async () => {
      if (!isDebianLike() || findProgram('apt-get', folders) === undefined) return false;
      if (isRoot) return true;
      if (sudo === undefined) return false;
      return onTerminal || (await runProgram(sudo, ['-n', 'true'])).status === 0;
    },
    provide: async (missing) => {
      const shell = ['/bin/sh', '-c', INSTALL_SCRIPT, 'hexfleet-install', ...packagesFor(missing)];
      const [program = '/bin/sh', ...args] = isRoot ? shell : [sudo ?? 'sudo', ...(onTerminal ? [] : ['-n']), ...shell];
      const { status, output } = await runProgram(program, args, onTerminal);
      return status === 0 ? undefined : output.trim().slice(-2_000);
    },
  };
}

function packagesFor(missing: readonly string[]): string[] {
  return missing.map((name) => `${name}-server`);
}

function isDebianLike(): boolean {
  return existsSync(OS_RELEASE) && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync(OS_RELEASE, 'utf8'));
}
