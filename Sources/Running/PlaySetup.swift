import Diagnostics
import Inventories
import Playbooks
import Templating
import Values

/// What a play says of itself, rendered before it begins: with extra variables and its own, not
/// with those of hosts.
enum PlaySetup {
  /// A value in the play's own scope; nil for `omit`.
  static func render(
    _ source: SourceValue, _ world: World, _ program: Program, host: String = "",
    task: PlayTask? = nil, _ tables: TaskTables? = nil
  ) throws(Diagnostic) -> Value? {
    let scope = TaskScope(world: world, host: host, task: task, tables: tables)
    let evaluator = Evaluator(environment: .ansible, scope: scope, tape: Tape(), loader: nil)
    evaluator.decrypt = program.files.decrypt
    do {
      return try evaluator.render(source)
    } catch {
      switch error {
      case .failed(let diagnostic, _): throw diagnostic
      case .impure:
        throw .error("a lookup cannot be used here", at: source.location)
      }
    }
  }

  static func number(
    _ source: SourceValue, _ world: World, _ program: Program
  ) throws(Diagnostic) -> Double? {
    guard let value = try render(source, world, program)?.opened else { return nil }
    switch value {
    case .int(let number): return Double(number)
    case .double(let number): return number
    case .string(let text): return Double(text.hasSuffix("%") ? String(text.dropLast()) : text)
    default: return nil
    }
  }

  static func pattern(
    _ play: Play, _ world: World, _ program: Program
  ) throws(Diagnostic) -> String {
    let value = try render(play.hosts, world, program) ?? .null
    let parts = value.opened.elements ?? [value.opened]
    return parts.compactMap(\.string).joined(separator: ",")
  }

  static func name(
    _ play: Play, _ world: World, _ program: Program
  ) throws(Diagnostic) -> String? {
    guard let source = play.name else { return nil }
    return (try? render(source, world, program))??.string ?? source.text
  }

  static func gathers(
    _ play: Play, _ world: World, _ program: Program
  ) throws(Diagnostic) -> Bool {
    let standard = world.run.gathering != .explicit
    guard let source = play.gatherFacts else { return standard }
    guard let value = try render(source, world, program) else { return standard }
    switch value.opened {
    case .bool(let flag): return flag
    case .string(let text): return !["no", "false", "off"].contains(text.lowercased())
    default: return true
    }
  }

  static func tags(of task: PlayTask, _ world: World, _ program: Program) -> Set<String> {
    task.tags.tagNames { source in (try? render(source, world, program)) ?? nil }
  }

  static func ordered(
    _ hosts: [String], _ play: Play, _ world: World, _ program: Program
  ) throws(Diagnostic) -> [String] {
    guard let source = play.order, let order = try render(source, world, program)?.string else {
      return hosts
    }
    switch order {
    case "inventory": return hosts
    case "sorted": return hosts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    case "reverse_sorted": return hosts.sorted { $1.utf8.lexicographicallyPrecedes($0.utf8) }
    case "reverse_inventory": return hosts.reversed()
    case "shuffle": return hosts.shuffled()
    default: throw .error("unknown order `\(order)`", at: source.location)
    }
  }

  /// The batches of `serial`: numbers, percentages of all hosts, or a list whose last repeats.
  static func batches(
    _ hosts: [String], _ play: Play, _ world: World, _ program: Program
  ) throws(Diagnostic) -> [[String]] {
    guard let source = play.serial, let value = try render(source, world, program)?.opened else {
      return [hosts]
    }
    let sizes = (value.elements ?? [value]).map { size(of: $0, total: hosts.count) }
    var rest = hosts[...]
    var batches: [[String]] = []
    var index = 0
    while !rest.isEmpty {
      let size = sizes.isEmpty ? rest.count : sizes[min(index, sizes.count - 1)]
      let take = size <= 0 ? rest.count : min(size, rest.count)
      batches.append(Array(rest.prefix(take)))
      rest = rest.dropFirst(take)
      index += 1
    }
    return batches
  }

  private static func size(of value: Value, total: Int) -> Int {
    switch value {
    case .int(let number): return number
    case .string(let text):
      guard text.hasSuffix("%") else { return Int(text) ?? 0 }
      guard let percent = Double(text.dropLast()), percent.isFinite else { return 0 }
      return max(1, Int(min(100, max(0, percent)) / 100 * Double(total)))
    default: return 0
    }
  }

  /// `vars_files`: of an element that is a list the first that exists. One that is missing is
  /// left out, as Ansible does; the loader has warned.
  static func variablesFromFiles(
    _ play: Play, _ world: World, _ program: Program, _ batch: [String]
  ) async throws(Diagnostic) -> [String: Variable] {
    var table: [String: Variable] = [:]
    for element in play.varsFiles {
      let alternatives = element.items ?? [element]
      for source in alternatives {
        let name: String?
        do {
          name = try render(source, world, program, host: batch.first ?? "")?.string
        } catch {
          continue
        }
        guard let name else { continue }
        let search = SearchPath(folders: [play.directory])
        let path = search.candidates(name, in: "vars").first { program.files.kind($0) == .file }
        guard let path else { continue }
        table.merge(try entries(of: path, program).table) { $1 }
        break
      }
    }
    return table
  }

  private static func entries(
    of path: String, _ program: Program
  ) throws(Diagnostic) -> [SourceEntry] {
    let document = try program.files.variables(path)
    if document.root.isNull { return [] }
    guard let entries = document.root.entries else {
      throw .error("`\(path)` must hold a mapping", at: document.root.location)
    }
    return entries
  }
}
