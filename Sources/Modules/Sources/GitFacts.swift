import ModuleKit
import Values

/// A checkout of git on the host.
package struct CheckoutFact: Fact {
  package let path: String
  package let remote: String
  package let program: String

  package init(_ path: String, remote: String = "origin", program: String = "git") {
    self.path = path
    self.remote = remote
    self.program = program
  }

  package enum Reading: Hashable, Sendable {
    /// Nothing, or an empty directory.
    case absent
    case checkout(Checkout)
    case unreadable(String)
  }

  package struct Checkout: Hashable, Sendable {
    /// Nil before the first commit.
    package var head: String?
    /// Nil where `HEAD` is detached.
    package var branch: String?
    package var isModified: Bool
    /// A submodule is missing, or at another commit than recorded.
    package var hasStaleSubmodules: Bool
    package var url: String

    package init(
      head: String?, branch: String?, isModified: Bool, hasStaleSubmodules: Bool, url: String
    ) {
      self.head = head
      self.branch = branch
      self.isModified = isModified
      self.hasStaleSubmodules = hasStaleSubmodules
      self.url = url
    }
  }

  package var deadline: Duration { .seconds(180) }

  package static func script(_ batch: [CheckoutFact]) -> ShellScript {
    ShellScript(
      verbatim: #"""
        omtd_checkout() {
         command -v "$1" >/dev/null 2>&1 || { echo "! $1 is not there"; return; }
         if [ ! -e "$2" ]; then echo -; return; fi
         if [ ! -e "$2/.git" ] && ! { [ -f "$2/HEAD" ] && [ -d "$2/objects" ]; }; then
          if [ -d "$2" ] && [ -z "$(ls -A -- "$2")" ]; then echo -; else echo '! is there, and is not a checkout'; fi; return
         fi
         if ! omtd_x=$("$1" -C "$2" rev-parse --git-dir 2>&1); then printf '! %s\n' "$(printf %s "$omtd_x" | head -n 1)"; return; fi
         omtd_h=$("$1" -C "$2" rev-parse -q --verify HEAD 2>/dev/null) || omtd_h=-
         omtd_b=$("$1" -C "$2" symbolic-ref -q --short HEAD 2>/dev/null) || omtd_b=-
         omtd_d=clean; omtd_s=-
         if [ -e "$2/.git" ]; then
          [ -z "$("$1" -C "$2" status --porcelain --untracked-files=no --ignore-submodules 2>/dev/null)" ] || omtd_d=modified
          if [ -f "$2/.gitmodules" ] && "$1" -C "$2" submodule status --recursive 2>/dev/null | grep -q '^[-+]'; then omtd_s=stale; fi
         fi
         printf '%s %s %s %s %s\n' "$omtd_h" "$omtd_b" "$omtd_d" "$omtd_s" "$("$1" -C "$2" config --get "remote.$3.url" 2>/dev/null)"
        }

        """#) + .lines(batch.map { "omtd_checkout \($0.program) \($0.path) \($0.remote)" })
  }

  package func parse(_ line: Substring) -> Reading {
    if line == "-" { return .absent }
    if line.hasPrefix("! ") { return .unreadable(String(line.dropFirst(2))) }
    let parts = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 5 else { return .unreadable("git answered `\(line.prefix(80))`") }
    return .checkout(
      Checkout(
        head: parts[0] == "-" ? nil : String(parts[0]),
        branch: parts[1] == "-" ? nil : String(parts[1]), isModified: parts[2] == "modified",
        hasStaleSubmodules: parts[3] == "stale", url: String(parts[4])))
  }

  package func imagined(in overlay: Overlay) -> ImaginedReading<Reading>? {
    switch overlay.node(at: path) {
    case .absent, .directory: .known(.absent)
    case .unknown(let reason): .unknown(reason)
    default: nil
    }
  }
}

/// What a remote of git holds under a name, asked with `git ls-remote`.
package struct RemoteReferenceFact: Fact {
  package let url: String
  package let name: String
  package let access: GitAccess

  package init(_ url: String, name: String, access: GitAccess) {
    self.url = url
    self.name = name
    self.access = access
  }

  package enum Reading: Hashable, Sendable {
    case references(References)
    case failed(String)
  }

  /// Commits by the kinds of names that lead to them.
  package struct References: Hashable, Sendable {
    package var head: String?
    /// The branch that `HEAD` stands for.
    package var headBranch: String?
    package var branch: String?
    package var tag: String?

    package init(head: String?, headBranch: String?, branch: String?, tag: String?) {
      self.head = head
      self.headBranch = headBranch
      self.branch = branch
      self.tag = tag
    }
  }

  package static let freshness = FactFreshness.asked
  package var deadline: Duration { .seconds(180) }

  package static func script(_ batch: [RemoteReferenceFact]) -> ShellScript {
    .lines(
      batch.map { fact in
        """
        ( \(script: fact.access.environment)
        if omtd_x=$(\(fact.access.program) ls-remote --symref -- \(fact.url) HEAD \(words: ["refs/heads/\(fact.name)", "refs/tags/\(fact.name)", "refs/tags/\(fact.name)^{}"]) 2>&1); then
         printf '%s\\n' "$omtd_x" | tr '\\n\\t' '| '; echo
        else printf '! %s\\n' "$(printf %s "$omtd_x" | tr '\\n' ' ')"; fi )
        """
      })
  }

  package func parse(_ line: Substring) -> Reading {
    if line.hasPrefix("! ") { return .failed(String(line.dropFirst(2))) }
    var found = References(head: nil, headBranch: nil, branch: nil, tag: nil)
    for record in line.split(separator: "|") {
      let words = record.split(separator: " ").map(String.init)
      if words.count == 3, words[0] == "ref:", words[2] == "HEAD",
        words[1].hasPrefix("refs/heads/")
      {
        found.headBranch = String(words[1].dropFirst("refs/heads/".count))
      }
      guard words.count == 2, words[0].utf8.count >= 40 else { continue }
      switch words[1] {
      case "HEAD": found.head = words[0]
      case "refs/heads/\(name)": found.branch = words[0]
      case "refs/tags/\(name)": found.tag = found.tag ?? words[0]
      // The commit behind an annotated tag.
      case "refs/tags/\(name)^{}": found.tag = words[0]
      default: break
      }
    }
    return .references(found)
  }
}

/// How git reaches remotes: the program, and how it calls ssh.
package struct GitAccess: Hashable, Sendable {
  package var program: String
  package var keyFile: String?
  package var acceptsAnyHostKey: Bool
  package var acceptsNewHostKey: Bool
  package var options: String

  package init(
    program: String = "git", keyFile: String? = nil, acceptsAnyHostKey: Bool = false,
    acceptsNewHostKey: Bool = false, options: String = ""
  ) {
    self.program = program
    self.keyFile = keyFile
    self.acceptsAnyHostKey = acceptsAnyHostKey
    self.acceptsNewHostKey = acceptsNewHostKey
    self.options = options
  }

  /// Variables that keep git and ssh from asking anybody.
  var environment: ShellScript {
    var command = "ssh -o BatchMode=yes"
    if acceptsAnyHostKey {
      command += " -o StrictHostKeyChecking=no"
    } else if acceptsNewHostKey {
      command += " -o StrictHostKeyChecking=accept-new"
    }
    if let keyFile { command += " -i \(quoted(keyFile)) -o IdentitiesOnly=yes" }
    if !options.isEmpty { command += " " + options }
    return """
      export LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_SSH_COMMAND=\(command)

      """
  }
}
