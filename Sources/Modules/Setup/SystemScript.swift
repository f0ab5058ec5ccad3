/// The script of `SystemFact`. Its answers are records that begin by an RS character and a name.
///
/// Each process costs a host a millisecond, and each byte that the shell itself reads of a file a
/// system call. So one `grep` reads all small files, since it names the file before each line, one
/// `ls` all links, and one `ip` all addresses and routes; the shell reads no more than first lines.
enum SystemScript {
  static let end = "\u{1E}end\n"

  static func text(network: Bool, hardware: Bool) -> String {
    let files = [baseFiles] + (network ? [networkFiles] : []) + (hardware ? ["$omtd_w"] : [])
    let paths = [basePaths] + (network ? [networkPaths] : []) + (hardware ? [diskPaths] : [])
    let links = (network ? [networkLinks] : []) + (hardware ? [diskLinks] : [])
    var parts = [
      start + (hardware ? "\n" + self.diskFiles : ""),
      "grep -Hs '' \(files.joined(separator: " ")) $omtd_x",
      "for omtd_p in \(paths.joined(separator: " ")); do", self.paths, base,
    ]
    if !links.isEmpty {
      parts += ["set --; for omtd_p in \(links.joined(separator: " ")); do", self.links]
    }
    if network { parts.append(addresses) }
    if hardware { parts.append(disks) }
    return (parts + [local]).joined(separator: "\n")
  }

  private static let baseFiles = """
    /etc/os-release /usr/lib/os-release /etc/lsb-release /etc/debian_version /etc/altlinux-release \
    /etc/oracle-release /etc/slackware-version /etc/centos-release /etc/redhat-release \
    /etc/system-release /etc/openwrt_release /etc/alpine-release /etc/gentoo-release \
    /etc/resolv.conf /etc/hosts /etc/machine-id /var/lib/dbus/machine-id /etc/selinux/config \
    /sys/fs/selinux/enforce /sys/fs/selinux/policyvers /proc/cmdline /proc/meminfo /proc/cpuinfo \
    /proc/uptime /proc/loadavg /proc/1/comm /proc/1/cgroup /proc/self/status /proc/self/mountinfo \
    /proc/modules /proc/xen/capabilities /proc/sys/kernel/ostype /proc/sys/kernel/osrelease \
    /proc/sys/kernel/version /proc/sys/kernel/hostname /proc/sys/crypto/fips_enabled \
    /run/systemd/container /sys/hypervisor/type /etc/ssh/ssh_host_*_key.pub \
    /etc/iscsi/initiatorname.iscsi /etc/nvme/hostnqn /sys/devices/virtual/dmi/id/* \
    /sys/class/fc_host/*/port_name /proc/mounts
    """

  private static let networkFiles = [
    "address", "mtu", "operstate", "type", "speed", "flags", "bonding/*", "bridge/bridge_id",
    "bridge/stp_state", "bonding_slave/perm_hwaddr",
  ].map { "/sys/class/net/*/" + $0 }.joined(separator: " ")

  private static let basePaths = """
    /etc/arch-release /etc/vmware-release /etc/init /etc/init.d /etc/dinit.d /sbin/openrc \
    /run/systemd/system /dev/.run/systemd /dev/.systemd /proc/xen /proc/vz /proc/lve /proc/bc \
    /.dockerenv /.dockerinit /sys/kernel/security/apparmor /sys/fs/selinux/enforce \
    /sys/devices/virtual/dmi/id/product_name /run/ostree-booted /dev/kvm /usr/bin/rpm /usr/bin/dnf \
    /usr/bin/dnf-3 /usr/bin/dnf5 /usr/bin/microdnf /usr/bin/yum /usr/bin/apt-get /usr/bin/zypper \
    /usr/sbin/urpmi /usr/bin/pacman /bin/opkg /sbin/apk /usr/bin/emerge /usr/bin/xbps-install \
    /usr/bin/swupd /usr/sbin/sorcery /usr/bin/apk /usr/bin/pkg /usr/bin/rpm-ostree
    """

  private static let networkPaths = "/sys/class/net/*/brif/*"
  // What a device consists of has it among its holders, so slaves tell of both.
  private static let diskPaths = "/sys/block/*/slaves/*"
  private static let networkLinks =
    "/sys/class/net/*/device /sys/class/net/*/device/driver/module"
  // Where a disk hangs is asked of `lspci` alone.
  private static let diskLinks =
    "/dev/disk/by-id/* /dev/disk/by-uuid/* /dev/disk/by-label/* $omtd_d"

