import Running

/// What hosts do right now, below the plain lines of a terminal: a line for each, drawn over again,
/// gone without a trace at the end.
///
/// Pure: events and a clock's value in, terminal text out. Between frames the cursor stands at the
/// start of the line below the view; whoever prints lines writes `erase` before them.
package struct LiveView: Sendable {
  package struct Size: Sendable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int = 80, rows: Int = 24) {
      self.columns = columns
      self.rows = rows
    }
  }

  private var running = RunningHosts()
  /// The widths of the lines on the screen.
  private var drawn: [Int] = []
  private static let most = 10
  private static let spinner = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏".unicodeScalars)

  package init() {}

  /// - Returns: true where the screen should be drawn at once; the rest waits for the next tick.
  package mutating func take(_ event: Event, at now: Duration) -> Bool {
    running.take(event, at: now)
    if case .hostStarted = event { return running.all.count <= Self.most }
    return true
  }

  /// Takes the view off the screen.
  package mutating func erase(_ size: Size) -> String {
    guard !drawn.isEmpty else { return "" }
    defer { drawn = [] }
    return top(size) + "\u{1B}[J"
  }

  /// The view, in place of the one on the screen.
  package mutating func frame(at now: Duration, _ size: Size) -> String {
    let lines = lines(at: now, size)
    guard !lines.isEmpty else { return erase(size) }
    let up = drawn.isEmpty ? "" : top(size)
    drawn = lines.map(TerminalText.width)
    // The end of each line is cleared behind its text: the screen does not flicker.
    return up + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
  }

  /// To the start of the view. Lines that a narrower window has broken take more than one row.
  private func top(_ size: Size) -> String {
    let rows = drawn.reduce(0) { $0 + max(1, ($1 + size.columns - 1) / max(1, size.columns)) }
    return "\r\u{1B}[\(rows)A"
  }

  private func lines(at now: Duration, _ size: Size) -> [String] {
    guard size.rows >= 4, size.columns >= 10, !running.all.isEmpty else { return [] }
    // The last column stays free: some terminals break a line that fills it.
    let room = size.columns - 1
    let shown = running.all.prefix(max(1, min(size.rows / 2, Self.most)))
    let rest = running.all.count - shown.count
    let longest = shown.map { TerminalText.width($0.host) }.max() ?? 0
    let hostRoom = min(longest, max(4, room / 2))
    let step = Int(max(.zero, now) / .milliseconds(100)) % Self.spinner.count
    let times = shown.map { RunningHosts.text(of: now - $0.start) }
    let timeRoom = times.map(\.unicodeScalars.count).max() ?? 0
    var lines = zip(shown, times).map { work, time in
      let host = TerminalText.padded(TerminalText.fitted(work.host, hostRoom), hostRoom)
      let pad = String(repeating: " ", count: timeRoom - time.unicodeScalars.count)
      let head = "\(Self.spinner[step]) \(host)  \(pad)\(time)"
      let left = room - TerminalText.width(head) - 2
      guard left >= 4 else { return TerminalText.fitted(head, room) }
      return head + "  " + TerminalText.fitted(work.name, left)
    }
    if rest > 0 {
      lines.append(TerminalText.fitted("… and \(rest) more host\(rest == 1 ? "" : "s")", room))
    }
    return lines
  }
}
