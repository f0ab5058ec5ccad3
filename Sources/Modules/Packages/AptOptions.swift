import ModuleKit
import Values

/// How `apt-get` is called: what `apt` and `package` share.
struct AptOptions: Sendable {
  /// Options of dpkg, locks and permissions, for all commands that change packages.
  let common: [String]
  /// Options that matter where packages are chosen.
  let resolving: [String]
  let purges: Bool
  let autoRemoves: Bool
  private let policy: Int?

  init(_ arguments: Arguments) {
    var common: [String] = []
    let dpkg = arguments.text("dpkg_options") ?? "force-confdef,force-confold"
    for option in dpkg.split(separator: ",") {
      common += ["-o", "Dpkg::Options::=--\(option)"]
    }
    common += ["-o", "DPkg::Lock::Timeout=\(arguments.number("lock_timeout") ?? 60)"]
    if arguments.flag("force") {
      common += ["--allow-downgrades", "--allow-remove-essential", "--allow-change-held-packages"]
    }
    if arguments.flag("allow_change_held_packages") {
      common.append("--allow-change-held-packages")
    }
    if arguments.flag("allow_unauthenticated") || arguments.flag("force") {
      common.append("--allow-unauthenticated")
    }
    if arguments.flag("allow_downgrade") { common.append("--allow-downgrades") }
    if arguments.flag("fail_on_autoremove") { common.append("--no-remove") }
    var resolving: [String] = []
    if let release = arguments.text("default_release") { resolving += ["-t", release] }
    if let recommends = arguments.optionalFlag("install_recommends") {
      resolving += ["-o", "APT::Install-Recommends=\(recommends ? "yes" : "no")"]
    }
    if arguments.flag("only_upgrade") { resolving.append("--only-upgrade") }
    self.common = common
    self.resolving = resolving
    purges = arguments.flag("purge")
    autoRemoves = arguments.flag("autoremove")
    policy = arguments.number("policy_rc_d")
  }

  private var removing: [String] {
    (autoRemoves ? ["--auto-remove"] : []) + (purges ? ["--purge"] : [])
  }

  func installing(_ names: [String]) -> [String] {
    ["install"] + common + resolving + (autoRemoves ? ["--auto-remove"] : []) + names
  }
  func removing(_ names: [String]) -> [String] { ["remove"] + common + removing + ["--"] + names }
  func upgrading(_ words: String...) -> [String] { words + common + resolving + removing }

  /// One call of `apt-get`: no questions, and old configuration files stay.
  func run(_ words: [String], makes: [ImaginedFact]) -> Run {
    var call: ShellScript = """
      omtd_apart env LC_ALL=C DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical \
      APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 apt-get -q -y \(words: words)
      """
    if let policy {
      // Tells dpkg's scripts what they may start; what the host has of it comes back.
      call = """
        omtd_p=/usr/sbin/policy-rc.d
        if [ -e "$omtd_p" ]; then mv -- "$omtd_p" "$omtd_p.omtd" || exit 1; fi
        printf '#!/bin/sh\\nexit %d\\n' \(policy) >"$omtd_p" && chmod 755 "$omtd_p"
        \(script: call)
        omtd_r=$?
        rm -f -- "$omtd_p"
        if [ -e "$omtd_p.omtd" ]; then mv -- "$omtd_p.omtd" "$omtd_p"; fi
        exit $omtd_r
        """
    }
    let shown = words.filter { !$0.hasPrefix("-") && !$0.contains("::") }
    return Run(
      "apt-get \(shown.joined(separator: " "))", call, effect: .makes(makes),
      deadline: .seconds(7200))
  }

  /// - Throws: `.failed` with apt's words where the last step failed.
  static func checkLastOutput(_ host: HostView) throws(Interruption) {
    guard let output = try host.output(host.outputs.count - 1), output.status != 0 else { return }
    let errors = output.errorText.split(separator: "\n").filter {
      $0.hasPrefix("E: ") || $0.hasPrefix("W: ") || $0.contains("error")
    }
    let words = errors.isEmpty ? output.errorText : errors.joined(separator: "; ")
    throw .failed(
      "apt-get failed: \(words)",
      [
        "rc": .int(Int(output.status)), "stdout": .string(output.text),
        "stderr": .string(output.errorText),
      ])
  }
}

extension AptRequest {
  /// Parameters of `apt` that say how, not what.
  static let parameters: [Parameter] = [
    Parameter("update_cache", .bool, aliases: ["update-cache"]),
    Parameter("cache_valid_time", .int, default: 0),
    Parameter("update_cache_retries", .int, default: 5),
    Parameter("update_cache_retry_max_delay", .int, default: 12),
    Parameter("purge", .bool, default: false), Parameter("autoremove", .bool, default: false),
    Parameter("autoclean", .bool, default: false), Parameter("clean", .bool, default: false),
    Parameter("default_release", aliases: ["default-release"]),
    Parameter("install_recommends", .bool, aliases: ["install-recommends"]),
    Parameter("dpkg_options", default: "force-confdef,force-confold"),
    Parameter("force", .bool, default: false),
    Parameter("allow_unauthenticated", .bool, aliases: ["allow-unauthenticated"], default: false),
    Parameter(
      "allow_downgrade", .bool,
      aliases: ["allow-downgrade", "allow_downgrades", "allow-downgrades"], default: false),
    Parameter("allow_change_held_packages", .bool, default: false),
    Parameter("only_upgrade", .bool, default: false),
    Parameter("fail_on_autoremove", .bool, default: false),
    // `apt-get` is what is called in any case, and Python is not needed.
    Parameter("force_apt_get", .bool, default: false),
    Parameter("auto_install_module_deps", .bool, default: true),
    Parameter("lock_timeout", .int, default: 60), Parameter("policy_rc_d", .int),
  ]
}

/// The namespace of what `apt` and `package` take.
enum AptRequest {}
