import Diagnostics
import Glibc
import Playbooks
import Testing

/// Whole reports: each file of `Tests/PlaybookReports` holds a project, and behind `=== report` what
/// is said of it.
@Suite struct ReportTests {
  static let folder =
    #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }
    + "/PlaybookReports"

  static let cases: [String] = {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".txt") { names.append(name) }
    }
    return names.sorted()
  }()

  @Test func thereAreCases() { #expect(Self.cases.count > 20) }

  @Test(arguments: cases)
  func reportsEverythingAtOnce(name: String) {
    var parts = sections(of: read("\(Self.folder)/\(name)"))
    let expected = parts.removeValue(forKey: "report")
    #expect(Project(parts).report() == expected)
  }

  private func sections(of text: String) -> [String: String] {
    var parts: [String: String] = [:]
    var name = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("=== ") {
        name = String(line.dropFirst(4))
        parts[name] = ""
      } else {
        parts[name, default: ""] += line + "\n"
      }
    }
    // The last line of the file ends with a line break, behind which is nothing.
    parts[name]?.removeLast()
    return parts
  }

  private func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk.prefix(count)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
