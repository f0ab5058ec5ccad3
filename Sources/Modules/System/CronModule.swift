import Diagnostics
import ModuleKit
import Values

/// `cron`: one job or variable of a user's crontab or of a file in `/etc/cron.d`.
package struct CronModule: Module {
  package static let specification = Specification(
    "cron", summary: "Jobs and variables of crontabs",
    parameters: [
      Parameter("name", isRequired: true), Parameter("user"), Parameter("job", aliases: ["value"]),
      Parameter("cron_file", .path),
      Parameter("state", default: "present", choices: ["absent", "present"]),
      Parameter("backup", .bool, default: false), Parameter("minute", default: "*"),
      Parameter("hour", default: "*"), Parameter("day", aliases: ["dom"], default: "*"),
      Parameter("month", default: "*"), Parameter("weekday", aliases: ["dow"], default: "*"),
      Parameter(
        "special_time",
        choices: ["annually", "daily", "hourly", "monthly", "reboot", "weekly", "yearly"]),
      Parameter("disabled", .bool, default: false), Parameter("env", .bool, default: false),
      Parameter("insertafter"), Parameter("insertbefore"),
    ], rules: [.mutuallyExclusive(["insertafter", "insertbefore"])])

  private enum Change: Sendable {
    case setJob(String)
    case removeJob
    case setVariable(String, after: String?, before: String?)
    case removeVariable
  }

  private let name: String
  private let user: String?
  /// The file as given, and where it is.
  private let file: (given: String, path: String)?
  private let backsUp: Bool
  private let change: Change
  private let isSecret: Bool
  private var warnings: [String] = []

  package init(_ arguments: Arguments) throws(Diagnostic) {
    name = try arguments.requiredText("name")
    user = arguments.text("user")
    backsUp = arguments.flag("backup")
    isSecret = arguments.isSecret("job")
    file = arguments.text("cron_file").map { ($0, RemotePath.join("/etc/cron.d", $0)) }
    let isPresent = arguments.text("state") != "absent"
    if name.unicodeScalars.contains("\n") {
      throw .error("`name` must be one line", at: arguments.location(of: "name"))
    }
    if let file {
      if file.path == "/etc/crontab" {
        throw .error(
          "`/etc/crontab` is not managed by this module", at: arguments.location(of: "cron_file"))
      }
      let isPlain = RemotePath.name(of: file.path).utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == 0x5F || $0 == 0x2D
      }
      if !isPlain {
        warnings.append(
          "cron ignores files whose names have other characters than letters, digits, `_`, `-`")
      }
    }
    let isVariable = arguments.flag("env")
    guard isPresent else {
      change = isVariable ? .removeVariable : .removeJob
      return
    }
    guard let job = arguments.text("job") else { throw arguments.missing("job") }
    if file != nil, user == nil {
      throw .error("`cron_file` needs `user`", at: arguments.location(of: "cron_file"))
    }
    let after = arguments.text("insertafter")
    let before = arguments.text("insertbefore")
    if isVariable {
      if name.unicodeScalars.contains(" ") {
        throw .error(
          "`name` is not the name of a variable", at: arguments.location(of: "name"))
      }
      change = .setVariable("\(name)=\"\(job)\"", after: after, before: before)
      return
    }
    if after ?? before != nil {
      throw .error("`insertafter` and `insertbefore` need `env: true`", at: arguments.location)
    }
    let times = ["minute", "hour", "day", "month", "weekday"].map { arguments.text($0) ?? "*" }
    let special = arguments.text("special_time")
    if special != nil, times.contains(where: { $0 != "*" }) {
      throw .error(
        "`special_time` excludes `minute`, `hour`, `day`, `month` and `weekday`",
        at: arguments.location(of: "special_time"))
    }
    let command = Crontab.trimmingLineEnds(job)
    if command.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) {
      warnings.append("a job is one line, and this one has line breaks")
    }
    let words =
      (special.map { ["@\($0)"] } ?? times) + (file == nil ? [] : [user ?? "root"]) + [command]
    change = .setJob((arguments.flag("disabled") ? "#" : "") + words.joined(separator: " "))
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    if let failed = try AccountTool.failure(host) {
      throw .failed("crontab refused: \(failed.words)", ["rc": .int(failed.status)])
    }
    guard let file else {
      let fact = CrontabFact(user)
      switch try host[fact] {
      case .unreadable(let words): throw .failed("the crontab cannot be read: \(words)")
      case .text(let before):
        guard let after = try changed(before, host) else { return done(host, before) }
        return .steps([.run(install(before, after, fact))], diff: [diff("crontab", before, after)])
      }
    }
    let (content, node) = try host.require(ContentFact(file.path), FollowedFileFact(file.path))
    switch content {
    case .unreadable(let words): throw .failed("\(file.path) \(words)")
    case .absent, .bytes:
      var before: String?
      if case .bytes(let bytes) = content { before = String(decoding: bytes, as: UTF8.self) }
      guard let after = try changed(before ?? "", host) else { return done(host, before ?? "") }
      if case .removeJob = change, Crontab(after).isEmpty {
        return .steps(
          [.remove(path: file.path)], diff: [.state(file.path, "present", "absent")])
      }
      let payload = Payload(after, isSecret: isSecret)
      var write = FileWrite(
        path: file.path, payload: payload, attributes: FileAttributes(mode: 0o644))
      if case .present(let old) = node {
        write.path = old.resolvedPath
        write.attributes = AttributesRequest().attributes(replacing: old)
        write.backsUp = backsUp
      }
      return .steps([.write(write)], diff: [diff(file.path, before, after)])
    }
  }

  /// The new text, nil where it is right as it is.
  private func changed(_ before: String, _ host: HostView) throws(Interruption) -> String? {
    if host.hasStepped { return nil }
    var table = Crontab(before)
    let isChanged: Bool
    switch change {
    case .setJob(let line): isChanged = table.setJob(name, line)
    case .removeJob: isChanged = table.removeJob(name)
    case .removeVariable: isChanged = table.removeVariable(name)
    case .setVariable(let line, let after, let beforeName):
      guard let set = table.setVariable(name, line, after: after, before: beforeName) else {
        throw .failed("there is no variable `\(after ?? beforeName ?? "")` in the crontab")
      }
      isChanged = set
    }
    let isUnended = !before.isEmpty && before.utf8.last != 0x0A && before.utf8.last != 0x0D
    return isChanged || isUnended ? table.text : nil
  }

  private func install(_ before: String, _ after: String, _ fact: CrontabFact) -> Run {
    let keep: ShellScript =
      backsUp
      ? "omtd_b=$(mktemp /tmp/crontabXXXXXXXX) && crontab $omtd_u -l >\"$omtd_b\"; printf '\\0%s' \"$omtd_b\"\n"
      : ""
    var run = Run(
      "crontab" + (user.map { " of \($0)" } ?? ""),
      CrontabFact.choosing(user) + keep + "crontab $omtd_u -", input: Array(after.utf8),
      effect: .makes([.becomes(fact, .text(after))]), deadline: .seconds(60))
    run.backsUp = backsUp
    return run
  }

  private func done(_ host: HostView, _ text: String) -> Outcome {
    let table = Crontab(text)
    var values: ValueMap = [
      "jobs": .list(table.jobNames.map { .string($0) }),
      "envs": .list(table.variableNames.map { .string($0) }),
    ]
    if let file { values["cron_file"] = .string(file.given) }
    if let backup = host.backup { values["backup_file"] = backup }
    return .done(ModuleResult(changed: host.hasStepped, values, warnings: warnings))
  }

  private func diff(_ path: String, _ before: String?, _ after: String) -> Diff {
    isSecret
      ? .hidden(path: path, reason: "secret") : .text(path: path, before: before, after: after)
  }
}

