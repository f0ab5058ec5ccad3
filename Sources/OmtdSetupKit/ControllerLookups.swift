import Diagnostics
@preconcurrency import Glibc
import Playbooks
import Running
import Templating
import Values

/// The lookups and calls of templates that read the controller: files, environment, programs,
/// time, chance.
enum ControllerLookups {
  static let all = Lookups { call, context in
    do {
      return .success(try await answer(call, context))
    } catch let diagnostic as Diagnostic {
      return .failure(diagnostic)
    } catch {
      return .failure(.error("lookup `\(call.name)` failed: \(error)", at: call.location))
    }
  }

  private static func answer(_ call: ImpureCall, _ context: LookupContext) async throws -> Value {
    let name = call.name.split(separator: ".").last.map(String.init) ?? call.name
    let terms = call.arguments.flatMap { $0.elements ?? [$0] }
    let words = terms.compactMap { ParameterText.text($0.opened) }
    switch name {
    case "env":
      let fallback = call.options["default"] ?? ""
      return .list(words.map { Platform.variable($0).map { .string($0) } ?? fallback })
    case "file": return .list(try words.map { try file($0, call, context) })
    case "unvault":
      return .list(
        try words.map { word in
          let path = try find(word, in: "files", call, context)
          let text = try context.files.read(path)
          return context.files.isVaulted(path) ? .secret(Secret(.string(text))) : .string(text)
        })
    case "lines", "pipe":
      var outputs: [Value] = []
      for word in words { outputs.append(.string(try await pipe(word, call, context))) }
      guard name == "lines" else { return .list(outputs) }
      return .list(
        outputs.flatMap { text in
          (text.string ?? "").split(separator: "\n").map { .string(String($0)) }
        })
    case "fileglob": return .list(words.flatMap { fileglob($0, context) }.map { .string($0) })
    case "first_found": return try firstFound(call, context)
    case "template": return .list(try words.map { .string(try template($0, call, context)) })
    case "random_choice":
      return .list(terms.isEmpty ? [] : [terms[Int.random(in: 0..<terms.count)]])
    case "now": return now(call)
    case "exists", "link_exists":
      return .bool(words.first.map { Platform.attributes($0) != nil } ?? false)
    case "directory", "is_dir":
      return .bool(words.first.map { Platform.kind($0) == .directory } ?? false)
    case "is_file": return .bool(words.first.map { Platform.kind($0) == .file } ?? false)
    case "is_link", "link":
      return .bool(words.first.flatMap { Platform.attributes($0)?.linkTarget } != nil)
    case "random":
      return random(call)
    case "shuffle": return .list((call.arguments.first?.elements ?? []).shuffled())
    default:
      throw Diagnostic.error("lookup `\(call.name)` is not supported", at: call.location)
    }
  }

  private static func random(_ call: ImpureCall) -> Value {
    guard let first = call.arguments.first else { return .null }
    if let items = first.elements { return items.randomElement() ?? .null }
    let end = first.int ?? 0
    return .int(end > 0 ? Int.random(in: 0..<end) : 0)
  }

  private static func file(
    _ name: String, _ call: ImpureCall, _ context: LookupContext
  ) throws -> Value {
    let path = try find(name, in: "files", call, context)
    var text = try context.files.read(path)
    if call.options["lstrip"] == true {
      text = String(text.drop(while: \.isWhitespace))
    }
    if call.options["rstrip"] != false {
      while let last = text.unicodeScalars.last, last.properties.isWhitespace {
        text.unicodeScalars.removeLast()
      }
    }
    return context.files.isVaulted(path) ? .secret(Secret(.string(text))) : .string(text)
  }

  private static func find(
    _ name: String, in folder: String, _ call: ImpureCall, _ context: LookupContext
  ) throws -> String {
    let candidates = context.search.candidates(name, in: folder)
    guard let path = candidates.first(where: { context.files.kind($0) != nil }) else {
      throw Diagnostic.error(
        "no file `\(name)` on the controller", at: call.location,
        evidence: [.init("searched", candidates.joined(separator: "\n"))])
    }
    return path
  }

