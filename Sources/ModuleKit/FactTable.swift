import Values

/// What is known of one host by one identity: a typed column for each type of fact. A value, so
/// that the scout and the plan work on copies.
package struct FactTable: Sendable {
  package enum Cell<Reading: Sendable>: Sendable {
    /// The reading, and the line that it was read from: what a step's guard compares.
    case known(Reading, line: String)
    case unknown(Unknown)
    /// The host did not answer as its fragment should.
    case unreadable
  }

  fileprivate protocol Column: Sendable {
    mutating func forgetAsked()
  }

  fileprivate struct Cells<F: Fact>: Column {
    var cells: [F: Cell<F.Reading>] = [:]
    mutating func forgetAsked() { if F.freshness == .asked { cells = [:] } }
  }

  private var columns: [ObjectIdentifier: any Column] = [:]

  package init() {}

  package var isEmpty: Bool { columns.isEmpty }

  package func cell<F: Fact>(_ fact: F) -> Cell<F.Reading>? {
    (columns[ObjectIdentifier(F.self)] as? Cells<F>)?.cells[fact]
  }

  package mutating func set<F: Fact>(_ cell: Cell<F.Reading>, for fact: F) {
    let key = ObjectIdentifier(F.self)
    var column = columns[key] as? Cells<F> ?? Cells<F>()
    // The column must be the only reference, else the write copies it.
    columns[key] = nil
    column.cells[fact] = cell
    columns[key] = column
  }

  package mutating func setUnknown(_ fact: any Fact, _ reason: Unknown) {
    func open<F: Fact>(_ fact: F) { set(.unknown(reason), for: fact) }
    open(fact)
  }

  package mutating func setUnreadable(_ fact: any Fact) {
    func open<F: Fact>(_ fact: F) { set(.unreadable, for: fact) }
    open(fact)
  }

  /// The line that the fact was read from, if it was read.
  package func line(of fact: any Fact) -> String? {
    func open<F: Fact>(_ fact: F) -> String? {
      if case .known(_, let line)? = cell(fact) { line } else { nil }
    }
    return open(fact)
  }

  package mutating func forgetAll() { columns = [:] }

  /// Forgets what must be read at its task's turn.
  package mutating func forgetAsked() {
    for key in columns.keys { columns[key]?.forgetAsked() }
  }

  /// Forgets one fact.
  package mutating func forget(_ fact: any Fact) {
    func open<F: Fact>(_ fact: F) {
      let key = ObjectIdentifier(F.self)
      guard var column = columns[key] as? Cells<F> else { return }
      columns[key] = nil
      column.cells[fact] = nil
      columns[key] = column
    }
    open(fact)
  }
}

/// Facts of one type, to be read by one fragment.
package protocol FactBatch: Sendable {
  var facts: [any Fact] { get }
  var script: ShellScript { get }
  var isContained: Bool { get }
  var deadline: Duration { get }
  /// Keeps the answers of the fragment; fails if there are not as many as facts.
  func keep(_ output: String, in table: inout FactTable) -> Bool
}

private struct TypedBatch<F: Fact>: FactBatch {
  var typed: [F]
  var facts: [any Fact] { typed }
  var script: ShellScript { F.script(typed) }
  var isContained: Bool { F.isContained }
  var deadline: Duration { typed.map(\.deadline).max() ?? .seconds(30) }

  func keep(_ output: String, in table: inout FactTable) -> Bool {
    let lines = F.answers(in: output)
    guard lines.count == typed.count else { return false }
    for (fact, line) in zip(typed, lines) {
      // No step is planned on what was asked: its line would only take room.
      let kept = F.freshness == .local ? String(line) : ""
      table.set(.known(fact.parse(line), line: kept), for: fact)
    }
    return true
  }
}

/// Facts grouped by type, in the order in which the types first appear, each fact once.
package func batches(_ facts: [any Fact]) -> [any FactBatch] {
  var order: [ObjectIdentifier] = []
  var byType: [ObjectIdentifier: [any Fact]] = [:]
  for fact in facts {
    let key = ObjectIdentifier(type(of: fact))
    if byType[key] == nil { order.append(key) }
    byType[key, default: []].append(fact)
  }
  func batch<F: Fact>(_ first: F, _ all: [any Fact]) -> any FactBatch {
    var seen: Set<F> = []
    return TypedBatch(typed: all.compactMap { $0 as? F }.filter { seen.insert($0).inserted })
  }
  return order.compactMap { key in
    guard let all = byType[key], let first = all.first else { return nil }
    return batch(first, all)
  }
}
