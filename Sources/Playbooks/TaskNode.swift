import Diagnostics
import Values

/// One element of a list of tasks.
package indirect enum TaskNode: Sendable {
  case task(PlayTask)
  case block(Block)
}

/// A block as written, or what an import or a role expanded to.
package struct Block: Sendable {
  package enum Kind: Sendable {
    case written
    /// `import_tasks`, with the path found.
    case imported(path: String)
    /// All tasks of one use of a role, its dependencies not among them.
    case role(RoleScope)
  }

  package var kind: Kind
  package var name: SourceValue?
  package var body: [TaskNode]
  package var rescue: [TaskNode] = []
  package var always: [TaskNode] = []
  /// Its own keywords; they are among the `layers` of every task inside already.
  package var keywords: Keywords
  /// The levels around the block, outermost first.
  package var layers: [Layer]
  package var location: SourceLocation
  package var isHandler: Bool

  package init(
    _ kind: Kind, name: SourceValue? = nil, body: [TaskNode], rescue: [TaskNode] = [],
    always: [TaskNode] = [], keywords: Keywords, layers: [Layer], location: SourceLocation,
    isHandler: Bool = false
  ) {
    self.kind = kind
    self.name = name
    self.body = body
    self.rescue = rescue
    self.always = always
    self.keywords = keywords
    self.layers = layers
    self.location = location
    self.isHandler = isHandler
  }
}

extension TaskNode {
  /// All tasks in and below the node in the order of the file: body, rescue, always.
  package var tasks: [PlayTask] {
    switch self {
    case .task(let task): [task]
    case .block(let block): (block.body + block.rescue + block.always).flatMap(\.tasks)
    }
  }
}
