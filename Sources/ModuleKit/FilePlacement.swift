import Diagnostics
import Values

/// Content for one file of the host: what `copy` and `template` share, and all that write a whole
/// file.
package struct FilePlacement: Sendable {
  package let destination: String
  package let attributes: AttributesRequest
  private let replaces: Bool
  private let backsUp: Bool
  private let validate: String?
  private let follows: Bool
  private let checksum: String?
  private let hidesDiff: Bool
  private let keepsSourceMode: Bool
  private let location: SourceLocation?

  package init(_ arguments: Arguments) throws(Diagnostic) {
    destination = try arguments.requiredText("dest")
    attributes = try AttributesRequest(arguments)
    replaces = arguments.optionalFlag("force") ?? true
    backsUp = arguments.flag("backup")
    validate = arguments.text("validate")
    follows = arguments.flag("follow")
    checksum = arguments.text("checksum")
    hidesDiff = arguments.isSecret("content")
    keepsSourceMode = arguments.flag("remote_src")
    location = arguments.location(of: "dest")
    if let validate, !validate.contains("%s") {
      throw .error(
        "`validate` must contain `%s`, where the new file's path goes",
        at: arguments.location(of: "validate"))
    }
  }

  /// The file of that name in the destination, which is a directory.
  package func inside(_ name: String) -> String {
    RemotePath.join(RemotePath.trimmingSlashes(destination), name)
  }

  /// Reads what `plan` will need whatever the content turns out to be.
  ///
  /// - Parameter name: what the file would be called if the destination is a directory.
  package func lookAhead(_ host: HostView, name: String? = nil) throws(Interruption) {
    let hasName = !(name ?? "").isEmpty
    if let name, hasName, destination.hasSuffix("/") {
      _ = try host.require(FollowedFileFact(destination), FollowedFileFact(inside(name)))
    } else if case .present(let there) = try host[FollowedFileFact(destination)], let name, hasName,
      there.kind == .directory
    {
      _ = try host[FollowedFileFact(inside(name))]
    }
  }

  package func plan(_ payload: Payload, _ host: HostView) throws(Interruption) -> Outcome {
    if let checksum, checksum != Digest.sha1(payload.bytes) {
      throw .failed("the checksum of the source is not `\(checksum)`")
    }
    var path = RemotePath.trimmingSlashes(destination)
    var (reading, own) = try host.require(FollowedFileFact(path), FileFact(path))
    var isDirectory = destination.hasSuffix("/")
    if case .present(let there) = reading { isDirectory = there.kind == .directory }
    if isDirectory {
      guard let name = payload.sourceName else {
        throw .failed("\(destination) is a directory, and the content has no name")
      }
      path = inside(name)
      (reading, own) = try host.require(FollowedFileFact(path), FileFact(path))
    }
    if case .present(let there) = own, there.kind == .link {
      // Like Ansible, replace the link itself unless told to follow it.
      if follows, case .present(let end) = reading {
        path = end.resolvedPath
      } else {
        reading = .present(there)
      }
    }
    switch reading {
    case .unreadable(let words): throw .failed("cannot look at \(path): \(words)")
    case .absent:
      if destination.hasSuffix("/") {
        if let steps = try makeDirectories(RemotePath.trimmingSlashes(destination), host) {
          return .steps(steps, diff: [.state(destination, "absent", "directory")])
        }
      } else {
        try requireParent(of: path, host)
      }
    case .present(let old):
      if old.kind == .directory { throw .failed("\(path) is a directory") }
      if !replaces, !host.hasStepped {
        return .done(result(old, path, payload, host))
      }
    }
    if case .present(let old) = reading, old.kind == .file,
      try holds(payload, old, at: old.resolvedPath, host)
    {
      let change = attributes.change(for: old, sourceMode: payload.sourceMode)
      if change.isEmpty {
        return .done(result(old, path, payload, host))
      }
      return .steps(
        [.setAttributes(path: old.resolvedPath, attributes: change, followsLinks: true)],
        diff: [.attributes(of: old, at: path, change: change)])
    }
    let before = try content(before: reading, path, host)
    guard let step = step(for: payload, at: path, reading) else {
      throw .failed("\(path) cannot be written")
    }
    return .steps([step], diff: [diff(path, before, payload)])
  }

  /// Writes `payload` where `reading` differs from it; nil where nothing is to be done.
  package func step(for payload: Payload, at path: String, _ reading: FileReading) -> Step? {
    guard case .present(let old) = reading, old.kind == .file else {
      return .write(
        FileWrite(
          path: path, payload: payload,
          attributes: attributes.attributes(forNew: .file, sourceMode: payload.sourceMode),
          backsUp: backsUp && reading != .absent, validate: validate))
    }
    if old.sha256 == payload.sha256 {
      let change = attributes.change(for: old, sourceMode: payload.sourceMode)
      return change.isEmpty
        ? nil : .setAttributes(path: path, attributes: change, followsLinks: false)
    }
    return .write(
      FileWrite(
        path: path, payload: payload,
        attributes: attributes(replacing: old, payload), backsUp: backsUp, validate: validate))
  }

  /// A copy on the host itself that takes the place of a file brings the mode of its source; a new
  /// one has the usual mode, as Ansible has it.
  private func attributes(replacing old: RemoteFile, _ payload: Payload) -> FileAttributes {
    var new = attributes.attributes(replacing: old, sourceMode: payload.sourceMode)
    if keepsSourceMode, attributes.mode == nil { new.mode = payload.sourceMode ?? new.mode }
    return new
  }

  private func holds(
    _ payload: Payload, _ old: RemoteFile, at path: String, _ host: HostView
  ) throws(Interruption) -> Bool {
    if let digest = old.sha256 { return digest == payload.sha256 }
    guard old.size == payload.bytes.count else { return false }
    return try host[DigestFact(path, .sha256)] == payload.sha256
  }

  /// The directories that a destination with a slash at its end asks for and that are missing.
  private func makeDirectories(
    _ path: String, _ host: HostView
  ) throws(Interruption) -> [Step]? {
    var chain = [path]
    while let parent = RemotePath.parent(of: chain[0]), parent != "/", !parent.isEmpty {
      chain.insert(parent, at: 0)
    }
    let readings = try host.require(all: chain.map(FollowedFileFact.init))
    let missing = zip(chain, readings).filter { $0.1 == .absent }.map(\.0)
    guard !missing.isEmpty else { return nil }
    return missing.map { .makeDirectory(path: $0, attributes: FileAttributes()) }
  }

  private func requireParent(of path: String, _ host: HostView) throws(Interruption) {
    let parent = RemotePath.parent(of: path) ?? "/"
    switch try host[FollowedFileFact(parent)] {
    case .present(let directory) where directory.kind == .directory: return
    case .present: throw .failed("\(parent), where the file would go, is not a directory")
    case .unreadable(let words): throw .failed("cannot look at \(parent): \(words)")
    case .absent: throw .failed("the directory \(parent) does not exist")
    }
  }

  private enum Before {
    case none
    case text(String)
    case hidden(String)
  }

  private func content(
    before reading: FileReading, _ path: String, _ host: HostView
  ) throws(Interruption) -> Before {
    guard case .present(let old) = reading, old.kind == .file else { return .none }
    guard old.size <= 1 << 20 else { return .hidden("longer than 1 MB") }
    guard case .bytes(let bytes) = try host[ContentFact(old.resolvedPath)] else {
      return .hidden("not to be read")
    }
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      return .hidden("binary")
    }
    return .text(text)
  }

  private func diff(_ path: String, _ before: Before, _ payload: Payload) -> Diff {
    if payload.isSecret || hidesDiff { return .hidden(path: path, reason: "secret") }
    guard payload.bytes.count <= 1 << 20, !payload.bytes.contains(0),
      let after = String(validating: payload.bytes, as: UTF8.self)
    else { return .hidden(path: path, reason: "binary or longer than 1 MB") }
    switch before {
    case .none: return .text(path: path, before: nil, after: after)
    case .text(let text): return .text(path: path, before: text, after: after)
    case .hidden(let reason): return .hidden(path: path, reason: reason)
    }
  }

  private func result(
    _ file: RemoteFile, _ path: String, _ payload: Payload, _ host: HostView
  ) -> ModuleResult {
    var values = file.resultValues
    values["dest"] = .string(path)
    if !payload.isSecret { values["checksum"] = .string(Digest.sha1(payload.bytes)) }
    if let backup = host.backup { values["backup_file"] = backup }
    return ModuleResult(changed: host.hasStepped, values)
  }
}
