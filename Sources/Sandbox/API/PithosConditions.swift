/// `If-Match` and `If-None-Match` (RFC 9110, 13.1).
extension World {
  /// - Returns: 304 for a reading of what the client has already; nil where the request goes on.
  /// - Throws: 412 where a condition does not hold.
  static func conditions(
    _ request: Request, _ object: StoredObject?
  ) throws(APIFault) -> Reply? {
    if let tags = request.headers["if-match"], !matches(tags, object) { throw failed }
    guard let tags = request.headers["if-none-match"], matches(tags, object) else { return nil }
    guard request.method == "GET" || request.method == "HEAD" else { throw failed }
    return Reply(304, headers: [("ETag", object?.hash ?? "")])
  }

  private static let failed = APIFault("preconditionFailed", 412, "Resource ETag does not match")

  /// Whether a list of tags, with quotes or without, has that of the object; `*` is any object.
  private static func matches(_ tags: String, _ object: StoredObject?) -> Bool {
    guard let object else { return false }
    return tags.split(separator: ",").contains { part in
      var tag = part.filter { $0 != " " && $0 != "\"" }[...]
      if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
      return tag == "*" || tag == object.hash
    }
  }
}

/// Bytes of an object, both ends included.
struct ByteRange {
  var first: Int
  var last: Int

  /// What a `Range` asks of so many bytes (RFC 9110, 14.1.2).
  ///
  /// - Returns: nil for all of them: without a `Range`, with one of several parts, or with what is none.
  /// - Throws: 416 where none of the bytes is in it.
  static func asked(_ text: String?, of size: Int) throws(APIFault) -> ByteRange? {
    guard let text, text.hasPrefix("bytes="), !text.contains(",") else { return nil }
    let parts = text.dropFirst("bytes=".count).split(
      separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.contains(where: { !$0.isEmpty }),
      parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } })
    else { return nil }
    // A number that is too large for any object is as large as can be.
    let numbers = parts.map { $0.isEmpty ? nil : Int($0) ?? Int.max }
    let first = numbers[0] ?? max(0, size - (numbers[1] ?? 0))
    let last = numbers[0] == nil ? size - 1 : min(size - 1, numbers[1] ?? Int.max)
    guard first <= last else {
      throw APIFault("rangeNotSatisfiable", 416, "Requested range exceeds object limits")
    }
    return ByteRange(first: first, last: last)
  }
}
