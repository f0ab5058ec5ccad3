import Values

/// Tests about the result of a task. In a plan such a result may be partly known.
enum AnsibleResults {
  static let tests: [Test] = questions.flatMap { question in
    question.names.map { name in
      Test(name, undefined: .sees) { call in try question.answer(Result(call)) }
    }
  }

  private struct Question: Sendable {
    let names: [String]
    let answer: @Sendable (Result) throws -> Bool
  }

  private static let questions: [Question] = [
    Question(names: ["failed", "failure"]) { try $0.flag("failed") },
    Question(names: ["succeeded", "success", "successful"]) { try !$0.flag("failed") },
    Question(names: ["changed", "change"]) { try $0.isChanged() },
    Question(names: ["skipped", "skip"]) { try $0.flag("skipped") },
    Question(names: ["unreachable"]) { try $0.flag("unreachable") },
    Question(names: ["reachable"]) { try !$0.flag("unreachable") },
    // A result that has not the key is that of an ordinary task: it started and came to its end.
    Question(names: ["started"]) { try $0.value("started") == nil ? true : $0.flag("started") },
    Question(names: ["finished"]) { try $0.value("finished") == nil ? true : $0.flag("finished") },
    Question(names: ["timedout"]) { result in
      guard let value = try result.value("timedout"), case .dict(let box) = value else {
        return false
      }
      return try Result(box, result.evaluator).flag("period")
    },
  ]

  private struct Result {
    let box: DictBox
    let evaluator: Evaluator

    init(_ box: DictBox, _ evaluator: Evaluator) {
      self.box = box
      self.evaluator = evaluator
    }

    init(_ call: LiveCall) throws {
      var value = call.value
      while case .secret(let inner) = value { value = inner }
      if case .unknown(let unknown) = value { throw UnknownStop(unknown: unknown) }
      if case .undefined(let undefined) = value { throw call.evaluator.failure(undefined) }
      guard case .dict(let box) = value else {
        throw Failure(
          "expects the result of a task (a mapping), not a value of type `\(value.typeName)`")
      }
      self.init(box, call.evaluator)
    }

    func value(_ key: String) throws -> RuntimeValue? {
      if box.contains(.string(key)) { return try evaluator.value(in: box, key: .string(key)) }
      if let rest = box.rest { throw UnknownStop(unknown: rest) }
      return nil
    }

    func flag(_ key: String) throws -> Bool {
      try value(key).map { try evaluator.truth(of: $0) } ?? false
    }

    /// The result's own word or, where a loop's result has none, that of its items.
    func isChanged() throws -> Bool {
      if try value("changed") != nil { return try flag("changed") }
      guard case .list(let items)? = try value("results") else { return false }
      for item in try evaluator.elements(of: items) {
        if case .dict(let box) = item, try Result(box, evaluator).flag("changed") { return true }
      }
      return false
    }
  }
}
