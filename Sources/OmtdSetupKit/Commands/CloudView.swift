import Cloud
import Diagnostics
import Values

/// The environment of an inventory, for commands without a playbook.
enum CloudView {
  static func pipeline(
    _ inventory: InventoryArguments, connection: ConnectionArguments = .parsed
  ) async throws -> Pipeline {
    var quiet = SelectionArguments.parsed
    quiet.strict = false
    return try await Pipeline(
      inventory: inventory, connection: connection, output: .quiet, selection: quiet)
  }

  /// What looks at the cloud, or takes machines away: wrong descriptions are warned of only.
  static func open(_ inventory: InventoryArguments) async throws -> Machines {
    try await open(try await pipeline(inventory), isLenient: true)
  }

  static func open(_ pipeline: Pipeline, isLenient: Bool = false) async throws -> Machines {
    if let machines = try await Machines.read(pipeline, [], .parsed, isLenient: isLenient) {
      return machines
    }
    return try await Machines(pipeline, try pipeline.variableReader([]), [], .parsed)
  }

  /// A command that means more than hosts must not look as if a limit were kept.
  static func refuseLimit(
    _ inventory: InventoryArguments, _ summary: String, hint: String? = nil
  ) throws(Diagnostic) {
    guard inventory.limit != nil else { return }
    throw .error(summary, evidence: [.init("option", "--limit")], hint: hint)
  }

  /// A line of standard output; names in it are other people's words.
  static func say(_ text: String) {
    Platform.write(text.withVisibleControls + "\n", to: 1)
  }

  static func print(_ value: Value) {
    Platform.write(JSON.text(value, style: JSONStyle(indent: 2)) + "\n", to: 1)
  }

  /// Columns with two spaces between them, a row a line.
  static func table(_ rows: [[String]]) {
    let rows = rows.map { $0.map(cell) }
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

  private static func cell(_ text: String) -> String {
    let words = text.split(omittingEmptySubsequences: false) { $0.isNewline || $0 == "\t" }
    return words.joined(separator: " ").withVisibleControls
  }

  static func asked<T>(
    _ what: String, _ ask: () async throws(CloudError) -> T
  ) async throws -> T {
    do throws(CloudError) { return try await ask() } catch {
      throw error.diagnostic("the cloud does not tell \(what)")
    }
  }
}
