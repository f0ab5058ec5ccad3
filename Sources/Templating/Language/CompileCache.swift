import Synchronization

/// Templates and expressions by text, place, options and environment, for the whole process.
final class CompileCache: Sendable {
  struct Key: Hashable, Sendable {
    let source: TemplateSource
    let options: TemplateOptions
    let environment: Int
  }

  private struct Content {
    var templates: [Key: Template] = [:]
    var expressions: [Key: Expression] = [:]
  }

  static let shared = CompileCache()
  /// Above it the cache is emptied: a generated inventory may hold any number of texts.
  private static let capacity = 50_000
  private let content = Mutex(Content())

  func template(_ key: Key) -> Template? { content.withLock { $0.templates[key] } }
  func expression(_ key: Key) -> Expression? { content.withLock { $0.expressions[key] } }

  func store(_ template: Template, _ key: Key) {
    content.withLock {
      if $0.templates.count >= CompileCache.capacity { $0.templates = [:] }
      $0.templates[key] = template
    }
  }

  func store(_ expression: Expression, _ key: Key) {
    content.withLock {
      if $0.expressions.count >= CompileCache.capacity { $0.expressions = [:] }
      $0.expressions[key] = expression
    }
  }
}
