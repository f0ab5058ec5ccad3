import ModuleKit
import Values

/// All that `setup` tells of a host, read in one go: files as they are, answers of a few programs.
package struct SystemFact: Fact {
  /// Disks and mounts as well; they cost most.
  package var readsHardware: Bool
  package var readsNetwork: Bool
  package var factPath: String
  /// Seconds for the sizes of mounts, and for each executable local fact.
  package var timeout: Int

  package init(
    readsHardware: Bool = true, readsNetwork: Bool = true,
    factPath: String = "/etc/ansible/facts.d", timeout: Int = 10
  ) {
    self.readsHardware = readsHardware
    self.readsNetwork = readsNetwork
    self.factPath = factPath
    self.timeout = timeout
  }

  package static var freshness: FactFreshness { .asked }
  package var deadline: Duration { .seconds(300) }

  package static func script(_ batch: [SystemFact]) -> ShellScript {
    .lines(
      batch.map { fact in
        """
        omtd_system() {
        \(verbatim: SystemScript.base)
        \(verbatim: fact.readsNetwork ? SystemScript.network : "")
        \(verbatim: fact.readsHardware ? SystemScript.hardware : "")
        \(verbatim: SystemScript.local)
        }
        ( omtd_system \(fact.factPath) \(fact.timeout) 2>/dev/null </dev/null ) | omtd_b64; echo
        """
      })
  }

  package func parse(_ line: Substring) -> SystemAnswers {
    SystemAnswers(Base64.bytes(line) ?? [])
  }
}

