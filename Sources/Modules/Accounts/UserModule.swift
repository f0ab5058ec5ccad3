import Diagnostics
import ModuleKit
import Values

/// `user`: an account of the host with its groups, password, home and key.
package struct UserModule: Module {
  package static let specification = Specification(
    "user", summary: "Accounts of the host",
    parameters: [
      Parameter("name", aliases: ["user"], isRequired: true),
      Parameter("state", default: "present", choices: ["absent", "present"]),
      Parameter("uid", .int), Parameter("non_unique", .bool, default: false),
      Parameter("group"), Parameter("groups", .list(of: .string)),
      Parameter("append", .bool, default: false), Parameter("comment"),
      Parameter("home", .path), Parameter("move_home", .bool, default: false),
      Parameter("create_home", .bool, aliases: ["createhome"], default: true),
      Parameter("skeleton"), Parameter("umask"), Parameter("shell", .path),
      Parameter("system", .bool, default: false), Parameter("password", isSecret: true),
      Parameter("update_password", default: "always", choices: ["always", "on_create"]),
      Parameter("password_lock", .bool), Parameter("expires", .float),
      Parameter("password_expire_max", .int), Parameter("password_expire_min", .int),
      Parameter("password_expire_warn", .int), Parameter("password_expire_account_disable", .int),
      Parameter("uid_min", .int), Parameter("uid_max", .int),
      Parameter("force", .bool, default: false), Parameter("remove", .bool, default: false),
      Parameter("local", .bool, default: false),
      Parameter("generate_ssh_key", .bool, default: false), Parameter("ssh_key_bits", .int),
      Parameter("ssh_key_type", default: "rsa"), Parameter("ssh_key_file", .path),
      Parameter("ssh_key_comment"), Parameter("ssh_key_passphrase", isSecret: true),
    ],
    lacking: ["authorization", "hidden", "login_class", "profile", "role", "seuser"])

  private let request: AccountRequest
  private let isPresent: Bool
  private let isForced: Bool
  private let removesHome: Bool
  private let key: SSHKeyRequest?
  private let warnings: [String]

  package init(_ arguments: Arguments) throws(Diagnostic) {
    request = try AccountRequest(arguments)
    isPresent = arguments.text("state") != "absent"
    isForced = arguments.flag("force")
    removesHome = arguments.flag("remove")
    key = arguments.flag("generate_ssh_key") ? SSHKeyRequest(arguments, user: request.name) : nil
    var warnings: [String] = []
    if let password = request.password, !AccountRequest.isHash(password) {
      warnings.append("`password` does not look like a hash, which is what the host keeps")
    }
    if request.appends, request.groups == nil {
      warnings.append("`append` does nothing without `groups`")
    }
    self.warnings = warnings
    if arguments.flag("local") {
      throw .error("`local: true` is not supported", at: arguments.location(of: "local"))
    }
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    let fact = AccountFact(request.name)
    let keyFact = isPresent ? key?.fact : nil
    // All that may be needed is asked together: account, groups, key.
    var missing: [any Fact] = []
    func read<F: Fact>(_ facts: [F]) throws(Interruption) -> [F.Reading] {
      do throws(Interruption) {
        return try host.require(all: facts)
      } catch {
        guard case .needs(let more) = error else { throw error }
        missing += more
        return []
      }
    }
    let account = try read([fact])
    let groups = try read(isPresent ? request.groupFacts : [])
    let keys = try read(keyFact.map { [$0] } ?? [])
    guard missing.isEmpty else { throw .needs(missing) }
    if let failed = try AccountTool.failure(host) {
      throw .failed(
        failed.words, ["name": .string(request.name), "rc": .int(failed.status)])
    }
    let there = account.first ?? nil
    guard isPresent else { return remove(there, fact, host) }
    let known = try request.resolve(groups)
    guard let there else { return .steps([.run(request.create(known))], diff: [appearing]) }
    let edit = request.edit(there, known)
    if !edit.isEmpty {
      if host.hasStepped, host.outputs.count > 2 {
        throw .failed("the account was changed, and the host does not show it")
      }
      return .steps(
        [.run(edit.run(request.name))],
        diff: [
          .attributes(path: "user \(request.name)", before: edit.before, after: edit.after)
        ])
    }
    if let key, var found = keys.first, !found.exists || key.isForced && !host.hasStepped {
      // The host may have been asked before the account was there.
      found.path = key.fact.path(below: there.entry.home)
      return .steps(
        [.run(key.run(found))], diff: [.state(found.path, found.exists ? "other" : "absent", "key")]
      )
    }
    return .done(result(there, known, keys.first, host))
  }

  private var appearing: Diff { .state("user \(request.name)", "absent", "present") }

  private func remove(
    _ there: Account?, _ fact: AccountFact, _ host: HostView
  ) -> Outcome {
    guard there != nil else {
      var values: ValueMap = ["name": .string(request.name), "state": "absent"]
      if host.hasStepped {
        values["force"] = .bool(isForced)
        values["remove"] = .bool(removesHome)
      }
      return .done(ModuleResult(changed: host.hasStepped, values, warnings: warnings))
    }
    let options = (isForced ? ["-f"] : []) + (removesHome ? ["-r"] : []) + [request.name]
    let busybox = (removesHome ? ["--remove-home"] : []) + [request.name]
    return .steps(
      [
        .run(
          Run(
            "userdel \(request.name)",
            AccountTool("userdel", busybox: "deluser").script(options, busybox),
            effect: .makes([
              .becomes(fact, nil), .becomes(UserFact(request.name), nil),
              .becomesUnknown(GroupFact(request.name), "it may go with its user"),
            ])))
      ], diff: [.state("user \(request.name)", "present", "absent")])
  }

  private func result(
    _ account: Account, _ known: KnownGroups, _ key: SSHKeyFact.Reading?, _ host: HostView
  ) -> ModuleResult {
    func number(_ value: Int?) -> Value {
      value.map { .int($0) } ?? .unknown(Unknown("the host numbers it"))
    }
    let entry = account.entry
    var values: ValueMap = [
      "name": .string(request.name), "state": "present", "uid": number(entry.uid),
      "group": number(entry.gid), "comment": .string(entry.comment),
      "home": .string(entry.home), "shell": .string(entry.shell),
      "append": .bool(request.appends), "move_home": .bool(request.movesHome),
    ]
    if let groups = request.groups { values["groups"] = .string(groups.joined(separator: ",")) }
    if request.password != nil { values["password"] = "NOT_LOGGING_PASSWORD" }
    // A new account had all in one step that says so.
    if case .known(let output)? = host.outputs.first, output.text == AccountRequest.made {
      values["append"] = nil
      values["move_home"] = nil
      values["system"] = .bool(request.isSystem)
      values["create_home"] = .bool(request.createsHome)
    }
    if let key {
      values["ssh_key_file"] = .string(key.path)
      values["ssh_fingerprint"] =
        key.fingerprint.map { .string($0) } ?? .unknown(Unknown("a new key"))
      values["ssh_public_key"] =
        key.publicKey.map { .string($0) } ?? .unknown(Unknown("a new key"))
    }
    return ModuleResult(changed: host.hasStepped, values, warnings: warnings)
  }
}
