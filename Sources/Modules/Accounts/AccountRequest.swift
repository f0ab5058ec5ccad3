import Diagnostics
import ModuleKit
import Values

/// The groups that a task names, as the host has them.
struct KnownGroups {
  var primary: GroupFact.Entry?
  /// The group with the user's own name.
  var own: GroupFact.Entry?
  var named: [GroupFact.Entry] = []
}

/// What a `user` task asks of an account, and the commands that bring it about.
struct AccountRequest: Sendable {
  /// What the step that makes an account prints in the end.
  static let made = "made"

  let name: String
  let uid: Int?
  let isUnique: Bool
  let group: String?
  /// Nil leaves the groups alone; an empty list means none.
  let groups: [String]?
  let appends: Bool
  let comment: String?
  let home: String?
  let movesHome: Bool
  let createsHome: Bool
  let skeleton: String?
  let umask: String?
  let shell: String?
  let isSystem: Bool
  /// A hash.
  let password: String?
  let changesPassword: Bool
  let locks: Bool?
  /// Days since 1970; negative for never.
  let expires: Int?
  let longest: Int?
  let shortest: Int?
  let warning: Int?
  let inactive: Int?
  let limits: [String]

  init(_ arguments: Arguments) throws(Diagnostic) {
    name = try arguments.requiredText("name")
    uid = arguments.number("uid")
    isUnique = !arguments.flag("non_unique")
    group = arguments.text("group")
    groups = arguments["groups"].isNull ? nil : arguments.texts("groups").filter { !$0.isEmpty }
    appends = arguments.flag("append")
    comment = arguments.text("comment")
    home = arguments.text("home")
    movesHome = arguments.flag("move_home")
    createsHome = arguments.optionalFlag("create_home") ?? true
    skeleton = arguments.text("skeleton")
    umask = arguments.text("umask")
    shell = arguments.text("shell")
    isSystem = arguments.flag("system")
    password = arguments.text("password")
    changesPassword = arguments.text("update_password") != "on_create"
    locks = arguments.optionalFlag("password_lock")
    longest = arguments.number("password_expire_max")
    shortest = arguments.number("password_expire_min")
    warning = arguments.number("password_expire_warn")
    inactive = arguments.number("password_expire_account_disable")
    limits = [("uid_min", "UID_MIN"), ("uid_max", "UID_MAX")].flatMap { parameter, key in
      arguments.number(parameter).map { ["-K", "\(key)=\($0)"] } ?? []
    }
    var seconds: Double?
    switch arguments["expires"] {
    case .double(let real): seconds = real
    case .int(let number): seconds = Double(number)
    default: break
    }
    guard (seconds ?? 0).isFinite, abs(seconds ?? 0) < 1e13 else {
      throw .error("`expires` is not a time", at: arguments.location(of: "expires"))
    }
    expires = seconds.map { $0 < 0 ? -1 : Int($0) / 86400 }
    guard AccountName.isValid(name) else {
      throw .error("`name` is not the name of a user", at: arguments.location(of: "name"))
    }
    for (parameter, text) in [("comment", comment), ("home", home), ("shell", shell)] {
      if let text, text.unicodeScalars.contains(where: { $0 == ":" || $0 == "\n" }) {
        throw .error(
          "`\(parameter)` must not have a colon or a line break",
          at: arguments.location(of: parameter))
      }
    }
    if let password, password.unicodeScalars.contains(where: { $0 == ":" || $0 == "\n" }) {
      throw .error(
        "`password` must be a hash, without a colon or a line break",
        at: arguments.location(of: "password"))
    }
  }

  var groupFacts: [GroupFact] {
    [GroupFact(name)] + (group.map { [GroupFact($0)] } ?? []) + (groups ?? []).map { GroupFact($0) }
  }

  /// - Parameter readings: of `groupFacts`, in their order.
  func resolve(_ readings: [GroupFact.Entry?]) throws(Interruption) -> KnownGroups {
    var known = KnownGroups()
    var rest = readings[...]
    known.own = rest.popFirst() ?? nil
    if known.own?.name != name { known.own = nil }
    for wanted in (group.map { [$0] } ?? []) + (groups ?? []) {
      guard let entry = rest.popFirst() ?? nil else {
        throw .failed("the group \(wanted) does not exist", ["name": .string(name)])
      }
      if group != nil, known.primary == nil {
        known.primary = entry
      } else {
        known.named.append(entry)
      }
    }
    return known
  }

  /// True for `*`, `!` and what looks like a hash of `crypt(5)`.
  static func isHash(_ password: String) -> Bool {
    if password.isEmpty || password.utf8.allSatisfy({ $0 == 0x2A || $0 == 0x21 }) { return true }
    let fields = password.split(separator: "$", omittingEmptySubsequences: false)
    guard fields.count >= 4, fields[0].isEmpty || fields[0] == "!", let last = fields.last else {
      return false
    }
    let lengths: [Substring: Int] = ["1": 22, "5": 43, "6": 86, "y": 43]
    return lengths[fields[1]].map { $0 == last.utf8.count } ?? true
  }

  // MARK: - A new account

