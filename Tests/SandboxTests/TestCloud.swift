import Dispatch
import Sandbox
import Testing

/// A cloud with simulated machines in a directory of its own, and a client that talks HTTP to it. Its
/// clock stands still until a test moves it, so what lies between two states can be looked at.
struct TestCloud: Sendable {
  let directory: StateDirectory
  let client: LoopbackClient
  let user: String
  let project: String
  let image: String
  let pool: String

  /// Runs a test against a fresh cloud; `settings` is JSON for `/sandbox/settings`.
  static func run(
    room: Int = 64, settings: String = "{}", _ body: (TestCloud) async throws -> Void
  ) async throws {
    await gate.enter()
    defer { Task { await gate.leave() } }
    let directory = StateDirectory("/tmp/omtd-sandbox-test-\(Platform.randomText(12))")
    let serving = Serving(
      directory: directory, port: 0, machines: room, backend: SimulatedBackend()
    ) { _ in }
    let server = Task { try await serving.run() }
    let cloud = try await TestCloud(directory, settings)
    do {
      try await body(cloud)
      try await cloud.end(server)
    } catch {
      try? await cloud.end(server)
      throw error
    }
  }

  init(_ directory: StateDirectory, _ settings: String) async throws {
    let deadline = Platform.now() + 30
    var found = directory.announced()
    while found == nil {
      try #require(Platform.now() < deadline, "the sandbox does not start")
      try await Task.sleep(for: .milliseconds(10))
      found = directory.announced()
    }
    let announced = try #require(found)
    let client = LoopbackClient(port: announced.port, token: announced.token)
    func ask(_ method: String, _ path: String, _ body: String?) async throws -> Answer {
      try await TestCloud.send(client, method, path, body, TestCloud.json)
    }
    _ = try await ask("POST", "/sandbox/clock", #"{"frozen": true}"#)
    _ = try await ask("POST", "/sandbox/settings", settings)
    let access = try await ask(
      "POST", "/identity/v2.0/tokens", #"{"auth":{"token":{"id":"\#(announced.token)"}}}"#)
    self.directory = directory
    self.client = client
    user = access.word("access.user.id")
    project = access.word("access.token.tenant.id")
    image = try await ask("GET", "/compute/v2.0/images/detail", nil).word("images.0.id")
    pool = try await ask("GET", "/network/v2.0/networks", nil).word("networks.0.id")
  }

  private func end(_ server: Task<Void, any Error>) async throws {
    _ = try await call("POST", "/sandbox/stop")
    try await server.value
    directory.empty()
  }

  private static let gate = Gate()

  static let json = [("Content-Type", "application/json")]

  /// `$user`, `$project`, `$image` and `$pool` stand for this cloud's in paths and bodies.
  func call(
    _ method: String, _ path: String, _ body: String? = nil, token: String? = nil,
    headers: [(String, String)] = TestCloud.json
  ) async throws -> Answer {
    var client = client
    if let token { client.token = token.isEmpty ? nil : token }
    return try await Self.send(client, method, fill(path), body.map(fill), headers)
  }

  private func fill(_ text: String) -> String {
    let names = ["$user": user, "$project": project, "$image": image, "$pool": pool]
    return names.reduce(text) { $0.replacing($1.key, with: $1.value) }
  }

  /// The client blocks, so it has a thread of its own.
  private static func send(
    _ client: LoopbackClient, _ method: String, _ path: String, _ body: String?,
    _ headers: [(String, String)]
  ) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result {
            Answer(
              response: try client.send(
                method, path, body: body.map { Array($0.utf8) },
                headers: body == nil ? headers.filter { $0.0 != "Content-Type" } : headers))
          })
      }
    }
  }

  func advance(_ seconds: Double) async throws {
    _ = try await call("POST", "/sandbox/clock", #"{"advance": \#(seconds)}"#)
  }

  func fault(_ json: String) async throws {
    let answer = try await call("POST", "/sandbox/faults", json)
    try #require(answer.status < 300, "\(answer.text)")
  }

  /// Sends a create request; `more` are further keys of the server.
  func create(
    _ name: String = "web", networks: String = "[]", flavor: Int = 1, _ more: String = ""
  ) async throws -> Answer {
    try await call(
      "POST", "/compute/v2.0/servers",
      """
      {"server": {"name": "\(name)", "flavorRef": \(flavor), "imageRef": "$image",
        "networks": \(networks)\(more.isEmpty ? "" : ", " + more)}}
      """)
  }

  /// A server in ACTIVE.
  func active(
    _ name: String = "web", networks: String = "[]", flavor: Int = 1
  ) async throws -> String {
    let answer = try await create(name, networks: networks, flavor: flavor)
    try #require(answer.status == 202, "\(answer.text)")
    try await advance(10)
    return answer.word("server.id")
  }

  func act(_ id: String, _ body: String) async throws -> Answer {
    try await call("POST", "/compute/v2.0/servers/\(id)/action", body)
  }

  func server(_ id: String) async throws -> Answer {
    try await call("GET", "/compute/v2.0/servers/\(id)")
  }

  /// A reserved address: its id and the address.
  func reserve() async throws -> (id: String, address: String) {
    let answer = try await call("POST", "/network/v2.0/floatingips", #"{"floatingip": {}}"#)
    try #require(answer.status == 200, "\(answer.text)")
    return (answer.word("floatingip.id"), answer.word("floatingip.floating_ip_address"))
  }

  /// A network of one's own, with a subnet or without.
  func lan(_ cidr: String? = "192.168.10.0/24") async throws -> String {
    let answer = try await call(
      "POST", "/network/v2.0/networks", #"{"network": {"type": "MAC_FILTERED", "name": "lan"}}"#)
    let id = answer.word("network.id")
    if let cidr {
      let subnet = try await call(
        "POST", "/network/v2.0/subnets",
        #"{"subnet": {"network_id": "\#(id)", "cidr": "\#(cidr)"}}"#)
      try #require(subnet.status == 201, "\(subnet.text)")
    }
    return id
  }

  /// `usage/pending` of a resource in the first project.
  func usage(_ resource: String) async throws -> String {
    let answer = try await call("GET", "/account/v1.0/quotas")
    let row = answer.json[project]?[resource]
    return "\(row?["usage"]?.int ?? -1)/\(row?["pending"]?.int ?? -1)"
  }
}

/// Lets three clouds run at a time.
private actor Gate {
  private var free = 3
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func enter() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}

/// A reply and short ways to look into it.
struct Answer: Sendable {
  var response: LoopbackClient.Response

  var status: Int { response.status }
  var text: String { response.text }
  var json: Wire { response.json }

  /// A part as text that shows its type: `'web'`, `12`, `null`, `[]`, or `absent`. Steps are keys, or
  /// positions in lists.
  func at(_ path: String) -> String {
    var part: Wire? = json
    for step in path.split(separator: ".") {
      part = part?.items == nil ? part?[String(step)] : Int(step).flatMap { part?[$0] }
    }
    guard let part else { return "absent" }
    if let text = part.text { return "'\(text)'" }
    return String(decoding: part.bytes, as: UTF8.self)
  }

  /// A text or a number without quotes.
  func word(_ path: String) -> String { at(path).replacing("'", with: "") }

  /// The status and the name of the fault: `409 conflict`.
  var fault: String {
    "\(status) \(json.pairs?.first?.0 ?? "-")"
  }
}

/// A request and what has to come back.
struct Row: Sendable, CustomTestStringConvertible {
  var id: String
  var method: String
  var path: String
  var body: String?
  /// The status, and for faults the name behind it.
  var answer: String

  init(_ id: String, _ method: String, _ path: String, _ body: String?, _ answer: String) {
    self.id = id
    self.method = method
    self.path = path
    self.body = body
    self.answer = answer
  }

  var testDescription: String { id }

  /// Compares the status and, where the row names a fault, the fault.
  func check(_ cloud: TestCloud) async throws {
    let got = try await cloud.call(method, path, body)
    let shown = answer.contains(" ") ? got.fault : String(got.status)
    #expect(shown == answer, "\(id): \(method) \(path) \(body ?? "") gave \(got.text.prefix(300))")
  }
}

func check(_ cloud: TestCloud, _ rows: [Row]) async throws {
  for row in rows { try await row.check(cloud) }
}
