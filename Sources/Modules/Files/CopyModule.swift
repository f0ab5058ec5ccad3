import Diagnostics
import ModuleKit
import Values

/// `copy`: content of the controller, or of the host itself, in a file or tree of the host.
package struct CopyModule: Module {
  package static let specification = Specification(
    "copy", summary: "Copies files and directories to the host",
    parameters: [
      Parameter("src", .source), Parameter("content", .content),
      Parameter("dest", .path, isRequired: true), Parameter("backup", .bool, default: false),
      Parameter("force", .bool, aliases: ["thirsty"], default: true),
      Parameter("validate"), Parameter("directory_mode", .mode),
      Parameter("remote_src", .bool, default: false), Parameter("follow", .bool, default: false),
      Parameter("local_follow", .bool, default: true), Parameter("checksum"),
      Parameter("decrypt", .bool, default: true),
    ] + AttributesRequest.parameters,
    rules: [.mutuallyExclusive(["src", "content"]), .requiredOneOf(["src", "content"])],
    lacking: AttributesRequest.lacking)

  private let file: FilePlacement
  private let source: Resolved
  private let remoteSource: String?
  private let directoryMode: ModeChange?
  private let sourceName: String?

  package init(_ arguments: Arguments) throws(Diagnostic) {
    remoteSource = arguments.flag("remote_src") ? arguments.text("src") : nil
    file = try FilePlacement(arguments)
    directoryMode = try arguments.mode("directory_mode")
    sourceName = arguments.text("src").map(RemotePath.name)
    if let resolved = arguments.resolved["content"] ?? arguments.resolved["src"] {
      source = resolved
    } else {
      source = .unknown(Unknown("a file of the host"))
    }
    if arguments.resolved["content"] != nil, file.destination.hasSuffix("/") {
      throw .error(
        "`content` needs `dest` to be a file, not a directory",
        at: arguments.location(of: "dest"))
    }
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    if let remoteSource { return try planRemote(remoteSource, host) }
    switch source {
    case .file(let payload): return try file.plan(payload, host)
    case .tree(let name, let copiesContent, let entries):
      return try planTree(name, copiesContent, entries, host)
    case .unknown(let reason):
      try file.lookAhead(host, name: sourceName)
      throw .unknown(reason)
    }
  }

  /// A file of the host is a source like any other once its content is known.
  private func planRemote(_ path: String, _ host: HostView) throws(Interruption) -> Outcome {
    let (reading, content) = try host.require(FollowedFileFact(path), ContentFact(path))
    switch (reading, content) {
    case (.absent, _): throw .failed("the source \(path) does not exist on the host")
    case (.unreadable(let words), _): throw .failed("cannot look at \(path): \(words)")
    case (.present(let source), .bytes(let bytes)):
      let payload = Payload(
        bytes, sourceName: RemotePath.name(of: path), sourceMode: source.mode)
      return try file.plan(payload, host)
    case (.present(let source), _) where source.kind == .directory:
      return try planRemoteTree(path, host)
    case (_, .unreadable(let words)): throw .failed("cannot read \(path): \(words)")
    case (_, .absent): throw .failed("the source \(path) went away")
    }
  }

  private func planRemoteTree(_ path: String, _ host: HostView) throws(Interruption) -> Outcome {
    let root = path.hasSuffix("/") ? file.destination : file.inside(RemotePath.name(of: path))
    let compare = TreeDifferenceFact(source: path, destination: root)
    if try host[compare] == false {
      return .done(
        ModuleResult(
          changed: host.hasStepped, ["dest": .string(root), "src": .string(path)]))
    }
    let from = RemotePath.join(RemotePath.trimmingSlashes(path), ".")
    return .steps(
      [
        .run(
          Run(
            "copy \(path) to \(root)", "mkdir -p -- \(root) && cp -a -- \(from) \(root)",
            effect: .makes([.becomes(compare, false)])))
      ], diff: [.state(root, "differs", "copied")])
  }

  private func planTree(
    _ name: String, _ copiesContent: Bool, _ entries: [Resolved.Entry], _ host: HostView
  ) throws(Interruption) -> Outcome {
    let root = copiesContent ? RemotePath.trimmingSlashes(file.destination) : file.inside(name)
    let parents = FileModule.chain(root)
    let paths = entries.map { RemotePath.join(root, $0.path) }
    let readings = try host.require(all: (parents + paths).map(FileFact.init))
    var steps: [Step] = []
    var diff: [Diff] = []
    let directory = AttributesRequest(
      mode: directoryMode, owner: file.attributes.owner, group: file.attributes.group)
    for (path, reading) in zip(parents, readings) where reading == .absent {
      steps.append(
        .makeDirectory(path: path, attributes: directory.attributes(forNew: .directory)))
      diff.append(.state(path, "absent", "directory"))
    }
    for (index, entry) in entries.enumerated() {
      let path = paths[index]
      let reading = readings[parents.count + index]
      switch entry.kind {
      case .directory:
        if case .present(let old) = reading {
          let change = directory.change(for: old)
          if !change.isEmpty {
            steps.append(.setAttributes(path: path, attributes: change, followsLinks: false))
          }
        } else {
          steps.append(
            .makeDirectory(path: path, attributes: directory.attributes(forNew: .directory)))
          diff.append(.state(path, "absent", "directory"))
        }
      case .link(let target):
        if case .present(let old) = reading, old.kind == .link, old.target == target { continue }
        steps.append(.link(path: path, target: target, isHard: false))
        diff.append(.state(path, reading == .absent ? "absent" : "other", "link"))
      case .file(let payload):
        guard let step = file.step(for: payload, at: path, reading) else { continue }
        steps.append(step)
        diff.append(.state(path, reading == .absent ? "absent" : "differs", "file"))
      }
    }
    if steps.isEmpty {
      return .done(ModuleResult(changed: host.hasStepped, ["dest": .string(file.destination)]))
    }
    return .steps(steps, diff: diff)
  }
}
