import Diagnostics
import Reporting
import Running
import Synchronization

/// Where the events of a run go: lines on standard output and error, and a file of JSON lines.
final class Output: Sendable {
  private struct State {
    var report: PlainReport
    var json: JSONLines?
    var isQuiet: Bool
  }

  private let state: Mutex<State>

  init(_ arguments: OutputArguments, isQuiet: Bool = false) throws(Diagnostics) {
    var json: JSONLines?
    if let path = arguments.json {
      guard let descriptor = Platform.openForWriting(path) else {
        throw Diagnostics([.error("cannot write `\(path)`")])
      }
      json = JSONLines { Platform.write($0, to: descriptor) }
    }
    let report = PlainReport(
      width: Terminal.width, verbosity: arguments.verbosity, showsDiffs: arguments.diff,
      style: Style(usesColor: Terminal.usesColor(1)), renderer: Terminal.renderer)
    state = Mutex(State(report: report, json: json, isQuiet: isQuiet))
  }

  func take(_ event: Event) {
    state.withLock { state in
      state.json?.take(event)
      guard !state.isQuiet else { return }
      let text = state.report.text(of: event)
      if !text.err.isEmpty { Platform.write(text.err, to: 2) }
      if !text.out.isEmpty { Platform.write(text.out, to: 1) }
    }
  }
}

/// What the terminal can show.
enum Terminal {
  static var width: Int {
    guard Platform.isTerminal(1), let columns = Platform.columns else { return 79 }
    return max(20, columns - 1)
  }

  /// `NO_COLOR` wins over what forces colour, that over the terminal.
  static func usesColor(_ descriptor: Int32) -> Bool {
    func isSet(_ name: String) -> Bool {
      guard let value = Platform.variable(name) else { return false }
      return !value.isEmpty && value != "0"
    }
    if isSet("NO_COLOR") || isSet("ANSIBLE_NOCOLOR") { return false }
    if isSet("CLICOLOR_FORCE") || isSet("FORCE_COLOR") || isSet("ANSIBLE_FORCE_COLOR") {
      return true
    }
    return Platform.isTerminal(descriptor) && Platform.variable("TERM") != "dumb"
  }

  static var renderer: Renderer {
    Renderer(usesColor: usesColor(2)) { try? Platform.readText($0) }
  }

  static func show(_ diagnostics: Diagnostics) {
    let renderer = renderer
    let text = diagnostics.all.map { renderer.render($0) }.joined(separator: "\n")
    Platform.write(text, to: 2)
  }
}
