import Diagnostics
import Playbooks
import Templating
import Values

/// The list of a loop: the value of `loop`, or what the lookup of `with_NAME` gives.
enum LoopItems {
  static func list(_ loop: Loop, _ evaluator: Evaluator) throws(EvaluationStop) -> Value {
    switch loop.kind {
    case .list:
      return try evaluator.render(loop.value) ?? .list([])
    case .lookup(let name):
      guard let terms = try evaluator.render(loop.value) else { return .list([]) }
      if terms.containsUnknown { return .unknown(terms.firstUnknown ?? Unknown("its terms")) }
      return try evaluator.lookup(name, terms: terms, at: loop.location)
    }
  }
}
