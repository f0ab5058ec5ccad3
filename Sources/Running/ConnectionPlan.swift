import Diagnostics
import Playbooks
import Templating
import Transport
import Values

/// What the command line and the settings say of connections, below keywords and variables.
package struct ConnectionDefaults: Sendable {
  package var user: String?
  package var keyFile: String?
  package var password: Password?
  package var becomePassword: Password?
  package var become = false
  package var becomeMethod: String?
  package var becomeUser: String?
  package var kind: String?
  package var timeout: Duration?
  package var hostKeyChecking: Endpoint.HostKeyChecking = .strict
  package var port: Int?
  package var sshArguments: [String] = []
  package var commonArguments: [String] = []
  package var extraArguments: [String] = []
  package var shellExecutable: String?
  package var becomeFlags: String?
  package var becomeExecutable: String?
  package var becomesSameUser = false

  package init() {}
}

/// How a task reaches its machine and with whose rights: keywords and `ansible_*` variables of the
/// machine, by Ansible's ranks (settings, command line, keywords, variables).
struct ConnectionPlan: Sendable {
  var endpoint: Endpoint
  var identity: Identity

  /// The plan of a task for a machine; plans that only inventory and keywords decide are made once.
  ///
  /// - Parameters:
  ///   - machine: the host that is connected to, which is the delegate where there is one.
  ///   - scope: of the task on `machine`.
  ///   - evaluator: of the task, in `scope`.
  static func of(
    _ task: PlayTask, _ keywords: ConnectionKeywords, machine: String, scope: TaskScope,
    _ evaluator: Evaluator
  ) throws(EvaluationStop) -> ConnectionPlan {
    let host = scope.world.hosts[machine]
    let known = scope.isReachedByInventory ? host?.plans : nil
    if let known, let key = keywords.fixed, let plan = known[key] { return plan }
    var isFixed = true
    let plan = try ConnectionPlan(
      task.location, keywords, machine: machine,
      isImplicitLocalhost: host == nil && isLocalName(machine), scope: scope, evaluator,
      isFixed: &isFixed)
    if isFixed, let known, let key = keywords.fixed { known[key] = plan }
    return plan
  }

  private static func isLocalName(_ machine: String) -> Bool {
    ["localhost", "127.0.0.1", "::1"].contains(machine)
  }

  /// The plan of a login by ssh that is of no task, whatever kind of connection tasks have.
  static func ofLogin(
    to host: String, scope: TaskScope, _ evaluator: Evaluator
  ) throws(EvaluationStop) -> ConnectionPlan {
    var isFixed = false
    return try ConnectionPlan(
      nil, ConnectionKeywords(), kind: "ssh", machine: host, isImplicitLocalhost: false,
      scope: scope, evaluator, isFixed: &isFixed)
  }

