import Diagnostics
import ModuleKit
import Values

/// `mount`: what is mounted on a host, and what its `fstab` says of it.
package struct MountModule: Module {
  package static let specification = Specification(
    "mount", collection: "ansible.posix", summary: "Mounts and the table of them",
    parameters: [
      Parameter("path", .path, aliases: ["name"], isRequired: true), Parameter("src", .path),
      Parameter("fstype"), Parameter("opts"), Parameter("opts_no_log", .bool, default: false),
      Parameter("dump", default: "0"), Parameter("passno", default: "0"),
      Parameter(
        "state", isRequired: true,
        choices: [
          "absent", "absent_from_fstab", "ephemeral", "mounted", "present", "remounted",
          "unmounted",
        ]),
      Parameter("fstab", .path), Parameter("boot", .bool, default: true),
      Parameter("backup", .bool, default: false),
    ],
    rules: [
      .requiredIf("state", equals: "mounted", needs: ["src", "fstype"], anyIsEnough: false),
      .requiredIf("state", equals: "present", needs: ["src", "fstype"], anyIsEnough: false),
      .requiredIf("state", equals: "ephemeral", needs: ["src", "fstype"], anyIsEnough: false),
    ])

  private let path: String
  private let source: String?
  private let type: String?
  private let options: String?
  private let dump: String
  private let pass: String
  private let state: String
  private let table: String
  private let backsUp: Bool
  private let hidesOptions: Bool

  package init(_ arguments: Arguments) throws(Diagnostic) {
    path = RemotePath.trimmingSlashes(try arguments.requiredText("path"))
    guard path.hasPrefix("/") || path == "none" || arguments.text("fstype") == "swap" else {
      throw .error("`path` must begin with a slash", at: arguments.location(of: "path"))
    }
    state = try arguments.requiredText("state")
    source = arguments.text("src")
    type = arguments.text("fstype")
    var options = arguments.text("opts")
    if !arguments.flag("boot") {
      let given = options ?? "defaults"
      let words = given.split(separator: ",")
      if !words.contains("noauto") { options = given + ",noauto" }
    }
    self.options = options
    dump = arguments.text("dump") ?? "0"
    pass = arguments.text("passno") ?? "0"
    table = arguments.text("fstab") ?? "/etc/fstab"
    backsUp = arguments.flag("backup")
    hidesOptions = arguments.flag("opts_no_log") || arguments.isSecret("opts")
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    if let output = try host.output(host.outputs.count - 1), output.status != 0 {
      throw .failed(
        "mounting refused: \(output.errorText.split(separator: "\n").joined(separator: "; "))",
        ["rc": .int(Int(output.status)), "name": .string(path)])
    }
    let (content, attributes, mounts, point) = try host.require(
      ContentFact(table), FollowedFileFact(table), MountFact(path), FollowedFileFact(path))
    if host.hasStepped { return .done(result(host)) }
    let old: String
    switch content {
    case .bytes(let bytes): old = String(decoding: bytes, as: UTF8.self)
    case .absent: old = ""
    case .unreadable(let words): throw .failed("cannot read \(table): \(words)")
    }
    var steps: [Step] = []
    var diff: [Diff] = []
    let new = try edited(old)
    if new != old {
      steps.append(.write(write(new, attributes)))
      diff.append(
        hidesOptions
          ? .hidden(path: table, reason: "secret")
          : .text(path: table, before: old.isEmpty ? nil : old, after: new))
    }
    try change(mounts, point, hasNewLine: new != old, &steps, &diff)
    return steps.isEmpty ? .done(result(host)) : .steps(steps, diff: diff)
  }

  private func change(
    _ mounts: MountFact.Mount?, _ point: FileReading, hasNewLine: Bool, _ steps: inout [Step],
    _ diff: inout [Diff]
  ) throws(Interruption) {
    func run(_ words: [String], _ reading: MountFact.Mount?) {
      steps.append(
        .run(
          Run(
            words.joined(separator: " "), "omtd_apart \(words: words)",
            effect: .makes([.becomes(MountFact(path), reading)]), deadline: .seconds(300))))
    }
    switch state {
    case "mounted", "ephemeral":
      guard let source, let type else { return }
      let mounted = MountFact.Mount(source: source, type: type, options: options ?? "defaults")
      if state == "ephemeral", let mounts {
        guard mounts.isSource(source) else {
          throw .failed("\(path) has another source mounted: \(mounts.source)")
        }
        run(["mount", "-o", "remount," + (options ?? "defaults"), path], mounted)
        return
      }
      if mounts == nil {
        if point == .absent { makePoint(&steps, &diff) }
        if state == "ephemeral" {
          run(["mount", "-t", type, "-o", options ?? "defaults", source, path], mounted)
        } else {
          run(mountWords(path), mounted)
        }
        diff.append(.state(path, "unmounted", "mounted"))
      } else if hasNewLine, let mounts {
        if mounts.isSource(source) || options?.split(separator: ",").contains("bind") ?? false {
          run(["mount", "-o", "remount", path], mounted)
        } else {
          run(["umount", path], nil)
          run(mountWords(path), mounted)
        }
        diff.append(.state(path, "mounted", "remounted"))
      }
    case "remounted":
      guard let mounts else { throw .failed("\(path) is not mounted") }
      run(
        ["mount", "-o", "remount" + (options.map { "," + $0 } ?? ""), path], mounts)
      diff.append(.state(path, "mounted", "remounted"))
    case "unmounted", "absent":
      if mounts != nil {
        run(["umount", path], nil)
        diff.append(.state(path, "mounted", "unmounted"))
      }
      if state == "absent", case .present(let file) = point, file.kind == .directory {
        // As a whole only if nothing is in it.
        steps.append(
          .run(
            Run(
              "rmdir \(path)", "rmdir -- \(path)",
              effect: .makes([.becomes(FollowedFileFact(path), .absent)]))))
        diff.append(.state(path, "directory", "absent"))
      }
    default: break
    }
  }

  private func mountWords(_ path: String) -> [String] {
    table == "/etc/fstab" ? ["mount", path] : ["mount", "--fstab", table, path]
  }

  private func makePoint(_ steps: inout [Step], _ diff: inout [Diff]) {
    steps.append(
      .run(
        Run(
          "mkdir -p \(path)", "mkdir -p -- \(path)",
          effect: .makes([]))))
    diff.append(.state(path, "absent", "directory"))
  }

  private func write(_ new: String, _ old: FileReading) -> FileWrite {
    let payload = Payload(new)
    var attributes = FileAttributes(mode: 0o644)
    if case .present(let file) = old {
      attributes = FileAttributes(
        mode: file.mode, owner: String(file.uid), group: String(file.gid))
    }
    return FileWrite(
      path: table, payload: payload, attributes: attributes,
      backsUp: backsUp && old != .absent)
  }

  /// The table as it should be: lines that are not of this mount stay byte for byte.
  private func edited(_ old: String) throws(Interruption) -> String {
    if ["unmounted", "remounted", "ephemeral"].contains(state) { return old }
    let isGone = state == "absent" || state == "absent_from_fstab"
    var lines = old.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    var kept: [String] = []
    var isThere = false
    for line in lines {
      guard let entry = TableLine(line), entry.path == path,
        path != "none" && path != "swap" || source == nil || entry.source == source
      else {
        kept.append(line)
        continue
      }
      if isGone {
        if let source, entry.source != source { kept.append(line) }
        continue
      }
      isThere = true
      let wanted = try self.line(keeping: entry)
      kept.append(entry == wanted ? line : wanted.text)
    }
    if !isGone, !isThere { kept.append(try line(keeping: nil).text) }
    return kept.isEmpty ? "" : kept.joined(separator: "\n") + "\n"
  }

  private func line(keeping old: TableLine?) throws(Interruption) -> TableLine {
    guard let source = source ?? old?.source, let type = type ?? old?.type else {
      throw .failed("`src` and `fstype` are needed for a line of \(table)")
    }
    return TableLine(
      source: source, path: path, type: type, options: options ?? "defaults", dump: dump,
      pass: pass)
  }

  private func result(_ host: HostView) -> ModuleResult {
    var values: ValueMap = [
      "name": .string(path), "fstab": .string(table), "dump": .string(dump),
      "passno": .string(pass), "opts": .string(options ?? "defaults"),
      "backup_file": host.backup ?? "",
    ]
    if hidesOptions { values["opts"] = .secret(Secret(.string(options ?? ""))) }
    if let source { values["src"] = .string(source) }
    if let type { values["fstype"] = .string(type) }
    return ModuleResult(changed: host.hasStepped, values)
  }
}