  func create(_ known: KnownGroups) -> Run {
    var options: [String] = []
    if let uid { options += ["-u", String(uid)] + (isUnique ? [] : ["-o"]) }
    if let group { options += ["-g", group] } else if known.own != nil { options.append("-N") }
    if let groups, !groups.isEmpty { options += ["-G", groups.joined(separator: ",")] }
    if let comment { options += ["-c", comment] }
    if let home { options += ["-d", home] }
    if let shell { options += ["-s", shell] }
    if let expires { options += ["-e", expires < 0 ? "" : Self.date(days: expires)] }
    if let inactive { options += ["-f", String(inactive)] }
    if createsHome {
      options.append("-m")
      if let skeleton { options += ["-k", skeleton] }
      if let umask { options += ["-K", "UMASK=\(umask)"] }
    } else {
      options.append("-M")
    }
    if isSystem { options.append("-r") }
    var commands: [ShellScript] = []
    if createsHome, let home, let parent = RemotePath.parent(of: home), parent != "/" {
      commands.append("mkdir -p -- \(parent)")
    }
    commands.append(
      AccountTool.path + """
        if command -v useradd >/dev/null 2>&1; then useradd \(words: options + limits + [name]) </dev/null
        else adduser -D \(words: busyboxOptions) </dev/null; fi
        """)
    var input: [UInt8] = []
    if let password {
      // The hash reaches the host by standard input: argument lists can be read by all.
      input = Array("\(name):\(locks == true ? "!" : "")\(password)\n".utf8)
      commands.append("chpasswd -e")
    }
    if let ageing { commands.append(ageing) }
    commands.append("printf \(Self.made)")
    let made = Account(
      entry: UserFact.Entry(
        name: name, uid: uid, gid: known.primary?.gid ?? known.own?.gid ?? uid,
        comment: comment ?? "", home: home ?? "/home/\(name)", shell: shell ?? "/bin/sh"),
      password: password.map { (locks == true ? "!" : "") + $0 } ?? "!", shortest: shortest,
      longest: longest, warning: warning, inactive: inactive,
      expires: expires.flatMap { $0 < 0 ? nil : $0 }, groups: known.named.map(\.name),
      hasHome: createsHome)
    var facts: [ImaginedFact] = [
      .becomes(AccountFact(name), made), .becomes(UserFact(name), made.entry),
    ]
    facts.append(.becomes(CrontabFact(name), .text("")))
    if createsHome {
      // The usual mode of a new home; what `login.defs` says of it is not looked at.
      let home = FileReading.newDirectory(
        made.entry.home, FileAttributes(mode: 0o700, owner: name, group: group ?? name))
      facts.append(.becomes(FileFact(made.entry.home), home))
      facts.append(.becomes(FollowedFileFact(made.entry.home), home))
    }
    if group == nil, known.own == nil {
      facts.append(
        .becomes(GroupFact(name), GroupFact.Entry(name: name, gid: uid, members: [])))
    }
    return Run(
      "useradd \(name)", Self.all(commands), input: input, effect: .makes(facts),
      deadline: .seconds(300))
  }

  private var busyboxOptions: [String] {
    var options = uid.map { ["-u", String($0)] } ?? []
    if let group { options += ["-G", group] }
    if let comment { options += ["-g", comment] }
    if let home { options += ["-h", home] }
    if let shell { options += ["-s", shell] }
    if isSystem { options.append("-S") }
    if !createsHome { options.append("-H") }
    return options + [name]
  }

  private var ageing: ShellScript? {
    var options: [String] = []
    if let shortest { options += ["-m", String(shortest)] }
    if let longest { options += ["-M", String(longest)] }
    if let warning { options += ["-W", String(warning)] }
    return options.isEmpty ? nil : "chage \(words: options + [name])"
  }

  // MARK: - An account that is there

  /// What differs, and the commands that mend it.
  struct Edit {
    var commands: [ShellScript] = []
    var input: [UInt8] = []
    var before: ValueMap = [:]
    var after: ValueMap = [:]
    var account: Account

    var isEmpty: Bool { commands.isEmpty }

    mutating func note(_ key: Value, _ before: Value, _ after: Value) {
      self.before[key] = before
      self.after[key] = after
    }

    func run(_ name: String) -> Run {
      Run(
        "usermod \(name)", AccountRequest.all([AccountTool.path + ":"] + commands), input: input,
        effect: .makes([
          .becomes(AccountFact(name), account), .becomes(UserFact(name), account.entry),
        ]), deadline: .seconds(600))
    }
  }

