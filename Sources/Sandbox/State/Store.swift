import FoundationEssentials
import GRDB

/// The state on disk: one SQLite file. What was written is there after a `kill -9`.
struct Store: Sendable {
  private let queue: DatabaseQueue

  /// - Throws: GRDB's error where the file cannot be opened or is no database.
  init(path: String) throws {
    var configuration = Configuration()
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      // The journal survives the end of the process; only a power cut may lose the last writes.
      try db.execute(sql: "PRAGMA synchronous = NORMAL")
    }
    queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.write { db in
      try db.execute(
        sql: """
          CREATE TABLE IF NOT EXISTS rows (
            place TEXT NOT NULL, id INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (place, id)) WITHOUT ROWID;
          CREATE TABLE IF NOT EXISTS records (
            number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
          CREATE TABLE IF NOT EXISTS requests (
            operation TEXT PRIMARY KEY, count INTEGER NOT NULL);
          CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, body BLOB NOT NULL);
          """)
    }
  }

  func rows() throws -> [StoredRow] {
    try queue.read { db in
      try Row.fetchAll(db, sql: "SELECT place, id, body FROM rows").map {
        StoredRow(table: $0["place"], id: $0["id"], body: [UInt8]($0["body"] as Data))
      }
    }
  }

  /// What one transaction of the cloud changes: all of it, or nothing.
  struct Change: Sendable {
    var rows: [StoredRow] = []
    /// Lines of the records, as JSON.
    var records: [[UInt8]] = []
    /// How many more requests of each operation.
    var requests: [String: Int] = [:]
    var notes: [String: [UInt8]] = [:]

    var isEmpty: Bool {
      rows.isEmpty && records.isEmpty && requests.isEmpty && notes.isEmpty
    }
  }

  func write(_ change: Change) throws {
    guard !change.isEmpty else { return }
    try queue.write { db in
      let put = try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO rows (place, id, body) VALUES (?, ?, ?)")
      let remove = try db.cachedStatement(sql: "DELETE FROM rows WHERE place = ? AND id = ?")
      for row in change.rows {
        if let body = row.body {
          try put.execute(arguments: [row.table, row.id, Data(body)])
        } else {
          try remove.execute(arguments: [row.table, row.id])
        }
      }
      for record in change.records {
        try db.execute(sql: "INSERT INTO records (body) VALUES (?)", arguments: [Data(record)])
      }
      for (operation, count) in change.requests {
        try db.execute(
          sql: """
            INSERT INTO requests VALUES (?, ?)
            ON CONFLICT (operation) DO UPDATE SET count = count + excluded.count
            """, arguments: [operation, count])
      }
      for (name, body) in change.notes {
        try db.execute(
          sql: "INSERT OR REPLACE INTO notes VALUES (?, ?)", arguments: [name, Data(body)])
      }
    }
  }

  /// All lines of the records in order, as JSON texts, and the number of requests by operation.
  func records() throws -> (lines: [[UInt8]], requests: [(String, Int)]) {
    try queue.read { db in
      let lines = try Data.fetchAll(db, sql: "SELECT body FROM records ORDER BY number")
      let counts = try Row.fetchAll(
        db, sql: "SELECT operation, count FROM requests ORDER BY operation")
      return (lines.map { [UInt8]($0) }, counts.map { ($0["operation"], $0["count"]) })
    }
  }

  func note(_ name: String) throws -> [UInt8]? {
    try queue.read { db in
      try Data.fetchOne(db, sql: "SELECT body FROM notes WHERE name = ?", arguments: [name])
        .map { [UInt8]($0) }
    }
  }

  /// Forgets everything.
  func empty() throws {
    try queue.write { db in
      for table in ["rows", "records", "requests", "notes"] {
        try db.execute(sql: "DELETE FROM \(table)")
      }
    }
  }
}
