import Diagnostics
import ModuleKit
import Values

/// Packages that are to be there, the newest, or not there.
struct PackageRequest: Sendable {
  /// What to install or remove, once each, as `NAME`, `NAME=VERSION` or `NAME>=VERSION`.
  private let wanted: [Wanted]
  private let state: String
  private let onlyUpgrades: Bool
  private let allowsDowngrade: Bool
  private let release: String?
  private let options: AptOptions

  struct Wanted: Hashable, Sendable {
    var name: String
    var version: String?
    var isAtLeast = false
  }

  init(
    _ names: [String], _ state: String, _ arguments: Arguments, _ options: AptOptions
  ) throws(Diagnostic) {
    var all: [Wanted] = []
    for text in names {
      let trimmed = text.filter { $0 != " " }
      guard !trimmed.isEmpty else { continue }
      guard let one = Self.parse(trimmed) else {
        throw .error(
          "`\(text)` is not the name of a package", at: arguments.location(of: "name"))
      }
      if !all.contains(one) { all.append(one) }
      if one.version != nil, state == "latest" {
        throw .error(
          "`\(text)` names a version, which `state: latest` would not keep",
          at: arguments.location(of: "name"))
      }
    }
    wanted = all
    self.state = state
    self.options = options
    onlyUpgrades = arguments.flag("only_upgrade")
    allowsDowngrade = arguments.flag("allow_downgrade") || arguments.flag("force")
    release = arguments.text("default_release")
  }

  private static func parse(_ text: String) -> Wanted? {
    var wanted = Wanted(name: text)
    if let sign = text.firstIndex(of: "=") {
      wanted.isAtLeast = text[..<sign].last == ">"
      wanted.name = String(text[..<sign].filter { $0 != ">" })
      wanted.version = String(text[text.index(after: sign)...])
    } else if let slash = text.firstIndex(of: "/") {
      // `NAME/RELEASE`: the release is apt's affair.
      wanted.name = String(text[..<slash])
    }
    guard !wanted.name.isEmpty, !wanted.name.hasPrefix("-"), wanted.version?.isEmpty != true,
      wanted.name.unicodeScalars.allSatisfy({ scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic
            || "0123456789+-.:_*?[]".unicodeScalars.contains(scalar))
      })
    else { return nil }
    return wanted
  }

  var names: [String] { wanted.map(\.name) }

  private func isPattern(_ name: String) -> Bool { name.contains { "*?[".contains($0) } }
  private func candidate(_ one: Wanted) -> CandidateFact {
    CandidateFact(one.name, release: release)
  }

  /// What the index may know after it is read anew, and does not know now.
  func candidatesToDoubt(_ host: HostView) throws(Interruption) -> [CandidateFact] {
    guard state != "absent" else { return [] }
    let readings = try host.require(all: wanted.map { PackageFact($0.name) })
    let facts = zip(wanted, readings)
      .filter { $1 == .absent && !isPattern($0.name) }.map { candidate($0.0) }
    return zip(facts, try host.require(all: facts)).filter { $1.candidate == nil }.map(\.0)
  }

  /// - Parameter count: how many steps of the task came before.
  func plan(_ host: HostView, after count: Int) throws(Interruption) -> Outcome {
    if host.outputs.count > count {
      let output = try host.output(host.outputs.count - 1)
      return .done(
        ModuleResult(
          changed: true,
          [
            "stdout": .string(output?.text ?? ""), "stderr": .string(output?.errorText ?? ""),
          ]))
    }
    let readings = try host.require(all: wanted.map { PackageFact($0.name) })
    return state == "absent" ? removing(readings) : try installing(readings, host)
  }

  private func removing(_ readings: [PackageFact.Reading]) -> Outcome {
    var names: [String] = []
    var makes: [ImaginedFact] = []
    var diff: [Diff] = []
    for (one, reading) in zip(wanted, readings) {
      switch reading {
      case .absent, .provided: continue
      case .configured where !options.purges: continue
      // `NAME=VERSION` only goes if it is that version.
      case .installed(let version):
        if let wanted = one.version, !DebianVersion.matches(version, wanted) { continue }
      case .configured: break
      }
      names.append(one.name)
      makes.append(.becomes(PackageFact(one.name), .absent))
      diff.append(.state(one.name, reading.words, "absent"))
    }
    if names.isEmpty { return .done(ModuleResult(changed: false)) }
    return .steps([.run(options.run(options.removing(names), makes: makes))], diff: diff)
  }

  private func installing(
    _ readings: [PackageFact.Reading], _ host: HostView
  ) throws(Interruption) -> Outcome {
    let open = zip(wanted, readings).filter { one, reading in !isSettled(one, reading) }
    if open.isEmpty { return .done(ModuleResult(changed: false)) }
    let candidates = try host.require(all: open.map { candidate($0.0) })
    var words: [String] = []
    var makes: [ImaginedFact] = []
    var diff: [Diff] = []
    for ((one, reading), candidate) in zip(open, candidates) {
      guard let version = try target(one, reading, candidate) else { continue }
      let isExact = one.version != nil
      words.append(isExact ? "\(one.name)=\(version)" : one.name)
      makes.append(.becomes(PackageFact(one.name), .installed(version: version)))
      // Most often a daemon's unit has the name of its package.
      if case .absent = reading {
        for unit in [one.name, one.name + ".service"] {
          makes.append(.becomesUnknown(UnitFact(unit), "it may come with package `\(one.name)`"))
        }
      }
      diff.append(.state(one.name, reading.words, version))
    }
    if words.isEmpty { return .done(ModuleResult(changed: false)) }
    return .steps([.run(options.run(options.installing(words), makes: makes))], diff: diff)
  }

  /// True where what is installed is enough, whatever the index holds.
  private func isSettled(_ one: Wanted, _ reading: PackageFact.Reading) -> Bool {
    guard case .installed(let version) = reading else {
      return onlyUpgrades && reading != .absent
        ? false : onlyUpgrades
    }
    guard let wanted = one.version else { return state == "present" || state == "fixed" }
    if one.isAtLeast { return DebianVersion.compare(version, wanted) >= 0 }
    return DebianVersion.matches(version, wanted)
  }

  /// The version to install; nil where nothing is to be done after all.
  private func target(
    _ one: Wanted, _ reading: PackageFact.Reading, _ candidate: CandidateFact.Reading
  ) throws(Interruption) -> String? {
    if isPattern(one.name) { return "matching packages" }
    guard let wanted = one.version else {
      guard let newest = candidate.candidate else {
        if case .provided = reading { return nil }
        if candidate.isKnown, candidate.versions.isEmpty { return "what provides it" }
        throw .failed("no package `\(one.name)` is available on the host")
      }
      if case .installed(let version) = reading,
        DebianVersion.compare(version, newest) >= 0 || version == newest
      {
        return nil
      }
      return newest
    }
    let fitting =
      one.isAtLeast
      ? candidate.candidate.flatMap { DebianVersion.compare($0, wanted) >= 0 ? $0 : nil }
      : candidate.versions.filter { DebianVersion.matches($0, wanted) }
        .max { DebianVersion.compare($0, $1) < 0 }
    guard let fitting else {
      throw .failed("no version `\(wanted)` of package `\(one.name)` is available on the host")
    }
    if case .installed(let version) = reading, DebianVersion.compare(version, fitting) > 0,
      !allowsDowngrade
    {
      throw .failed(
        "`\(one.name)` is installed as \(version), newer than \(fitting), and `allow_downgrade` is not set"
      )
    }
    return fitting
  }
}

