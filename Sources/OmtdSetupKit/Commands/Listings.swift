import Diagnostics
import Playbooks
import Reporting
import Running

/// `--list-hosts`, `--list-tasks`, `--list-tags`, `--syntax-check`: nothing is connected to.
enum Listings {
  /// False where none of them was asked for.
  static func print(_ pipeline: Pipeline, _ books: [Playbook]) throws -> Bool {
    let selection = pipeline.selection
    guard
      selection.syntaxCheck || selection.listHosts || selection.listTasks || selection.listTags
    else { return false }
    let listing = Listing(
      hosts: selection.listHosts, tasks: selection.listTasks, tags: selection.listTags)
    let limit = pipeline.inventoryArguments.limit
    do throws(Diagnostic) {
      let selection = try pipeline.inventory.requireHosts(matching: ["all"], limit: limit)
      Terminal.show(Diagnostics(selection.warnings))
    } catch {
      throw Diagnostics([error])
    }
    let loader = pipeline.loader
    let text = listing.text(
      of: books, selection: listing.selection(only: selection.tags, skip: selection.skipTags),
      loader: loader,
      hosts: { play in
        let patterns = loader.hostPatterns(of: play)
        return
          (try? pipeline.inventory.select(
            patterns, limit: limit
          ).names) ?? []
      })
    Platform.write(text, to: 1)
    return true
  }
}

/// What is said when all is over.
enum Summary {
  /// Hosts that were unreachable for want of a machine, and why.
  static func machines(_ failed: [String: Diagnostic]) {
    for (host, problem) in failed.sorted(by: { $0.key < $1.key }) {
      Platform.write("\(host): \(problem.summary)\n", to: 2)
    }
  }

  static func timing(_ recap: Recap) {
    let slow = recap.slowest.prefix(5).filter { $0.elapsed > .seconds(1) }
    guard !slow.isEmpty else { return }
    var text = "Slowest tasks\n"
    for (task, elapsed) in slow {
      let tenths = Int(elapsed / .milliseconds(100))
      text +=
        "  \(tenths / 10).\(tenths % 10) s  \(TerminalText.name(task.name))  \(task.location)\n"
    }
    Platform.write(text + "\n", to: 1)
  }
}

extension OutputArguments {
  /// Nothing shown, nothing written.
  static var quiet: OutputArguments {
    var arguments = OutputArguments()
    arguments.verbosity = 0
    arguments.json = nil
    arguments.diff = false
    return arguments
  }
}
