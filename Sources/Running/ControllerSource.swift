import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Values

/// Files of the controller that tasks name: found by Ansible's search rules, read at the task's
/// turn.
struct ControllerSource {
  let program: Program
  let search: SearchPath
  /// Files that are encrypted as a whole give their content.
  var decrypts = true
  /// Of links in a directory what they lead to is taken, unless that is above them or not there.
  var followsLinks = true

  /// A file, or a directory with all below it. A slash at the end means its content only.
  func files(_ name: String, at location: SourceLocation?) throws(Diagnostic) -> Resolved {
    let path = try find(name, in: "files", at: location)
    guard program.files.kind(path) == .directory else {
      return .file(try payload(path, at: location))
    }
    var entries: [Resolved.Entry] = []
    try collect(path, relative: "", into: &entries, depth: 0, at: location)
    return .tree(
      name: lastComponent(path), copiesContent: name.hasSuffix("/"), entries: entries)
  }

  /// What `files` would give for a directory, its names only; nil for all else. For the scout,
  /// which opens no file.
  func outline(_ name: String) -> Resolved? {
    guard let path = try? find(name, in: "files", at: nil), program.files.kind(path) == .directory
    else { return nil }
    var entries: [Resolved.Entry] = []
    try? collect(path, relative: "", into: &entries, depth: 0, at: nil, opens: false)
    return .tree(
      name: lastComponent(path), copiesContent: name.hasSuffix("/"), entries: entries)
  }

  /// A template rendered for the host. A first line `#jinja2:` changes the options.
  func template(
    _ name: String, at location: SourceLocation?, _ evaluator: Evaluator,
    options arguments: [Evaluation.Given]
  ) throws -> Resolved {
    let path = try find(name, in: "templates", at: location)
    let text: String
    do {
      text = try program.files.read(path)
    } catch {
      throw Diagnostic.error("cannot read `\(path)`: \(error.summary)", at: location)
    }
    var options = TemplateOptions.file
    for argument in arguments where Self.optionNames.contains(argument.name) {
      guard let text = ParameterType.convert(argument.value.opened, to: .string)?.string else {
        continue
      }
      try options.set(argument.name, to: text, at: argument.location ?? evaluatorPlace(path))
    }
    let compiled = try TemplateFiles.compile(text, path: path, options: options)
    let given = evaluator.locals
    let own = try evaluator.variable("ansible_managed")
    evaluator.locals.merge(variables(name, path, options: arguments)) { $1 }
    if let own { evaluator.locals["ansible_managed"] = .value(own) }
    defer { evaluator.locals = given }
    let rendered = try evaluator.renderText(compiled)
    if case .unknown(let reason) = rendered { return .unknown(reason) }
    let mode = program.attributes(path)?.mode
    return .file(
      Payload(
        Array((rendered.opened.string ?? "").utf8),
        isSecret: rendered.containsSecret || program.files.isVaulted(path),
        sourceName: lastComponent(path), sourceMode: mode))
  }

  /// What a template knows of itself. None of it changes from run to run.
  private func variables(
    _ name: String, _ path: String, options: [Evaluation.Given]
  ) -> [String: Variable] {
    let destination = options.last { $0.name == "dest" }?.value ?? .null
    return [
      "ansible_managed": .value(.string(program.managedText)),
      "template_path": .value(.string(path)),
      "template_fullpath": .value(.string(path)), "template_destpath": .value(destination),
      "template_host": .value("localhost"), "template_uid": .value("root"),
    ]
  }

  private static let optionNames: Set<String> = [
    "newline_sequence", "block_start_string", "block_end_string", "variable_start_string",
    "variable_end_string", "comment_start_string", "comment_end_string", "trim_blocks",
    "lstrip_blocks",
  ]

  private func evaluatorPlace(_ path: String) -> SourceLocation {
    SourceLocation(file: path, line: 1, column: 1)
  }

  func find(
    _ name: String, in folder: String, at location: SourceLocation?
  ) throws(Diagnostic) -> String {
    let candidates = search.candidates(name, in: folder)
    for path in candidates where program.files.kind(path) != nil { return path }
    throw .error(
      "no file `\(name)` on the controller", at: location,
      evidence: [.init("searched", candidates.joined(separator: "\n"))])
  }

  private func payload(_ path: String, at location: SourceLocation?) throws(Diagnostic) -> Payload {
    guard var bytes = program.readBytes(path) else {
      throw .error("cannot read `\(path)`", at: location)
    }
    var isSecret = false
    if decrypts, bytes.starts(with: "$ANSIBLE_VAULT;".utf8) {
      do throws(Diagnostic) {
        bytes = try program.decryptFile(bytes)
        isSecret = true
      } catch {
        var fault = error
        fault.location = location
        throw fault
      }
    }
    return Payload(
      bytes, isSecret: isSecret, sourceName: lastComponent(path),
      sourceMode: program.attributes(path)?.mode)
  }

  private func staysLink(
    _ path: String, _ target: String, below trail: [[Substring]]
  ) -> Bool {
    guard followsLinks, let kind = program.files.kind(path) else { return true }
    guard kind == .directory else { return false }
    let end = parts(target, from: trail.last ?? [])
    return trail.contains { $0.starts(with: end) }
  }

  /// A path, from a folder, without `.` and `..`.
  private func parts(_ path: String, from folder: [Substring] = []) -> [Substring] {
    var parts = path.hasPrefix("/") ? [] : folder
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else {
        parts.append(part)
      }
    }
    return parts
  }

  private func collect(
    _ root: String, relative: String, into entries: inout [Resolved.Entry], depth: Int,
    at location: SourceLocation?, opens: Bool = true, trail: [[Substring]] = []
  ) throws(Diagnostic) {
    guard depth < 100, entries.count < (opens ? 100_000 : 1000) else {
      throw .error("`\(root)` is too large a tree to copy", at: location)
    }
    let folder = relative.isEmpty ? root : root + "/" + relative
    // Where the folders that were entered really are.
    let trail = trail.isEmpty ? [parts(root)] : trail
    for name in program.files.list(folder) {
      let inner = relative.isEmpty ? name : relative + "/" + name
      let path = root + "/" + inner
      if let target = program.attributes(path)?.linkTarget,
        staysLink(path, target, below: trail)
      {
        entries.append(.init(path: inner, kind: .link(target)))
      } else if program.files.kind(path) == .directory {
        entries.append(.init(path: inner, kind: .directory))
        let target = program.attributes(path)?.linkTarget
        try collect(
          root, relative: inner, into: &entries, depth: depth + 1, at: location, opens: opens,
          trail: trail + [parts(target ?? name, from: trail.last ?? [])])
      } else {
        let payload = opens ? try payload(path, at: location) : Payload([])
        entries.append(.init(path: inner, kind: .file(payload)))
      }
    }
  }
}

func lastComponent(_ path: String) -> String {
  var path = Substring(path)
  while path.count > 1, path.last == "/" { path.removeLast() }
  return String(path.split(separator: "/").last ?? path)
}

/// Template files, compiled with the options that their first line may set.
package enum TemplateFiles {
  package static func compile(
    _ text: String, path: String, options: TemplateOptions = .file
  ) throws(Diagnostic) -> Template {
    var options = options
    let top = SourceLocation(file: path, line: 1, column: 1)
    let rest = try options.readHeader(of: text, at: top)
    return try Template.compile(
      rest ?? text,
      at: rest == nil ? top : SourceLocation(file: path, line: 2, column: 1), style: .plain,
      options: options, environment: .ansible)
  }
}
