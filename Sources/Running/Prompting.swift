import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Values

/// Asks whoever started the run for a line, shown or hidden; nil at the end of the input.
package typealias Asking = @Sendable (_ prompt: String, _ isHidden: Bool) async -> String?

// The questions of `vars_prompt`, asked before their play begins.

extension Runner {
  /// Answers by name. Without a terminal the defaults; without a default the text `None`, as
  /// Ansible has it.
  func answers(to prompts: [VarsPrompt]) async throws(Diagnostic) -> [String: Variable] {
    let open = prompts.filter { world.extra[$0.name] == nil }
    guard !open.isEmpty else { return [:] }
    if let known = rehearsedAnswers(to: open) { return known }
    // All that the questions say is rendered before the first of them is asked.
    var questions: [Question] = []
    for prompt in open { questions.append(try question(prompt)) }
    guard let ask else {
      emit(.notice("no terminal: `vars_prompt` is not asked, its defaults are used"))
      var all: [String: Variable] = [:]
      for question in questions { all[question.name] = try variable(question, answer: nil) }
      return all
    }
    var all: [String: Variable] = [:]
    for question in questions {
      let answer = try variable(question, answer: await answer(to: question, ask))
      answersGiven[question.location, default: []].append(answer)
      all[question.name] = answer
    }
    return all
  }

  /// What was answered when the plan was made; nil where that is not known for all.
  private func rehearsedAnswers(to prompts: [VarsPrompt]) -> [String: Variable]? {
    guard let rehearsed else { return nil }
    var all: [String: Variable] = [:]
    for prompt in prompts {
      let used = answersGiven[prompt.location]?.count ?? 0
      guard let given = rehearsed.answers[prompt.location], used < given.count else { return nil }
      all[prompt.name] = given[used]
    }
    for prompt in prompts {
      if let answer = all[prompt.name] { answersGiven[prompt.location, default: []].append(answer) }
    }
    return all
  }

  private struct Question {
    var name: String
    var words: String
    var fallback: String?
    var isHidden: Bool
    var isConfirmed: Bool
    var isUnsafe: Bool
    var encryption: (method: String, salt: String?, saltSize: Int?)?
    var location: SourceLocation
  }

  private func question(_ prompt: VarsPrompt) throws(Diagnostic) -> Question {
    func value(_ source: SourceValue?) throws(Diagnostic) -> Value? {
      guard let source, let value = try PlaySetup.render(source, world, program)?.opened,
        !value.isNull
      else { return nil }
      return value
    }
    func text(_ source: SourceValue?) throws(Diagnostic) -> String? {
      try value(source).flatMap { ParameterType.convert($0, to: .string)?.string }
    }
    func flag(_ source: SourceValue?, _ standard: Bool) throws(Diagnostic) -> Bool {
      try value(source).flatMap { ParameterType.boolean(of: $0) } ?? standard
    }
    let fallback = try text(prompt.default)
    var words =
      try prompt.prompt.map { (source) throws(Diagnostic) in try text(source) ?? "" }
      ?? prompt.name
    if words.isEmpty {
      words = "input for \(prompt.name): "
    } else {
      words += fallback.map { " [\($0)]: " } ?? ": "
    }
    var question = Question(
      name: prompt.name, words: words, fallback: fallback,
      isHidden: try flag(prompt.isPrivate, true), isConfirmed: try flag(prompt.confirm, false),
      isUnsafe: try flag(prompt.isUnsafe, false), location: prompt.location)
    if let method = try text(prompt.encrypt) {
      question.encryption = (
        method, try text(prompt.salt),
        try value(prompt.saltSize).flatMap { ParameterType.convert($0, to: .int)?.int }
      )
    }
    return question
  }

  private func answer(to question: Question, _ ask: Asking) async -> String? {
    while true {
      let first = await ask(question.words, question.isHidden)
      guard question.isConfirmed else { return first }
      let second = await ask("confirm " + question.words, question.isHidden)
      if first == second { return first }
      emit(.notice("the two answers differ"))
    }
  }

  private func variable(_ question: Question, answer: String?) throws(Diagnostic) -> Variable {
    var text = answer ?? ""
    if text.isEmpty { text = question.fallback ?? (answer == nil ? "None" : "") }
    if question.encryption != nil {
      return .value(try encrypted(text, question))
    }
    // What a person types is source text, and may be a template unless the question forbids it.
    let content: SourceValue.Content =
      question.isUnsafe ? .unsafe(.string(text)) : .scalar(.string(text))
    return .source(SourceValue(content, at: question.location))
  }

  /// The hash that the filter `password_hash` makes.
  private func encrypted(_ text: String, _ question: Question) throws(Diagnostic) -> Value {
    guard let encryption = question.encryption else { return .string(text) }
    let scope = TaskScope(world: world, host: "", tables: nil)
    let evaluator = Evaluator(environment: .ansible, scope: scope, tape: Tape(), loader: nil)
    evaluator.locals["omtd_answer"] = .value(.string(text))
    evaluator.locals["omtd_method"] = .value(.string(encryption.method))
    evaluator.locals["omtd_salt"] = .value(
      encryption.salt.map { .string($0) } ?? .string(salt(encryption.saltSize)))
    do {
      let call = "omtd_answer | password_hash(omtd_method, omtd_salt)"
      return try evaluator.evaluate(
        Expression.compile(call, at: question.location, style: .plain, environment: .ansible))
    } catch EvaluationStop.failed(let diagnostic, _) {
      throw diagnostic
    } catch {
      throw .error("`encrypt` cannot make a hash", at: question.location)
    }
  }

  private func salt(_ size: Int?) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./")
    var generator = SystemRandomNumberGenerator()
    let count = min(64, max(1, size ?? 16))
    return String((0..<count).compactMap { _ in letters.randomElement(using: &generator) })
  }
}