  func edit(_ there: Account, _ known: KnownGroups) -> Edit {
    var edit = Edit(account: there)
    var options: [String] = []
    func change<T: Equatable>(
      _ key: Value, _ wanted: T?, _ path: WritableKeyPath<Account, T>, _ flags: (T) -> [String],
      _ show: (T) -> Value
    ) {
      guard let wanted, wanted != there[keyPath: path] else { return }
      options += flags(wanted)
      edit.note(key, show(there[keyPath: path]), show(wanted))
      edit.account[keyPath: path] = wanted
    }
    func text(_ value: String) -> Value { .string(value) }
    func number(_ value: Int?) -> Value { value.map { .int($0) } ?? .null }
    change(
      "uid", uid.map { Optional($0) }, \.entry.uid,
      { ["-u", String($0 ?? 0)] + (isUnique ? [] : ["-o"]) }, number)
    if let primary = known.primary, primary.gid != there.entry.gid {
      options += ["-g", primary.gid.map { String($0) } ?? primary.name]
      edit.note("group", number(there.entry.gid), number(primary.gid))
      edit.account.entry.gid = primary.gid
    }
    editGroups(&edit, &options, there, known)
    change("comment", comment, \.entry.comment, { ["-c", $0] }, text)
    change("home", home, \.entry.home, { ["-d", $0] + (movesHome ? ["-m"] : []) }, text)
    change("shell", shell, \.entry.shell, { ["-s", $0] }, text)
    change(
      "inactive", inactive.map { Optional($0) }, \.inactive, { ["-f", String($0 ?? 0)] }, number)
    let date = expires.map { $0 < 0 ? nil : Optional($0) }
    change("expires", date, \.expires, { ["-e", $0.map { Self.date(days: $0) } ?? ""] }, number)
    let newPassword = changesPassword ? password : nil
    let hash = Self.unlocked(there.password)
    let setsPassword = newPassword.map { Self.unlocked($0) != hash } ?? false
    if !setsPassword, let locks, locks != there.password.hasPrefix("!"), locks || !hash.isEmpty {
      options.append(locks ? "-L" : "-U")
      edit.note("password_lock", .bool(!locks), .bool(locks))
      edit.account.password = (locks ? "!" : "") + hash
    }
    if !options.isEmpty { edit.commands.append("usermod \(words: options + [name]) </dev/null") }
    if setsPassword, let newPassword {
      let text = (locks == true && !newPassword.hasPrefix("!") ? "!" : "") + newPassword
      edit.commands.append("chpasswd -e")
      edit.input = Array("\(name):\(text)\n".utf8)
      edit.note("password", "(redacted)", "(another)")
      edit.account.password = text
    }
    editAgeing(&edit, there)
    editHome(&edit)
    return edit
  }

  private func editGroups(
    _ edit: inout Edit, _ options: inout [String], _ there: Account, _ known: KnownGroups
  ) {
    guard groups != nil else { return }
    let wanted = Set(known.named.map(\.name))
    let now = Set(there.groups)
    if appends ? wanted.isSubset(of: now) : wanted == now { return }
    options += (appends ? ["-a"] : []) + ["-G", wanted.sorted().joined(separator: ",")]
    let after = (appends ? now.union(wanted) : wanted).sorted()
    edit.note(
      "groups", .list(now.sorted().map { .string($0) }), .list(after.map { .string($0) }))
    edit.account.groups = after
  }

  private func editAgeing(_ edit: inout Edit, _ there: Account) {
    let differs =
      shortest != nil && shortest != there.shortest || longest != nil && longest != there.longest
      || warning != nil && warning != there.warning
    guard differs, let ageing else { return }
    edit.commands.append(ageing)
    edit.account.shortest = shortest ?? there.shortest
    edit.account.longest = longest ?? there.longest
    edit.account.warning = warning ?? there.warning
    edit.note("password_ageing", "other", "as asked")
  }

  private func editHome(_ edit: inout Edit) {
    guard createsHome, !edit.account.hasHome || edit.account.entry.home != home && home != nil
    else { return }
    let home = edit.account.entry.home
    edit.commands.append(
      """
      [ -e \(home) ] || {
       if [ -d \(skeleton ?? "/etc/skel") ]; then mkdir -p -- "$(dirname -- \(home))" && cp -RP -- \(skeleton ?? "/etc/skel") \(home)
       else mkdir -p -- \(home); fi && {
       omtd_m=755
       [ ! -r /etc/login.defs ] || while read -r omtd_k omtd_v omtd_x; do
        case $omtd_k in HOME_MODE) omtd_m=$omtd_v; break;; UMASK) omtd_m=$(printf %o $((0777 & ~0$omtd_v)));; esac
       done </etc/login.defs
       chmod "$omtd_m" \(home) && chown -R -- "$(id -u \(name)):$(id -g \(name))" \(home); }
      }
      """)
    edit.note("home_exists", false, true)
    edit.account.hasHome = true
  }

  static func all(_ commands: [ShellScript]) -> ShellScript {
    ShellScript(verbatim: commands.map { "{ \($0.text)\n}" }.joined(separator: " && "))
  }

  private static func unlocked(_ password: String) -> String {
    String(password.drop { $0 == "!" })
  }

  /// `YYYY-MM-DD` of a day counted from 1970-01-01, not negative.
  static func date(days: Int) -> String {
    // Counted in eras of 400 years that begin on 1 March.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let day = shifted % 146_097
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let ofYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * ofYear + 2) / 153
    let ofMonth = ofYear - (153 * month + 2) / 5 + 1
    let civil = month < 10 ? month + 3 : month - 9
    return CalendarDate(
      year: year + era * 400 + (civil <= 2 ? 1 : 0), month: civil, day: ofMonth
    ).isoText
  }
}
