import Diagnostics
import ModuleKit
import Values

/// `hostname`: the name of the running system and the one of its next boot.
package struct HostNameModule: Module {
  package static let specification = Specification(
    "hostname", summary: "Sets the host's name",
    parameters: [
      Parameter("name", isRequired: true),
      Parameter(
        "use",
        choices: [
          "alpine", "debian", "freebsd", "generic", "macos", "macosx", "darwin", "openbsd",
          "openrc", "redhat", "sles", "solaris", "systemd",
        ]),
    ])

  private let name: String
  private let strategy: String?

  package init(_ arguments: Arguments) throws(Diagnostic) {
    name = try arguments.requiredText("name")
    strategy = arguments.text("use")
    let isName =
      !name.isEmpty && name.utf8.count <= 64
      && !name.unicodeScalars.contains { $0 == "\n" || $0 == "\0" || $0 == "/" || $0 == " " }
    guard isName else {
      throw .error("`name` is not a host name", at: arguments.location(of: "name"))
    }
    if let strategy,
      !["alpine", "debian", "generic", "systemd", "openrc", "redhat"].contains(strategy)
    {
      throw .error(
        "`use: \(strategy)` is not supported", at: arguments.location(of: "use"))
    }
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    let fact = HostNameFact()
    let now = try host[fact]
    if let output = try host.output(0), output.status != 0 {
      throw .failed(
        "the name cannot be set: \(output.errorText)", ["rc": .int(Int(output.status))])
    }
    if now.current == name, now.permanent == name {
      let fullName = now.fullName
      let domain = fullName.split(separator: ".").dropFirst().joined(separator: ".")
      return .done(
        ModuleResult(
          changed: host.hasStepped,
          [
            "name": .string(name),
            "ansible_facts": [
              "ansible_hostname": .string(String(name.prefix { $0 != "." })),
              "ansible_nodename": .string(name), "ansible_fqdn": .string(fullName),
              "ansible_domain": .string(domain),
            ],
          ]))
    }
    if host.hasStepped {
      throw .failed("the name was set, and the host still says `\(now.current)`")
    }
    var after = now
    after.current = name
    after.permanent = name
    if !now.fullName.hasPrefix(name + ".") { after.fullName = name }
    let differing: ValueMap = [
      "path": "hostname", "current": .string(now.current), "permanent": .string(now.permanent),
    ]
    return .steps(
      [
        .run(
          Run(
            "hostname \(name)", script(now),
            effect: .makes([
              .becomes(fact, after)
            ]), deadline: .seconds(60)))
      ],
      diff: [
        .attributes(
          path: "hostname", before: differing,
          after: [
            "path": "hostname", "current": .string(name), "permanent": .string(name),
          ])
      ])
  }

  // Without systemd, or where its service does not answer, the file and the kernel are set directly.
  private func script(_ now: HostNameFact.Reading) -> ShellScript {
    let file: ShellScript =
      strategy == "redhat"
      ? """
      sed -i '/^HOSTNAME=/d' /etc/sysconfig/network 2>/dev/null
      printf 'HOSTNAME=%s\\n' \(name) >>/etc/sysconfig/network && printf '%s\\n' \(name) >/etc/hostname
      """
      : strategy == "openrc"
        ? """
        printf 'hostname="%s"\\n' \(name) >/etc/conf.d/hostname && printf '%s\\n' \(name) >/etc/hostname
        """ : "printf '%s\\n' \(name) >/etc/hostname"
    let direct: ShellScript = """
      { \(script: file)
      } && { hostname \(name) 2>/dev/null || printf %s \(name) >/proc/sys/kernel/hostname; }
      """
    if let strategy, strategy != "systemd" { return "PATH=$PATH:/usr/sbin:/sbin\n" + direct }
    return """
      PATH=$PATH:/usr/sbin:/sbin
      if [ -d /run/systemd/system ] && command -v hostnamectl >/dev/null 2>&1 &&
       hostnamectl --static set-hostname \(name) 2>/dev/null && hostnamectl --transient set-hostname \(name) 2>/dev/null
      then :
      else \(script: direct)
      fi
      """
  }
}

/// The host's names: the kernel's, the one of the next boot, and the full one by the resolver.
package struct HostNameFact: Fact {
  package init() {}

  package struct Reading: Hashable, Sendable {
    package var current: String
    package var permanent: String
    package var fullName: String

    package init(current: String, permanent: String, fullName: String) {
      self.current = current
      self.permanent = permanent
      self.fullName = fullName
    }
  }

  // What Python's `getfqdn` finds in `/etc/hosts`; only where the name is not there, the resolver.
  private static let function = ShellScript(
    verbatim: #"""
      omtd_names() {
       omtd_a=; IFS= read -r omtd_a </proc/sys/kernel/hostname || omtd_a=$(uname -n)
       omtd_b=; if [ -f /etc/hostname ]; then
        while IFS= read -r omtd_b || [ -n "$omtd_b" ]; do case $omtd_b in ''|'#'*) omtd_b=;; *) break;; esac; done </etc/hostname
       else omtd_b=$omtd_a; fi
       omtd_h=; omtd_c=
       while read -r omtd_x omtd_y || [ -n "$omtd_x" ]; do
        case $omtd_x in ''|'#'*) continue;; esac
        omtd_h="$omtd_h$omtd_x $omtd_y$omtd_nl"
        case " ${omtd_y%%#*} " in *[" \#t"]"$omtd_a"[" \#t"]*) omtd_c=$omtd_x; break;; esac
       done </etc/hosts
       if [ -n "$omtd_c" ]; then
        omtd_ifs=$IFS; IFS=$omtd_nl; set -f
        for omtd_y in $omtd_h; do case $omtd_y in "$omtd_c "*) break;; esac; done
        IFS=$omtd_ifs; set -- ${omtd_y%%#*}; set +f; [ $# -eq 0 ] || shift; omtd_c=${1-}
        for omtd_y do case $omtd_y in *.*) omtd_c=$omtd_y; break;; esac; done
       else omtd_c=$(hostname -f 2>/dev/null) || omtd_c=$omtd_a; fi
       printf '%s|%s|%s\n' "$omtd_a" "$omtd_b" "${omtd_c:-$omtd_a}"
      }

      """#)

  package static let isContained = true

  package static func script(_ batch: [HostNameFact]) -> ShellScript {
    function + .lines(batch.map { _ in "omtd_names" })
  }

  package func parse(_ line: Substring) -> Reading {
    let parts = line.split(ascii: "|", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3 else { return Reading(current: "", permanent: "", fullName: "") }
    return Reading(current: parts[0], permanent: parts[1], fullName: parts[2])
  }
}
