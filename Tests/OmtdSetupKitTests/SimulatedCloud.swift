import TestKit
import Values

/// A cloud of state only, by the built `okeanos-sandbox`, an environment in it, and the program.
struct SimulatedCloud {
  private let scratch = ScratchFolder()
  private let address: String
  private let port: Int
  private let token: String

  private static let sandbox =
    Files.binary.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    .joined(separator: "/") + "/okeanos-sandbox"

  /// - Parameter room: how many machines the project has room for.
  init(room: Int = 64) async throws {
    let state = scratch.path + "/cloud"
    let started = try await Command(
      words: [
        "sh", "-c",
        """
        setsid "$0" serve --simulated --state "$1" --room \(room) --build-seconds 0.1 \
          --action-seconds 0.1 --delete-seconds 0.1 >"$1.log" 2>&1 </dev/null &
        for i in $(seq 600); do [ ! -e "$1/sandbox.json" ] || exit 0; sleep 0.05; done; cat "$1.log"; exit 1
        """, Self.sandbox, state,
      ], folder: scratch.path
    ).run()
    guard started.status == 0 else { throw TestProblem(started.stdout + started.stderr) }
    let said = try JSON.parse(try Files.text(state + "/sandbox.json"))
    guard let address = said["auth_url"]?.string, let port = said["port"]?.int,
      let token = said["token"]?.string
    else { throw TestProblem("no address in sandbox.json") }
    (self.address, self.port, self.token) = (address, port, token)
    try Files.write(
      "- hosts: all\n  gather_facts: false\n  tasks: []\n", to: scratch.path + "/site.yaml")
  }

  /// A cloud that is ended behind the body, whatever comes of it.
  static func with(
    room: Int = 64, _ body: (SimulatedCloud) async throws -> Void
  ) async throws {
    let cloud = try await SimulatedCloud(room: room)
    do {
      try await body(cloud)
    } catch {
      await cloud.end()
      throw error
    }
    await cloud.end()
  }

  func end() async {
    let stop = Command(
      words: [Self.sandbox, "stop", "--state", scratch.path + "/cloud"], folder: scratch.path)
    _ = try? await stop.run()
  }

  /// The inventory: machines `web-[1:count]`, and more variables of all of them.
  func describe(_ count: Int, _ variables: String = "", image: String = "debian-12") throws {
    try Files.write(
      """
      [web]
      web-[1:\(count)]

      [web:vars]
      okeanos_image=\(image)
      okeanos_flavor=1
      okeanos_environment=trial
      \(variables)

      """, to: scratch.path + "/hosts")
  }

  /// Puts this in place of the environment's journal.
  func spoilJournal(_ text: String) throws {
    try Files.write(text, to: scratch.path + "/state/omtd-setup/environments/trial/journal")
  }

  /// The controller loses its journals, locks and pins.
  func forgetState() throws { Files.remove(scratch.path + "/state") }

  var inventory: String { get throws { try Files.text(scratch.path + "/hosts") } }

  /// Writes a file beside the inventory, with its folder.
  func write(_ name: String, _ text: String, isProgram: Bool = false) throws {
    scratch.write(name, text, mode: isProgram ? 0o755 : 0o644)
  }

  /// Where the inventory is.
  var folder: String { scratch.path }

  func read(_ name: String) throws -> String { try Files.text(scratch.path + "/" + name) }

  /// Runs the program; its output must never hold the token.
  func run(
    _ words: [String], on inventory: String = "hosts", environment: [String] = [],
    token: String? = nil
  ) async throws -> Command.Result {
    let said = try await Command(
      words: ["env", "OMTD_CLOUD_URL=\(address)", "OMTD_CLOUD_TOKEN=\(token ?? self.token)"]
        + ["XDG_STATE_HOME=\(scratch.path)/state"] + environment + [Files.binary]
        + words.prefix(1) + ["-i", inventory] + words.dropFirst(), folder: scratch.path
    ).run()
    guard !(said.stdout + said.stderr).contains(self.token) else {
      throw TestProblem("the token is shown: \(words)")
    }
    return said
  }

  func apply(
    _ words: [String] = [], on inventory: String = "hosts", environment: [String] = []
  ) async throws -> Command.Result {
    try await run(["apply", "--yes", "site.yaml"] + words, on: inventory, environment: environment)
  }

  func destroy() async throws -> Command.Result { try await run(["destroy", "--yes"]) }

  // MARK: What the cloud says

  struct Record {
    var event: String
    var kind: String
    var id: Value
    var name: String
  }

  /// All that was ever made and ended, and the number of requests by operation.
  func records() async throws -> (all: [Record], requests: Value) {
    let reply = try JSON.parse(try await request("GET", "/sandbox/records"))
    let all = (reply["records"]?.elements ?? []).map { entry in
      Record(
        event: entry["event"]?.string ?? "", kind: entry["kind"]?.string ?? "",
        id: entry["id"] ?? .null, name: entry["name"]?.string ?? "")
    }
    return (all, reply["requests"] ?? .null)
  }

  func count(of operation: String) async throws -> Int {
    try await records().requests[operation]?.int ?? 0
  }

  /// Requests that may have changed something, by operation.
  func changes() async throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for (operation, count) in try await records().requests.map ?? [:] {
      guard let name = operation.string, !name.hasPrefix("sandbox."), !name.hasSuffix(".list"),
        !name.hasSuffix(".show"), !name.hasSuffix(".check")
      else { continue }
      counts[name] = count.int
    }
    return counts
  }

  /// Names of what lives, by kind, in order.
  ///
  /// - Throws: where two servers of one name ever lived at once.
  func living() async throws -> [String: [String]] {
    var living: [(key: String, kind: String, name: String)] = []
    for record in try await records().all {
      let key = "\(record.kind) \(record.id)"
      switch record.event {
      case "created":
        if record.kind == "server",
          living.contains(where: { $0.kind == "server" && $0.name == record.name })
        {
          throw TestProblem("two servers are called \(record.name)")
        }
        living.append((key, record.kind, record.name))
      case "deleted": living.removeAll { $0.key == key }
      default: continue
      }
    }
    return Dictionary(grouping: living, by: \.kind).mapValues { $0.map(\.name).sorted() }
  }

  func fault(_ rule: String) async throws {
    _ = try await request("POST", "/sandbox/faults", rule)
  }

  /// How many requests and jobs the rules of faults have met.
  func faultsMet() async throws -> Int {
    let rules = try JSON.parse(try await request("GET", "/sandbox/faults"))["faults"]
    return (rules?.elements ?? []).reduce(0) { $0 + ($1["done"]?.int ?? 0) }
  }

  func forgetFaults() async throws { _ = try await request("DELETE", "/sandbox/faults") }

  /// The body of an answer, which must be of the class 200.
  func request(_ method: String, _ path: String, _ body: String = "") async throws -> String {
    let said = try await Command(
      words: [
        "bash", "-c",
        """
        exec 3<>/dev/tcp/127.0.0.1/\(port)
        printf '%s' "$0" >&3
        cat <&3
        """,
        "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Auth-Token: \(token)\r\n"
          + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)",
      ], folder: scratch.path, deadline: 20
    ).run()
    let text = said.stdout.unicodeScalars
    guard said.stdout.hasPrefix("HTTP/1.1 2"),
      let start = text.indices.first(where: { text[$0...].starts(with: "\r\n\r\n".unicodeScalars) })
    else { throw TestProblem("\(method) \(path): \(said.stdout)\(said.stderr)") }
    return String(text[text.index(start, offsetBy: 4)...])
  }
}
