import Values

/// `map`, `select` and their kin.
enum JinjaSelectionFilters {
  static let all: [Filter] = [
    Filter("map", "*args, **kwargs", live: map),
    Filter("select", "*args, **kwargs", live: { try select($0, keeps: true) }),
    Filter("reject", "*args, **kwargs", live: { try select($0, keeps: false) }),
    Filter("selectattr", "*args, **kwargs", live: { try selectAttribute($0, keeps: true) }),
    Filter("rejectattr", "*args, **kwargs", live: { try selectAttribute($0, keeps: false) }),
  ]

  private static func map(_ call: LiveCall) throws -> RuntimeValue {
    let evaluator = call.evaluator
    var keywords = call.keywords
    if call.rest.isEmpty, let attribute = keywords.removeValue(forKey: "attribute") {
      let fallback = keywords.removeValue(forKey: "default")
      if let name = keywords.keys.first { throw Failure("has no parameter `\(name)`") }
      let path = AttributePath(attribute)
      var usesFallback = fallback
      if case .null? = fallback { usesFallback = nil }
      return .list(
        try items(call).map {
          try path.value(of: $0, evaluator, otherwise: usesFallback)
        })
    }
    guard let name = call.rest.first else {
      throw Failure("needs the name of a filter, or `attribute`")
    }
    guard let filter = name.string else { throw Failure("the name of a filter is a string") }
    let arguments = CallArguments(Array(call.rest.dropFirst()), keywords: keywords)
    return .list(
      try items(call).map {
        try evaluator.applyFilter(filter, to: $0, arguments)
      })
  }

  /// Nothing is an empty sequence here.
  private static func items(_ call: LiveCall) throws -> [RuntimeValue] {
    if case .null = call.value { return [] }
    return try call.evaluator.elements(of: call.value)
  }

  private static func select(_ call: LiveCall, keeps: Bool) throws -> RuntimeValue {
    let test = try test(call, call.rest)
    return .list(
      try items(call).filter { try test($0) == keeps })
  }

  private static func selectAttribute(_ call: LiveCall, keeps: Bool) throws -> RuntimeValue {
    guard let attribute = call.rest.first else { throw Failure("needs the name of an attribute") }
    let path = AttributePath(attribute)
    let test = try test(call, Array(call.rest.dropFirst()))
    return .list(
      try items(call).filter { item in
        try test(try path.value(of: item, call.evaluator)) == keeps
      })
  }

  /// The test that the arguments name, or truth.
  private static func test(_ call: LiveCall, _ arguments: [RuntimeValue]) throws
    -> (RuntimeValue) throws -> Bool
  {
    let evaluator = call.evaluator
    guard let first = arguments.first else { return { try evaluator.truth(of: $0) } }
    guard let name = first.string else { throw Failure("the name of a test is a string") }
    guard evaluator.environment.test(name) != nil else {
      let fault = evaluator.environment.unknownName(.test, name)
      throw Failure(fault?.summary ?? "unknown test `\(name)`", hint: fault?.hint)
    }
    let rest = CallArguments(Array(arguments.dropFirst()), keywords: call.keywords)
    return { try evaluator.applyTest(name, to: $0, rest) }
  }
}
