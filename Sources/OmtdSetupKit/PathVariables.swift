/// `$NAME` and `${NAME}` in a path, as Python's `os.path.expandvars` reads them.
enum PathVariables {
  /// - Parameter value: of a variable of the environment; nil where it is not set, and stays.
  static func expanded(_ path: String, _ value: (String) -> String?) -> String {
    var out = ""
    var rest = Substring(path)
    while let dollar = rest.firstIndex(of: "$") {
      out += rest[..<dollar]
      let after = rest[rest.index(after: dollar)...]
      let isBraced = after.first == "{"
      let name =
        isBraced
        ? after.dropFirst().prefix { $0 != "}" }
        : after.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
      let tail = after.dropFirst(name.count + (isBraced ? 1 : 0))
      guard !name.isEmpty, !isBraced || tail.first == "}", let text = value(String(name)) else {
        out += "$"
        rest = after
        continue
      }
      out += text
      rest = isBraced ? tail.dropFirst() : tail
    }
    return out + rest
  }
}
