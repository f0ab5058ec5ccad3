/// Objects by the hashes of their blocks, as clients send and fetch large ones: what the server lacks is
/// asked for, sent to the container, and the object is put again.
extension World {
  /// How many blocks wait for their object at most; beyond that the client sends them again.
  private static let mostBlocks = 128

  /// `POST /<account>/<container>?update`: blocks of objects that are put later. Replies their hashes;
  /// nil where it brings none.
  mutating func takeBlocks(_ request: Request) -> Reply? {
    guard request.query("update") != nil,
      request.headers["content-type"] == "application/octet-stream"
    else { return nil }
    var hashes: [Wire] = []
    for block in Self.blocks(request.body) {
      if waitingBlocks.count >= Self.mostBlocks { waitingBlocks = [:] }
      let hash = Self.hash(block)
      waitingBlocks[hash] = block
      hashes.append(.text(hash))
    }
    return Reply(202, .list(hashes))
  }

  /// What a `PUT ?hashmap` describes: its bytes, or the hashes of the blocks that are not here.
  mutating func assembled(_ request: Request) throws(APIFault) -> Assembly {
    let map = try Wire.parse(request.body)
    guard let size = map["bytes"]?.int, size >= 0, let items = map["hashes"]?.items else {
      throw .badRequest("Invalid hashmap")
    }
    guard map["block_size"]?.int ?? Self.blockSize == Self.blockSize else {
      throw .badRequest("Incompatible block size")
    }
    let hashes = items.compactMap(\.text)
    guard hashes.count == items.count, hashes.count == (size + Self.blockSize - 1) / Self.blockSize
    else { throw .badRequest("Invalid hashmap") }
    let missing = hashes.filter { waitingBlocks[$0] == nil }
    guard missing.isEmpty else { return .lacks(missing) }
    var bytes: [UInt8] = []
    for (index, hash) in hashes.enumerated() {
      let whole = index + 1 < hashes.count ? Self.blockSize : size - index * Self.blockSize
      let block = (waitingBlocks[hash] ?? []).prefix(whole)
      bytes += block + [UInt8](repeating: 0, count: whole - block.count)
    }
    for hash in hashes { waitingBlocks[hash] = nil }
    return .whole(bytes)
  }

  enum Assembly {
    case whole([UInt8])
    case lacks([String])
  }

  /// `GET ?hashmap`
  static func hashmap(_ object: StoredObject) -> Wire {
    [
      "block_hash": "sha256", "block_size": .int(blockSize), "bytes": .int(object.contents.count),
      "hashes": .list(blocks(object.contents).map { .text(hash($0)) }),
    ]
  }

  private static func blocks(_ bytes: [UInt8]) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: blockSize).map {
      Array(bytes[$0..<min(bytes.count, $0 + blockSize)])
    }
  }

  /// Zeros at the end do not count.
  private static func hash(_ block: [UInt8]) -> String {
    var end = block.endIndex
    while end > 0, block[end - 1] == 0 { end -= 1 }
    return Digest.sha256(Array(block[..<end]))
  }
}
