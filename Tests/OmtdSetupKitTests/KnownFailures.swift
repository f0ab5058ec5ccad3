import TestKit
import Testing

/// The cases of a folder that do not work yet, one a line: the name, and the reason behind it.
/// Such a case must go on failing, so that the list stays true.
struct KnownFailures: Sendable {
  let reasons: [String: String]
  private let path: String

  init(_ folder: String) {
    path = folder + "/known-failures.txt"
    var reasons: [String: String] = [:]
    for line in (try? Files.lines(path)) ?? [] where !line.isEmpty && !line.hasPrefix("#") {
      let parts = line.split(separator: " ", maxSplits: 1)
      reasons[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    self.reasons = reasons
  }

  func contains(_ name: String) -> Bool { reasons[name] != nil }

  /// Fails with the problems of a case that should work, and with the lack of them where they
  /// are known.
  func judge(_ name: String, _ problems: [String], _ said: @autoclosure () -> String = "") {
    if contains(name) {
      #expect(!problems.isEmpty, "\(name) works: take its line out of \(path)")
    } else if !problems.isEmpty {
      let all = problems.map { "  " + $0 }.joined(separator: "\n")
      Issue.record("\(name):\n\(all)\n\(said())")
    }
  }
}
