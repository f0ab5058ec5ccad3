import Configuration
import Diagnostics
import Inventories
import Reporting
import Running
import Synchronization
import Templating

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
    /// A standard stream that takes nothing any more, with the system's number for why.
    var broken: (descriptor: Int32, number: Int32)?
    /// What is done then.
    var whenBroken: @Sendable () -> Void = {}
    /// A file that was asked for does not hold all.
    var isIncomplete = false
    var isLogBroken = false
  }

  private let state: Mutex<State>
  private let start = ContinuousClock.now
  private let isLive = Terminal.isLive
  /// A file that keeps what is shown, `log_path`.
  private let log: (path: String, descriptor: Int32)?
  private let jsonLog: (path: String, descriptor: Int32)?

  init(
    _ arguments: OutputArguments, isQuiet: Bool = false, form: PlainReport.Form = .play,
    settings: Settings = Settings()
  ) throws(Diagnostics) {
    if let path = arguments.json {
      guard let descriptor = Platform.openForWriting(path) else {
        throw Diagnostics([.error("cannot write `\(path)`")])
      }
      jsonLog = (path, descriptor)
    } else {
      jsonLog = nil
    }
    var report = PlainReport(
      width: Terminal.width, verbosity: arguments.verbosity, showsDiffs: arguments.diff,
      style: Style(usesColor: Terminal.usesColor(1)), directory: Platform.workingDirectory,
      renderer: Terminal.renderer)
    report.form = form
    report.showsSkipped = settings.showsSkippedHosts.value
    report.style.paints = Terminal.paints(settings)
    if let path = settings.logPath.value, !isQuiet {
      guard let descriptor = Platform.openForAppending(path) else {
        throw Diagnostics([.error("cannot write the log `\(path)`")])
      }
      log = (path, descriptor)
    } else {
      log = nil
    }
    state = Mutex(
      State(
        report: report, json: jsonLog == nil ? nil : JSONLines(shown: VaultMasks.masked),
        isQuiet: isQuiet,
        live: isLive ? LiveView() : nil))
  }

  /// Begins the file of JSON lines before the plays do.
  ///
  /// - Parameter command: one that runs no plays.
  func begin(_ mode: RunMode, _ playbooks: [String], command: String? = nil) {
    var header = RunHeader(mode: mode, playbooks: playbooks, isDiffShown: false)
    header.command = command
    note(.runStarted(header))
  }

  /// For the file of JSON lines alone: what people read is shown by whoever calls.
  func note(_ event: Event) { state.withLock { record(event, &$0) } }

  private func record(_ event: Event, _ state: inout State) {
    guard let line = state.json?.line(of: event), let jsonLog else { return }
    if !Self.keep(line, in: jsonLog, &state) { state.json = nil }
  }

  /// Ends the file of JSON lines where no play runs.
  private func end(_ code: Int32) { note(.runFinished(Recap(hosts: [], exitCode: code))) }

  /// The same where all went well.
  ///
  /// - Throws: `ExitStatus` 1 where a file that was asked for does not hold all.
  func succeed() throws(ExitStatus) {
    end(0)
    guard finish() else { throw ExitStatus(code: 1) }
  }

  /// Shows problems on standard error, and tells them in the file.
  func show(_ problems: Diagnostics) {
    for problem in problems.all { note(.diagnostic(problem)) }
    Terminal.show(problems)
  }

  /// The same with what ends the program.
  func end(with error: any Error) {
    let problems: [Diagnostic] =
      switch error {
      case let diagnostic as Diagnostic: [diagnostic]
      case let diagnostics as Diagnostics: diagnostics.all
      default: []
      }
    for problem in problems { note(.diagnostic(problem)) }
    let first = problems.first { $0.severity == .error }
    end((error as? ExitStatus)?.code ?? first?.exitCode ?? 1)
  }

  func take(_ event: Event) {
    state.withLock { state in
      record(event, &state)
      let text = state.isQuiet ? PlainReport.Output() : state.report.text(of: event)
      let isShown = !text.err.isEmpty || !text.out.isEmpty
      let now = now
      let isDrawn = state.live?.take(event, at: now) ?? false
      if isShown { Self.write(state.live?.erase(Terminal.size), to: 1, &state) }
      Self.write(text.err, to: 2, &state)
      Self.write(text.out, to: 1, &state)
      if let log, isShown, !state.isLogBroken {
        let line = VaultMasks.masked(Terminal.uncoloured(text.err + text.out))
        state.isLogBroken = !Self.keep(line, in: log, &state)
      }
      if isDrawn || isShown { Self.write(state.live?.frame(at: now, Terminal.size), to: 1, &state) }
      state.heartbeat.take(event, isShown: isShown, at: now)
    }
  }

  /// To be called about ten times a second.
  func tick() {
    state.withLock { state in
      if state.live != nil {
        Self.write(state.live?.frame(at: now, Terminal.size), to: 1, &state)
      } else {
        Self.write(state.heartbeat.line(at: now), to: 2, &state)
      }
    }
  }

  /// Leaves nothing of the live view on the terminal.
  func clear() {
    guard isLive else { return }
    state.withLock { state in
      Self.write(state.live?.erase(Terminal.size), to: 1, &state)
      if state.live != nil { state.live = LiveView() }
    }
  }

  /// What is done at once where a standard stream takes nothing any more: a run in the middle of
  /// steps is not just left.
  func whenBroken(_ action: @escaping @Sendable () -> Void) {
    state.withLock { $0.whenBroken = action }
  }

  /// Behind a run: ends the program if nobody could read it.
  ///
  /// - Returns: false if a file that was asked for does not hold all.
  func finish() -> Bool {
    let (broken, isIncomplete) = state.withLock { ($0.broken, $0.isIncomplete) }
    if let broken { Platform.end(unwritten: broken.number, broken.descriptor) }
    return !isIncomplete
  }

  private var now: Duration { ContinuousClock.now - start }

  private static func write(_ text: String?, to descriptor: Int32, _ state: inout State) {
    guard let text, !text.isEmpty, state.broken == nil else { return }
    let number = Platform.attempt(Array(VaultMasks.masked(text).utf8), to: descriptor)
    guard number != 0 else { return }
    state.broken = (descriptor, number)
    state.whenBroken()
  }

  /// Writes to a file beside the report. Where that fails the run goes on, and that is told.
  private static func keep(
    _ text: String, in file: (path: String, descriptor: Int32), _ state: inout State
  ) -> Bool {
    let number = Platform.attempt(Array(text.utf8), to: file.descriptor)
    guard number != 0 else { return true }
    state.isIncomplete = true
    let reason = "cannot write `\(file.path)`: \(Platform.words(number))"
    write("error: \(reason); the run goes on without it\n", to: 2, &state)
    return false
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
    let (never, always) = wanted.withLock { $0 }
    if isSet("NO_COLOR") || isSet("ANSIBLE_NOCOLOR") || never { return false }
    if isSet("CLICOLOR_FORCE") || isSet("FORCE_COLOR") || isSet("ANSIBLE_FORCE_COLOR") || always {
      return true
    }
    return Platform.isTerminal(descriptor) && Platform.variable("TERM") != "dumb"
  }

  /// What settings say of colour: never, always.
  private static let wanted = Mutex((false, false))

  static func use(_ settings: Settings) {
    wanted.withLock { $0 = (settings.noColor.value, settings.forceColor.value) }
  }

  /// The colours that settings name, as codes of the terminal.
  static func paints(_ settings: Settings) -> [Style.Paint: String] {
    let names: [(Style.Paint, String)] = [
      (.ok, "ok"), (.changed, "changed"), (.skipped, "skip"), (.failed, "error"),
      (.warning, "warn"),
    ]
    var paints: [Style.Paint: String] = [:]
    for (paint, name) in names {
      if let code = settings.colors[name].flatMap({ codes[$0] }) { paints[paint] = code }
    }
    return paints
  }

  private static let codes: [String: String] = [
    "black": "30", "red": "31", "green": "32", "yellow": "33", "blue": "34", "purple": "35",
    "magenta": "35", "cyan": "36", "bright gray": "37", "dark gray": "1;30", "bright red": "1;31",
    "bright green": "1;32", "bright yellow": "1;33", "bright blue": "1;34",
    "bright purple": "1;35", "bright magenta": "1;35", "bright cyan": "1;36", "white": "1;37",
    "normal": "0",
  ]

  /// The text without the codes of a terminal's colours.
  static func uncoloured(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var isInside = false
    for scalar in text.unicodeScalars {
      if scalar == "\u{1B}" {
        isInside = true
      } else if !isInside {
        result.append(scalar)
      } else if scalar == "m" {
        isInside = false
      }
    }
    return String(result)
  }

  /// An encrypted file shows nothing: places in it count in its content.
  static var renderer: Renderer {
    Renderer(usesColor: usesColor(2)) { path in
      guard Files.kind(path) == .file, let text = try? Platform.readText(path) else { return nil }
      return VaultText.isEncrypted(text) ? nil : text
    }
  }

  static func show(_ diagnostics: Diagnostics) {
    let renderer = renderer
    let text = diagnostics.all.map { renderer.render($0) }.joined(separator: "\n")
    Platform.write(VaultMasks.masked(text), to: 2)
  }
}
