import Diagnostics
@preconcurrency import Glibc
import Playbooks
import Running
import Templating
import Values

/// The lookups and calls of templates that read the controller: files, environment, programs,
/// time, chance.
enum ControllerLookups {
  static let all = Lookups { call, context in await answered(call, context, depth: 0) }

  /// Lookups in templates that a lookup renders, one in another.
  private static let mostDepth = 20

  private static func answered(
    _ call: ImpureCall, _ context: LookupContext, depth: Int
  ) async -> Result<Value, Diagnostic> {
    do {
      guard depth < mostDepth else {
        throw Diagnostic.error(
          "templates ask for each other by lookups, more than \(mostDepth) deep",
          at: call.location)
      }
      return .success(try await answer(call, context, depth))
    } catch let diagnostic as Diagnostic {
      return .failure(diagnostic)
    } catch {
      return .failure(.error("lookup `\(call.name)` failed: \(error)", at: call.location))
    }
  }

  private static func answer(
    _ call: ImpureCall, _ context: LookupContext, _ depth: Int
  ) async throws -> Value {
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
    case "fileglob":
      let isFilter = call.kind != "lookup"
      let paths = words.flatMap { word in
        isFilter ? FilePatterns.files(word) : fileglob(word, context)
      }
      return .list(paths.map { .string($0) })
    case "first_found": return try firstFound(call, context)
    case "template":
      var texts: [Value] = []
      for word in words { texts.append(try await template(word, call, context, depth)) }
      return .list(texts)
    case "random_choice":
      return .list(call.arguments.randomElement().map { [$0] } ?? [])
    case "now": return now(call)
    case "random":
      return random(call)
    case "shuffle": return .list((call.arguments.first?.elements ?? []).shuffled())
    default:
      if let answer = try PathQuestions.answer(name, words, at: call.location) { return answer }
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

  /// A template file rendered with the variables of the task; lookups in it are answered as others
  /// are.
  private static func template(
    _ name: String, _ call: ImpureCall, _ context: LookupContext, _ depth: Int
  ) async throws -> Value {
    let path = try find(name, in: "templates", call, context)
    let text = try context.files.read(path)
    var options = TemplateOptions.file
    for (key, value) in call.options {
      guard let option = key.string, optionNames.contains(option),
        let text = ParameterText.text(value.opened)
      else { continue }
      try options.set(option, to: text, at: call.location)
    }
    let compiled = try TemplateFiles.compile(text, path: path, options: options)
    let (files, search) = (context.files, context.search)
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    var tape = Tape()
    for _ in 0..<1000 {
      let evaluator = Evaluator(
        environment: .ansible, scope: context.scope, tape: tape,
        loader: { other in
          // Beside the template first.
          let near = other.hasPrefix("/") ? [] : [folder.isEmpty ? other : folder + "/" + other]
          for path in near + search.candidates(other, in: "templates") {
            if files.kind(path) == .file, let text = try? files.read(path) { return (text, path) }
          }
          return nil
        })
      evaluator.decrypt = context.files.decrypt
      evaluator.locals["template_path"] = .value(.string(name))
      evaluator.locals["template_fullpath"] = .value(.string(Platform.absolute(path)))
      for (key, value) in call.options["template_vars"]?.map ?? [:] {
        if let key = key.string { evaluator.locals[key] = .value(value) }
      }
      do {
        let rendered = try evaluator.renderText(compiled)
        return files.isVaulted(path) ? .secret(Secret(rendered.opened)) : rendered
      } catch {
        switch error {
        case .failed(let diagnostic, _): throw diagnostic
        case .impure(let call):
          tape.answers.append((call, await answered(call, context, depth: depth + 1)))
        }
      }
    }
    throw Diagnostic.error("`\(name)` needs more than 1000 lookups", at: call.location)
  }

  private static let optionNames: Set<String> = [
    "variable_start_string", "variable_end_string", "comment_start_string", "comment_end_string",
    "trim_blocks", "lstrip_blocks",
  ]

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

  /// The files of the first folder that has any, by absolute paths.
  private static func fileglob(_ pattern: String, _ context: LookupContext) -> [String] {
    for candidate in context.search.candidates(pattern, in: "files") {
      let paths = FilePatterns.files(Platform.absolute(candidate))
      if !paths.isEmpty { return paths.map(normalizedPath) }
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
          return .list([.string(normalizedPath(Platform.absolute(path)))])
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
