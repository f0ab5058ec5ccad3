import Diagnostics
import ModuleKit
import Patterns
import Values

/// `wait_for`: waits on the host for a port, a file or a text.
package struct WaitForModule: Module {
  package static let specification = Specification(
    "wait_for", summary: "Waits for a port, a file or a text",
    parameters: [
      Parameter("host", default: "127.0.0.1"), Parameter("port", .int), Parameter("path", .path),
      Parameter(
        "state", default: "started",
        choices: ["absent", "drained", "present", "started", "stopped"]),
      Parameter("search_regex"), Parameter("delay", .int, default: 0),
      Parameter("timeout", .int, default: 300), Parameter("connect_timeout", .int, default: 5),
      Parameter("sleep", .int, default: 1), Parameter("msg"),
      Parameter(
        "active_connection_states", .list(of: .string),
        default: ["ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "SYN_RECV", "SYN_SENT", "TIME_WAIT"]),
    ], rules: [.mutuallyExclusive(["port", "path"])], lacking: ["exclude_hosts"])

  private let fact: WaitFact
  private let pattern: Pattern?
  private let patternText: String?
  private let message: String?
  private let state: String
  private let port: Int?
  private let path: String?
  private let hostName: String

  package init(_ arguments: Arguments) throws(Diagnostic) {
    state = arguments.text("state") ?? "started"
    port = arguments.number("port")
    path = arguments.text("path")
    hostName = arguments.text("host") ?? "127.0.0.1"
    message = arguments.text("msg")
    patternText = arguments.text("search_regex")
    if let patternText {
      do throws(PatternError) {
        pattern = try Pattern.compile(patternText, flags: .multiline)
      } catch {
        throw .error(
          "`search_regex` is not a regular expression: \(error.message)",
          at: arguments.location(of: "search_regex"))
      }
    } else {
      pattern = nil
    }
    if let port, !(0...65535).contains(port) {
      throw .error("`port` must be between 0 and 65535", at: arguments.location(of: "port"))
    }
    if path != nil, state == "drained" {
      throw .error("`state: drained` needs `port`", at: arguments.location(of: "state"))
    }
    if patternText != nil, state == "drained" || state == "stopped" && port != nil {
      throw .error(
        "`search_regex` does not go with `state: \(state)`",
        at: arguments.location(of: "search_regex"))
    }
    fact = WaitFact(
      try Self.condition(arguments, state), pattern: patternText,
      delay: Self.seconds(arguments, "delay"), timeout: Self.seconds(arguments, "timeout"),
      pause: Self.seconds(arguments, "sleep"),
      connectTimeout: Self.seconds(arguments, "connect_timeout"))
  }

  // A million seconds is more than anybody waits, and safe to add.
  private static func seconds(_ arguments: Arguments, _ name: String) -> Int {
    min(max(0, arguments.number(name) ?? 0), 1_000_000)
  }

  private static let stateNumbers: [String: String] = [
    "ESTABLISHED": "01", "SYN_SENT": "02", "SYN_RECV": "03", "FIN_WAIT1": "04",
    "FIN_WAIT2": "05", "TIME_WAIT": "06",
  ]

  private static func condition(
    _ arguments: Arguments, _ state: String
  ) throws(Diagnostic) -> WaitFact.Condition {
    if let path = arguments.text("path") {
      return .path(path, isThere: state == "started" || state == "present")
    }
    guard let port = arguments.number("port") else {
      if state != "started" {
        throw .error(
          "`state: \(state)` needs `port` or `path`", at: arguments.location(of: "state"))
      }
      return .time
    }
    if state == "drained" {
      var numbers: [String] = []
      for name in arguments.texts("active_connection_states") {
        guard let number = stateNumbers[name] else {
          throw .error(
            "`\(name)` is not a state of a connection",
            at: arguments.location(of: "active_connection_states"))
        }
        numbers.append(number)
      }
      return .drained(
        port, host: arguments.text("host") ?? "127.0.0.1", states: numbers)
    }
    return .port(
      port, host: arguments.text("host") ?? "127.0.0.1",
      accepts: state == "started" || state == "present")
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    let reading = try host[fact]
    if let trouble = reading.trouble { throw .failed("cannot wait there: \(trouble)") }
    let isOnlyTime = fact.condition == .time
    guard reading.isMet || isOnlyTime else {
      throw .failed(message ?? words, ["elapsed": .int(reading.elapsed)])
    }
    var values: ValueMap = [
      "elapsed": .int(reading.elapsed), "state": .string(state),
      "path": path.map { .string($0) } ?? .null, "port": port.map { .int($0) } ?? .null,
      "search_regex": patternText.map { .string($0) } ?? .null,
      "match_groups": .list([]), "match_groupdict": .map([:]),
    ]
    if let pattern, let match = try? pattern.search(reading.text) {
      values["match_groups"] = .list(match.groups.map { $0.map { .string($0) } ?? .null })
      var named = ValueMap()
      for (name, _) in pattern.groupNames {
        named[.string(name)] = match.text(named: name).map { .string($0) } ?? .null
      }
      values["match_groupdict"] = .map(named)
    }
    return .done(ModuleResult(changed: false, values))
  }

  private var words: String {
    let limit = "within \(fact.timeout) s"
    let text = patternText.map { " with `\($0)`" } ?? ""
    switch fact.condition {
    case .time: return ""
    case .path(let path, true): return "\(path)\(text) did not appear \(limit)"
    case .path(let path, false): return "\(path)\(text) did not go away \(limit)"
    case .port(let port, let host, true):
      return "\(host):\(port) did not answer\(text) \(limit)"
    case .port(let port, let host, false): return "\(host):\(port) did not close \(limit)"
    case .drained(let port, _, _):
      return "\(hostName):\(port) did not lose its connections \(limit)"
    }
  }
}
