import Values

/// Comparison of version numbers.
enum AnsibleVersions {
  static let tests: [Test] = ["version", "version_compare"].map { name in
    Test(name, signature) { call in try compare(call) }
  }

  private static let signature: Signature =
    "version, operator='eq', strict=None, version_type=None"

  private static func compare(_ call: DataCall) throws -> Bool {
    let (left, right) = (call.valueText, call.text("version"))
    if left.isEmpty || call.value.isNull { throw Failure("the version to test is empty") }
    if right.isEmpty || call["version"].isNull {
      throw Failure("the version to compare with is empty")
    }
    if !call["strict"].isNull, !call["version_type"].isNull {
      throw Failure("`strict` and `version_type` exclude each other")
    }
    let scheme: VersionScheme
    if let name = call.optional("version_type") {
      guard let known = VersionScheme(rawValue: name.string ?? "") else {
        throw Failure(
          "unknown version type `\(name.pythonText)`",
          hint: "use one of: loose, strict, semver, semantic, pep440")
      }
      scheme = known
    } else {
      scheme = call.bool("strict") ? .strict : .loose
    }
    let matches: (Int) -> Bool
    switch call.text("operator") {
    case "==", "=", "eq": matches = { $0 == 0 }
    case "<", "lt": matches = { $0 < 0 }
    case "<=", "le": matches = { $0 <= 0 }
    case ">", "gt": matches = { $0 > 0 }
    case ">=", "ge": matches = { $0 >= 0 }
    case "!=", "<>", "ne": matches = { $0 != 0 }
    default:
      throw Failure(
        "unknown operator `\(call.text("operator"))`",
        hint: "use one of: ==, <, <=, >, >=, != (or eq, lt, le, gt, ge, ne)")
    }
    return matches(try scheme.parse(left).order(try scheme.parse(right)))
  }
}
