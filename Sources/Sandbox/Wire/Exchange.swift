/// A request as the cloud sees it.
package struct Request: Sendable {
  package var method: String
  /// Decoded, without empty segments.
  package var path: [String]
  package var query: [(String, String)]
  /// Names in lower case.
  package var headers: [String: String]
  package var body: [UInt8]

  package init(
    method: String, path: [String], query: [(String, String)] = [],
    headers: [String: String] = [:], body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }

  func query(_ name: String) -> String? { query.first { $0.0 == name }?.1 }

  /// The body of a call that needs one: an object with `key`, itself an object.
  func object(_ key: String) throws(APIFault) -> Wire {
    guard let inner = try json()[key], inner.pairs != nil else {
      throw .badRequest("Malformed request: no `\(key)` object.")
    }
    return inner
  }

  /// - Throws: 400 without `Content-Type: application/json`, for bad UTF-8 and bad JSON.
  func json() throws(APIFault) -> Wire {
    guard let type = headers["content-type"],
      type.split(separator: ";").first.map({ trimmed($0) }) == "application/json"
    else { throw .badRequest("Content-type must be application/json.") }
    let parsed = try Wire.parse(body)
    guard parsed.pairs != nil else { throw .badRequest("The body must be an object.") }
    return parsed
  }

  private func trimmed(_ text: Substring) -> String {
    text.split(separator: " ").joined(separator: " ").lowercased()
  }
}

/// What goes back.
package struct Reply: Sendable {
  package var status: Int
  package var headers: [(String, String)] = []
  package var body: [UInt8]

  init(_ status: Int, _ body: Wire) {
    self.status = status
    self.body = body.bytes
  }

  init(_ status: Int, headers: [(String, String)] = [], bytes: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = bytes
  }

  init(_ fault: APIFault) {
    self.status = fault.code
    self.headers = fault.headers
    self.body = fault.hasBody ? fault.body.bytes : []
  }
}
