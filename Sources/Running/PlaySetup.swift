import Diagnostics
import Inventories
import ModuleKit
import Playbooks
import Templating
import Values

/// What a play says of itself, rendered before it begins: with extra variables and its own, not
/// with those of hosts.
enum PlaySetup {
  /// A value in the play's own scope; nil for `omit`.
  static func render(
    _ source: SourceValue, _ world: World, _ program: Program, in scope: TaskScope? = nil
  ) throws(Diagnostic) -> Value? {
    let scope = scope ?? TaskScope(world: world, host: "", tables: nil)
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

  /// A boolean in any of Ansible's spellings; nil where the keyword says nothing.
  ///
  /// - Parameter scope: whose variables it may use.
  static func flag(
    _ source: SourceValue?, _ keyword: String, _ world: World, _ program: Program,
    in scope: @autoclosure () -> TaskScope? = nil
  ) throws(Diagnostic) -> Bool? {
    guard let source, let value = try known(source, world, program, scope()) else { return nil }
    guard let flag = ParameterType.boolean(of: value) else {
      throw unfit(value, for: keyword, "true or false", source)
    }
    return flag
  }

  /// A whole number; nil where the keyword says nothing.
  static func integer(
    _ source: SourceValue?, _ keyword: String, _ world: World, _ program: Program,
    in scope: @autoclosure () -> TaskScope? = nil
  ) throws(Diagnostic) -> Int? {
    guard let source, let value = try known(source, world, program, scope()) else { return nil }
    guard let number = ParameterType.convert(value, to: .int)?.int else {
      throw unfit(value, for: keyword, "a whole number", source)
    }
    return number
  }

  /// A number, which may be written with `%`.
  static func percentage(
    _ source: SourceValue?, _ keyword: String, _ world: World, _ program: Program
  ) throws(Diagnostic) -> Double? {
    guard let source, let value = try known(source, world, program, nil) else { return nil }
    var number = value
    if case .string(let text) = value, text.hasSuffix("%") {
      number = .string(String(text.dropLast()))
    }
    guard case .double(let percent)? = ParameterType.convert(number, to: .float) else {
      throw unfit(value, for: keyword, "a number", source)
    }
    return percent
  }

  /// The value without its secrecy; nil for `omit` and null.
  private static func known(
    _ source: SourceValue, _ world: World, _ program: Program, _ scope: TaskScope?
  ) throws(Diagnostic) -> Value? {
    guard let value = try render(source, world, program, in: scope)?.opened, !value.isNull else {
      return nil
    }
    return value
  }

  private static func unfit(
    _ value: Value, for keyword: String, _ wanted: String, _ source: SourceValue
  ) -> Diagnostic {
    let shown =
      switch value {
      case .string, .int, .double, .bool:
        "`\(ParameterType.convert(value, to: .string)?.string ?? "")`"
      default: value.kindName
      }
    return .error("`\(keyword)` must be \(wanted), not \(shown)", at: source.location)
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
    return try flag(play.gatherFacts, "gather_facts", world, program) ?? standard
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
    var sizes: [Int] = []
    for (index, element) in (value.elements ?? [value]).enumerated() where !element.isNull {
      let place = source.items.flatMap { $0.indices.contains(index) ? $0[index] : nil } ?? source
      sizes.append(try size(of: element.opened, total: hosts.count, place))
    }
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

  /// 0 and less are all hosts.
  private static func size(
    of value: Value, total: Int, _ source: SourceValue
  ) throws(Diagnostic) -> Int {
    switch value {
    case .int(let number): return number
    case .string(let text):
      let isPercentage = text.hasSuffix("%")
      if let number = Int(isPercentage ? String(text.dropLast()) : text) {
        guard isPercentage else { return number }
        return max(1, Int(Double(min(100, max(0, number))) / 100 * Double(total)))
      }
    default: break
    }
    throw unfit(value, for: "serial", "a number of hosts, or whole percents", source)
  }
}
