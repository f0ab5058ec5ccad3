@preconcurrency import Glibc
import Synchronization
import Transport

/// What `ssh_config` says about a host. `ssh -G` is asked only where a configuration file holds
/// more than what changes nothing for us.
package enum SSHConfiguration {
  package struct Answer: Hashable, Sendable {
    /// The name or address to connect to.
    package var host: String
    package var arguments = SSHArguments([])
    /// The first setting that only OpenSSH can follow.
    package var foreign: String?
  }

  private static let answers = Mutex<[String: Answer]>([:])
  private static let matters = Mutex<Bool?>(nil)

  package static func resolve(_ host: String) async -> Answer {
    let isAsked = matters.withLock { known in
      if let known { return known }
      let answer =
        ["~/.ssh/config", "/etc/ssh/ssh_config"].contains {
          hasContent(Platform.expandingHome($0), depth: 0)
        }
      known = answer
      return answer
    }
    guard isAsked else { return Answer(host: host) }
    if let known = answers.withLock({ $0[host] }) { return known }
    let answer = await ask(host)
    answers.withLock { $0[host] = answer }
    return answer
  }

  /// How host keys are checked: a configuration has a say where the endpoint only says the usual.
  package static func checking(of endpoint: Endpoint) async -> Endpoint.HostKeyChecking {
    let arguments = SSHArguments(endpoint.commonArguments)
    if let said = arguments.checking { return said }
    guard endpoint.hostKeyChecking == .strict else { return endpoint.hostKeyChecking }
    return await resolve(endpoint.host).arguments.checking ?? .strict
  }

  /// Whether a file, or one that it includes, holds a setting that matters.
  package static func hasContent(_ path: String, depth: Int) -> Bool {
    guard depth < 16, let bytes = Platform.readFile(path, limit: 1 << 20) else { return false }
    for line in bytes.split(separator: 10) {
      let words = Bytes.text(line).split { $0 == " " || $0 == "\t" || $0 == "=" || $0 == "\r" }
      guard let first = words.first, first.first != "#" else { continue }
      let name = first.lowercased()
      if name == "include" {
        let home = path.hasPrefix("/etc/") ? "/etc/ssh/" : Platform.expandingHome("~/.ssh/")
        for word in words.dropFirst() {
          let text = Platform.expandingHome(String(word))
          let pattern = text.hasPrefix("/") ? text : home + text
          if files(matching: pattern).contains(where: { hasContent($0, depth: depth + 1) }) {
            return true
          }
        }
      } else if name != "host" && !SSHArguments.harmless.contains(name) {
        return true
      }
    }
    return false
  }

  private static func files(matching pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
  }

  /// What the files change, as the difference to an `ssh` without files.
  private static func ask(_ host: String) async -> Answer {
    async let configured = ChildStream.output(of: ["ssh", "-G", "--", host])
    async let plain = ChildStream.output(of: ["ssh", "-F", "none", "-G", "--", host])
    return difference(
      host: host, configured: settings(await configured), plain: settings(await plain))
  }

  package static func settings(_ bytes: [UInt8]) -> [String: [String]] {
    var all: [String: [String]] = [:]
    for line in bytes.split(separator: 10) {
      let text = Bytes.text(line)
      let name = String(text.prefix { $0 != " " })
      all[name, default: []].append(String(text.dropFirst(name.count + 1)))
    }
    return all
  }

  package static func difference(
    host: String, configured: [String: [String]], plain: [String: [String]]
  ) -> Answer {
    var answer = Answer(host: host)
    for (name, values) in configured.sorted(by: { $0.key < $1.key }) where plain[name] != values {
      switch name {
      case "hostname": answer.host = values.first ?? host
      case "host", "globalknownhostsfile": break
      case "proxycommand" where values == ["none"]: break
      default:
        for value in values { answer.arguments.take(name, value, from: name + " " + value) }
        answer.foreign = answer.foreign ?? answer.arguments.foreign
      }
    }
    return answer
  }
}
