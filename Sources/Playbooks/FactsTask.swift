import Diagnostics
import Values

extension Loader {
  /// The implicit first task of a play, which gathers facts; tagged `always` where the play has no
  /// tags of its own. Nil without the module `setup`.
  package func factsTask(of play: Play) -> PlayTask? {
    guard let specification = catalogue["setup"] else { return nil }
    func text(_ value: Value) -> SourceValue { SourceValue(.scalar(value), at: play.location) }
    var keywords = Keywords()
    if play.keywords.tags.isEmpty { keywords.tags = [text("always")] }
    var task = PlayTask(
      id: nextTask(), name: text("Gathering Facts"), action: "gather_facts",
      actionLocation: play.location, specification: specification, keywords: keywords,
      layers: [Layer(.play, play.keywords)], isHandler: false, location: play.location,
      search: SearchPath(folders: [play.directory]), isRescued: false)
    for (name, value) in [
      ("gather_subset", play.gatherSubset), ("gather_timeout", play.gatherTimeout),
      ("fact_path", play.factPath),
    ] {
      guard let value else { continue }
      task.arguments.append(
        SourceEntry(key: .string(name), keyLocation: value.location, value: value))
    }
    return task
  }
}