/// The script of `SystemFact`. Its answers are records that begin by an RS character and a name.
///
/// One `grep` reads all small files, since it names the file before each line: a process for each
/// would cost ten times as much, and the shell's own `read` takes a system call for each byte.
enum SystemScript {
  static let base = #"""
    printf '\036env\n'; cat /proc/self/environ
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    omtd_has() { command -v "$1" >/dev/null; }
    omtd_within() { if omtd_has timeout; then timeout "$@"; else shift; "$@"; fi; }
    printf '\036files\n'
    grep -Hs '' /etc/os-release /usr/lib/os-release /etc/lsb-release /etc/debian_version /etc/altlinux-release \
     /etc/oracle-release /etc/slackware-version /etc/centos-release /etc/redhat-release /etc/system-release \
     /etc/openwrt_release /etc/alpine-release /etc/gentoo-release /etc/resolv.conf /etc/hosts /etc/machine-id \
     /var/lib/dbus/machine-id /etc/selinux/config /sys/fs/selinux/enforce /sys/fs/selinux/policyvers \
     /proc/cmdline /proc/meminfo /proc/cpuinfo /proc/uptime /proc/loadavg /proc/1/comm /proc/1/cgroup \
     /proc/self/status /proc/self/mountinfo /proc/modules /proc/xen/capabilities /proc/sys/kernel/ostype \
     /proc/sys/kernel/osrelease /proc/sys/kernel/version /proc/sys/kernel/hostname /proc/sys/crypto/fips_enabled \
     /run/systemd/container /sys/hypervisor/type /etc/ssh/ssh_host_*_key.pub /etc/iscsi/initiatorname.iscsi \
     /etc/nvme/hostnqn /sys/devices/virtual/dmi/id/* /sys/class/fc_host/*/port_name /etc/mtab /proc/mounts
    printf '\036paths\n'
    for omtd_p in /etc/arch-release /etc/vmware-release /etc/init /etc/init.d /etc/dinit.d /sbin/openrc /run/systemd/system \
     /dev/.run/systemd /dev/.systemd /proc/xen /proc/vz /proc/lve /proc/bc /.dockerenv /.dockerinit \
     /sys/kernel/security/apparmor /sys/fs/selinux/enforce /sys/devices/virtual/dmi/id/product_name /run/ostree-booted \
     /dev/kvm /usr/bin/rpm /usr/bin/dnf /usr/bin/dnf-3 /usr/bin/dnf5 /usr/bin/microdnf /usr/bin/yum /usr/bin/apt-get /usr/bin/zypper /usr/sbin/urpmi \
     /usr/bin/pacman /bin/opkg /sbin/apk /usr/bin/emerge /usr/bin/xbps-install /usr/bin/swupd /usr/sbin/sorcery \
     /usr/bin/apk /usr/bin/pkg /usr/bin/rpm-ostree; do
     [ ! -e "$omtd_p" ] || echo "$omtd_p"
    done
    for omtd_p in systemctl initctl vgs dmidecode; do ! omtd_has $omtd_p || echo "$omtd_p"; done
    if [ /usr/bin/dnf -ef /usr/bin/dnf5 ]; then echo dnf=dnf5; fi
    printf '\036init\n'; [ ! -L /sbin/init ] || readlink /sbin/init
    printf '\036machine\n'; uname -m
    printf '\036user\n'; omtd_id=$(id -u); omtd_user=$(omtd_entry passwd "$omtd_id"); printf '%s\n' "$omtd_user"
    printf '\036logname\n'; omtd_n=${LOGNAME:-${USER:-$(id -un)}}
    if [ "${omtd_user%%:*}" = "$omtd_n" ]; then printf '%s\n' "$omtd_user"; else omtd_entry passwd "$omtd_n"; fi
    printf '\036init-env\n'; cat /proc/1/environ
    printf '\036roots\n'; stat -c '%d:%i' / /proc/1/root/.; echo "${debian_chroot:-}"
    printf '\036date\n'; omtd_y=$(LC_ALL=C date '+%Y|%m|%A|%w|%W|%d|%H|%M|%S|%s|%Z|%z|%N'); echo "$omtd_y"; omtd_y=${omtd_y%%|*}
    LC_ALL=C date -f - '+%Z %z' <<omtd_end || { LC_ALL=C date -d "$omtd_y-01-01 12:00" '+%Z %z'; LC_ALL=C date -d "$omtd_y-07-01 12:00" '+%Z %z'; }
    $omtd_y-01-01 12:00
    $omtd_y-07-01 12:00
    omtd_end
    printf '\036fqdn\n'; IFS= read -r omtd_n </proc/sys/kernel/hostname
    omtd_f=; while read -r omtd_i omtd_l; do case " $omtd_l " in *" $omtd_n "*) omtd_f=1; break;; esac; done </etc/hosts
    [ -n "$omtd_f" ] || omtd_within 3 hostname -f
    printf '\036systemctl\n'; ! omtd_has systemctl || systemctl --version
    printf '\036capsh\n'; ! omtd_has capsh || capsh --print
    printf '\036lsb\n'; [ -e /etc/lsb-release ] || ! omtd_has lsb_release || omtd_within "$2" lsb_release -a
    """#

  static let network = #"""
    printf '\036net-files\n'
    grep -Hs '' /sys/class/net/*/address /sys/class/net/*/mtu /sys/class/net/*/operstate /sys/class/net/*/type \
     /sys/class/net/*/speed /sys/class/net/*/flags /sys/class/net/*/bonding/* /sys/class/net/*/bridge/bridge_id \
     /sys/class/net/*/bridge/stp_state /sys/class/net/*/bonding_slave/perm_hwaddr
    printf '\036net-links\n'
    for omtd_p in /sys/class/net/*/device /sys/class/net/*/device/driver/module; do
     [ ! -e "$omtd_p" ] || printf '%s:%s\n' "$omtd_p" "$(readlink "$omtd_p")"
    done
    printf '\036bridges\n'; for omtd_p in /sys/class/net/*/brif/*; do [ ! -e "$omtd_p" ] || echo "$omtd_p"; done
    printf '\036addresses\n'; ip addr show
    printf '\036route4\n'; ip -4 route get 8.8.8.8
    printf '\036route6\n'; ip -6 route get 2404:6800:400a:800::1012
    printf '\036local4\n'; ip -4 route show table local
    printf '\036local6\n'; ip -6 route show table local
    """#

  static let hardware = #"""
    printf '\036disk-files\n'
    grep -Hs '' /sys/block/*/removable /sys/block/*/size /sys/block/*/queue/rotational /sys/block/*/queue/scheduler \
     /sys/block/*/queue/logical_block_size /sys/block/*/queue/hw_sector_size /sys/block/*/queue/discard_max_hw_bytes \
     /sys/block/*/queue/discard_granularity /sys/block/*/device/vendor /sys/block/*/device/model /sys/block/*/device/serial \
     /sys/block/*/device/sas_address /sys/block/*/device/sas_device_handle /sys/block/*/*/start /sys/block/*/*/size \
     /sys/block/*/dm/name
    printf '\036disk-paths\n'; for omtd_p in /sys/block/*/holders/* /sys/block/*/*/holders/* /sys/block/*/slaves/*; do [ ! -e "$omtd_p" ] || echo "$omtd_p"; done
    printf '\036disks\n'; readlink -f /sys/block/*
    printf '\036disk-links\n'; LC_ALL=C ls -l /dev/disk/by-id /dev/disk/by-uuid /dev/disk/by-label
    printf '\036lspci\n'; ! omtd_has lspci || lspci -D
    printf '\036lsblk\n'; ! omtd_has lsblk || lsblk --list --noheadings --paths --output NAME,UUID --exclude 2
    printf '\036sizes\n'
    omtd_t=$2; omtd_k=$1; set --
    while read -r omtd_d omtd_m omtd_x; do
     case $omtd_d in /*|*:/*) case $omtd_m in *\\*) omtd_m=$(printf %b "$omtd_m");; esac; set -- "$@" "$omtd_m";; esac
    done </proc/mounts
    [ $# -eq 0 ] || omtd_within "$omtd_t" stat -f -c '%S %s %b %a %c %d %n' -- "$@"
    set -- "$omtd_k" "$omtd_t"
    printf '\036lvm\n'
    if [ "$omtd_id" = 0 ] && omtd_has vgs; then
     for omtd_p in vgs lvs pvs; do echo "=$omtd_p"; $omtd_p --noheadings --nosuffix --units g --separator ,; done
    fi
    """#

  static let local = #"""
    for omtd_p in "$1"/*.fact; do
     [ -f "$omtd_p" ] || continue
     omtd_r=0; omtd_x=n
     if [ -x "$omtd_p" ]; then omtd_x=y; omtd_o=$(omtd_within "$2" "$omtd_p" 2>&1; echo "x$?"); omtd_r=${omtd_o##*x}; omtd_o=${omtd_o%x*}
     else omtd_o=$(cat "$omtd_p"); fi
     omtd_b=${omtd_p##*/}
     printf '\036local %s %s %s\n' "$omtd_x" "$omtd_r" "${omtd_b%.fact}"; printf '%s' "$omtd_o" | base64
    done
    printf '\036end\n'
    """#
}

/// What the script answered: records by name, and in three of them the lines of files by path.
package struct SystemAnswers: Sendable {
  private(set) var records: [String: String] = [:]
  private var files: [String: [String]] = [:]
  /// In the order read: whether it was run, its status, its name and its output.
  private(set) var localFacts: [(isRun: Bool, status: Int, name: String, output: [UInt8])] = []
  private(set) var paths: Set<String> = []

  package init(_ bytes: [UInt8]) {
    for record in bytes.split(separator: 0x1E) {
      let name = String(decoding: record.prefix { $0 != 0x0A }, as: UTF8.self)
      let body = record.drop { $0 != 0x0A }.dropFirst()
      let text = String(decoding: body, as: UTF8.self)
      if name.hasPrefix("local ") {
        let words = name.split(ascii: " ", maxSplits: 3)
        guard words.count == 4 else { continue }
        let encoded = text.filter { $0 != "\n" }
        localFacts.append(
          (
            words[1] == "y", Int(words[2]) ?? 1, String(words[3]), Base64.bytes(encoded) ?? []
          ))
        continue
      }
      records[name] = text
      if name.hasSuffix("files") {
        for line in text.split(ascii: "\n") {
          guard let colon = line.firstIndex(of: ":") else { continue }
          files[String(line[..<colon]), default: []].append(
            String(line[line.index(after: colon)...]))
        }
      }
    }
    paths = Set(lines("paths"))
  }

  /// False where the script was cut short.
  var isComplete: Bool { records["end"] != nil }

  func lines(_ record: String) -> [String] {
    (records[record] ?? "").split(separator: "\n").map(String.init)
  }

  func fileLines(_ path: String) -> [String] { files[path] ?? [] }

  /// The text of a small file without blanks around it; nil for none, an empty or an unreadable one.
  func file(_ path: String) -> String? {
    guard let lines = files[path] else { return nil }
    let text = Self.trimmed(lines.joined(separator: "\n"))
    return text.isEmpty ? nil : text
  }

  var filePaths: Dictionary<String, [String]>.Keys { files.keys }

  func exists(_ path: String) -> Bool { paths.contains(path) }

  /// NUL-separated text.
  func strings(_ record: String) -> [String] {
    (records[record] ?? "").unicodeScalars.split(separator: "\0").map { String($0) }
  }

  static func trimmed(_ text: some StringProtocol) -> String {
    var scalars = Substring(text).unicodeScalars
    while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(scalars)
  }
}