/// A line of fstab(5), its octal escapes undone.
struct TableLine: Hashable, Sendable {
  var source: String
  var path: String
  var type: String
  var options: String
  var dump: String
  var pass: String

  init(
    source: String, path: String, type: String, options: String, dump: String, pass: String
  ) {
    self.source = source
    self.path = path
    self.type = type
    self.options = options
    self.dump = dump
    self.pass = pass
  }

  /// Nil for comments and empty lines.
  init?(_ line: String) {
    let parts = line.split { $0 == " " || $0 == "\t" }.map { Self.unescaped(String($0)) }
    guard parts.count >= 3, !parts[0].hasPrefix("#") else { return nil }
    source = parts[0]
    path = RemotePath.trimmingSlashes(parts[1])
    type = parts[2]
    options = parts.count > 3 ? parts[3] : "defaults"
    dump = parts.count > 4 ? parts[4] : "0"
    pass = parts.count > 5 ? parts[5] : "0"
  }

  var text: String {
    [source, path, type, options, dump, pass].map(Self.escaped).joined(separator: " ")
  }

  static func unescaped(_ text: String) -> String {
    var out = text
    for (code, letter) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
      out = out.split(separator: code, omittingEmptySubsequences: false).joined(separator: letter)
    }
    return out
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case " ": out += "\\040"
      case "\t": out += "\\011"
      case "\n": out += "\\012"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

/// What is mounted last at a path; nil where nothing is.
package struct MountFact: Fact {
  package let path: String

  package init(_ path: String) { self.path = path }

  package struct Mount: Hashable, Sendable {
    package var source: String
    package var type: String
    package var options: String
    /// The part of the source's file system that is seen here: what a bind mount names.
    package var root: String

    package init(source: String, type: String, options: String, root: String = "/") {
      self.source = source
      self.type = type
      self.options = options
      self.root = root
    }

    /// True for the source as the kernel names it, and for the origin of a bind mount.
    package func isSource(_ wanted: String) -> Bool {
      if source == wanted || root != "/" && root == RemotePath.trimmingSlashes(wanted) {
        return true
      }
      // Names of one device: only the kernel could tell which.
      if ["UUID=", "LABEL=", "PARTUUID=", "PARTLABEL="].contains(where: wanted.hasPrefix) {
        return true
      }
      return source.hasPrefix("/dev/") && wanted.hasPrefix("/dev/")
    }
  }

  // mountinfo is one line a mount: id, parent, device, root, point, options, tags, -, type, source.
  package static func script(_ batch: [MountFact]) -> ShellScript {
    ShellScript(
      verbatim: #"""
        omtd_mounts() {
         for omtd_p do
          omtd_r=$(readlink -f -- "$omtd_p"); [ -n "$omtd_r" ] || omtd_r=$omtd_p
          omtd_b=-
          while read -r omtd_x omtd_y omtd_z omtd_f omtd_m omtd_w; do
           case $omtd_m in *\\*) omtd_m=$(printf '%b.' "$(printf %s "$omtd_m" | sed 's/\\\([0-7]\)/\\0\1/g')"); omtd_m=${omtd_m%.};; esac
           [ "$omtd_m" = "$omtd_r" ] || continue
           omtd_o=${omtd_w%% *}; omtd_w=${omtd_w#* - }
           omtd_b="$omtd_f ${omtd_w%% *} $omtd_o ${omtd_w#* }"
          done </proc/self/mountinfo
          printf '%s\n' "$omtd_b"
         done
        }

        """#) + "omtd_mounts \(words: batch.map(\.path))"
  }

  package func parse(_ line: Substring) -> Mount? {
    let parts = line.split(separator: " ").map { TableLine.unescaped(String($0)) }
    guard parts.count >= 4 else { return nil }
    return Mount(source: parts[3], type: parts[1], options: parts[2], root: parts[0])
  }
}
