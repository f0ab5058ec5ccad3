import Values

/// Truth, choices between values, and what a value is.
enum AnsibleChoices {
  static let filters: [Filter] = [
    Filter("bool") { call in
      switch call.value {
      case .bool(let flag): return .bool(flag)
      case .string(let text):
        return .bool(["yes", "on", "1", "true"].contains(text.lowercased()))
      default: return .bool(call.value == 1)
      }
    },
    Filter("ternary", "true_val, false_val, none_val=None", undefined: .passes) { call in
      if case .undefined(let undefined) = call.value { throw call.evaluator.failure(undefined) }
      if call.value.isNull, !call["none_val"].isNull { return call["none_val"] }
      return try call.evaluator.truth(of: call.value) ? call["true_val"] : call["false_val"]
    },
    Filter("mandatory", "msg=None", undefined: .passes) { call in
      guard case .undefined(let undefined) = call.value else { return call.value }
      if let message = call["msg"].string { throw Failure(message) }
      let name = undefined.name.map { "'\($0)' " } ?? ""
      throw Failure("Mandatory variable \(name)not defined.")
    },
    Filter("type_debug", undefined: .passes) { call in
      switch call.value {
      case .undefined: .string("UndefinedMarker")
      case .view, .named: .string("list")
      case .markup: .string("str")
      default: .string(call.value.typeName)
      }
    },
  ]

  static let tests: [Test] = [
    Test("truthy", "convert_bool=False") { call in isTruthy(call) },
    Test("falsy", "convert_bool=False") { call in !isTruthy(call) },
    Test("all") { call in try call.elements().allSatisfy(\.isTrue) },
    Test("any") { call in try call.elements().contains(where: \.isTrue) },
    Test("vault_encrypted", undefined: .sees) { call in
      if case .secret = call.value { true } else { false }
    },
  ]

  private static func isTruthy(_ call: DataCall) -> Bool {
    call.bool("convert_bool") ? call.value.asBoolean ?? false : call.value.isTrue
  }
}
