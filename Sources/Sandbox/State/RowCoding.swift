import FoundationEssentials

/// Rows to JSON.
struct RowEncoder: Sendable {
  func callAsFunction(_ row: some Encodable) -> [UInt8]? {
    (try? JSONEncoder().encode([row])).map { [UInt8]($0) }
  }

  /// An object as it is; the other form takes plain numbers as well.
  func plain(_ row: some Encodable) -> [UInt8]? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(row)).map { [UInt8]($0) }
  }
}

/// JSON to rows; nil for a row of another version of the program.
struct RowDecoder: Sendable {
  func callAsFunction<Row: Decodable>(_ body: [UInt8]) -> Row? {
    (try? JSONDecoder().decode([Row].self, from: Data(body)))?.first
  }

  func plain<Row: Decodable>(_ body: [UInt8]) -> Row? {
    try? JSONDecoder().decode(Row.self, from: Data(body))
  }
}