/// A user's crontab without the header that `crontab` writes of itself; nil is the login's own.
package struct CrontabFact: Fact {
  package let user: String?

  package init(_ user: String?) { self.user = user }

  package enum Reading: Hashable, Sendable {
    /// Empty where there is none.
    case text(String)
    case unreadable(String)
  }

  // Only root may name a user, even itself.
  static func choosing(_ user: String?) -> ShellScript {
    guard let user else { return "omtd_u=\n" }
    return
      "omtd_u=; omtd_uid; if [ \"$omtd_id\" = 0 ] || [ \"$(id -un)\" != \(user) ]; then omtd_u='-u '\(user); fi\n"
  }

  package static let isContained = true

  package static func script(_ batch: [CrontabFact]) -> ShellScript {
    .lines(
      batch.map { fact in
        choosing(fact.user)
          + ShellScript(
            verbatim: #"""
              if ! command -v crontab >/dev/null 2>&1; then printf '! crontab is not installed\036\n'
              else
               omtd_t=$(LC_ALL=C crontab $omtd_u -l 2>/dev/null; echo "x$?"); omtd_r=${omtd_t##*x}; omtd_t=${omtd_t%x*}
               case $omtd_r in 0) printf '=%s\036\n' "$omtd_t";;
               1) case $(LC_ALL=C crontab $omtd_u -l 2>&1) in *'no crontab'*|*'an'\''t open'*|'') printf '=\036\n';; *) printf '! crontab refused\036\n';; esac;;
               *) printf '! crontab ended with status %s\036\n' "$omtd_r";; esac
              fi
              """#)
      })
  }

  /// Texts of many lines, each up to an RS character.
  package static func answers(in output: String) -> [Substring] {
    var answers = output.split(separator: "\u{1E}\n", omittingEmptySubsequences: false)
    if answers.last?.isEmpty ?? false { answers.removeLast() }
    return answers.map { $0 + "\u{1E}" }
  }

  package func parse(_ answer: Substring) -> Reading {
    let text = answer.dropLast()
    guard text.hasPrefix("=") else { return .unreadable(String(text.dropFirst(2))) }
    return .text(Crontab.withoutHeader(String(text.dropFirst())))
  }
}
