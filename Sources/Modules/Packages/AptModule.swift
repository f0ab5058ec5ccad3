import Diagnostics
import ModuleKit
import Values

/// `apt`: packages of Debian and its descendants.
package struct AptModule: Module {
  package static let specification = Specification(
    "apt", summary: "Packages of Debian and its descendants",
    parameters: AptRequest.parameters + [
      Parameter("name", .list(of: .string), aliases: ["package", "pkg"]),
      Parameter(
        "state", default: "present", choices: ["absent", "build-dep", "latest", "present", "fixed"]),
      Parameter("deb", .path),
      Parameter("upgrade", default: "no", choices: ["dist", "full", "no", "safe", "yes"]),
    ], rules: [.mutuallyExclusive(["deb", "name", "upgrade"])])

  private let index: AptIndexRequest
  private let packages: PackageRequest?
  private let file: PackageFileRequest?
  /// What `apt-get` does as a whole: `dist-upgrade`, `autoremove`, `clean`.
  private let whole: [[String]]
  private let options: AptOptions

  package init(_ arguments: Arguments) throws(Diagnostic) {
    index = AptIndexRequest(arguments)
    let options = AptOptions(arguments)
    self.options = options
    var state = arguments.text("state") ?? "present"
    if state == "installed" { state = "present" }
    if state == "removed" { state = "absent" }
    var whole: [[String]] = []
    var names = arguments.texts("name")
    if names == ["*"], state == "latest" {
      names = []
      whole.append(options.upgrading("upgrade"))
    }
    switch arguments.text("upgrade") {
    case "dist", "full": whole.append(options.upgrading("dist-upgrade"))
    case "safe", "yes": whole.append(options.upgrading("upgrade", "--with-new-pkgs"))
    default: break
    }
    if state == "fixed" { whole.append(options.installing(["--fix-broken"])) }
    if state == "build-dep", !names.isEmpty {
      whole.append(["build-dep"] + options.common + options.resolving + ["--"] + names)
    }
    if names.isEmpty, arguments.text("deb") == nil {
      if arguments.flag("autoremove") {
        whole.append(["autoremove"] + options.common + (options.purges ? ["--purge"] : []))
      }
      if arguments.flag("autoclean") { whole.append(["autoclean"]) }
    }
    if arguments.flag("clean") { whole.append(["clean"]) }
    self.whole = whole
    packages =
      names.isEmpty || state == "build-dep"
      ? nil
      : try PackageRequest(names, state, arguments, options)
    file = arguments.text("deb").map { PackageFileRequest(place: $0, options: options) }
    if whole.isEmpty, packages == nil, file == nil, !index.isWanted, !arguments.isGiven("name") {
      throw .error(
        "one of `name`, `upgrade`, `deb`, `update_cache` or `autoremove` is needed",
        at: arguments.location)
    }
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    try AptOptions.checkLastOutput(host)
    let names = packages?.names.map { PackageFact($0) } ?? []
    let stale: Bool
    let reading: AptIndexFact.Reading
    if names.isEmpty {
      reading = try host[index.fact]
    } else {
      // All that is missing is asked for at once.
      reading = try Self.readBoth(host, index.fact, names)
    }
    stale = index.isWanted && !reading.isFresh
    var count = 0
    if stale || host.updatesIndex || reading.isImagined {
      count = 1
      if !host.hasStepped { return .steps([try index.step(packages, host)]) }
    }
    let outcome: Outcome
    if let packages {
      outcome = try packages.plan(host, after: count)
    } else if let file {
      outcome = try file.plan(host, after: count)
    } else {
      outcome = try planWhole(host, after: count)
    }
    guard case .done(var result) = outcome else { return outcome }
    result.values["cache_updated"] = .bool(count == 1)
    result.values["cache_update_time"] = .int(max(0, reading.updated))
    return .done(result)
  }

  private static func readBoth(
    _ host: HostView, _ index: AptIndexFact, _ names: [PackageFact]
  ) throws(Interruption) -> AptIndexFact.Reading {
    var missing: [any Fact] = []
    do { _ = try host.require(all: names) } catch {
      guard case .needs(let facts) = error else { throw error }
      missing += facts
    }
    do {
      let reading = try host[index]
      if missing.isEmpty { return reading }
    } catch {
      guard case .needs(let facts) = error else { throw error }
      missing += facts
    }
    throw .needs(missing)
  }

  private func planWhole(_ host: HostView, after count: Int) throws(Interruption) -> Outcome {
    if host.outputs.count > count {
      var text = ""
      for number in count..<host.outputs.count { text += try host.output(number)?.text ?? "" }
      return .done(ModuleResult(changed: true, ["stdout": .string(text), "stderr": ""]))
    }
    let isCleaning = whole.contains(["clean"])
    let simulated = whole.filter { $0 != ["clean"] }.map { AptSimulationFact($0) }
    let readings = try host.require(all: simulated)
    var steps: [Step] = []
    var diff: [Diff] = []
    for (fact, reading) in zip(simulated, readings) {
      switch reading {
      case .refused(let words): throw .failed("apt-get refused: \(words)")
      case .actions(let lines):
        if lines.isEmpty { continue }
        steps.append(.run(options.run(fact.words, makes: [.becomes(fact, .actions([]))])))
        diff += lines.compactMap(Self.diff)
      }
    }
    if isCleaning { steps.append(.run(options.run(["clean"], makes: []))) }
    if steps.isEmpty {
      return .done(ModuleResult(changed: count > 0 && whole.isEmpty))
    }
    return .steps(steps, diff: diff)
  }

  // `Inst NAME [OLD] (NEW …)` and `Remv NAME [OLD]`.
  private static func diff(_ line: String) -> Diff? {
    let words = line.split(separator: " ")
    guard words.count >= 2, words[0] != "Conf" else { return nil }
    func inside(_ open: Character) -> String? {
      words.dropFirst(2).first { $0.first == open }.map {
        String($0.dropFirst().filter { $0 != "]" && $0 != ")" })
      }
    }
    return .state(
      String(words[1]), inside("[") ?? "absent",
      words[0] == "Inst" ? inside("(") ?? "installed" : "absent")
  }
}

