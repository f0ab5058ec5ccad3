import Diagnostics
import Values

/// The `mode`, `owner` and `group` that a task asks for: shared by all modules that make files.
package struct AttributesRequest: Sendable {
  package var mode: ModeChange?
  package var owner: String?
  package var group: String?

  package init(mode: ModeChange? = nil, owner: String? = nil, group: String? = nil) {
    self.mode = mode
    self.owner = owner
    self.group = group
  }

  package init(_ arguments: Arguments) throws(Diagnostic) {
    mode = try arguments.mode()
    owner = arguments.text("owner")
    group = arguments.text("group")
  }

  /// The parameters, for specifications.
  package static let parameters: [Parameter] = [
    Parameter("mode", .mode), Parameter("owner"), Parameter("group"),
  ]
  /// Parameters of Ansible's file modules that none of ours has.
  package static let lacking = [
    "attributes", "attr", "selevel", "serole", "setype", "seuser", "unsafe_writes",
  ]

  /// Only what must be set on `file` to have what is asked for.
  package func change(for file: RemoteFile, sourceMode: UInt16? = nil) -> FileAttributes {
    var change = FileAttributes()
    let wanted = mode?.applied(
      to: file.mode, isDirectory: file.kind == .directory, source: sourceMode)
    if let wanted, wanted != file.mode, file.kind != .link { change.mode = wanted }
    if let owner, !Self.matches(owner, name: file.owner, number: file.uid) { change.owner = owner }
    if let group, !Self.matches(group, name: file.group, number: file.gid) { change.group = group }
    return change
  }

  /// What a new file or directory shall have. Without a mode it is what the umask gives.
  package func attributes(
    forNew kind: RemoteFile.Kind, sourceMode: UInt16? = nil
  ) -> FileAttributes {
    let usual: UInt16 = kind == .directory ? 0o755 : 0o644
    return FileAttributes(
      mode: mode?.applied(to: usual, isDirectory: kind == .directory, source: sourceMode),
      owner: owner, group: group)
  }

  /// What a file that takes the place of `old` shall have: what is asked for, else what `old` has.
  package func attributes(replacing old: RemoteFile, sourceMode: UInt16? = nil) -> FileAttributes {
    FileAttributes(
      mode: mode?.applied(to: old.mode, isDirectory: false, source: sourceMode) ?? old.mode,
      owner: owner ?? String(old.uid), group: group ?? String(old.gid))
  }

  /// True if the owner as written, a name or a number, is this one.
  private static func matches(_ wanted: String, name: String, number: Int) -> Bool {
    wanted == name || Int(wanted) == number
  }
}

extension RemoteFile {
  /// The keys that file modules add to their results: owner, group, uid, gid, mode, state, size.
  package var resultValues: ValueMap {
    let state: Value =
      switch kind {
      case .directory: "directory"
      case .link: "link"
      default: links > 1 ? "hard" : "file"
      }
    return [
      "uid": .int(uid), "gid": .int(gid), "owner": .string(owner), "group": .string(group),
      "mode": .string(mode.shown), "state": state, "size": .int(size),
    ]
  }
}

extension UInt16 {
  /// As file modules show a mode: a zero, then three digits or four.
  package var shown: String {
    let digits = String(self, radix: 8)
    return "0" + String(repeating: "0", count: Swift.max(0, 3 - digits.utf8.count)) + digits
  }
}

extension Diff {
  /// The attributes that will differ, for people.
  package static func attributes(of file: RemoteFile, at path: String, change: FileAttributes)
    -> Diff
  {
    var before: ValueMap = ["path": .string(path)]
    var after = before
    if let mode = change.mode {
      before["mode"] = .string(file.mode.shown)
      after["mode"] = .string(mode.shown)
    }
    if let owner = change.owner {
      before["owner"] = .string(file.owner)
      after["owner"] = .string(owner)
    }
    if let group = change.group {
      before["group"] = .string(file.group)
      after["group"] = .string(group)
    }
    return .attributes(path: path, before: before, after: after)
  }

  /// Only that something comes into being or goes, as `state`.
  package static func state(_ path: String, _ before: String, _ after: String) -> Diff {
    .attributes(
      path: path, before: ["path": .string(path), "state": .string(before)],
      after: ["path": .string(path), "state": .string(after)])
  }
}
