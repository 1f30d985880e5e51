# shellcheck shell=bash
# What nspawn-lab and qemu-lab share. Sourced, with PROG set.
shopt -s inherit_errexit # a failed build in $(...) ends there

# What the package depends on (so that dpkg -i needs no network), and what the tests look with.
export GUEST_PACKAGES=systemd,systemd-sysv,libnss-systemd,dbus,libseccomp2,libsystemd0,libarchive13,libsqlite3-0,libcap2-bin,bash,curl,ca-certificates,openssl,iproute2,procps,nodejs,python3,python3.11,python3-venv,socat,adduser,zlib1g

note() { printf '%s: %s\n' "$PROG" "$*" >&2; }
die() { note "$*"; exit 1; }
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }
need() { # TOOL=PACKAGE...
    local t packages=''
    for t; do
        command -v "${t%%=*}" >/dev/null || packages+=" ${t##*=}"
    done
    [[ -z $packages ]] || die "missing here: apt-get install$packages"
}
name_ok() { [[ ${1-} =~ ^[a-zA-Z0-9][a-zA-Z0-9-]{0,40}$ ]] || die "not a name: '${1-}'"; }

# --- processes: a pid counts only together with its start time -------------
start_time() { # PID
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    stat=${stat##*) }
    # shellcheck disable=SC2086 # split into fields on purpose
    set -- $stat
    [[ $1 != Z ]] || return 1
    printf '%s\n' "${20}"
}
save_pid() { printf '%s %s\n' "$2" "$(start_time "$2")" >"$1"; } # FILE PID
live_pid() {                                                     # FILE: print the pid if that very process still runs
    local pid start
    [[ -r $1 ]] || return 1
    read -r pid start <"$1" || return 1
    [[ $(start_time "$pid") == "$start" ]] || return 1
    printf '%s\n' "$pid"
}
wait_gone() { # FILE SECONDS
    local i
    for ((i = 0; i < $2 * 20; i++)); do
        live_pid "$1" >/dev/null || return 0
        sleep 0.05
    done
    return 1
}
end_process() { # FILE: end the process of a pid file, and see that it is gone
    local pid
    pid=$(live_pid "$1") || return 0
    kill -s TERM "$pid" 2>/dev/null || true
    wait_gone "$1" 3 || kill -s KILL "$pid" 2>/dev/null || true
    wait_gone "$1" 3 || die "cannot end process $pid"
}

# --- root file systems ---------------------------------------------------------
apt_sources() { # SUITE: the files of this machine's own apt configuration that know it
    local f
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [[ -r $f ]] && grep -qE "^(deb |Suites:).*\b$1\b" "$f" && printf '%s\n' "$f"
    done
    return 0
}
key_of() { sha256sum <<<"$*" | cut -c1-12; }
package_list() { tr ',' '\n' <<<"$1" | sed '/^$/d' | sort -u | paste -sd,; }
make_root() { # TARGET SUITE PACKAGES: a Debian root without a name, an identity or a mirror
    local conf=$1.conf u
    local -a sources
    mapfile -t sources < <(apt_sources "$2")
    ((${#sources[@]})) || die "no apt source for $2 on this machine"
    rm -rf "$1"
    apt-config dump | grep -E '^Acquire::(http|https|ftp|Check|Retries|AllowInsecure)' >"$conf" || true
    note "making the root of $2 (about a minute)"
    mmdebstrap --quiet --variant=minbase --include="$3" \
        --aptopt="$conf" --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        "$2" "$1" "${sources[@]}" >&2
    rm -f "$conf" "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/resolv.conf "$1/etc/hostname"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$1/etc/hosts"
    : >"$1/etc/machine-id"
    install -d "$1/var/log/journal"
    for u in console-getty.service getty.target apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
        e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-firstboot.service; do
        ln -sfn /dev/null "$1/etc/systemd/system/$u"
    done
}
