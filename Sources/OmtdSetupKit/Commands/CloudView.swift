import Cloud
import Values

/// The environment of an inventory, for commands without a playbook.
enum CloudView {
  static func pipeline(_ inventory: InventoryArguments) async throws -> Pipeline {
    var quiet = SelectionArguments.parsed
    quiet.strict = false
    return try await Pipeline(
      inventory: inventory, connection: .parsed, output: .quiet, selection: quiet)
  }

  static func open(_ inventory: InventoryArguments) async throws -> Machines {
    try await open(try await pipeline(inventory))
  }

  static func open(_ pipeline: Pipeline) async throws -> Machines {
    if let machines = try await Machines.read(pipeline, [], .parsed) { return machines }
    return try await Machines(pipeline, try pipeline.variableReader([]), [], .parsed)
  }

  static func print(_ value: Value) {
    Platform.write(JSON.text(value, style: JSONStyle(indent: 2)) + "\n", to: 1)
  }

  /// Columns with two spaces between them.
  static func table(_ rows: [[String]]) {
    var widths: [Int] = []
    for row in rows {
      for (index, cell) in row.enumerated() {
        if index == widths.count { widths.append(0) }
        widths[index] = max(widths[index], cell.unicodeScalars.count)
      }
    }
    for row in rows {
      var line = ""
      for (index, cell) in row.enumerated() {
        line += cell
        if index < row.count - 1 {
          line += String(repeating: " ", count: widths[index] - cell.unicodeScalars.count + 2)
        }
      }
      Platform.write(line + "\n", to: 1)
    }
  }

  static func asked<T>(
    _ what: String, _ ask: () async throws(CloudError) -> T
  ) async throws -> T {
    do throws(CloudError) { return try await ask() } catch {
      throw error.diagnostic("the cloud does not tell \(what)")
    }
  }
}
