import Values

/// All regular files that match shell patterns, with their content, in the order of their names.
package struct FilesFact: Fact {
  package let patterns: [String]

  package init(_ patterns: [String]) { self.patterns = patterns }

  package struct File: Hashable, Sendable {
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
    }
  }

  // Patterns must stay patterns, so each is quoted whole and expanded by the shell once it is set.
  package static func script(_ batch: [FilesFact]) -> ShellScript {
    ShellScript(
      verbatim: #"""
        omtd_all() {
         omtd_i=$IFS; IFS=
         for omtd_g do for omtd_p in $omtd_g; do
          if [ -f "$omtd_p" ] && [ -r "$omtd_p" ]; then
           printf '%s %s|' "$(printf %s "$omtd_p" | omtd_b64)" "$(omtd_b64 <"$omtd_p")"
          fi
         done; done
         IFS=$omtd_i; echo
        }

        """#) + .lines(batch.map { "omtd_all \(words: $0.patterns)" })
  }

  package func parse(_ line: Substring) -> [File] {
    line.split(ascii: "|").compactMap { record in
      let parts = record.split(ascii: " ", omittingEmptySubsequences: false)
      guard parts.count == 2, let path = Base64.bytes(parts[0]), let bytes = Base64.bytes(parts[1])
      else { return nil }
      return File(path: String(decoding: path, as: UTF8.self), bytes: bytes)
    }
  }

  package func adjusted(_ reading: [File], by overlay: Overlay) -> [File] {
    reading.compactMap { file in
      switch overlay.node(at: file.path) {
      case .absent: nil
      case .file(let payload?, _): File(path: file.path, bytes: payload.bytes)
      default: file
      }
    }
  }
}
