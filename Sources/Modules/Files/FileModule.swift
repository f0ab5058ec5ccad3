import Diagnostics
import ModuleKit
import Values

/// `file`: what stands at a path, and its attributes.
package struct FileModule: Module {
  package static let specification = Specification(
    "file", summary: "Files, directories and links with their attributes",
    parameters: [
      Parameter("path", .path, aliases: ["dest", "name"], isRequired: true),
      Parameter(
        "state", choices: ["absent", "directory", "file", "hard", "link", "touch"]),
      Parameter("src", .path), Parameter("recurse", .bool, default: false),
      Parameter("force", .bool, default: false), Parameter("follow", .bool, default: true),
      Parameter("access_time"), Parameter("modification_time"),
      Parameter("access_time_format", default: "%Y%m%d%H%M.%S"),
      Parameter("modification_time_format", default: "%Y%m%d%H%M.%S"),
    ] + AttributesRequest.parameters,
    rules: [
      .requiredIf("state", equals: "link", needs: ["src"], anyIsEnough: false),
      .requiredIf("state", equals: "hard", needs: ["src"], anyIsEnough: false),
    ],
    lacking: AttributesRequest.lacking)

  private let path: String
  private let state: String?
  private let source: String?
  private let recurses: Bool
  private let forces: Bool
  private let follows: Bool
  private let times: FileTimes
  private let attributes: AttributesRequest

  package init(_ arguments: Arguments) throws(Diagnostic) {
    path = RemotePath.trimmingSlashes(try arguments.requiredText("path"))
    state = arguments.text("state")
    source = arguments.text("src")
    recurses = arguments.flag("recurse")
    forces = arguments.flag("force")
    follows = arguments.flag("follow")
    times = try FileTimes(arguments, isTouch: state == "touch")
    attributes = try AttributesRequest(arguments)
    if recurses, let state, state != "directory" {
      throw .error(
        "`recurse` needs `state: directory`", at: arguments.location(of: "recurse"))
    }
    if !times.areKept, recurses || state == "link" || state == "hard" {
      throw .error(
        "times are not supported with `\(recurses ? "recurse" : "state: \(state ?? "")")`",
        at: arguments.location(
          of: arguments.isGiven("access_time") ? "access_time" : "modification_time"))
    }
    if path.isEmpty {
      throw .error("`path` must not be empty", at: arguments.location(of: "path"))
    }
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    switch state {
    case "absent": try planAbsent(host)
    case "directory" where times.areKept: try planDirectory(host)
    case "link": try planLink(host)
    case "hard": try planHardLink(host)
    case "touch" where !times.areCompared: try planTouch(host)
    case _ where !times.areKept: try planTimes(host)
    default: try planAttributes(host)
    }
  }

  private func result(_ host: HostView, _ values: ValueMap) -> Outcome {
    .done(ModuleResult(changed: host.hasStepped, values))
  }

  private func planAbsent(_ host: HostView) throws(Interruption) -> Outcome {
    switch try host[FileFact(path)] {
    case .absent: return result(host, ["path": .string(path), "state": "absent"])
    case .unreadable(let words): throw .failed("cannot look at \(path): \(words)")
    case .present(let file):
      return .steps(
        [.remove(path: path)], diff: [.state(path, file.kind.rawValue, "absent")])
    }
  }

  /// Without `state`, or `state: file`: the attributes of what is there.
  private func planAttributes(_ host: HostView) throws(Interruption) -> Outcome {
    let (own, end) = try host.require(FileFact(path), FollowedFileFact(path))
    let reading = follows && state != nil || isLink(own) && follows ? end : own
    switch reading {
    case .unreadable(let words): throw .failed("cannot look at \(path): \(words)")
    case .absent:
      if recurses { return try planDirectory(host) }
      throw .failed(
        "\(path) does not exist, and `file` without a state makes nothing",
        ["path": .string(path), "state": "absent"])
    case .present(let file):
      if state == "file", file.kind == .directory {
        throw .failed(
          "\(path) is a directory, not a file", ["path": .string(path), "state": "directory"])
      }
      if recurses, file.kind == .directory { return try planDirectory(host) }
      let place = file.resolvedPath
      return settle(file, at: place, host)
        ?? result(host, pathValues(file, state == "file" ? place : path))
    }
  }

  private func planDirectory(_ host: HostView) throws(Interruption) -> Outcome {
    let ancestors = Self.chain(path)
    let readings = try host.require(all: ancestors.map(FollowedFileFact.init))
    guard let last = readings.last else { throw .failed("`path` must not be empty") }
    if case .present(let file) = last {
      guard file.kind == .directory else {
        throw .failed(
          "\(path) already exists as a \(file.kind.rawValue)", ["path": .string(path)])
      }
      if let step = settle(file, at: file.resolvedPath, host) { return step }
      if recurses, let step = try planBelow(host, root: file.resolvedPath) { return step }
      return result(host, pathValues(file, path))
    }
    if case .present(let own) = try host[FileFact(path)], own.kind == .link, !forces {
      throw .failed("\(path) is a link to nothing", ["path": .string(path)])
    }
    var steps: [Step] = []
    for (ancestor, reading) in zip(ancestors, readings) {
      switch reading {
      case .unreadable(let words): throw .failed("cannot look at \(ancestor): \(words)")
      case .present(let file):
        guard file.kind == .directory else {
          throw .failed("\(ancestor) is a \(file.kind.rawValue), not a directory")
        }
      case .absent:
        // Missing parents get the attributes as well, as in Ansible.
        steps.append(
          .makeDirectory(path: ancestor, attributes: attributes.attributes(forNew: .directory)))
      }
    }
    return .steps(steps, diff: [.state(path, "absent", "directory")])
  }

  /// With `recurse`: everything below that differs, set in one step.
  private func planBelow(_ host: HostView, root: String) throws(Interruption) -> Outcome? {
    guard attributes.mode != nil || attributes.owner != nil || attributes.group != nil else {
      return nil
    }
    let below = try host[TreeFact(root)]
    var steps: [Step] = []
    var diff: [Diff] = []
    for file in below {
      let change = attributes.change(for: file)
      guard !change.isEmpty else { continue }
      steps.append(
        .setAttributes(path: file.resolvedPath, attributes: change, followsLinks: false))
      diff.append(.attributes(of: file, at: file.resolvedPath, change: change))
    }
    return steps.isEmpty ? nil : .steps(steps, diff: diff)
  }

  private func planLink(_ host: HostView) throws(Interruption) -> Outcome {
    guard let source else { throw .failed("a link needs `src`") }
    let target = RemotePath.resolve(source, from: path)
    let (own, end) = try host.require(FileFact(path), FollowedFileFact(target))
    if end == .absent, !forces {
      throw .failed(
        "\(target), the target of the link, does not exist",
        ["path": .string(path), "src": .string(source)])
    }
    switch own {
    case .unreadable(let words): throw .failed("cannot look at \(path): \(words)")
    case .present(let file) where file.kind == .link && file.target == source:
      let change = FileAttributes(
        owner: attributes.change(for: file).owner, group: attributes.change(for: file).group)
      if !follows, !change.isEmpty {
        return .steps([.setAttributes(path: path, attributes: change, followsLinks: false)])
      }
      return result(host, linkValues(file, source))
    case .present(let file) where file.kind == .directory && !forces:
      throw .failed("\(path) is a directory; a link does not replace it without `force`")
    case .present(let file) where file.kind == .file && !forces:
      throw .failed("\(path) is a file; a link does not replace it without `force`")
    case .present(let file):
      return .steps(
        [.link(path: path, target: source, isHard: false)],
        diff: [.state(path, file.kind.rawValue, "link")])
    case .absent:
      return .steps(
        [.link(path: path, target: source, isHard: false)],
        diff: [.state(path, "absent", "link")])
    }
  }

  private func planHardLink(_ host: HostView) throws(Interruption) -> Outcome {
    guard let source else { throw .failed("a hard link needs `src`") }
    let target = RemotePath.resolve(source, from: path)
    let (own, other) = try host.require(FileFact(path), FileFact(target))
    guard case .present(let original) = other else {
      throw .failed("\(target), the target of the link, does not exist")
    }
    if case .present(let file) = own {
      if file.inode == original.inode, file.device == original.device {
        return settle(file, at: path, host) ?? result(host, linkValues(file, source))
      }
      if file.kind == .directory || !forces {
        throw .failed("\(path) already exists as a \(file.kind.rawValue)")
      }
    }
    return .steps(
      [.link(path: path, target: target, isHard: true)], diff: [.state(path, "absent", "hard")])
  }

  private func planTouch(_ host: HostView) throws(Interruption) -> Outcome {
    let reading = try host[FollowedFileFact(path)]
    if case .present(let file) = reading {
      if host.hasStepped { return result(host, destValues(file)) }
      if times.areKept {
        return settle(file, at: file.resolvedPath, host) ?? result(host, destValues(file))
      }
    } else if host.hasStepped {
      throw .failed("\(path) was not made")
    }
    return try touch(reading, host)
  }

  private func touch(_ reading: FileReading, _ host: HostView) throws(Interruption) -> Outcome {
    let wanted = try HostTimes(times, host)
    guard case .present(let file) = reading else {
      let step = Step.touch(
        path: path, accessed: wanted.accessed, modified: wanted.modified,
        attributes: attributes.attributes(forNew: .file), isNew: true)
      return .steps([step], diff: [.state(path, "absent", "touch")])
    }
    let step = Step.touch(
      path: follows ? file.resolvedPath : path, accessed: wanted.accessed,
      modified: wanted.modified, attributes: attributes.change(for: file), isNew: false)
    return .steps([step], diff: [.state(path, file.kind.rawValue, "touch")])
  }

  /// With times that are set on what is there: whether it has them already is asked without opening
  /// it.
  private func planTimes(_ host: HostView) throws(Interruption) -> Outcome {
    let fact = TimedFileFact(path, follows: follows || state == "directory")
    let wished = [times.accessed.local, times.modified.local].compactMap(\.self)
    if let first = wished.first, let last = wished.last { _ = try host.require(fact, first, last) }
    let timed = try host[fact]
    let wanted = try HostTimes(times, host)
    guard case .present(let file) = timed.file else {
      switch state {
      case "touch":
        if host.hasStepped { throw .failed("\(path) was not made") }
        return try touch(timed.file, host)
      case "directory":
        guard case .steps(let steps, let diff) = try planDirectory(host) else { break }
        let end = Step.touch(
          path: path, accessed: wanted.accessed, modified: wanted.modified,
          attributes: FileAttributes(), isNew: false)
        return .steps(steps + [end], diff: diff)
      default: break
      }
      return try planAttributes(host)
    }
    if state == "directory", file.kind != .directory { return try planDirectory(host) }
    if state == "file", file.kind == .directory { return try planAttributes(host) }
    let values = state == "touch" ? destValues(file) : pathValues(file, file.resolvedPath)
    if host.hasStepped { return result(host, values) }
    guard !wanted.areMet(by: timed) else {
      return settle(file, at: file.resolvedPath, host) ?? result(host, values)
    }
    return try touch(timed.file, host)
  }

  /// The step that gives `file` the attributes asked for, nil if it has them.
  private func settle(_ file: RemoteFile, at place: String, _ host: HostView) -> Outcome? {
    let change = attributes.change(for: file)
    guard !change.isEmpty else { return nil }
    return .steps(
      [.setAttributes(path: place, attributes: change, followsLinks: false)],
      diff: [.attributes(of: file, at: place, change: change)])
  }

  private func isLink(_ reading: FileReading) -> Bool {
    if case .present(let file) = reading { file.kind == .link } else { false }
  }

  private func pathValues(_ file: RemoteFile, _ path: String) -> ValueMap {
    file.resultValues.merging(["path": .string(path)]) { $1 }
  }
  private func destValues(_ file: RemoteFile) -> ValueMap {
    file.resultValues.merging(["dest": .string(path)]) { $1 }
  }
  private func linkValues(_ file: RemoteFile, _ source: String) -> ValueMap {
    destValues(file).merging(["src": .string(source)]) { $1 }
  }

  /// The path and all above it but the root, from the top.
  package static func chain(_ path: String) -> [String] {
    var all = [path]
    while let parent = RemotePath.parent(of: all[0]), parent != "/", !parent.isEmpty {
      all.insert(parent, at: 0)
    }
    return all
  }
}
