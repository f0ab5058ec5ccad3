import Diagnostics
import ModuleKit

/// A module with paths that only its host can write out: it asks for them, and is made anew of what
/// the host says. It was made of the paths as written before, which checks the rest.
struct PathExpansion: Planner {
  private let type: any Module.Type
  private let arguments: Arguments
  private let paths: [(name: String, fact: ExpandedPathFact)]

  /// - Returns: nil where all paths are the same on every host.
  init?(_ type: any Module.Type, _ arguments: Arguments) {
    paths = type.specification.parameters.compactMap { parameter in
      let isHosts =
        parameter.type == .path
        || parameter.type == .source && arguments.resolved[parameter.name] == nil
      guard isHosts,
        let text = arguments.text(parameter.name), !arguments.isSecret(parameter.name),
        ExpandedPathFact.applies(to: text)
      else { return nil }
      return (parameter.name, ExpandedPathFact(text))
    }
    guard !paths.isEmpty else { return nil }
    self.type = type
    self.arguments = arguments
  }

  func plan(_ host: HostView) throws(Interruption) -> ModuleKit.Outcome {
    let readings = try host.require(all: paths.map(\.fact))
    var arguments = arguments
    for (path, reading) in zip(paths, readings) {
      arguments.replace(path.name, with: .string(reading))
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
