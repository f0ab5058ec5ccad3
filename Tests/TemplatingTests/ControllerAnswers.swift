import Diagnostics
@preconcurrency import Glibc
import Templating
import TestKit
import Values

/// Answers impure calls from a scratch folder, as far as the recorded expressions need it.
struct ControllerAnswers {
  let folder: String
  let environment: ValueMap
  let scope: any Scope

  func answer(_ call: ImpureCall) -> Result<Value, Diagnostic> {
    let terms = call.arguments.map { $0.string ?? $0.pythonText }
    switch (call.kind, call.name) {
    case ("is", "vaulted_file"):
      guard let text = try? Files.text(absolute(terms.first ?? "")) else {
        return refused("no such file")
      }
      return .success(.bool(VaultText.isEncrypted(text)))
    case ("is", let question): return .success(.bool(isTrue(question, terms)))
    case ("realpath", _):
      let path = absolute(terms.first ?? "")
      return .success(.string(realpath(path, nil).map { take($0) } ?? lexical(path)))
    case ("expanduser", _): return .success(call.arguments.first ?? .null)
    case ("fileglob", _): return .success(.list(globbed(terms.first ?? "")))
    case ("random", _): return .success(0)
    case ("shuffle", _): return .success(call.arguments.first ?? [])
    case ("now", _): return now(call)
    case ("lookup", let name): return lookup(name, terms, call)
    default: return refused("nobody answers \(call.kind)")
    }
  }

  private func lookup(
    _ name: String, _ terms: [String], _ call: ImpureCall
  ) -> Result<Value, Diagnostic> {
    switch name.split(separator: ".").last.map(String.init) ?? name {
    case "env":
      return .success(
        .list(
          terms.map { name in
            if let value = environment[.string(name)] { return value }
            switch name {
            case "HOME": return "/home/tester"
            case "PWD": return .string(folder)
            default: return call.options["default"] ?? ""
            }
          }))
    case "file":
      var texts: [Value] = []
      for term in terms {
        guard let path = found(term, "files"), let text = try? Files.text(path) else {
          return refused("no file \(term)")
        }
        texts.append(
          .string(
            stripped(
              text, left: call.options["lstrip"]?.isTrue ?? false,
              right: call.options["rstrip"]?.isTrue ?? true)))
      }
      return .success(.list(texts))
    case "template":
      do {
        return .success(.list(try terms.map { try rendered($0, call.options) }))
      } catch {
        return refused("\(error)")
      }
    case "fileglob":
      return .success(
        .list(
          terms.flatMap { term in
            let inside = globbed(term.hasPrefix("/") ? term : "files/" + term)
            return inside.isEmpty ? globbed(term) : inside
          }))
    case "first_found":
      let names = call.arguments.flatMap { term -> [String] in
        if let map = term.map {
          let files = map["files"]?.elements?.compactMap(\.string) ?? []
          let paths = map["paths"]?.elements?.compactMap(\.string) ?? ["."]
          return paths.flatMap { path in files.map { path + "/" + $0 } }
        }
        return term.elements?.compactMap(\.string) ?? [term.string ?? ""]
      }
      for name in names {
        if access(absolute(name), F_OK) == 0 { return .success([.string(lexical(absolute(name)))]) }
      }
      return refused("no file was found")
    case "pipe", "lines":
      var results: [Value] = []
      for term in terms {
        guard let output = output(of: term) else { return refused("the command failed") }
        let text = stripped(output, left: false, right: true)
        if name == "pipe" {
          results.append(.string(text))
        } else {
          let lines = output.hasSuffix("\n") ? String(output.dropLast()) : output
          results += lines.split(separator: "\n", omittingEmptySubsequences: false).map {
            .string(String($0))
          }
        }
      }
      return .success(.list(results))
    default: return refused("nobody answers the lookup \(name)")
    }
  }

  private func output(of command: String) -> String? {
    guard let pipe = popen("cd \(folder) && exec /bin/sh -c '\(command)'", "r") else { return nil }
    var bytes: [UInt8] = []
    while case let byte = fgetc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return pclose(pipe) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
  }

  private func rendered(_ term: String, _ options: ValueMap) throws -> Value {
    guard let path = found(term, "templates"), let text = try? Files.text(path) else {
      throw Diagnostic.error("no template \(term)")
    }
    var style = TemplateOptions.file
    style.trimBlocks = options["trim_blocks"]?.isTrue ?? true
    let template = try Template.compile(
      text, at: SourceLocation(file: path, line: 1, column: 1), style: .plain, options: style,
      environment: .ansible)
    let evaluator = Evaluator(environment: .ansible, scope: scope)
    for (name, value) in options["template_vars"]?.map ?? [:] {
      evaluator.locals[name.string ?? ""] = .value(value)
    }
    return try evaluator.renderText(template)
  }

  private func now(_ call: ImpureCall) -> Result<Value, Diagnostic> {
    let time = DateTime(
      date: CalendarDate(year: 2024, month: 5, day: 6), hour: 7, minute: 8, second: 9)
    guard let format = call.options["fmt"]?.string else { return .success(.datetime(time)) }
    return (try? strftime(format, time)).map { .success(.string($0)) } ?? refused("bad format")
  }

  private func isTrue(_ question: String, _ terms: [String]) -> Bool {
    guard let first = terms.first.map(absolute) else { return false }
    var status = stat()
    let isLinkQuestion = question == "is_link" || question == "link_exists"
    let code = isLinkQuestion ? lstat(first, &status) : stat(first, &status)
    guard code == 0 else { return false }
    switch question {
    case "is_dir": return status.st_mode & S_IFMT == S_IFDIR
    case "is_file": return status.st_mode & S_IFMT == S_IFREG
    case "is_link": return status.st_mode & S_IFMT == S_IFLNK
    case "is_mount": return first == "/"
    case "is_same_file":
      var other = stat()
      return terms.count == 2 && stat(absolute(terms[1]), &other) == 0
        && other.st_ino == status.st_ino && other.st_dev == status.st_dev
    default: return true
    }
  }

  private func found(_ name: String, _ subfolder: String) -> String? {
    [folder + "/" + subfolder + "/" + name, absolute(name)].first { access($0, R_OK) == 0 }
  }

  private func globbed(_ pattern: String) -> [Value] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(absolute(pattern), 0, nil, &result) == 0 else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { index in
      guard let path = result.gl_pathv[index].map({ String(cString: $0) }) else { return nil }
      return isTrue("is_file", [path]) ? .string(path) : nil
    }
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : folder + "/" + path
  }

  private func lexical(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  private func stripped(_ text: String, left: Bool, right: Bool) -> String {
    var scalars = text.unicodeScalars[...]
    while left, let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while right, let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(scalars)
  }

  private func take(_ pointer: UnsafeMutablePointer<CChar>) -> String {
    defer { free(pointer) }
    return String(cString: pointer)
  }

  private func refused(_ summary: String) -> Result<Value, Diagnostic> {
    .failure(.error(summary))
  }
}
