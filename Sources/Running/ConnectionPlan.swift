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

  /// - Parameters:
  ///   - machine: the host that is connected to, which is the delegate where there is one.
  ///   - evaluator: of the task, in the scope of `machine`.
  init(
    task: PlayTask, machine: String, isImplicitLocalhost: Bool, defaults: ConnectionDefaults,
    scope: TaskScope, evaluator: Evaluator
  ) throws(EvaluationStop) {
    /// The first of these variables that is set, else the keyword.
    func setting(
      _ names: String..., keyword: Keyword? = nil
    ) throws(EvaluationStop) -> Value? {
      for name in names {
        if let variable = scope.variable(name), let value = try evaluator.render(variable),
          !value.isNull
        {
          return value
        }
      }
      guard let keyword, let source = task.setting(keyword),
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

    let kind =
      text(try setting("ansible_connection", keyword: .connection)) ?? defaults.kind
      ?? (isImplicitLocalhost ? "local" : "ssh")
    guard ["ssh", "smart", "local", "paramiko", "paramiko_ssh"].contains(shortActionName(kind))
    else {
      throw .failed(
        .error("connection `\(kind)` is not supported", at: task.location), isUndefined: false)
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
              .error("`\(name)` has a quote that is not closed", at: task.location),
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
          "become method `\(method)` is not supported", at: task.location,
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

  private static func isTrue(_ value: Value) -> Bool {
    switch value.opened {
    case .bool(let flag): flag
    case .string(let text): ["yes", "true", "on", "1", "y", "t"].contains(text.lowercased())
    case .int(let number): number != 0
    default: false
    }
  }
}

/// The sessions of a run, by machine and how it is reached.
package actor Sessions {
  private struct Key: Hashable {
    var machine: String
    var endpoint: Endpoint
  }

  private let connector: Connector
  private var sessions: [Key: HostSession] = [:]
  private var gates: [Endpoint.Machine: StepGate] = [:]
  nonisolated let check = FactCheck()
  nonisolated let jobs = Jobs()

  package init(connector: Connector) { self.connector = connector }

  func session(_ machine: String, _ endpoint: Endpoint) -> HostSession {
    let key = Key(machine: machine, endpoint: endpoint)
    if let known = sessions[key] { return known }
    let gate = gates[endpoint.machine] ?? StepGate()
    gates[endpoint.machine] = gate
    let session = HostSession(
      name: machine, endpoint: endpoint, connector: connector, gate: gate)
    sessions[key] = session
    return session
  }

  /// A task is over in which machines stepped: what others know may have been changed by them.
  func settle(stepped: Set<String>) async {
    let busy = await jobs.busyMachines
    for (key, session) in sessions {
      if stepped.subtracting([key.machine]).isEmpty, !busy.contains(key.machine) {
        await session.forgetAsked()
      } else {
        await session.forgetAll()
      }
    }
  }

  func forgetAll() async {
    for session in sessions.values { await session.forgetAll() }
  }

  /// Empties the tables of this machine.
  func forgetLocal() async {
    for session in sessions.values where session.isLocal { await session.forgetAll() }
  }

  func reset(_ machine: String) async {
    for (key, session) in sessions where key.machine == machine {
      await session.close()
      await session.forgetAll()
    }
  }

  func roundTrips() async -> [String: Int] {
    var all: [String: Int] = [:]
    for (key, session) in sessions { all[key.machine, default: 0] += await session.requestsSent }
    return all
  }

  package func close() async {
    await withTaskGroup(of: Void.self) { group in
      for session in sessions.values { group.addTask { await session.close() } }
    }
    sessions = [:]
  }
}
