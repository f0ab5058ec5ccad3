@preconcurrency import Glibc
import Values

/// Two booted machines under the names h1 and h2, for examples that make users of their own.
/// They are the last two of the inventory, so that other tests may use its first ones.
package struct BootedHosts {
  private var machines: [(alias: String, name: String, words: String)] = []
  private var settings: [String] = []
  private let state: String

  package static let variable = "OMTD_HOSTS_INVENTORY"

  /// As other tests have left them.
  package static func running() throws -> BootedHosts {
    guard let path = Files.variable(variable), Files.exists(path) else {
      throw TestProblem(
        "\(variable) names no inventory of booted hosts: run `make test`, or `make hosts` first")
    }
    return try BootedHosts(path)
  }

  /// New file systems, booted again.
  package static func fresh() async throws -> BootedHosts {
    let hosts = try running()
    let script = Files.package + "/Tests/Hosts/hosts"
    let reset = try await Command(
      words: ["/usr/bin/env", "OMTD_HOSTS_DIR=" + hosts.state, script, "reset"]
        + hosts.machines.map(\.name), folder: "/", deadline: 300
    ).run()
    guard reset.status == 0 else { throw TestProblem("hosts reset: \(reset.stderr)") }
    return hosts
  }

  private init(_ path: String) throws {
    state = path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    var section = ""
    var found: [(name: String, words: String)] = []
    for line in try Files.lines(path) where !line.isEmpty {
      if line.hasPrefix("[") {
        section = line
      } else if section == "[hosts]" {
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        found.append((parts[0], parts.count > 1 ? parts[1] : ""))
      } else if section == "[all:vars]" {
        settings.append(line)
      }
    }
    guard found.count >= 2 else { throw TestProblem("\(path) has fewer than two hosts") }
    for (alias, machine) in zip(["h1", "h2"], found.suffix(2)) {
      machines.append((alias, machine.name, machine.words))
    }
  }

  /// Variables of hosts, which win over those of groups in the example's own inventory.
  package var inventory: String {
    machines.map {
      "\($0.alias) \($0.words) ansible_connection=ssh \(settings.joined(separator: " "))\n"
    }.joined()
  }

  /// Runs a script as root on h1 or h2 and gives what it prints; it must end with 0.
  package func run(on alias: String, _ script: String) async throws -> String {
    guard let machine = machines.first(where: { $0.alias == alias }) else {
      throw TestProblem("there is no \(alias)")
    }
    return try await run(machine.words, script)
  }

  /// What tests put into projects, and take out of what is said about them.
  package func place(
    _ alias: String
  ) -> (name: String, address: String, key: String, knownHosts: String) {
    let words = machines.first { $0.alias == alias }?.words ?? ""
    return (
      machines.first { $0.alias == alias }?.name ?? "",
      Self.value("ansible_host", words) ?? "",
      Self.value("ansible_ssh_private_key_file", settings.joined(separator: " ")) ?? "",
      state + "/known_hosts"
    )
  }

  package func makeFolder(_ path: String) async throws {
    for machine in machines { _ = try await run(machine.words, "mkdir -p \(path)") }
  }

  /// The files of both machines beneath a folder, taken together.
  package func tree(_ root: String) async throws -> [String: Value] {
    var all: [String: Value] = [:]
    for machine in machines {
      let rows = try await run(
        machine.words, "cd \(root) && find . -mindepth 1 -printf '%P|%y|%m|%u|%g|%l\\n'")
      for row in rows.split(separator: "\n") {
        let parts = row.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6 else { continue }
        let digits = String(repeating: "0", count: max(0, 4 - parts[2].utf8.count)) + parts[2]
        var entry: ValueMap = ["type": "other", "mode": .string(digits)]
        switch parts[1] {
        case "l": entry = ["type": "link", "target": .string(parts[5])]
        case "d": entry["type"] = "directory"
        case "f":
          entry["type"] = "file"
          entry["content"] = .string(try await run(machine.words, "cat '\(root)/\(parts[0])'"))
        default: break
        }
        if parts[1] != "l", parts[3] != "root" { entry["owner"] = .string(parts[3]) }
        if parts[1] != "l", parts[4] != "root" { entry["group"] = .string(parts[4]) }
        all[parts[0]] = .map(entry)
      }
    }
    return all
  }

  private static func value(_ name: String, _ words: String) -> String? {
    words.split(separator: " ").first { $0.hasPrefix(name + "=") }
      .map { String($0.dropFirst(name.utf8.count + 1)) }
  }

  private func run(_ host: String, _ script: String) async throws -> String {
    let all = settings.joined(separator: " ")
    guard let address = Self.value("ansible_host", host),
      let key = Self.value("ansible_ssh_private_key_file", all)
    else { throw TestProblem("an inventory without ansible_host or key") }
    let result = try await Command(
      words: [
        "/usr/bin/ssh", "-i", key, "-p", Self.value("ansible_port", host) ?? "22", "-o",
        "UserKnownHostsFile=\(state)/known_hosts", "-o", "BatchMode=yes", "root@" + address, script,
      ], folder: "/"
    ).run()
    guard result.status == 0 else { throw TestProblem("ssh \(address): \(result.stderr)") }
    return result.stdout
  }
}