  /// - Parameters:
  ///   - place: of the task.
  ///   - forced: the kind of the connection, whatever is said of it.
  ///   - isFixed: false afterwards where a variable's template was evaluated.
  private init(
    _ place: SourceLocation?, _ keywords: ConnectionKeywords, kind forced: String? = nil,
    machine: String, isImplicitLocalhost: Bool, scope: TaskScope, _ evaluator: Evaluator,
    isFixed: inout Bool
  ) throws(EvaluationStop) {
    let defaults = scope.world.run.connection
    /// The first of these variables that is set, else the keyword.
    func setting(
      _ names: String..., keyword: Keyword? = nil
    ) throws(EvaluationStop) -> Value? {
      for name in names {
        assert(Self.variables.contains(name), name)
        guard let variable = scope.variable(name) else { continue }
        if case .source(let source) = variable, source.isTemplate { isFixed = false }
        if let value = try evaluator.render(variable), !value.isNull { return value }
      }
      guard let keyword, let source = keywords[keyword],
        let value = try evaluator.render(source), !value.isNull
      else { return nil }
      return value
    }
    func text(_ value: Value?) -> String? {
      switch value?.opened {
      case .string(let text)?: text
      case .int(let number)?: String(number)
      default: nil
      }
    }
    func password(_ value: Value?) -> Password? { text(value).map { Password($0) } }

    var named = forced
    if named == nil { named = text(try setting("ansible_connection", keyword: .connection)) }
    let kind = named ?? defaults.kind ?? (isImplicitLocalhost ? "local" : "ssh")
    guard ["ssh", "smart", "local", "paramiko", "paramiko_ssh"].contains(shortActionName(kind))
    else {
      throw .failed(
        .error("connection `\(kind)` is not supported", at: place), isUndefined: false)
    }
    let user =
      text(try setting("ansible_user", "ansible_ssh_user", keyword: .remoteUser)) ?? defaults.user
    if shortActionName(kind) == "local" {
      endpoint = Endpoint(kind: .local)
    } else {
      endpoint = Endpoint(
        kind: .ssh, host: text(try setting("ansible_host", "ansible_ssh_host")) ?? machine)
      endpoint.user = user
      let port = try setting("ansible_port", "ansible_ssh_port", keyword: .port)
      endpoint.port = text(port).flatMap { Int($0) } ?? defaults.port
      let key = try setting("ansible_private_key_file", "ansible_ssh_private_key_file")
      if let file = text(key) ?? defaults.keyFile { endpoint.keyFiles = [file] }
      endpoint.password =
        password(try setting("ansible_password", "ansible_ssh_pass", "ansible_ssh_password"))
        ?? defaults.password
      endpoint.hostKeyChecking = defaults.hostKeyChecking
      if let checking = try setting("ansible_host_key_checking", "ansible_ssh_host_key_checking"),
        checking.opened == false
      {
        endpoint.hostKeyChecking = .off
      }
      var words: [String] = []
      for (name, standard) in [
        ("ansible_ssh_args", defaults.sshArguments),
        ("ansible_ssh_common_args", defaults.commonArguments),
        ("ansible_ssh_extra_args", defaults.extraArguments),
      ] {
        if let more = text(try setting(name)) {
          guard let split = ShellWords.split(more) else {
            throw .failed(
              .error("`\(name)` has a quote that is not closed", at: place),
              isUndefined: false)
          }
          words += split
        } else {
          words += standard
        }
      }
      endpoint.commonArguments = words
      let seconds = text(try setting("ansible_timeout", "ansible_ssh_timeout")).flatMap { Int($0) }
      if let timeout = seconds.map({ .seconds(max(1, $0)) }) ?? defaults.timeout {
        endpoint.timeouts.connect = timeout
      }
    }
    if let shell = text(try setting("ansible_shell_executable")) ?? defaults.shellExecutable {
      endpoint.shellExecutable = shell
    }

    let becomes = try setting("ansible_become", keyword: .become)
    guard Self.isTrue(becomes ?? .bool(defaults.become)) else {
      identity = .login
      return
    }
    var become = Become()
    let method =
      text(try setting("ansible_become_method", keyword: .becomeMethod)) ?? defaults.becomeMethod
      ?? "sudo"
    guard let known = Become.Method(rawValue: shortActionName(method)) else {
      throw .failed(
        .error(
          "become method `\(method)` is not supported", at: place,
          hint: "sudo and su are"), isUndefined: false)
    }
    become.method = known
    become.user =
      text(try setting("ansible_become_user", keyword: .becomeUser)) ?? defaults.becomeUser
      ?? "root"
    become.password =
      password(
        try setting(
          "ansible_become_password", "ansible_become_pass", "ansible_sudo_pass",
          "ansible_su_pass")) ?? defaults.becomePassword
    become.flags =
      text(try setting("ansible_become_flags", keyword: .becomeFlags)) ?? defaults.becomeFlags
    become.executable =
      text(try setting("ansible_become_exe", keyword: .becomeExe)) ?? defaults.becomeExecutable
    // Who is a user already needs nobody's leave to be that user.
    let isSame = become.user == user && endpoint.kind == .ssh
    identity = isSame && !defaults.becomesSameUser ? .login : .become(become)
  }

  /// True for the name of a variable that decides how a host is reached.
  static func reads(_ name: String) -> Bool {
    name.hasPrefix("ansible_") && variables.contains(name)
  }

  /// Facts of a host cannot set them.
  static let variables: Set<String> = [
    "ansible_become", "ansible_become_exe", "ansible_become_flags", "ansible_become_method",
    "ansible_become_pass", "ansible_become_password", "ansible_become_user", "ansible_connection",
    "ansible_host", "ansible_host_key_checking", "ansible_password", "ansible_port",
    "ansible_private_key_file", "ansible_shell_executable", "ansible_ssh_args",
    "ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_host",
    "ansible_ssh_host_key_checking", "ansible_ssh_pass", "ansible_ssh_password",
    "ansible_ssh_port", "ansible_ssh_private_key_file", "ansible_ssh_timeout", "ansible_ssh_user",
    "ansible_su_pass", "ansible_sudo_pass", "ansible_timeout", "ansible_user",
  ]

  private static func isTrue(_ value: Value) -> Bool {
    switch value.opened {
    case .bool(let flag): flag
    case .string(let text): ["yes", "true", "on", "1", "y", "t"].contains(text.lowercased())
    case .int(let number): number != 0
    default: false
    }
  }
}

/// What keywords of a task say of its connection, the innermost of each.
struct ConnectionKeywords: Sendable {
  private let sources: [Keyword: SourceValue]
  /// Their values, if none of them is a template.
  let fixed: [Keyword: Value]?

  /// None.
  init() {
    sources = [:]
    fixed = [:]
  }

  init(of task: PlayTask) {
    var sources: [Keyword: SourceValue] = [:]
    for keyword: Keyword in [
      .connection, .remoteUser, .port, .become, .becomeMethod, .becomeUser, .becomeFlags,
      .becomeExe,
    ] {
      sources[keyword] = task.setting(keyword)
    }
    self.sources = sources
    fixed = sources.values.contains(where: \.isTemplate) ? nil : sources.mapValues(\.plain)
  }

  subscript(keyword: Keyword) -> SourceValue? { sources[keyword] }
}

/// Plans for one host, by what keywords say.
final class PlanCache: Sendable {
  private let plans = Guarded<[[Keyword: Value]: ConnectionPlan]>([:])

  subscript(key: [Keyword: Value]) -> ConnectionPlan? {
    get { plans.with { $0[key] } }
    set { plans.with { $0[key] = newValue } }
  }
}
