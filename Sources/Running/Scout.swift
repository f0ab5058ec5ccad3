import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Transport
import Values

/// Walks the coming tasks of a host and brings back the facts that they would need and that are not
/// known yet. It prints nothing, opens nothing, runs nothing: its mistakes cost a round trip, never
/// a result.
struct Scout {
  static let fullReach = 256

  private let world: World
  /// The host's variables, with those that the tasks walked so far set.
  private var own: HostVariables?
  private let host: String
  private let program: Program
  private let identity: Identity
  private let table: FactTable
  private let overlay: Overlay
  private let tables: TaskTablesCache
  private var budget: Int
  private var found: [any Fact] = []

  init(
    world: World, host: String, program: Program, identity: Identity, table: FactTable,
    overlay: Overlay, tables: TaskTablesCache, limit: Int
  ) {
    self.world = world
    own = world.hosts[host]
    self.host = host
    self.program = program
    self.identity = identity
    self.table = table
    self.overlay = overlay
    self.tables = tables
    budget = limit
  }

  mutating func missing(_ tasks: [PlayTask]) -> [any Fact] {
    for task in tasks where budget > 0 { walk(task) }
    return found
  }

  /// A part of the facts, for the proof that look-ahead changes nothing but round trips.
  static func part(_ facts: [any Fact], seed: UInt64) -> [any Fact] {
    var state = seed | 1
    return facts.filter { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 63 == 0
    }
  }

  private mutating func walk(_ task: PlayTask) {
    let unknown = Unknown("result of an earlier task")
    defer {
      if let name = task.register { own?.assigned[name] = .value(.unknown(unknown)) }
    }
    guard task.setting(.delegateTo) == nil else {
      budget -= 1
      return
    }
    let tables = tables.tables(for: task)
    let scope = TaskScope(world: world, host: host, tables: tables, own: own)
    for bindings in items(of: tables, scope) where budget > 0 {
      budget -= 1
      var scope = scope
      scope.bindings = bindings
      look(tables, scope)
    }
  }

  private func items(of tables: TaskTables, _ scope: TaskScope) -> [[String: Variable]] {
    guard let loop = tables.task.loop else { return [[:]] }
    let evaluation = Evaluation(tables: tables, scope: scope, program: program, isScouting: true)
    let evaluator = evaluation.evaluator()
    guard let list = try? LoopItems.list(loop, evaluator), list.firstUnknown == nil,
      let all = list.opened.elements
    else { return [] }
    var name = "item"
    if let source = loop.control.loopVar, let text = try? evaluator.render(source)?.string {
      name = text
    }
    return all.enumerated().map { index, item in
      var bindings: [String: Variable] = [name: .value(item)]
      if let source = loop.control.indexVar, let text = source.text {
        bindings[text] = .value(.int(index))
      }
      return bindings
    }
  }

  private mutating func look(_ tables: TaskTables, _ scope: TaskScope) {
    let evaluation = Evaluation(tables: tables, scope: scope, program: program, isScouting: true)
    let evaluator = evaluation.evaluator()
    guard let prepared = try? evaluation.prepare(evaluator) else { return }
    switch prepared {
    case .skipped, .conditional: return
    case .action(let action):
      guard
        let done = try? action.run(
          ActionContext(
            task: tables.task, host: host, world: world, evaluation: evaluation,
            evaluator: evaluator))
      else { return }
      for effect in done.effects where effect.target == host { own?.take(effect) }
    case .module(let module):
      guard sameIdentity(tables, scope, evaluator) else { return }
      do throws(Interruption) {
        _ = try module.plan(HostView(table: table, overlay: overlay))
      } catch {
        if case .needs(let facts) = error {
          found += facts.filter { type(of: $0).freshness == .local }
        }
      }
    }
  }

  private func sameIdentity(
    _ tables: TaskTables, _ scope: TaskScope, _ evaluator: Evaluator
  ) -> Bool {
    let plan = try? ConnectionPlan.of(
      tables.task, tables.keywords, machine: host, scope: scope, evaluator)
    return plan?.identity == identity
  }
}

/// The tables of tasks, made once for each.
final class TaskTablesCache: Sendable {
  private let made = Guarded<[Int: TaskTables]>([:])
  private let told: Guarded<Set<Diagnostic>>

  /// - Parameter told: warnings that were shown before the run.
  init(told: [Diagnostic]) { self.told = Guarded(Set(told.map(Self.said))) }

  /// True the first time that a warning is met: each is told once in a run.
  func isNew(_ warning: Diagnostic) -> Bool {
    told.with { $0.insert(Self.said(warning)).inserted }
  }

  /// The check underlines all of a text that the run only points to.
  private static func said(_ warning: Diagnostic) -> Diagnostic {
    var warning = warning
    warning.length = 1
    return warning
  }

  func tables(for task: PlayTask) -> TaskTables {
    made.with { cache in
      if let known = cache[task.id] { return known }
      let tables = TaskTables(task)
      cache[task.id] = tables
      return tables
    }
  }
}
