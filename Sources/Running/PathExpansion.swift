import Diagnostics
import ModuleKit

/// A module with paths that only its host can write out: it asks for them, and is made anew of what
/// the host says. It was made of the paths as written before, which checks the rest.
struct PathExpansion: Planner {
  private let type: any Module.Type
  private let arguments: Arguments
  private let paths: [(name: String, path: ExpandedPath)]

  /// - Returns: nil where all paths are the same on every host.
  init?(_ type: any Module.Type, _ arguments: Arguments) {
    paths = type.specification.parameters.compactMap { parameter in
      let isHosts =
        parameter.type == .path
        || parameter.type == .source && arguments.resolved[parameter.name] == nil
      guard isHosts,
        let text = arguments.text(parameter.name), !arguments.isSecret(parameter.name),
        let path = ExpandedPath(text)
      else { return nil }
      return (parameter.name, path)
    }
    guard !paths.isEmpty else { return nil }
    self.type = type
    self.arguments = arguments
  }

  func plan(_ host: HostView) throws(Interruption) -> ModuleKit.Outcome {
    _ = try host.require(all: paths.compactMap(\.path.owner))
    _ = try host.require(all: paths.compactMap(\.path.text))
    var arguments = arguments
    for (name, path) in paths {
      arguments.replace(name, with: .string(try path.expanded(on: host)))
    }
    let module: any Module
    do {
      module = try type.init(arguments)
    } catch {
      throw .failed(ModuleKit.Failure(error.summary))
    }
    return try module.plan(host)
  }
}

/// A path that begins with `~USER`, or holds what the host's shell expands.
struct ExpandedPath {
  /// Whose home stands first. A plan may imagine the account.
  let owner: UserFact?
  /// What the host expands; nil where the rest is text as it is.
  let text: ExpandedPathFact?
  /// As written, behind the name of the owner.
  private let rest: String

  /// - Returns: nil where a path is the same everywhere.
  init?(_ path: String) {
    let user = path.utf8.first == UInt8(ascii: "~") ? path.dropFirst().prefix { $0 != "/" } : ""
    owner = user.isEmpty ? nil : UserFact(String(user))
    rest = user.isEmpty ? path : String(path.dropFirst(user.count + 1))
    text = ExpandedPathFact.applies(to: rest) ? ExpandedPathFact(rest) : nil
    if owner == nil, text == nil { return nil }
  }

  /// As Python's `expanduser` and `expandvars` do it.
  func expanded(on host: HostView) throws(Interruption) -> String {
    let rest = try text.map { (fact) throws(Interruption) in try host[fact] } ?? rest
    guard let owner else { return rest }
    guard var home = try host[owner]?.home, !home.isEmpty else { return "~\(owner.name)" + rest }
    if home.utf8.last == UInt8(ascii: "/") { home.removeLast() }
    let path = home + rest
    return path.isEmpty ? "/" : path
  }
}
