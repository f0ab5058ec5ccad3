import Diagnostics
import ModuleKit
import Values

/// `apt_repository`: one source of packages, as a line of apt's lists.
package struct AptRepositoryModule: Module {
  package static let specification = Specification(
    "apt_repository", summary: "Sources of packages for apt",
    parameters: [
      Parameter("repo", isRequired: true),
      Parameter("state", default: "present", choices: ["absent", "present"]),
      Parameter("filename"), Parameter("mode", .mode),
      Parameter("update_cache", .bool, aliases: ["update-cache"], default: true),
      Parameter("update_cache_retries", .int, default: 5),
      Parameter("update_cache_retry_max_delay", .int, default: 12),
      Parameter("validate_certs", .bool, default: true),
      Parameter("install_python_apt", .bool, default: true),
    ], lacking: ["codename"])

  private let source: SourceLine
  private let isWanted: Bool
  private let path: String
  private let mode: UInt16
  private let updates: Bool
  private let retries: Int
  private let longestPause: Int

  package init(_ arguments: Arguments) throws(Diagnostic) {
    let text = try arguments.requiredText("repo")
    if text.hasPrefix("ppa:") {
      throw .error(
        "`repo` must be a whole line: the short form `ppa:` is not supported",
        at: arguments.location(of: "repo"))
    }
    guard let line = SourceLine(text), line.isEnabled else {
      throw .error(
        "`repo` is not a source line of apt", at: arguments.location(of: "repo"),
        hint: "write it as in `deb http://deb.debian.org/debian bookworm main`")
    }
    source = line
    isWanted = arguments.text("state") != "absent"
    let name = arguments.text("filename") ?? line.usualFileName
    path = name.hasPrefix("/") ? "\(name).list" : "/etc/apt/sources.list.d/\(name).list"
    switch try arguments.mode() {
    case .bits(let bits): mode = bits
    default: mode = 0o644
    }
    updates = arguments.flag("update_cache")
    retries = min(max(0, arguments.number("update_cache_retries") ?? 5), 100)
    longestPause = min(max(0, arguments.number("update_cache_retry_max_delay") ?? 12), 3600)
  }

  private static let files = FilesFact(["/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list"])

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    try AptOptions.checkLastOutput(host)
    var (files, own) = try host.require(Self.files, ContentFact(path))
    if host.hasStepped { return .done(result(changed: true)) }
    if case .bytes(let bytes) = own, !files.contains(where: { $0.path == path }) {
      files.append(FilesFact.File(path: path, bytes: bytes))
    }
    var steps: [Step] = []
    var diff: [Diff] = []
    let isThere = files.contains { file in
      Self.lines(file).contains { $0.isEnabled && $0.isSame(as: source) }
    }
    if isWanted, isThere { return .done(result(changed: false)) }
    var isEnabled = false
    for file in files {
      let old = Self.text(file)
      var kept: [Substring] = []
      for line in old.split(separator: "\n", omittingEmptySubsequences: false) {
        guard let one = SourceLine(String(line)), one.isSame(as: source) else {
          kept.append(line)
          continue
        }
        // A line that is only switched off is switched on again.
        if isWanted, !isEnabled {
          kept.append(Substring(source.text))
          isEnabled = true
        }
      }
      let new = kept.joined(separator: "\n")
      guard new != old else { continue }
      let isEmpty = kept.allSatisfy { $0.allSatisfy(\.isWhitespace) }
      if isEmpty, file.path != "/etc/apt/sources.list" {
        steps.append(.remove(path: file.path))
        diff.append(.text(path: file.path, before: old, after: nil))
      } else {
        write(new, to: file.path, before: old, &steps, &diff)
      }
    }
    if isWanted, !isEnabled {
      let old = files.first { $0.path == path }.map(Self.text)
      var new = old ?? ""
      if !new.isEmpty, new.utf8.last != 0x0A { new += "\n" }
      write(new + source.text + "\n", to: path, before: old, &steps, &diff)
    }
    if steps.isEmpty { return .done(result(changed: false)) }
    if updates {
      steps.append(
        .run(AptIndexRequest.run(retries: retries, longestPause: longestPause, makes: [])))
    }
    return .steps(steps, diff: diff)
  }

  private func write(
    _ new: String, to path: String, before: String?, _ steps: inout [Step], _ diff: inout [Diff]
  ) {
    steps.append(
      .write(
        FileWrite(path: path, payload: Payload(new), attributes: FileAttributes(mode: mode))))
    diff.append(.text(path: path, before: before, after: new))
  }

  private static func text(_ file: FilesFact.File) -> String {
    String(decoding: file.bytes, as: UTF8.self)
  }

  private static func lines(_ file: FilesFact.File) -> [SourceLine] {
    text(file).split(separator: "\n").compactMap { SourceLine(String($0)) }
  }

  private func result(changed: Bool) -> ModuleResult {
    ModuleResult(
      changed: changed,
      [
        "repo": .string(source.text), "state": isWanted ? "present" : "absent",
        "sources_added": .list(changed && isWanted ? [.string(path)] : []),
        "sources_removed": .list(changed && !isWanted ? [.string(path)] : []),
      ])
  }
}

/// A line of a `sources.list`, as sources.list(5) has it: switched on, or off by a `#`.
struct SourceLine: Sendable {
  let isEnabled: Bool
  /// In one spelling: single spaces, no comment.
  let text: String
  private let options: String
  private let words: [String]

  /// Nil for what is not a source, switched on or off.
  init?(_ line: String) {
    var rest = Substring(line)
    func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\r" } }
    skipSpace()
    let isCommented = rest.first == "#"
    while rest.first == "#" {
      rest = rest.dropFirst()
      skipSpace()
    }
    if let hash = rest.firstIndex(of: "#") { rest = rest[..<hash] }
    let kind = rest.prefix { $0 != " " && $0 != "\t" }
    guard kind == "deb" || kind == "deb-src" else { return nil }
    rest = rest.dropFirst(kind.count)
    skipSpace()
    var options = ""
    if rest.first == "[" {
      guard let close = rest.firstIndex(of: "]") else { return nil }
      let inner = rest[rest.index(after: rest.startIndex)..<close]
      options = "[" + inner.split { $0 == " " || $0 == "\t" }.joined(separator: " ") + "]"
      rest = rest[rest.index(after: close)...]
    }
    let others = rest.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
    guard others.count >= 2, others[0].contains(":") else { return nil }
    isEnabled = !isCommented
    self.options = options
    words = [String(kind)] + others
    text = ([String(kind)] + (options.isEmpty ? [] : [options]) + others).joined(separator: " ")
  }

  func isSame(as other: SourceLine) -> Bool { text == other.text }

  /// The name that Ansible gives the file of such a source: from its address alone.
  var usualFileName: String {
    var address = words.dropFirst().first ?? ""
    if let scheme = address.range(of: "://") { address = String(address[scheme.upperBound...]) }
    if let at = address.firstIndex(of: "@") {
      address = String(address[address.index(after: at)...])
    }
    return address.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "_")
  }
}

extension String {
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) {
        return start..<index(start, offsetBy: text.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
