import Values

extension CloudClient {
  /// All servers of the user that are not deleted, with everything about them.
  package func servers() async throws(CloudError) -> [Server] {
    try await ask(.get, .compute, "/servers/detail") { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("servers") { (fields) throws(BadField) in
        try Server(fields)
      }
    }
  }

  /// - Throws: `.notFound` for an id that never was or is another user's; a deleted server is found.
  package func server(_ id: CloudID) async throws(CloudError) -> Server {
    try await ask(.get, .compute, "/servers/\(id.inPath)") { (value) throws(BadField) in
      try Server(Fields(value, path: "answer").object("server"))
    }
  }

  /// Asks for a server; it is being built when this returns. Only this answer has the password.
  package func createServer(_ request: ServerRequest) async throws(CloudError) -> Server {
    try await ask(
      .post, .compute, "/servers", body: ["server": request.json], isAnswerSecret: true
    ) { (value) throws(BadField) in
      try Server(Fields(value, path: "answer").object("server"))
    }
  }

  /// Asks for the end of a server, in any state; its record says DELETED when it is gone.
  package func deleteServer(_ id: CloudID) async throws(CloudError) {
    try await order(.delete, .compute, "/servers/\(id.inPath)")
  }

  /// Changes the name in the API; the guest's own stays.
  package func renameServer(_ id: CloudID, to name: String) async throws(CloudError) {
    try await order(
      .put, .compute, "/servers/\(id.inPath)", ["server": ["name": .string(name)]])
  }

  /// Starts an action. One at a time: wait until the server is idle before the next.
  package func perform(_ action: ServerAction, on id: CloudID) async throws(CloudError) {
    try await order(.post, .compute, "/servers/\(id.inPath)/action", action.json)
  }

  package func serverMetadata(_ id: CloudID) async throws(CloudError) -> [String: String] {
    try await ask(.get, .compute, "/servers/\(id.inPath)/metadata") { (value) throws(BadField) in
      try Fields(value, path: "answer").words("metadata")
    }
  }

  /// Adds the pairs, in place of those with the same keys.
  package func setServerMetadata(
    _ pairs: [String: String], of id: CloudID
  ) async throws(CloudError) {
    try await order(
      .post, .compute, "/servers/\(id.inPath)/metadata", ["metadata": .words(pairs)])
  }

  package func deleteServerMetadata(_ key: String, of id: CloudID) async throws(CloudError) {
    try await order(
      .delete, .compute, "/servers/\(id.inPath)/metadata/\(WebAddress.encoded(key))")
  }

  /// The build log, newest entry first.
  package func diagnostics(of id: CloudID) async throws(CloudError) -> [ServerDiagnostic] {
    try await ask(.get, .compute, "/servers/\(id.inPath)/diagnostics") { (value) throws(BadField) in
      try Fields.list(value, path: "diagnostics") { (item, path) throws(BadField) in
        try ServerDiagnostic(Fields(item, path: path))
      }
    }
  }
}

extension CloudID {
  var inPath: String { WebAddress.encoded(text) }
  /// Always text, which every service accepts.
  package var json: Value { .string(text) }
}

extension Value {
  /// A JSON object of texts, in the order of their keys.
  static func words(_ words: [String: String]) -> Value {
    var map = ValueMap()
    for (key, word) in words.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      map[.string(key)] = .string(word)
    }
    return .map(map)
  }
}

extension ServerAction {
  var json: Value {
    switch self {
    case .start: ["start": [:]]
    case .shutdown: ["shutdown": [:]]
    case .reboot(let isHard): ["reboot": ["type": isHard ? "HARD" : "SOFT"]]
    case .resize(let flavor): ["resize": ["flavorRef": flavor.json]]
    case .addFloatingIP(let address): ["addFloatingIp": ["address": .string(address)]]
    case .removeFloatingIP(let address): ["removeFloatingIp": ["address": .string(address)]]
    case .reassign(let project): ["reassign": ["project": .string(project)]]
    }
  }
}
