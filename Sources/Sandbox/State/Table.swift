/// Rows by number, which remembers what changed since the last `commit`: for taking changes back, and
/// for writing them down.
struct Table<Row: Codable & Sendable>: Sendable {
  /// The name of the table in the database.
  let name: String
  private(set) var rows: [Int: Row] = [:]
  private var before: [Int: Row?] = [:]

  init(_ name: String) { self.name = name }

  subscript(id: Int) -> Row? {
    get { rows[id] }
    set {
      if before[id] == nil { before[id] = .some(rows[id]) }
      rows[id] = newValue
    }
  }

  /// All numbers, ascending.
  var ids: [Int] { rows.keys.sorted() }
  /// All rows in the order of their numbers.
  var inOrder: [Row] { ids.compactMap { rows[$0] } }
  var isChanged: Bool { !before.isEmpty }
  /// The numbers of rows that changed since the last commit.
  var changed: Dictionary<Int, Row?>.Keys { before.keys }

  /// Changes a row that is there; does nothing otherwise.
  mutating func update(_ id: Int, _ change: (inout Row) -> Void) {
    guard var row = rows[id] else { return }
    change(&row)
    self[id] = row
  }

  mutating func rollback() {
    for (id, row) in before { rows[id] = row }
    before = [:]
  }

  /// The rows that changed since the last commit (nil: removed), by number.
  var changes: [(Int, Row?)] { before.keys.map { ($0, rows[$0]) } }

  /// What changed is not taken back any more.
  mutating func commit() { before = [:] }

  mutating func load(_ id: Int, _ row: Row) { rows[id] = row }
}