extension HostView {
  /// True if the first step of the task was to read apt's index anew.
  fileprivate var updatesIndex: Bool {
    if case .known(let known)? = outputs.first {
      known.text.hasPrefix(AptIndexRequest.mark)
    } else {
      false
    }
  }
}

/// When apt's index is to be read anew.
struct AptIndexRequest: Sendable {
  let isWanted: Bool
  let fact: AptIndexFact
  private let retries: Int
  private let longestPause: Int

  /// What the step prints first, so that later rounds know that it ran.
  static let mark = "omtd-index\n"

  init(_ arguments: Arguments) {
    let valid = max(0, arguments.number("cache_valid_time") ?? 0)
    isWanted = arguments.flag("update_cache") || valid > 0
    // A century is enough, and safe to add.
    fact = AptIndexFact(validFor: isWanted ? min(valid, 3_153_600_000) : 0)
    retries = min(max(0, arguments.number("update_cache_retries") ?? 5), 100)
    longestPause = min(max(0, arguments.number("update_cache_retry_max_delay") ?? 12), 3600)
  }

  func step(_ packages: PackageRequest?, _ host: HostView) throws(Interruption) -> Step {
    var makes: [ImaginedFact] = [
      .becomes(fact, AptIndexFact.Reading(isFresh: true, updated: -1))
    ]
    for one in try packages?.candidatesToDoubt(host) ?? [] {
      makes.append(.becomesUnknown(one, "after `apt-get update`"))
    }
    return .run(Self.run(retries: retries, longestPause: longestPause, makes: makes))
  }

  static func run(retries: Int, longestPause: Int, makes: [ImaginedFact]) -> Run {
    let script: ShellScript = """
      printf %s \(mark)
      omtd_i=0; omtd_w=1
      while :; do
       omtd_apart env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -q -o APT::Update::Error-Mode=any update && break
       omtd_r=$?
       [ "$omtd_i" -lt \(retries) ] || exit "$omtd_r"
       omtd_i=$((omtd_i+1)); sleep "$omtd_w"; omtd_w=$((omtd_w*2))
       [ "$omtd_w" -le \(longestPause) ] || omtd_w=\(longestPause)
      done
      """
    return Run("apt-get update", script, effect: .makes(makes))
  }
}
