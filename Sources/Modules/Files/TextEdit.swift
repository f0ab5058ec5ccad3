import Diagnostics
import ModuleKit
import Values

/// One file of the host whose text a module changes: what `lineinfile` and `blockinfile` share.
struct TextEdit: Sendable {
  /// What an edit makes of a text; nil bytes leave the file as it is.
  struct Change {
    var bytes: [UInt8]?
    /// The `msg` of the result.
    var message: String
    var found: Int?

    init(_ bytes: [UInt8]?, _ message: String, found: Int? = nil) {
      self.bytes = bytes
      self.message = message
      self.found = found
    }
  }

  let path: String
  let creates: Bool
  private let backsUp: Bool
  private let validate: String?
  private let attributes: AttributesRequest
  private let isSecret: Bool
  /// The key that tells the name of the copy, and whether it is there without one.
  private let backupKey: Value
  private let alwaysNamesBackup: Bool

  static let parameters: [Parameter] =
    [
      Parameter("path", .path, aliases: ["dest", "destfile", "name"], isRequired: true),
      Parameter("create", .bool, default: false), Parameter("backup", .bool, default: false),
      Parameter("validate"),
    ] + AttributesRequest.parameters

  init(
    _ arguments: Arguments, text: String, backupKey: Value, alwaysNamesBackup: Bool
  ) throws(Diagnostic) {
    path = RemotePath.trimmingSlashes(try arguments.requiredText("path"))
    creates = arguments.flag("create")
    backsUp = arguments.flag("backup")
    validate = arguments.text("validate")
    attributes = try AttributesRequest(arguments)
    isSecret = arguments.isSecret(text)
    self.backupKey = backupKey
    self.alwaysNamesBackup = alwaysNamesBackup
    if let validate, !validate.contains("%s") {
      throw .error(
        "`validate` must contain `%s`, where the new file's path goes",
        at: arguments.location(of: "validate"))
    }
  }

  /// - Parameter change: what becomes of the content, nil where there is no file. Pure.
  func plan(
    _ host: HostView, whenMissing: String?,
    change: ([UInt8]?) throws(Interruption) -> Change
  ) throws(Interruption) -> Outcome {
    let (file, content) = try host.require(FollowedFileFact(path), ContentFact(path))
    if host.hasStepped { return try done(host) }
    switch content {
    case .unreadable(let words):
      throw .failed("\(path) \(words)", ["rc": .int(words == "is a directory" ? 256 : 257)])
    case .absent:
      if let whenMissing {
        return .done(ModuleResult(changed: false, ["msg": .string(whenMissing)]))
      }
      guard creates else {
        throw .failed("\(path) does not exist, and `create` is not set", ["rc": 257])
      }
      let made = try change(nil)
      guard let bytes = made.bytes else { return .done(result(made, changed: false)) }
      var steps = try parents(host)
      steps.append(
        .write(
          FileWrite(
            path: path, payload: Payload(bytes, isSecret: isSecret),
            attributes: attributes.attributes(forNew: .file), validate: validate,
            note: note(made))))
      return .steps(steps, diff: [diff(nil, bytes)])
    case .bytes(let bytes):
      guard case .present(let old) = file else { throw .failed("\(path) cannot be looked at") }
      let made = try change(bytes)
      guard let new = made.bytes, new != bytes else {
        let differing = attributes.change(for: old)
        if differing.isEmpty { return .done(result(made, changed: false)) }
        return .steps(
          [.setAttributes(path: old.resolvedPath, attributes: differing, followsLinks: true)],
          diff: [.attributes(of: old, at: path, change: differing)])
      }
      let payload = Payload(new, isSecret: isSecret)
      return .steps(
        [
          .write(
            FileWrite(
              path: old.resolvedPath, payload: payload,
              attributes: attributes.attributes(replacing: old), backsUp: backsUp,
              validate: validate, note: note(made)))
        ], diff: [diff(bytes, new)])
    }
  }

  // Message and count, a line each: what the plan after the step cannot see any more in the file.
  private func note(_ change: Change) -> String {
    "\(change.message)\n\(change.found.map { String($0) } ?? "")"
  }

  private func done(_ host: HostView) throws(Interruption) -> Outcome {
    let text = try host.output(host.outputs.count - 1)?.note ?? ""
    let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let message = lines.first.map(String.init) ?? ""
    let change = Change(
      nil, message.isEmpty ? "attributes changed" : message,
      found: lines.count > 1 ? Int(lines[1]) : nil)
    var values = result(change, changed: true).values
    if let backup = host.backup { values[backupKey] = backup }
    return .done(ModuleResult(changed: true, values))
  }

  private func result(_ change: Change, changed: Bool) -> ModuleResult {
    var values: ValueMap = ["msg": .string(change.message)]
    if alwaysNamesBackup { values[backupKey] = "" }
    if let found = change.found { values["found"] = .int(found) }
    return ModuleResult(changed: changed, values)
  }

  private func parents(_ host: HostView) throws(Interruption) -> [Step] {
    guard let parent = RemotePath.parent(of: path), parent != "/" else { return [] }
    let chain = FileModule.chain(parent)
    let readings = try host.require(all: chain.map(FollowedFileFact.init))
    var steps: [Step] = []
    for (directory, reading) in zip(chain, readings) {
      switch reading {
      case .absent: steps.append(.makeDirectory(path: directory, attributes: FileAttributes()))
      case .present(let file) where file.kind == .directory: continue
      case .present: throw .failed("\(directory) is not a directory")
      case .unreadable(let words): throw .failed("cannot look at \(directory): \(words)")
      }
    }
    return steps
  }

  private func diff(_ before: [UInt8]?, _ after: [UInt8]) -> Diff {
    if isSecret { return .hidden(path: path, reason: "secret") }
    func text(_ bytes: [UInt8]) -> String? {
      bytes.count > 1 << 20 || bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
    guard let after = text(after) else { return .hidden(path: path, reason: "binary or too long") }
    guard let before else { return .text(path: path, before: nil, after: after) }
    guard let old = text(before) else { return .hidden(path: path, reason: "binary or too long") }
    return .text(path: path, before: old, after: after)
  }
}

/// Lines as Python cuts them, each with its end.
enum TextLines {
  /// At `\n` only, as reading a binary file does.
  static func cut(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      lines.append(Array(rest[...end]))
      rest = rest[(end + 1)...]
    }
    if !rest.isEmpty { lines.append(Array(rest)) }
    return lines
  }

  /// At `\n`, `\r` and `\r\n`, as `bytes.splitlines` does.
  static func split(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var line: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      line.append(byte)
      let isEnd =
        byte == 0x0A
        || byte == 0x0D && !(index + 1 < bytes.count && bytes[index + 1] == 0x0A)
      if isEnd {
        lines.append(line)
        line = []
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  /// Without the carriage returns and newlines at the end.
  static func bare(_ line: [UInt8]) -> ArraySlice<UInt8> {
    var line = line[...]
    while let last = line.last, last == 0x0A || last == 0x0D { line.removeLast() }
    return line
  }

  static func contains(_ line: [UInt8], _ needle: [UInt8]) -> Bool {
    guard let first = needle.first else { return true }
    guard line.count >= needle.count else { return false }
    for start in 0...(line.count - needle.count) where line[start] == first {
      if line[start..<(start + needle.count)].elementsEqual(needle) { return true }
    }
    return false
  }
}
