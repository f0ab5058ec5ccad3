import Values

/// `loop` inside a `for`.
final class LoopState: RuntimeObject {
  let items: [RuntimeValue]
  let depth: Int
  var index = 0
  private var lastChanged: [RuntimeValue]?
  /// Runs the loop's body on other items; set for recursive loops.
  private let recurse: ((RuntimeValue) throws -> RuntimeValue)?

  init(
    _ items: [RuntimeValue], depth: Int, recurse: ((RuntimeValue) throws -> RuntimeValue)?
  ) {
    self.items = items
    self.depth = depth
    self.recurse = recurse
  }

  var typeName: String { "LoopContext" }
  func text(_ evaluator: Evaluator) throws -> String {
    "<LoopContext \(index + 1)/\(items.count)>"
  }

  func attribute(_ name: String, _ evaluator: Evaluator) throws -> RuntimeValue? {
    switch name {
    case "index": return .int(index + 1)
    case "index0": return .int(index)
    case "revindex": return .int(items.count - index)
    case "revindex0": return .int(items.count - index - 1)
    case "first": return .bool(index == 0)
    case "last": return .bool(index == items.count - 1)
    case "length": return .int(items.count)
    case "depth": return .int(depth)
    case "depth0": return .int(depth - 1)
    case "previtem":
      return index > 0
        ? items[index - 1] : .undefined(Undefined("there is no item before the first"))
    case "nextitem":
      return index + 1 < items.count
        ? items[index + 1] : .undefined(Undefined("there is no item behind the last"))
    case "cycle":
      return .object(
        Callable("cycle") { arguments, _ in
          guard !arguments.positional.isEmpty else { throw Failure("nothing to cycle through") }
          return arguments.positional[self.index % arguments.positional.count]
        })
    case "changed":
      return .object(
        Callable("changed") { arguments, evaluator in
          let isSame = try self.lastChanged.map {
            try evaluator.equal(.tuple($0), .tuple(arguments.positional))
          }
          self.lastChanged = arguments.positional
          return .bool(!(isSame ?? false))
        })
    default: return nil
    }
  }

  var isCallable: Bool { true }
  func call(_ arguments: CallArguments, _ evaluator: Evaluator) throws -> RuntimeValue {
    guard let recurse else {
      throw Failure("the loop cannot be called", hint: "write `recursive` behind the sequence")
    }
    guard let items = arguments.positional.first, arguments.positional.count == 1 else {
      throw Failure("`loop` takes one argument: the items of the inner loop")
    }
    return try recurse(items)
  }
}
