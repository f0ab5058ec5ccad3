import Values

/// The imagined files of a plan: what earlier tasks would have written, made, linked or removed.
package struct Overlay: Sendable {
  package enum Node: Sendable {
    case absent
    case directory(FileAttributes)
    case file(Payload?, FileAttributes)
    case link(String)
    /// Something may be there or not: after an archive, a package, a checkout.
    case unknown(Unknown)
  }

  private var nodes: [String: Node] = [:]
  private var changedAttributes: [String: FileAttributes] = [:]
  private var touched: [String: Times] = [:]

  /// Times that a step would set, in seconds since 1970, or a word; nil is left alone.
  package struct Times: Hashable, Sendable {
    package var accessed: String?
    package var modified: String?
  }

  package init() {}

  package var isEmpty: Bool { nodes.isEmpty && changedAttributes.isEmpty && touched.isEmpty }

  package func times(at path: String) -> Times? { touched[path] }

  /// Attributes that a step would set on what the host really has at this path.
  package func attributes(at path: String) -> FileAttributes? { changedAttributes[path] }

  /// What is imagined at exactly this path, or follows from what is imagined above it.
  package func node(at path: String) -> Node? {
    guard !nodes.isEmpty else { return nil }
    if let own = nodes[path] { return own }
    var above = path
    while let parent = RemotePath.parent(of: above), parent != above {
      switch nodes[parent] {
      case .absent, .file: return .absent
      // A directory that the plan makes is empty but for what the plan puts there.
      case .directory: return .absent
      case .unknown(let reason): return .unknown(reason)
      case .link(let target):
        let rest = path.dropFirst(parent == "/" ? 1 : parent.utf8.count + 1)
        return node(at: RemotePath.join(RemotePath.resolve(target, from: parent), String(rest)))
      case nil: above = parent
      }
    }
    return nil
  }

  package mutating func imagine(_ step: Step) {
    switch step {
    case .write(let write):
      nodes[write.path] = .file(write.payload, write.attributes)
      touched[write.path] = nil
    case .makeDirectory(let path, let attributes): nodes[path] = .directory(attributes)
    case .setAttributes(let path, let attributes, _): imagine(attributes, at: path)
    case .remove(let path):
      nodes = nodes.filter { !RemotePath.isInside($0.key, path) }
      nodes[path] = .absent
      touched = touched.filter { !RemotePath.isInside($0.key, path) }
    case .link(let path, let target, let isHard):
      if isHard {
        nodes[path] = node(at: target) ?? .unknown(Unknown("hard link to \(target)"))
      } else {
        nodes[path] = .link(target)
      }
    case .touch(let path, let accessed, let modified, let attributes, let isNew):
      if isNew {
        nodes[path] = .file(Payload([]), attributes)
      } else {
        imagine(attributes, at: path)
      }
      let old = touched[path]
      touched[path] = Times(
        accessed: Self.time(accessed) ?? old?.accessed,
        modified: Self.time(modified) ?? old?.modified)
    case .run: break
    }
  }

  private static func time(_ word: String?) -> String? {
    guard let word else { return "now" }
    return word.isEmpty ? nil : word.hasPrefix("@") ? String(word.dropFirst()) : word
  }

  private mutating func imagine(_ new: FileAttributes, at path: String) {
    switch nodes[path] {
    case .directory(let old): nodes[path] = .directory(old.changed(by: new))
    case .file(let payload, let old): nodes[path] = .file(payload, old.changed(by: new))
    case .link, .absent, .unknown: break
    case nil:
      changedAttributes[path] = (changedAttributes[path] ?? FileAttributes()).changed(by: new)
    }
  }

  /// A tree of which nothing is known any more.
  package mutating func forget(below path: String, _ reason: String) {
    nodes = nodes.filter { !RemotePath.isInside($0.key, path) }
    nodes[path] = .unknown(Unknown(reason))
  }
}

/// Paths of a host: absolute or relative text, taken apart without looking at any file system.
package enum RemotePath {
  /// The path one up; nil for `/` and for a name without a slash.
  package static func parent(of path: String) -> String? {
    let trimmed = trimmingSlashes(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return nil }
    if slash == trimmed.startIndex { return trimmed.utf8.count > 1 ? "/" : nil }
    return String(trimmed[..<slash])
  }

  package static func name(of path: String) -> String {
    let trimmed = trimmingSlashes(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return trimmed }
    return String(trimmed[trimmed.index(after: slash)...])
  }

  package static func join(_ base: String, _ rest: String) -> String {
    if rest.utf8.first == 0x2F { return rest }
    if rest.isEmpty { return base }
    return base.utf8.last == 0x2F ? base + rest : base + "/" + rest
  }

  /// The target of a link that stands at `link`.
  package static func resolve(_ target: String, from link: String) -> String {
    join(parent(of: link) ?? "/", target)
  }

  /// True for the path itself and all below it.
  package static func isInside(_ path: String, _ root: String) -> Bool {
    path == root || path.hasPrefix(root == "/" ? "/" : root + "/")
  }

  /// Without slashes at the end, `/` excepted.
  package static func trimmingSlashes(_ path: String) -> String {
    var path = Substring(path)
    while path.utf8.count > 1, path.utf8.last == 0x2F { path.removeLast() }
    return String(path)
  }
}