/// A package in a file of its own.
struct PackageFileRequest: Sendable {
  let place: String
  let options: AptOptions

  func plan(_ host: HostView, after count: Int) throws(Interruption) -> Outcome {
    if host.outputs.count > count {
      let output = try host.output(host.outputs.count - 1)
      return .done(
        ModuleResult(
          changed: true,
          [
            "stdout": .string(output?.text ?? ""), "stderr": .string(output?.errorText ?? ""),
          ]))
    }
    switch try host[PackageFileFact(place)] {
    case .unreadable(let words): throw .failed("cannot read the package \(place): \(words)")
    case .package(let name, let version, let installed):
      switch installed {
      case .same: return .done(ModuleResult(changed: false))
      case .newer where !options.common.contains("--allow-downgrades"):
        throw .failed(
          "a newer `\(name)` than \(version) is installed, and `allow_downgrade` is not set")
      case .newer, .older, .absent:
        return .steps(
          [.run(run(name, version))],
          diff: [.state(name, installed == .absent ? "absent" : installed.rawValue, version)])
      }
    }
  }

  private func run(_ name: String, _ version: String) -> Run {
    var run = options.run(
      options.installing([local]),
      makes: [
        .becomes(PackageFact(name), .installed(version: version)),
        .becomes(
          PackageFileFact(place), .package(name: name, version: version, installed: .same)),
      ])
    if place.contains("://") {
      run.script =
        """
        omtd_deb=$(mktemp -d) || exit 1
        trap 'rm -rf -- "$omtd_deb"' EXIT
        chmod 755 "$omtd_deb"
        if command -v curl >/dev/null 2>&1; then curl -fsSL -o "$omtd_deb/package.deb" -- \(place)
        else wget -q -O "$omtd_deb/package.deb" -- \(place); fi || exit 1
        cd "$omtd_deb" || exit 1

        """ + run.script
    }
    run.label = "apt-get install \(place)"
    return run
  }

  // `apt-get` takes a file for a name unless there is a slash in it.
  private var local: String {
    if place.contains("://") { return "./package.deb" }
    return place.contains("/") ? place : "./" + place
  }
}
