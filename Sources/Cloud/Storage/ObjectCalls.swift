import Values

// Pithos+: containers and objects of the user's own account.

extension CloudClient {
  package func containers() async throws(CloudError) -> [Container] {
    let account = try await account()
    return try await pages(account) { (fields) throws(BadField) in
      Container(
        name: try fields.text("name"), objectCount: try fields.optionalInt("count"),
        size: try fields.optionalInt("bytes"),
        project: try fields.optionalObject("x_container_policy")?.optionalText("project"))
    }
  }

  /// Makes a container, or changes what pays for one that exists.
  package func createContainer(_ name: String, project: String? = nil) async throws(CloudError) {
    let headers = project.map { [HTTPHeader("X-Container-Policy-Project", $0)] } ?? []
    _ = try await call(
      .put, .objectStore, try await container(name), headers: headers,
      body: .content([], type: "application/octet-stream"))
  }

  /// - Throws: `.conflict` where it is not empty; `emptying` deletes its objects first.
  package func deleteContainer(
    _ name: String, emptying: Bool = false
  ) async throws(CloudError) {
    let path = try await container(name)
    if emptying {
      _ = try await call(.delete, .objectStore, path, query: [("delimiter", "/")])
    }
    _ = try await call(.delete, .objectStore, path)
  }

  /// The objects whose names start with `prefix`, in order of their names.
  package func objects(
    in name: String, prefix: String = ""
  ) async throws(CloudError) -> [StoredObject] {
    let path = try await container(name)
    let query = prefix.isEmpty ? [] : [("prefix", prefix)]
    return try await pages(path, query: query) { (fields) throws(BadField) in
      StoredObject(
        name: try fields.text("name"), size: try fields.optionalInt("bytes") ?? 0,
        contentType: try fields.optionalText("content_type"),
        hash: try fields.optionalText("x_object_hash", "hash"),
        lastModified: try fields.optionalText("last_modified"))
    }
  }

  package func putObject(
    _ content: [UInt8], at name: String, in containerName: String,
    contentType: String = "application/octet-stream"
  ) async throws(CloudError) {
    let path = try await object(name, in: containerName)
    _ = try await call(
      .put, .objectStore, path, body: .content(content, type: contentType))
  }

  /// - Throws: `.tooLarge` above 16 MiB.
  package func object(
    at name: String, in containerName: String
  ) async throws(CloudError) -> [UInt8] {
    let path = try await object(name, in: containerName)
    return try await call(.get, .objectStore, path).response.body
  }

  package func deleteObject(_ name: String, in containerName: String) async throws(CloudError) {
    let path = try await object(name, in: containerName)
    _ = try await call(.delete, .objectStore, path)
  }

  private func account() async throws(CloudError) -> String {
    "/" + WebAddress.encoded(try await authenticate().userID)
  }

  private func container(_ name: String) async throws(CloudError) -> String {
    try await account() + "/" + WebAddress.encoded(name)
  }

  private func object(_ name: String, in container: String) async throws(CloudError) -> String {
    try await self.container(container) + "/" + WebAddress.encodedPath(name)
  }

  /// All entries of a listing, page by page; the name of the last entry is the mark of the next.
  private func pages<T: Sendable>(
    _ path: String, query: [(String, String)] = [], _ entry: (Fields) throws(BadField) -> T
  ) async throws(CloudError) -> [T] {
    var all: [T] = []
    var marker: String?
    while true {
      let mark = marker.map { [("marker", $0)] } ?? []
      let page = try await call(
        .get, .objectStore, path,
        query: [("format", "json"), ("limit", String(CloudClient.pageSize))] + query + mark)
      // An empty listing may be an answer without a body.
      if page.response.body.isEmpty { return all }
      let (entries, last) = try page.decoded { (value) throws(BadField) in
        var last: String?
        let entries = try Fields.list(value, path: "listing") { (item, path) throws(BadField) in
          let fields = try Fields(item, path: path)
          last = try fields.optionalText("name")
          return try entry(fields)
        }
        return (entries, last)
      }
      all += entries
      guard entries.count >= CloudClient.pageSize, let last, last != marker else { return all }
      marker = last
    }
  }

  private static let pageSize = 1000
}