  private static func template(
    _ name: String, _ call: ImpureCall, _ context: LookupContext
  ) throws -> String {
    let path = try find(name, in: "templates", call, context)
    let text = try context.files.read(path)
    let compiled = try TemplateFiles.compile(text, path: path)
    let evaluator = Evaluator(
      environment: .ansible, scope: context.scope, tape: Tape(), loader: nil)
    evaluator.decrypt = context.files.decrypt
    do {
      return try evaluator.renderText(compiled).opened.string ?? ""
    } catch {
      if case .failed(let diagnostic, _) = error { throw diagnostic }
      throw Diagnostic.error(
        "a template in a lookup cannot ask for lookups of its own", at: call.location)
    }
  }

  private static func pipe(
    _ command: String, _ call: ImpureCall, _ context: LookupContext
  ) async throws -> String {
    let result = await ChildOutput.run(
      ["/bin/sh", "-c", command], in: context.playbookDirectory, deadline: .seconds(600))
    guard result.status == 0 else {
      throw Diagnostic.error(
        "lookup `pipe`: the command failed with status \(result.status)", at: call.location,
        evidence: [.init("command", command), .init("stderr", result.stderr)])
    }
    var text = result.stdout
    while text.unicodeScalars.last == "\n" { text.unicodeScalars.removeLast() }
    return text
  }

  private static func fileglob(_ pattern: String, _ context: LookupContext) -> [String] {
    for candidate in context.search.candidates(pattern, in: "files") {
      var found = glob_t()
      defer { globfree(&found) }
      guard glob(candidate, 0, nil, &found) == 0 else { continue }
      var paths: [String] = []
      for index in 0..<Int(found.gl_pathc) {
        guard let text = found.gl_pathv[index] else { continue }
        let path = String(cString: text)
        if Platform.kind(path) == .file { paths.append(path) }
      }
      if !paths.isEmpty { return paths }
    }
    return []
  }

  private static func firstFound(_ call: ImpureCall, _ context: LookupContext) throws -> Value {
    var names: [String] = []
    var folders: [String] = []
    var skips = call.options["skip"] == true
    func add(_ value: Value) {
      switch value.opened {
      case .string(let text): names.append(text)
      case .list(let items): items.forEach(add)
      case .map(let map):
        (map["files"]?.elements ?? [map["files"] ?? .null]).forEach(add)
        for path in map["paths"]?.elements ?? [] {
          if let text = path.string { folders.append(text) }
        }
        if map["skip"] == true { skips = true }
      default: break
      }
    }
    call.arguments.forEach(add)
    if let files = call.options["files"] { add(files) }
    for path in call.options["paths"]?.elements ?? [] {
      if let text = path.string { folders.append(text) }
    }
    let wanted =
      folders.isEmpty ? names : folders.flatMap { folder in names.map { folder + "/" + $0 } }
    for name in wanted {
      for folder in ["files", "templates", "vars", "tasks"] {
        for path in context.search.candidates(name, in: folder)
        where context.files.kind(path) == .file {
          return .list([.string(path)])
        }
      }
    }
    if skips { return .list([]) }
    throw Diagnostic.error(
      "lookup `first_found`: none of the files exists", at: call.location,
      evidence: [.init("searched", wanted.joined(separator: "\n"))])
  }

  private static func now(_ call: ImpureCall) -> Value {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var seconds = time.tv_sec
    var parts = tm()
    if call.options["utc"] == true {
      gmtime_r(&seconds, &parts)
    } else {
      localtime_r(&seconds, &parts)
    }
    if let format = call.options["fmt"]?.string, !format.isEmpty {
      var buffer = [CChar](repeating: 0, count: 512)
      let count = strftime(&buffer, buffer.count, format, &parts)
      return .string(
        String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return .datetime(
      DateTime(
        date: CalendarDate(
          year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday)),
        hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: Int(parts.tm_sec),
        microsecond: time.tv_nsec / 1000))
  }
}

/// Text of what may stand where a name is wanted.
enum ParameterText {
  static func text(_ value: Value) -> String? {
    switch value {
    case .string(let text): text
    case .int(let number): String(number)
    default: nil
    }
  }
}
