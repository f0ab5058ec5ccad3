import Values

// Flavors, images and key pairs.

extension CloudClient {
  package func flavors() async throws(CloudError) -> [Flavor] {
    try await ask(.get, .compute, "/flavors/detail") { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("flavors") { (fields) throws(BadField) in
        try Flavor(fields)
      }
    }
  }

  /// A flavor that servers may still have after it was taken out of the list.
  package func flavor(_ id: CloudID) async throws(CloudError) -> Flavor {
    try await ask(.get, .compute, "/flavors/\(id.inPath)") { (value) throws(BadField) in
      try Flavor(Fields(value, path: "answer").object("flavor"))
    }
  }

  /// Own, shared and public images, without sizes.
  package func images() async throws(CloudError) -> [Image] {
    try await ask(.get, .compute, "/images/detail") { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("images") { (fields) throws(BadField) in
        try Image(fields)
      }
    }
  }

  package func image(_ id: CloudID) async throws(CloudError) -> Image {
    try await ask(.get, .compute, "/images/\(id.inPath)") { (value) throws(BadField) in
      try Image(Fields(value, path: "answer").object("image"))
    }
  }

  /// The registry's view of the images, with sizes.
  package func imageRecords() async throws(CloudError) -> [ImageRecord] {
    try await ask(.get, .image, "/images/detail") { (value) throws(BadField) in
      // Older servers send the bare list.
      let list = value.elements == nil ? value : ["images": value]
      return try Fields(list, path: "answer").listing("images") { (fields) throws(BadField) in
        try ImageRecord(fields)
      }
    }
  }

  /// The user's key pairs.
  ///
  /// - Throws: `.badRequest` where the cloud has none (before Synnefo 0.19).
  package func keyPairs() async throws(CloudError) -> [KeyPair] {
    try await ask(.get, .compute, "/os-keypairs") { (value) throws(BadField) in
      try Fields(value, path: "answer").listing("keypairs") { (fields) throws(BadField) in
        try KeyPair(fields.object("keypair"))
      }
    }
  }

  /// - Throws: `.conflict` where the name is taken.
  package func createKeyPair(
    name: String, publicKey: String
  ) async throws(CloudError) -> KeyPair {
    try await ask(
      .post, .compute, "/os-keypairs",
      body: ["keypair": ["name": .string(name), "public_key": .string(publicKey)]]
    ) { (value) throws(BadField) in
      try KeyPair(Fields(value, path: "answer").object("keypair"))
    }
  }

  package func deleteKeyPair(_ name: String) async throws(CloudError) {
    try await order(.delete, .compute, "/os-keypairs/\(WebAddress.encoded(name))")
  }
}

extension Flavor {
  init(_ fields: Fields) throws(BadField) {
    self.init(
      id: try fields.id("id"), name: try fields.optionalText("name") ?? "",
      cpus: try fields.int("vcpus"), memory: try fields.int("ram"), disk: try fields.int("disk"),
      diskTemplate: try fields.optionalText("SNF:disk_template") ?? "",
      volumeType: try fields.optionalID("SNF:volume_type"),
      allowsCreation: try fields.optionalBool("SNF:allow_create") ?? true,
      isPublic: try fields.optionalBool("os-flavor-access:is_public") ?? true,
      projects: try fields.texts("SNF:flavor-access"))
  }
}

extension Image {
  init(_ fields: Fields) throws(BadField) {
    self.init(
      id: try fields.id("id"), name: try fields.optionalText("name") ?? "",
      status: ImageStatus(try fields.optionalText("status") ?? "ACTIVE"),
      owner: try fields.optionalText("user_id"),
      isPublic: try fields.optionalBool("public") ?? false,
      isSnapshot: try fields.optionalBool("is_snapshot") ?? false,
      created: try fields.time("created"),
      properties: lowered(try fields.words("metadata")))
  }
}

extension ImageRecord {
  init(_ fields: Fields) throws(BadField) {
    id = try fields.id("id")
    name = try fields.optionalText("name") ?? ""
    size = try fields.optionalInt("size")
    status = try fields.optionalText("status") ?? ""
    owner = try fields.optionalText("owner")
    isPublic = try fields.optionalBool("is_public") ?? false
    isSnapshot = try fields.optionalBool("is_snapshot") ?? false
    diskFormat = try fields.optionalText("disk_format")
    location = try fields.optionalText("location")
    checksum = try fields.optionalText("checksum")
    properties = lowered(try fields.words("properties"))
  }
}

extension KeyPair {
  init(_ fields: Fields) throws(BadField) {
    self.init(
      name: try fields.text("name"), publicKey: try fields.optionalText("public_key") ?? "",
      fingerprint: try fields.optionalText("fingerprint"))
  }
}

private func lowered(_ words: [String: String]) -> [String: String] {
  Dictionary(words.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
}
