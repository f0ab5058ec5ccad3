import Diagnostics
import Templating
import Values

/// What a text is for, which says how bad a fault in it is.
enum TextUse {
  /// Rendered at the task's turn.
  case task(isGuarded: Bool)
  /// Rendered only where it is used.
  case variable
}

extension Session {
  /// Compiles every template in a value.
  func checkTexts(in value: SourceValue, as use: TextUse, depth: Int = 0) {
    guard depth < 64 else { return }
    switch value.content {
    case .scalar(.string(let text)):
      guard hasTemplateMark(text) else { return }
      checkLookups(in: value, as: use)
      compile(use) { () throws(Diagnostic) in
        try Template.compile(
          text, at: value.location, style: value.style, options: .task,
          environment: self.loader.environment
        ).warnings
      }
    case .list(let items):
      for item in items { checkTexts(in: item, as: use, depth: depth + 1) }
    case .map(let entries):
      for entry in entries { checkTexts(in: entry.value, as: use, depth: depth + 1) }
    case .scalar, .unsafe, .vault: break
    }
  }

  /// Compiles a condition; braces around the whole of it are tolerated with a warning.
  func checkCondition(_ value: SourceValue, as use: TextUse) {
    guard case .scalar(.string(let text)) = value.content, !text.trimmed.isEmpty else { return }
    if isTemplate(condition: text) {
      warn(
        "a condition has no `{{ }}`: it is an expression already", at: value.location,
        length: value.width, hint: "leave the braces out")
      checkTexts(in: value, as: use)
      return
    }
    checkLookups(in: value, as: use)
    compile(use) { () throws(Diagnostic) in
      try Expression.compile(
        text, at: value.location, style: value.style, options: .condition,
        environment: self.loader.environment
      ).warnings
    }
  }

  private func compile(_ use: TextUse, _ body: () throws(Diagnostic) -> [Diagnostic]) {
    do throws(Diagnostic) {
      try body().forEach(add)
    } catch {
      switch use {
      case .task(let isGuarded): addLate(error, isGuarded: isGuarded)
      case .variable: addLate(error, isGuarded: true)
      }
    }
  }

  /// Adds a fault found elsewhere, as a warning where something may keep it harmless.
  func addLate(_ fault: Diagnostic, isGuarded: Bool) {
    late(
      fault.summary, at: fault.location, length: fault.length, evidence: fault.evidence,
      hint: fault.hint, isGuarded: isGuarded)
  }

  func checkTexts(of keywords: Keywords, isGuarded: Bool) {
    for condition in keywords.when { checkCondition(condition, as: .task(isGuarded: isGuarded)) }
    for tag in keywords.tags { checkTexts(in: tag, as: .task(isGuarded: isGuarded)) }
    for entry in keywords.vars { checkTexts(in: entry.value, as: .variable) }
    for keyword in Keyword.allCases {
      if let value = keywords[keyword] {
        checkTexts(in: value, as: .task(isGuarded: isGuarded))
      }
    }
  }

  /// Compiles all texts of a task.
  ///
  /// - Parameter isGuarded: something of the task or around it may keep a fault harmless.
  func checkTexts(of task: PlayTask, isGuarded: Bool) {
    let use = TextUse.task(isGuarded: isGuarded)
    // A task's own condition does not guard itself.
    let outer =
      task.isRescued || task.layers.contains { $0.keywords.mayPreventFailure }
      || task.keywords[.ignoreErrors].map { literalBool($0) != false } ?? false
    checkTexts(of: task.keywords, isGuarded: outer)
    if let name = task.name { checkTexts(in: name, as: .variable) }
    for entry in task.arguments {
      switch (task.module, entry.name) {
      case ("assert", "that"):
        for one in entry.value.items ?? [entry.value] { checkCondition(one, as: use) }
      case ("debug", "var"): checkCondition(entry.value, as: use)
      case ("validate_argument_spec", _): break
      default: checkTexts(in: entry.value, as: use)
      }
    }
    if let freeForm = task.freeForm { checkTexts(in: freeForm, as: use) }
    if let template = task.argumentsTemplate { checkTexts(in: template, as: use) }
    if let loop = task.loop {
      checkTexts(in: loop.value, as: use)
      if case .lookup(let name) = loop.kind { checkLookup(name, ofLoop: loop) }
      if let label = loop.control.label { checkTexts(in: label, as: .variable) }
      for condition in loop.control.breakWhen { checkCondition(condition, as: use) }
    }
    for condition in task.until + task.changedWhen + task.failedWhen {
      checkCondition(condition, as: use)
    }
    for value in [task.retries, task.delay, task.async, task.poll].compactMap({ $0 }) {
      checkTexts(in: value, as: use)
    }
    for name in task.notify + task.listen { checkTexts(in: name, as: use) }
  }
}
