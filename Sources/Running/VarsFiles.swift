import Diagnostics
import Inventories
import Playbooks
import Templating
import Values

/// What the `vars_files` of a play hold: the same for all hosts, unless a name depends on the host.
struct FileVariables: Sendable {
  /// For hosts of which nothing was asked: what can be told without one.
  var common: RankTable = [:]
  var byHost: [String: RankTable] = [:]

  subscript(host: String) -> RankTable { byHost[host] ?? common }
}

/// Reads `vars_files`. A file is read once in a play, under whatever name it is found.
struct VarsFilesReader {
  let play: Play
  private var contents: [String: [String: Variable]] = [:]
  /// The state of a host's variables on which its files were chosen.
  private var revisions: [String: Int] = [:]
  private var told: Set<SourceLocation> = []

  init(_ play: Play) { self.play = play }

  private var dependsOnHosts: Bool {
    play.varsFiles.contains { element in
      (element.items ?? [element]).contains { $0.text?.contains("{") ?? true }
    }
  }

  /// Chooses and reads the files of the hosts whose variables have changed since.
  ///
  /// - Throws: for a file that holds no mapping, and for a name that cannot be told of a host
  ///   whose facts are known.
  mutating func read(
    for hosts: [String], _ world: World, _ program: Program, _ emit: (Event) -> Void
  ) async throws(Diagnostic) -> FileVariables? {
    guard !play.varsFiles.isEmpty else { return nil }
    var files = world.play.fromFiles
    var isChanged = false
    if revisions.isEmpty {
      files = FileVariables(common: try await table(of: nil, world, program) { _ in })
      isChanged = true
      revisions[""] = 0
    }
    if dependsOnHosts {
      for host in hosts {
        guard let own = world.hosts[host], revisions[host] != own.revision else { continue }
        files.byHost[host] = try await table(of: host, world, program, emit)
        revisions[host] = own.revision
        isChanged = true
      }
    }
    return isChanged ? files : nil
  }

  /// Of an element that is a list the first file that exists; one that is missing is left out, as
  /// Ansible does; the loader has warned. Later names may be made of variables of earlier files.
  private mutating func table(
    of host: String?, _ world: World, _ program: Program, _ emit: (Event) -> Void
  ) async throws(Diagnostic) -> RankTable {
    var world = world
    var own = host.flatMap { world.hosts[$0] }
    // What tasks set ranks higher, and chooses nothing.
    own?.assigned = [:]
    own?.included = [:]
    var table = RankTable([:])
    for element in play.varsFiles {
      alternatives: for source in element.items ?? [element] {
        world.play.fromFiles = FileVariables(common: table)
        let scope = TaskScope(
          world: world, host: host ?? "", tables: nil, own: own)
        let name: String?
        do {
          name = try await render(source, scope, world, program)
        } catch {
          let hasFacts = own.map { !$0.factMap.isEmpty } ?? false
          guard !hasFacts else { throw error }
          if host != nil, told.insert(source.location).inserted {
            emit(
              .diagnostic(
                .warning("this of `vars_files` is left out: \(error.summary)", at: source.location))
            )
          }
          break alternatives
        }
        guard let name else { continue }
        let path = SearchPath(folders: [play.directory]).candidates(name, in: "vars").first {
          program.files.kind($0) == .file
        }
        guard let path else { continue }
        table.merge(try entries(of: path, program))
        break
      }
    }
    return table
  }

  private func render(
    _ source: SourceValue, _ scope: TaskScope, _ world: World, _ program: Program
  ) async throws(Diagnostic) -> String? {
    var tape = Tape()
    for _ in 0..<100 {
      let evaluator = Evaluator(environment: .ansible, scope: scope, tape: tape, loader: nil)
      evaluator.decrypt = program.files.decrypt
      do throws(EvaluationStop) {
        guard let value = try evaluator.render(source), !value.containsUnknown else { return nil }
        guard let name = value.opened.string else {
          throw .failed(
            .error("a file of `vars_files` must be named by a string", at: source.location),
            isUndefined: false)
        }
        return name
      } catch {
        switch error {
        case .failed(let diagnostic, _): throw diagnostic
        case .impure(let call):
          let context = LookupContext(
            search: SearchPath(folders: [play.directory]), scope: scope, files: program.files,
            playbookDirectory: world.run.playbookDirectory)
          tape.answers.append((call, await program.lookups(call, context)))
        }
      }
    }
    throw .error("a name of `vars_files` needs more than 100 lookups", at: source.location)
  }

  private mutating func entries(
    of path: String, _ program: Program
  ) throws(Diagnostic) -> [String: Variable] {
    if let known = contents[path] { return known }
    let table = try program.files.variableEntries(path).table
    contents[path] = table
    return table
  }
}

extension Runner {
  /// `vars_files` as these hosts' variables now choose them.
  ///
  /// - Parameter isQuiet: nothing is said of names that facts may tell later.
  func readVarsFiles(for hosts: [String], isQuiet: Bool = false) async throws(Diagnostic) {
    guard var reader = varsFiles else { return }
    varsFiles = nil
    defer { varsFiles = reader }
    if let files = try await reader.read(for: hosts, world, program, isQuiet ? { _ in } : emit) {
      world.play.fromFiles = files
    }
  }
}
