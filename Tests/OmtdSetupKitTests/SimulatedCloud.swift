import TestKit
import Testing
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

  /// Ends the cloud behind the body, whatever comes of it.
  ///
  /// - Parameter room: how many machines the project has room for.
  static func with(room: Int = 64, _ body: (SimulatedCloud) async throws -> Void) async throws {
    await Gate.clouds.enter()
    do {
      let cloud = try await SimulatedCloud(room: room)
      do {
        try await body(cloud)
      } catch {
        await cloud.end()
        throw error
      }
      await cloud.end()
    } catch {
      await Gate.clouds.leave()
      throw error
    }
    await Gate.clouds.leave()
  }

  private init(room: Int = 64) async throws {
    let state = scratch.path + "/cloud"
    let started = try await Command(
      words: [
        "sh", "-c",
        """
        setsid "$0" serve --simulated --state "$1" --room \(room) --build-seconds 0.1 \
          --action-seconds 0.1 --delete-seconds 0.1 >"$1.log" 2>&1 </dev/null &
        for i in $(seq 600); do [ ! -e "$1/sandbox.json" ] || exit 0; sleep 0.05; done; cat "$1.log"; exit 1
        """, Self.sandbox, state,
      ], folder: scratch.path, hasPlace: true
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

  private func end() async {
    let stop = Command(
      words: [Self.sandbox, "stop", "--state", scratch.path + "/cloud"], folder: scratch.path,
      hasPlace: true)
    _ = try? await stop.run()
  }

  /// The inventory: machines `web-[1:count]`, and more variables of all of them.
  func describe(
    _ count: Int, _ variables: String = "", image: String = "debian-12", flavor: Int = 1
  ) throws {
    try write(
      """
      [web]
      web-[1:\(count)]

      [web:vars]
      okeanos_image=\(image)
      okeanos_flavor=\(flavor)
      okeanos_environment=trial
      \(variables)

      """)
  }

  /// Puts this in place of an inventory, or of another file beside it.
  func write(_ text: String, to file: String = "hosts", isProgram: Bool = false) throws {
    scratch.write(file, text, mode: isProgram ? 0o755 : 0o644)
  }

  /// The controller loses its journals, locks and pins.
  func forgetState() { Files.remove(scratch.path + "/state") }

  /// The folder of inventory and state.
  var folder: String { scratch.path }

  /// The journal of the environment `trial`.
  var journal: String { scratch.path + "/state/omtd-setup/environments/trial/journal" }

  var inventory: String { get throws { try Files.text(scratch.path + "/hosts") } }

  func read(_ name: String) throws -> String { try Files.text(scratch.path + "/" + name) }

  /// Runs the program; its output must never hold the token.
  ///
  /// - Parameter shell: words before the program, such as a shell that starts it.
  func run(
    _ words: [String], inventory: String = "hosts", environment: [String] = [],
    token: String? = nil, shell: [String] = [], deadline: Double = 120
  ) async throws -> Command.Result {
    let said = try await Command(
      words: ["env", "OMTD_CLOUD_URL=\(address)", "OMTD_CLOUD_TOKEN=\(token ?? self.token)"]
        + ["XDG_STATE_HOME=\(scratch.path)/state"] + environment + shell + [Files.binary]
        + words.prefix(1) + ["-i", inventory] + words.dropFirst(), folder: scratch.path,
      deadline: deadline, hasPlace: true
    ).run()
    guard !(said.stdout + said.stderr).contains(self.token) else {
      throw TestProblem("the token is shown: \(words)")
    }
    return said
  }

  func apply(
    _ words: [String] = [], inventory: String = "hosts", environment: [String] = []
  ) async throws -> Command.Result {
    try await run(
      ["apply", "--yes", "site.yaml"] + words, inventory: inventory, environment: environment)
  }

  func destroy() async throws -> Command.Result { try await run(["destroy", "--yes"]) }

  /// Runs the program, and sends it these signals once an operation was asked for so many times in
  /// all.
  func run(
    _ words: [String], signals: [Int32], behind operation: String, count: Int = 1
  ) async throws -> Command.Result {
    let pid = scratch.path + "/pid"
    async let said = run(words, shell: ["sh", "-c", #"echo $$ >"$0"; exec "$@""#, pid])
    try await wait(for: operation, count: count)
    for (index, signal) in signals.enumerated() {
      if index > 0 { try await Task.sleep(for: .milliseconds(200)) }
      try Loopback.signal(signal, file: pid)
    }
    return try await said
  }

  /// Waits until the cloud was asked for something so many times in all.
  func wait(for operation: String, count: Int = 1) async throws {
    for _ in 0..<1200 {
      if try await self.count(of: operation) >= count { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw TestProblem("\(operation) was not asked for \(count) times")
  }

  /// Destroys the environment, of which nothing may be left.
  func expectEnd(_ place: Comment? = nil) async throws {
    let said = try await destroy()
    #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
    let living = try await living()
    for kind in ["server", "floating_ip", "network", "port", "volume"] {
      #expect(living[kind, default: []] == [], place)
    }
  }

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

  /// What the API answers to a reading.
  func ask(_ path: String) async throws -> Value { try JSON.parse(try await request("GET", path)) }

  @discardableResult
  func request(_ method: String, _ path: String, _ body: String = "") async throws -> String {
    let said = try await Loopback.exchange(
      "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Auth-Token: \(token)\r\n"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)",
      port: port)
    let text = said.unicodeScalars
    guard said.hasPrefix("HTTP/1.1 2"),
      let start = text.indices.first(where: { text[$0...].starts(with: "\r\n\r\n".unicodeScalars) })
    else { throw TestProblem("\(method) \(path): \(said)") }
    return String(text[text.index(start, offsetBy: 4)...])
  }
}
