import Values

/// The names that a template sets for itself: of a template, a loop's turn, a macro's call.
final class Frame {
  var variables: [String: RuntimeValue] = [:]
  let parent: Frame?
  /// Where names that no frame has are looked for; nil for a module imported without context.
  let state: ScopeState?
  let loopDepth: Int

  init(parent: Frame, loopDepth: Int? = nil) {
    self.parent = parent
    state = parent.state
    self.loopDepth = loopDepth ?? parent.loopDepth
  }

  init(state: ScopeState?) {
    parent = nil
    self.state = state
    loopDepth = 0
  }

  func find(_ name: String) -> RuntimeValue? {
    var frame: Frame? = self
    while let current = frame {
      if let value = current.variables[name] { return value }
      frame = current.parent
    }
    return nil
  }
}

/// One rendering of a template with its parents: the blocks from the innermost child outwards.
final class Rendering {
  let root: Frame
  var chains: [String: [(block: BlockDefinition, template: Template)]] = [:]
  /// Set by `extends`: what the template prints from there on is dropped.
  var parent: Template?

  init(root: Frame, template: Template) {
    self.root = root
    add(template)
  }

  func add(_ template: Template) {
    for (name, block) in template.blocks { chains[name, default: []].append((block, template)) }
  }
}

/// What a body prints: text, or values that keep their type where there is only one.
final class Output {
  let isNative: Bool
  /// Belongs to the template itself, not to a macro or a captured block: `extends` silences it.
  let isTop: Bool
  private(set) var text = ""
  private(set) var parts: [RuntimeValue] = []
  private(set) var taint = Taint()

  init(isNative: Bool, isTop: Bool = false) {
    self.isNative = isNative
    self.isTop = isTop
  }

  func write(_ text: String) {
    if isNative { parts.append(.string(text)) } else { self.text += text }
  }

  func write(_ value: RuntimeValue, escaping: Bool, _ evaluator: Evaluator) throws {
    if isNative {
      if !value.isNull { parts.append(try evaluator.printed(value, 0)) }
      return
    }
    try append(value, escaping: escaping, evaluator)
  }

  private func append(_ value: RuntimeValue, escaping: Bool, _ evaluator: Evaluator) throws {
    if !evaluator.isSimple(value) {
      try evaluator.survey(value, &taint, 0)
      if taint.unknown != nil { return }
    }
    switch value {
    case .null where evaluator.environment.dialect == .ansible: return
    case .omit: return
    default: break
    }
    let piece = try evaluator.text(of: value)
    try evaluator.limits.grow(by: piece.utf8.count)
    switch value {
    case .markup: text += piece
    default: text += escaping ? escapeHTML(piece) : piece
    }
  }

  /// The result: unknown or secret where any piece is.
  func finish(asMarkup: Bool, _ evaluator: Evaluator) throws -> RuntimeValue {
    if isNative {
      guard let first = parts.first else { return .null }
      if parts.count == 1 { return first }
      for part in parts { try append(part, escaping: false, evaluator) }
    }
    if let unknown = taint.unknown { return .unknown(unknown) }
    let value: RuntimeValue = asMarkup ? .markup(text) : .string(text)
    return taint.isSecret ? .secret(value) : value
  }
}
