import Values

/// A path as the host writes it out: a leading `~` of the user whose rights are used, and `$NAME` and
/// `${NAME}`, as Python's `expanduser` and `expandvars` do it. What cannot be told stays as written.
package struct ExpandedPathFact: Fact {
  package let path: String

  package init(_ path: String) { self.path = path }

  /// False where a path is the same everywhere.
  package static func applies(to path: String) -> Bool {
    path.utf8.first == UInt8(ascii: "~") || path.utf8.contains(UInt8(ascii: "$"))
  }

  package static func script(_ batch: [Self]) -> ShellScript {
    var script: ShellScript = ""
    for fact in batch { script += fact.script }
    return script
  }

  private var script: ShellScript {
    guard path.utf8.first == UInt8(ascii: "~") else {
      return "printf '%s' \(verbatim: ShellWords.expanding(path)) | omtd_b64; echo\n"
    }
    let rest = ShellWords.expanding(String(path.dropFirst()))
    return """
      omtd_p=${HOME-}
      if [ -n "$omtd_p" ]; then omtd_p=${omtd_p%/}; else omtd_p='~'; fi
      printf '%s%s' "$omtd_p" \(verbatim: rest) | omtd_b64; echo

      """
  }

  package func parse(_ line: Substring) -> String {
    guard let bytes = Base64.bytes(line) else { return path }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.isEmpty ? "/" : text
  }
}
