import Diagnostics
import ModuleKit
import Values

/// `git`: a checkout of a repository at a branch, tag or commit.
package struct GitModule: Module {
  package static let specification = Specification(
    "git", summary: "Checkouts of git repositories",
    parameters: [
      Parameter("repo", aliases: ["name"], isRequired: true),
      Parameter("dest", .path, isRequired: true), Parameter("version", default: "HEAD"),
      Parameter("remote", default: "origin"), Parameter("refspec"), Parameter("reference"),
      Parameter("depth", .int), Parameter("clone", .bool, default: true),
      Parameter("update", .bool, default: true), Parameter("bare", .bool, default: false),
      Parameter("force", .bool, default: false), Parameter("recursive", .bool, default: true),
      Parameter("single_branch", .bool, default: false),
      Parameter("track_submodules", .bool, default: false), Parameter("executable", .path),
      Parameter("key_file", .path), Parameter("ssh_opts"),
      Parameter("accept_hostkey", .bool, default: false),
      Parameter("accept_newhostkey", .bool, default: false), Parameter("umask", .raw),
    ],
    rules: [.mutuallyExclusive(["accept_hostkey", "accept_newhostkey"])],
    lacking: [
      "archive", "archive_prefix", "separate_git_dir", "verify_commit", "gpg_allowlist",
      "gpg_whitelist",
    ])

  private let repository: String
  private let path: String
  private let version: String
  private let remote: String
  private let depth: Int?
  private let clones: Bool
  private let updates: Bool
  private let isBare: Bool
  private let forces: Bool
  private let isRecursive: Bool
  private let tracksSubmodules: Bool
  private let isSingle: Bool
  private let reference: String?
  private let refspec: String?
  private let umask: String?
  private let access: GitAccess

  package init(_ arguments: Arguments) throws(Diagnostic) {
    repository = try arguments.requiredText("repo")
    path = RemotePath.trimmingSlashes(try arguments.requiredText("dest"))
    version = arguments.text("version") ?? "HEAD"
    remote = arguments.text("remote") ?? "origin"
    for (name, text) in [("repo", repository), ("version", version), ("remote", remote)]
    where text.hasPrefix("-") || text.isEmpty {
      throw .error("`\(name)` must not begin with `-`", at: arguments.location(of: name))
    }
    depth = arguments.number("depth")
    clones = arguments.flag("clone")
    updates = arguments.flag("update")
    isBare = arguments.flag("bare")
    forces = arguments.flag("force")
    isRecursive = arguments.flag("recursive")
    tracksSubmodules = arguments.flag("track_submodules")
    isSingle = arguments.flag("single_branch")
    reference = arguments.text("reference")
    refspec = arguments.text("refspec")
    switch arguments["umask"].opened {
    case .null: umask = nil
    case .int(let number) where (0...0o777).contains(number): umask = String(number, radix: 8)
    case .string(let text)
    where !text.isEmpty && text.utf8.allSatisfy { (0x30...0x37).contains($0) }: umask = text
    default:
      throw .error("`umask` must be an octal number", at: arguments.location(of: "umask"))
    }
    access = GitAccess(
      program: arguments.text("executable") ?? "git", keyFile: arguments.text("key_file"),
      acceptsAnyHostKey: arguments.flag("accept_hostkey"),
      acceptsNewHostKey: arguments.flag("accept_newhostkey"),
      options: arguments.text("ssh_opts") ?? "")
  }

  private var isCommit: Bool {
    version.utf8.count == 40
      && version.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || (0x41...0x46).contains($0)
      }
  }

  private var fact: CheckoutFact { CheckoutFact(path, remote: remote, program: access.program) }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    if let output = try host.output(0) { return .done(try finish(output, host)) }
    let local: CheckoutFact.Checkout?
    switch try host[fact] {
    case .unreadable(let words): throw .failed("cannot use \(path): \(words)")
    case .absent: local = nil
    case .checkout(let checkout): local = checkout
    }
    if let local {
      let head = local.head ?? ""
      if !updates { return .done(result(before: head, after: head, changed: false)) }
      if local.isModified, !forces {
        throw .failed(
          "there are local modifications in \(path), and `force` is not set",
          ["before": .string(head)])
      }
    }
    let target = try self.target(local, host)
    guard let local else {
      if !clones { return .done(result(before: nil, after: target.commit, changed: true)) }
      return steps(cloning(target), before: nil, target)
    }
    let isSame =
      local.url == repository && !local.isModified
      && (isBare || !isRecursive || !local.hasStaleSubmodules)
    if isSame, local.head == target.commit, !tracksSubmodules {
      return .done(result(before: local.head, after: target.commit, changed: false))
    }
    return steps(updating(target, local), before: local.head, target)
  }

  private struct Target {
    var commit: String
    /// The branch to be on; nil for a tag or a commit.
    var branch: String?
    /// A name that `clone --branch` understands.
    var name: String?
  }

  private func target(
    _ local: CheckoutFact.Checkout?, _ host: HostView
  ) throws(Interruption) -> Target {
    if isCommit { return Target(commit: version.lowercased()) }
    let found: RemoteReferenceFact.References
    switch try host[RemoteReferenceFact(repository, name: version, access: access)] {
    case .failed(let words): throw .failed("git cannot read \(repository): \(words)")
    case .references(let references): found = references
    }
    if version == "HEAD" {
      guard let commit = found.head else { throw .failed("\(repository) has no commits") }
      return Target(commit: commit, branch: found.headBranch, name: found.headBranch)
    }
    if let commit = found.branch { return Target(commit: commit, branch: version, name: version) }
    if let commit = found.tag { return Target(commit: commit, name: version) }
    // An abbreviated commit, or a name that only a refspec brings.
    if refspec != nil
      || version.utf8.allSatisfy({ Self.isHexadecimal($0) }) && version.utf8.count >= 4
    {
      if let head = local?.head, head.hasPrefix(version.lowercased()) {
        return Target(commit: head)
      }
      return Target(commit: version)
    }
    throw .failed("\(repository) has neither branch nor tag `\(version)`")
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
  }

  private func git(_ words: String...) -> ShellScript {
    "\(access.program) -C \(path) \(words: words)"
  }

  private func cloning(_ target: Target) -> [ShellScript] {
    var words = ["clone", "--origin", remote]
    if isBare { words.append("--bare") }
    if let depth { words += ["--depth", String(depth)] }
    if isSingle || depth != nil, let name = target.name { words += ["--branch", name] }
    if isSingle { words.append("--single-branch") }
    if let reference { words += ["--reference", reference] }
    var lines: [ShellScript] = ["\(access.program) \(words: words + ["--", repository, path])"]
    if isBare { return lines }
    if let refspec { lines.append(git("fetch", remote, refspec)) }
    return lines + checkingOut(target) + submodules
  }

  private func updating(_ target: Target, _ local: CheckoutFact.Checkout) -> [ShellScript] {
    var lines: [ShellScript] = []
    if local.isModified { lines.append(git("reset", "--hard", "HEAD")) }
    if local.url.isEmpty {
      lines.append(git("remote", "add", remote, repository))
    } else if local.url != repository {
      lines.append(git("remote", "set-url", remote, repository))
    }
    if local.head != target.commit || local.url != repository {
      if isBare {
        lines.append(git("fetch", "--force", remote, "+refs/heads/*:refs/heads/*"))
      } else if let depth, let branch = target.branch {
        lines.append(
          git(
            "fetch", "--force", "--depth", String(depth), remote,
            "+refs/heads/\(branch):refs/remotes/\(remote)/\(branch)"))
      } else if let depth, let tag = target.name {
        lines.append(
          git(
            "fetch", "--force", "--depth", String(depth), remote,
            "+refs/tags/\(tag):refs/tags/\(tag)"))
      } else if let branch = target.branch {
        lines.append(
          git(
            "fetch", "--force", "--tags", remote,
            "+refs/heads/\(branch):refs/remotes/\(remote)/\(branch)"))
      } else {
        lines.append(
          git("fetch", "--force", "--tags", remote, "+refs/heads/*:refs/remotes/\(remote)/*"))
      }
      if let refspec { lines.append(git("fetch", "--force", remote, refspec)) }
    }
    return isBare ? lines : lines + checkingOut(target) + submodules
  }

  private func checkingOut(_ target: Target) -> [ShellScript] {
    guard let branch = target.branch else {
      return [git("checkout", "--force", target.name.map { "refs/tags/\($0)" } ?? target.commit)]
    }
    return [git("checkout", "--force", "-B", branch, "--track", "\(remote)/\(branch)")]
  }

  private var submodules: [ShellScript] {
    guard isRecursive else { return [] }
    let update =
      ["submodule", "update", "--init", "--recursive"]
      + (tracksSubmodules ? ["--remote"] : [])
    return [
      """
      if [ -f \(path)/.gitmodules ]; then
       \(script: git("submodule", "sync", "--recursive")) && \(access.program) -C \(path) \(words: update)
      fi
      """
    ]
  }

  private func steps(_ lines: [ShellScript], before: String?, _ target: Target) -> Outcome {
    var script = access.environment
    if let umask { script += "umask \(umask)\n" }
    if before == nil, let parent = RemotePath.parent(of: path) {
      script += "mkdir -p -- \(parent) || exit 1\n"
    }
    // What the next round needs of this one comes first.
    script += "printf 'omtd-before %s\\n' \(before ?? "-")\n"
    for line in lines { script += "{ \(script: line)\n} || exit 1\n" }
    let after = CheckoutFact.Reading.checkout(
      CheckoutFact.Checkout(
        head: target.commit, branch: target.branch, isModified: false,
        hasStaleSubmodules: false, url: repository))
    let verb = before == nil ? "clone" : "update"
    let run = Run(
      "git \(verb) \(path)", script,
      effect: .makes([
        .becomes(fact, after), .becomesUnknown(FileFact(path), "made by git"),
        .becomesUnknown(FollowedFileFact(path), "made by git"),
      ]))
    return .steps([.run(run)], diff: [.state(path, before ?? "absent", target.commit)])
  }

  private func finish(
    _ output: StepOutput.Known, _ host: HostView
  ) throws(Interruption) -> ModuleResult {
    if output.status != 0 {
      let words = output.errorText.split(separator: "\n").suffix(5).joined(separator: "; ")
      throw .failed(
        "git failed: \(words)",
        [
          "rc": .int(Int(output.status)), "stdout": .string(output.text),
          "stderr": .string(output.errorText),
        ])
    }
    guard case .checkout(let checkout) = try host[fact] else {
      throw .failed("there is no checkout at \(path) after git has run")
    }
    let first = output.text.split(separator: "\n").first.map { $0.split(separator: " ") } ?? []
    let before = first.count == 2 && first[1] != "-" ? String(first[1]) : nil
    return result(before: before, after: checkout.head ?? "", changed: true)
  }

  private func result(before: String?, after: String, changed: Bool) -> ModuleResult {
    ModuleResult(
      changed: changed,
      [
        "before": before.map { .string($0) } ?? .null, "after": .string(after),
        "remote_url_changed": false,
      ])
  }
}