  private static let start = #"""
    omtd_has() { command -v "$1" >/dev/null; }
    omtd_within() { if omtd_has timeout; then timeout "$@"; else shift; "$@"; fi; }
    omtd_k=$1; omtd_limit=$2; omtd_o=
    printf '\036lc-all\n%s\n\036env\n' "${OMTD_LC_ALL-${LC_ALL-}}"
    cat /proc/self/environ - /proc/1/environ <<omtd_end
    \#u{1E}init-env
    omtd_end
    omtd_path=$PATH; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    printf '\036files\n'
    omtd_x=/etc/mtab; if [ /etc/mtab -ef /proc/mounts ]; then omtd_x=; fi
    """#

  // The names of files in `$omtd_w`, and the devices in `$omtd_disks`. Patterns that look into each
  // folder of a device would cost more than to read all of it.
  private static let diskFiles = #"""
    omtd_w=; omtd_disks=
    for omtd_p in /sys/block/*; do
     [ -e "$omtd_p" ] || continue
     omtd_disks="$omtd_disks$omtd_p$omtd_nl"
     omtd_w="$omtd_w $omtd_p/removable $omtd_p/size $omtd_p/queue/rotational $omtd_p/queue/scheduler"
     omtd_w="$omtd_w $omtd_p/queue/logical_block_size $omtd_p/queue/discard_max_hw_bytes $omtd_p/queue/discard_granularity"
     [ -e "$omtd_p/queue/logical_block_size" ] || omtd_w="$omtd_w $omtd_p/queue/hw_sector_size"
     [ ! -e "$omtd_p/device" ] || for omtd_y in vendor model serial sas_address sas_device_handle; do omtd_w="$omtd_w $omtd_p/device/$omtd_y"; done
     case $omtd_p in /sys/block/dm-*) omtd_w="$omtd_w $omtd_p/dm/name";; esac
     for omtd_y in "$omtd_p/${omtd_p##*/}"*; do [ ! -e "$omtd_y/start" ] || omtd_w="$omtd_w $omtd_y/start $omtd_y/size"; done
    done
    """#

  // The body of a loop over paths, and what the shell can tell by itself.
  private static let paths = #"""
     [ ! -e "$omtd_p" ] || omtd_o="$omtd_o$omtd_p$omtd_nl"
    done
    for omtd_p in systemctl initctl vgs dmidecode; do ! omtd_has $omtd_p || omtd_o="$omtd_o$omtd_p$omtd_nl"; done
    if [ /usr/bin/dnf -ef /usr/bin/dnf5 ]; then omtd_o="${omtd_o}dnf=dnf5$omtd_nl"; fi
    omtd_d=; if omtd_has lspci; then omtd_d='/sys/block/*'; fi
    """#

  // The first line of `passwd` is root's. The kernel's own name of the machine is that of all
  // processes but those of another personality.
  private static let base = #"""
    omtd_a=; IFS= read -r omtd_x </proc/self/personality && case $omtd_x in *0[0-7]) IFS= read -r omtd_a </proc/sys/kernel/arch;; esac
    [ -n "$omtd_a" ] || omtd_a=$(uname -m)
    omtd_uid
    IFS= read -r omtd_user </etc/passwd
    omtd_is "$omtd_user" "$omtd_id" || { omtd_entry passwd "$omtd_id"; omtd_user=$omtd_t; }
    omtd_n=${LOGNAME:-${USER:-${omtd_user%%:*}}}
    omtd_named=$omtd_user; [ "${omtd_user%%:*}" = "$omtd_n" ] || { omtd_entry passwd "$omtd_n"; omtd_named=$omtd_t; }
    if [ ! -e /proc/1/root/. ]; then omtd_x=$(stat -c %i /); elif [ / -ef /proc/1/root/. ]; then omtd_x=same; else omtd_x=other; fi
    printf '\036paths\n%s\036machine\n%s\n\036user\n%s\n\036logname\n%s\n\036roots\n%s\n%s\n\036date\n' \
     "$omtd_o" "$omtd_a" "$omtd_user" "$omtd_named" "$omtd_x" "${debian_chroot:-}"
    omtd_f='+%Y|%m|%A|%w|%W|%d|%H|%M|%S|%s|%Z|%z|%N'
    LC_ALL=C date -f - "$omtd_f" <<omtd_end || {
    now
    Jan 1 12:00
    Jul 1 12:00
    omtd_end
     omtd_y=$(LC_ALL=C date "$omtd_f"); echo "$omtd_y"; omtd_y=${omtd_y%%|*}
     LC_ALL=C date -d "$omtd_y-01-01 12:00" "$omtd_f"; LC_ALL=C date -d "$omtd_y-07-01 12:00" "$omtd_f"
    }
    IFS= read -r omtd_x </proc/1/comm
    if [ "$omtd_x" != systemd ] && [ -L /sbin/init ]; then printf '\036init\n'; readlink /sbin/init; fi
    IFS= read -r omtd_n </proc/sys/kernel/hostname
    omtd_f=; while read -r omtd_i omtd_l; do case $omtd_i in '#'*) continue;; esac; case " $omtd_l " in *" $omtd_n "*) omtd_f=1; break;; esac; done </etc/hosts
    [ -n "$omtd_f" ] || { printf '\036fqdn\n'; omtd_within 3 hostname -f; }
    if [ -d /run/systemd/system ] && omtd_has systemctl; then printf '\036systemctl\n'; systemctl --version; fi
    if omtd_has capsh; then printf '\036capsh\n'; capsh --print; fi
    if [ ! -e /etc/lsb-release ] && omtd_has lsb_release; then printf '\036lsb\n'; omtd_within "$omtd_limit" lsb_release -a; fi
    """#

  // The body of a loop over what may be symbolic links.
  private static let links = #"""
     [ ! -L "$omtd_p" ] || set -- "$@" "$omtd_p"
    done
    if [ $# -ne 0 ]; then printf '\036links\n'; LC_ALL=C ls -lnd -- "$@"; fi
    """#

  // Of what busybox calls `ip`, each answer is asked alone.
  private static let addresses = #"""
    printf '\036ip\n'
    omtd_x=$(ip -force -batch - <<omtd_end
    route get 8.8.8.8
    route get 2404:6800:400a:800::1012
    route show table all type local
    addr show
    omtd_end
    )
    if [ -n "$omtd_x" ]; then printf '%s\n' "$omtd_x"
    else
     ip -4 route get 8.8.8.8; ip -6 route get 2404:6800:400a:800::1012
     ip -4 route show table local; ip -6 route show table local; ip addr show
    fi
    """#

  // `lsblk` looks at each device; udev's own link to a mounted device has the same name. What
  // asks a server, or a program, for the size of its file system may hang.
  private static let disks = #"""
    printf '\036disks\n%s' "$omtd_disks"
    if omtd_has lspci; then printf '\036lspci\n'; lspci -D; fi
    omtd_m=$(grep -E '^(/|[^ ]*:/)' /proc/mounts)
    omtd_w=; omtd_u=; omtd_y=; omtd_i=$IFS; IFS=$omtd_nl; set -f; set --
    for omtd_x in $omtd_m; do
     set +f; omtd_d=${omtd_x%% *}; omtd_x=${omtd_x#* }; omtd_p=${omtd_x%% *}; omtd_x=${omtd_x#* }
     case $omtd_p in *\\*) omtd_p=$(printf %b "$omtd_p");; esac
     set -- "$@" "$omtd_p"
     case ${omtd_x%% *} in ext[234]|xfs|btrfs|zfs|f2fs|vfat|exfat|iso9660|squashfs|erofs|tmpfs|overlay) ;; *) omtd_w=yes;; esac
     [ -b "$omtd_d" ] || continue
     omtd_f=; for omtd_l in /dev/disk/by-uuid/*; do if [ "$omtd_l" -ef "$omtd_d" ]; then omtd_f=${omtd_l##*/}; break; fi; done
     if [ -n "$omtd_f" ]; then omtd_u="$omtd_u$omtd_d $omtd_f$omtd_nl"; else omtd_y=yes; fi
    done
    set +f; IFS=$omtd_i
    printf '\036uuids\n%s' "$omtd_u"
    [ -z "$omtd_y" ] || ! omtd_has lsblk || lsblk --list --noheadings --paths --output NAME,UUID --exclude 2
    printf '\036sizes\n'
    if [ $# -eq 0 ]; then :
    elif [ -n "$omtd_w" ]; then omtd_within "$omtd_limit" stat -f -c '%S %s %b %a %c %d %n' -- "$@"
    else stat -f -c '%S %s %b %a %c %d %n' -- "$@"; fi
    if [ "$omtd_id" = 0 ] && omtd_has vgs; then
     printf '\036lvm\n'
     for omtd_p in vgs lvs pvs; do echo "=$omtd_p"; $omtd_p --noheadings --nosuffix --units g --separator ,; done
    fi
    """#

  private static let local = #"""
    for omtd_p in "$omtd_k"/*.fact; do
     [ -f "$omtd_p" ] || continue
     omtd_r=0; omtd_x=n
     if [ -x "$omtd_p" ]; then omtd_x=y; omtd_o=$(omtd_within "$omtd_limit" "$omtd_p" 2>&1; echo "x$?"); omtd_r=${omtd_o##*x}; omtd_o=${omtd_o%x*}
     else omtd_o=$(cat "$omtd_p"); fi
     omtd_b=${omtd_p##*/}
     printf '\036local %s %s %s\n' "$omtd_x" "$omtd_r" "${omtd_b%.fact}"; printf '%s' "$omtd_o" | base64
    done
    printf '\036end\n'; PATH=$omtd_path
    """#
}
