import ModuleKit
import Values

/// All that `setup` tells of a host, read in one go: files as they are, answers of a few programs.
package struct SystemFact: Fact {
  /// Disks and mounts as well; they cost most.
  package var readsHardware: Bool
  package var readsNetwork: Bool
  package var factPath: String
  /// Seconds for the sizes of mounts, and for each executable local fact.
  package var timeout: Int

  package init(
    readsHardware: Bool = true, readsNetwork: Bool = true,
    factPath: String = "/etc/ansible/facts.d", timeout: Int = 10
  ) {
    self.readsHardware = readsHardware
    self.readsNetwork = readsNetwork
    self.factPath = factPath
    self.timeout = timeout
  }

  package static var freshness: FactFreshness { .asked }
  package var deadline: Duration { .seconds(300) }

  package static let isContained = true

  package static func script(_ batch: [SystemFact]) -> ShellScript {
    .lines(
      batch.map { fact in
        let text = SystemScript.text(network: fact.readsNetwork, hardware: fact.readsHardware)
        return """
          omtd_system() {
          \(verbatim: text)
          }
          omtd_system \(fact.factPath) \(fact.timeout) 2>/dev/null </dev/null
          """
      })
  }

  /// The records of each fact, up to the last.
  package static func answers(in output: String) -> [Substring] {
    let end = SystemScript.end.utf8
    var answers: [Substring] = []
    var rest = Substring(output).utf8
    while let mark = rest.indices.first(where: {
      rest[$0] == 0x1E && rest[$0...].starts(with: end)
    }) {
      let next = rest.index(mark, offsetBy: end.count)
      answers.append(Substring(rest[..<next].dropLast()))
      rest = rest[next...]
    }
    return rest.isEmpty ? answers : answers + [Substring(rest)]
  }

  package func parse(_ answer: Substring) -> SystemAnswers { SystemAnswers(answer) }
}

/// What the script answered: records by name, and in one of them the lines of files by path.
package struct SystemAnswers: Sendable {
  private(set) var records: [String: String] = [:]
  private var files: [String: [String]] = [:]
  /// The files that were read, in the order of their first lines.
  private(set) var filePaths: [String] = []
  /// Targets of symbolic links, as they are written in them.
  private(set) var links: [String: String] = [:]
  /// In the order read: whether it was run, its status, its name and its output.
  private(set) var localFacts: [(isRun: Bool, status: Int, name: String, output: [UInt8])] = []
  private(set) var paths: Set<String> = []

  package init(_ answer: Substring) {
    for record in answer.utf8.split(separator: 0x1E) {
      let name = String(Substring(record.prefix { $0 != 0x0A }))
      let text = String(Substring(record.drop { $0 != 0x0A }.dropFirst()))
      if name.hasPrefix("local ") { addLocal(name, text) } else { records[name] = text }
    }
    for line in lines("files") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let path = String(line[..<colon])
      if files[path] == nil { filePaths.append(path) }
      files[path, default: []].append(String(line[line.index(after: colon)...]))
    }
    for line in lines("links") {
      guard let start = line.firstRange(of: " /"), let arrow = line.firstRange(of: " -> ") else {
        continue
      }
      guard start.lowerBound < arrow.lowerBound else { continue }
      let path = line[line.index(after: start.lowerBound)..<arrow.lowerBound]
      links[String(path)] = String(line[arrow.upperBound...])
    }
    paths = Set(lines("paths"))
    for name in ["files", "links"] { records[name] = nil }
  }

  private mutating func addLocal(_ name: String, _ text: String) {
    let words = name.split(separator: " ", maxSplits: 3)
    guard words.count == 4 else { return }
    let bytes = Base64.bytes(text.filter { $0 != "\n" }) ?? []
    localFacts.append((words[1] == "y", Int(words[2]) ?? 1, String(words[3]), bytes))
  }

  /// False where the script was cut short.
  var isComplete: Bool { records["end"] != nil }

  func lines(_ record: String) -> [String] {
    (records[record] ?? "").utf8.split(separator: 0x0A).map { String(Substring($0)) }
  }

  func fileLines(_ path: String) -> [String] { files[path] ?? [] }

  /// The text of a small file without blanks around it; nil for none, an empty or an unreadable one.
  func file(_ path: String) -> String? {
    guard let lines = files[path] else { return nil }
    let text = Self.trimmed(lines.joined(separator: "\n"))
    return text.isEmpty ? nil : text
  }

  func exists(_ path: String) -> Bool { paths.contains(path) }

  /// NUL-separated text.
  func strings(_ record: String) -> [String] {
    (records[record] ?? "").unicodeScalars.split(separator: "\0").map { String($0) }
  }

  static func trimmed(_ text: some StringProtocol) -> String {
    var scalars = Substring(text).unicodeScalars
    while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(scalars)
  }
}
