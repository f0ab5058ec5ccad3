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
      if let reason = terms.firstUnknown { return .unknown(reason) }
      // The same call as a template would make: `query('NAME', *terms)`.
      evaluator.locals["omtd_terms"] = .value(terms)
      defer { evaluator.locals["omtd_terms"] = nil }
      let call = "query('\(name)', \(terms.elements == nil ? "" : "*")omtd_terms)"
      do {
        let expression = try Expression.compile(
          call, at: loop.location, style: .plain, environment: .ansible)
        return try evaluator.evaluate(expression)
      } catch let stop as EvaluationStop {
        throw stop
      } catch {
        throw .failed(
          .error("unknown lookup `\(name)`", at: loop.location), isUndefined: false)
      }
    }
  }

  /// The items as written, where the list is written without templates: they may hold expressions.
  static func literals(_ loop: Loop, _ evaluator: Evaluator, count: Int) -> [SourceValue?]? {
    guard loop.kind == .list || loop.kind == .lookup("items"),
      let items = evaluator.literalItems(loop.value), items.count == count,
      loop.kind == .list || items.allSatisfy({ $0?.items == nil })
    else { return nil }
    return items
  }
}
