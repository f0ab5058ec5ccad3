import Diagnostics
import Inventories
import ModuleKit
import Modules
import Playbooks
import Running
import Templating
import TestKit
import Testing
import Values

/// What `ansible-playbook` printed for `--list-*` and `--syntax-check`, and how it ended.
@Suite struct PlaylistCorpusTests {
  /// Playbooks that Ansible lets pass here and fails on at the task's turn: we refuse them before.
  static let stricter: Set<String> = [
    "become: maybe", "when: a ==", "retries: x", "order: nosuch", "include_tasks: nosuch.yml",
  ]

  @Test func listsAndRefusesAsRecorded() async throws {
    var passed = 0
    var total = 0
    for row in try Corpus.cases("playlist.jsonl") {
      guard row["exit_code"]?.int != 2, let problem = await outcome(row) else {
        continue
      }
      total += 1
      if problem.isEmpty {
        passed += 1
      } else {
        print("\(row["id"]?.string ?? ""): \(problem)")
      }
    }
    print("playlist: \(passed)/\(total)")
    #expect(total - passed <= 2)
  }

  /// Empty where all is as recorded; nil where the case is left out.
  private func outcome(_ row: Value) async -> String? {
    var texts: [String: String] = [:]
    for (path, content) in row["files"]?.map ?? [:] {
      texts[path.string ?? ""] = content.string ?? content["content"]?.string ?? ""
    }
    let expectedStatus = Int32(row["exit_code"]?.int ?? 0)
    // A crash of the tool is nothing to match.
    if expectedStatus == 250 { return nil }
    if expectedStatus == 0,
      texts.values.contains(where: { text in
        Self.stricter.contains { text.contains($0) }
      }), row["args"]?.elements?.last == "--syntax-check"
    {
      return nil
    }
    let run = await execute(texts, (row["args"]?.elements ?? []).compactMap(\.string))
    if run.status != expectedStatus {
      return "ended with \(run.status), not \(expectedStatus)\n\(run.report)"
    }
    guard expectedStatus == 0 else { return "" }
    let expected = row["expected"]?.string ?? ""
    let isSame =
      row["unordered"] == true
      ? run.output.split(separator: "\n").sorted() == expected.split(separator: "\n").sorted()
      : run.output == expected
    return isSame ? "" : "expected\n\(expected)\nprinted\n\(run.output)"
  }

  private struct Run {
    var status: Int32 = 0
    var output = ""
    var report = ""
  }

  private func execute(_ texts: [String: String], _ arguments: [String]) async -> Run {
    var listing = Listing()
    var only: [String] = []
    var skip: [String] = []
    var limit: String?
    var extra: [String: Variable] = [:]
    var playbooks: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--list-hosts": listing.hosts = true
      case "--list-tasks": listing.tasks = true
      case "--list-tags": listing.tags = true
      case "--syntax-check", "--flush-cache": break
      case "-i": _ = rest.popFirst()
      case "-l", "--limit": limit = rest.popFirst()
      case "-t", "--tags": only.append(rest.popFirst() ?? "")
      case "--skip-tags": skip.append(rest.popFirst() ?? "")
      case "-e":
        let parts = (rest.popFirst() ?? "").split(separator: "=", maxSplits: 1).map(String.init)
        extra[parts[0]] = .value(.string(parts[1]))
      default: playbooks.append(argument)
      }
    }
    let specifications = Registry.modules.map { $0.specification } + EngineActions.specifications
    let loader = Loader(
      catalogue: ModuleCatalogue(
        [Specification("ping", summary: "", parameters: [Parameter("data")])] + specifications),
      environment: .ansible, settings: LoaderSettings(), files: memory(texts), extraVars: extra)
    do throws(Diagnostics) {
      let read = try loader.load(playbooks: playbooks)
      let scratch = ScratchFolder()
      scratch.write("hosts", texts["hosts"] ?? "")
      let inventory = try await Inventory.load(sources: [scratch.path + "/hosts"])
      let text = listing.text(
        of: read, selection: listing.selection(only: only, skip: skip), loader: loader
      ) { play in
        let patterns = loader.hostPatterns(of: play)
        return (try? inventory.select(patterns, limit: limit).names) ?? []
      }
      return Run(output: text)
    } catch {
      let renderer = Renderer { texts[$0] }
      let first = error.all.first { $0.severity == .error }
      return Run(
        status: first?.exitCode ?? 4, report: error.all.map(renderer.render).joined())
    }
  }

  private func memory(_ texts: [String: String]) -> ControllerFiles {
    ControllerFiles(
      read: { (path) throws(Diagnostic) in
        guard let text = texts[path] else { throw .error("cannot read `\(path)`") }
        return text
      },
      kind: { path in
        if texts[path] != nil { return .file }
        return texts.keys.contains { $0.hasPrefix(path + "/") } ? .directory : nil
      },
      list: { _ in [] })
  }
}
