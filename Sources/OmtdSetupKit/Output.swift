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
    /// On a terminal.
    var live: LiveView?
    /// Elsewhere.
    var heartbeat = Heartbeat()
  }

  private let state: Mutex<State>
  private let start = ContinuousClock.now
  private let isLive = Terminal.isLive

  init(
    _ arguments: OutputArguments, isQuiet: Bool = false, form: PlainReport.Form = .play
  ) throws(Diagnostics) {
    var json: JSONLines?
    if let path = arguments.json {
      guard let descriptor = Platform.openForWriting(path) else {
        throw Diagnostics([.error("cannot write `\(path)`")])
      }
      json = JSONLines { Platform.write($0, to: descriptor) }
    }
    var report = PlainReport(
      width: Terminal.width, verbosity: arguments.verbosity, showsDiffs: arguments.diff,
      style: Style(usesColor: Terminal.usesColor(1)), directory: Platform.workingDirectory,
      renderer: Terminal.renderer)
    report.form = form
    state = Mutex(
      State(
        report: report, json: json, isQuiet: isQuiet, live: isLive ? LiveView() : nil))
  }

  func take(_ event: Event) {
    state.withLock { state in
      state.json?.take(event)
      let text = state.isQuiet ? PlainReport.Output() : state.report.text(of: event)
      let isShown = !text.err.isEmpty || !text.out.isEmpty
      let now = now
      let isDrawn = state.live?.take(event, at: now) ?? false
      if isShown { Self.write(state.live?.erase(Terminal.size), to: 1) }
      Self.write(text.err, to: 2)
      Self.write(text.out, to: 1)
      if isDrawn || isShown { Self.write(state.live?.frame(at: now, Terminal.size), to: 1) }
      state.heartbeat.take(event, isShown: isShown, at: now)
    }
  }

  /// To be called about ten times a second.
  func tick() {
    state.withLock { state in
      if state.live != nil {
        Self.write(state.live?.frame(at: now, Terminal.size), to: 1)
      } else {
        Self.write(state.heartbeat.line(at: now), to: 2)
      }
    }
  }

  /// Leaves nothing of the live view on the terminal.
  func clear() {
    guard isLive else { return }
    state.withLock { state in
      Self.write(state.live?.erase(Terminal.size), to: 1)
      if state.live != nil { state.live = LiveView() }
    }
  }

  private var now: Duration { ContinuousClock.now - start }

  private static func write(_ text: String?, to descriptor: Int32) {
    guard let text, !text.isEmpty else { return }
    Platform.write(text, to: descriptor)
  }
}

/// What the terminal can show.
enum Terminal {
  static var width: Int {
    guard Platform.isTerminal(1), let columns = Platform.terminalSize?.columns else { return 79 }
    return max(20, columns - 1)
  }

  static var size: LiveView.Size { Platform.terminalSize ?? LiveView.Size() }

  /// True where lines may be drawn over again: not in a pipe, nor in a CI that shows it a terminal.
  static var isLive: Bool {
    guard Platform.isTerminal(1), Platform.variable("CI")?.isEmpty ?? true else { return false }
    return !["", "dumb"].contains(Platform.variable("TERM") ?? "")
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
