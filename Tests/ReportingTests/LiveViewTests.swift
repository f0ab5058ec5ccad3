import Reporting
import Running
import Testing

@Suite struct LiveViewTests {
  /// A live view on a screen with the plain lines above it, as `apply` puts them together.
  private struct Stage {
    var size: LiveView.Size
    var screen: Screen
    var view = LiveView()
    var report = PlainReport(width: 29, renderer: Samples.renderer)

    init(columns: Int = 80, rows: Int = 24) {
      size = LiveView.Size(columns: columns, rows: rows)
      screen = Screen(columns: columns, rows: rows)
    }

    mutating func take(_ event: Event, at now: Duration = .zero) {
      let text = report.text(of: event).out
      let isDrawn = view.take(event, at: now)
      if !text.isEmpty { screen.feed(view.erase(size) + text) }
      if isDrawn || !text.isEmpty { screen.feed(view.frame(at: now, size)) }
    }

    mutating func tick(at now: Duration) { screen.feed(view.frame(at: now, size)) }
  }

  @Test("Below the plain lines stands a line for each running host with its time")
  func frame() {
    var stage = Stage()
    let task = Samples.task(1, "Install packages")
    stage.take(.taskStarted(task))
    stage.take(Samples.started("h1", task))
    stage.take(Samples.started("worker2", task), at: .seconds(1))
    stage.tick(at: .milliseconds(3_250))
    #expect(
      stage.screen.text == [
        "", "TASK [Install packages] ******", "⠹ h1       3.2 s  Install packages",
        "⠹ worker2  2.2 s  Install packages",
      ])
    stage.tick(at: .milliseconds(75_100))
    #expect(
      stage.screen.text.suffix(2) == [
        "⠙ h1       1:15 min  Install packages", "⠙ worker2  1:14 min  Install packages",
      ])
    #expect(stage.screen.unknown == [] && !stage.screen.hasWrapped)
  }

  @Test("A host that is through goes, its plain line stands above, and at the end nothing is left")
  func end() {
    var stage = Stage()
    let task = Samples.task()
    stage.take(.taskStarted(task))
    for host in ["a", "b"] { stage.take(Samples.started(host, task)) }
    stage.take(Samples.finished("a", task, .changed), at: .seconds(1))
    #expect(
      stage.screen.text == [
        "", "TASK [Copy files] ************", "changed: [a]", "⠋ b  1.0 s  Copy files",
      ])
    stage.take(Samples.finished("b", task), at: .seconds(2))
    #expect(
      stage.screen.text == [
        "", "TASK [Copy files] ************", "changed: [a]", "ok: [b]",
      ])
  }

  @Test("Hosts whose end is not told are gone with the next task")
  func silentEnds() {
    var stage = Stage()
    stage.take(Samples.started("a"))
    stage.take(.taskStarted(Samples.task(2, "Next")))
    #expect(stage.screen.text == ["", "TASK [Next] ******************"])
  }

  /// Rows of the terminal, hosts, and the lines that are shown.
  private static let heights: [(rows: Int, hosts: Int, lines: Int, rest: String?)] = [
    (24, 10, 10, nil), (24, 11, 10, "… and 1 more host"), (24, 40, 10, "… and 30 more hosts"),
    (8, 4, 4, nil), (8, 6, 4, "… and 2 more hosts"), (4, 5, 2, "… and 3 more hosts"),
    (3, 5, 0, nil),
  ]

  @Test("No more than half of the screen and ten lines are taken", arguments: heights)
  func height(rows: Int, hosts: Int, lines: Int, rest: String?) {
    var stage = Stage(rows: rows)
    for number in 1...hosts { stage.take(Samples.started("h\(number)")) }
    stage.tick(at: .seconds(1))
    let text = stage.screen.text
    #expect(text.count { $0.contains("Copy files") } == lines)
    #expect(text.count == lines + (rest == nil ? 0 : 1))
    if let rest { #expect(text.last == rest) }
  }

  @Test("On 20 columns lines are cut, never broken")
  func narrow() {
    var stage = Stage(columns: 20, rows: 24)
    stage.take(Samples.started("h1", Samples.task(1, "Install packages")))
    stage.tick(at: .milliseconds(3_200))
    #expect(stage.screen.text == ["⠹ h1  3.2 s  Insta…"])
    stage.take(Samples.started("a-host-of-a-long-name.example", Samples.task(1, "日本語の名前")))
    stage.tick(at: .milliseconds(13_200))
    #expect(stage.screen.text.last == "⠹ a-host-o…  13.2 s")
    #expect(!stage.screen.hasWrapped)
  }

  @Test("Wide characters count twice, marks not at all")
  func wide() {
    var stage = Stage(columns: 24, rows: 24)
    stage.take(Samples.started("h", Samples.task(1, "日本語の名前はここに")))
    stage.take(Samples.started("g", Samples.task(1, "e\u{301}e\u{301} cafe")))
    #expect(!stage.screen.hasWrapped)
    #expect(stage.screen.text.first?.filter { $0 != "\u{0}" } == "⠋ h  0.0 s  日本語の名…")
  }

  @Test("Names cannot move the cursor")
  func hostile() {
    var stage = Stage()
    stage.take(Samples.started("h\u{1B}[2J", Samples.task(1, "two\nlines\t\u{202E}and\u{7}")))
    #expect(stage.screen.text == ["⠋ h[2J  0.0 s  two lines and"])
    #expect(stage.screen.unknown == [])
  }

  @Test("What the terminal echoes of an interrupt goes with the next frame and with the view")
  func echo() {
    var stage = Stage()
    stage.take(Samples.started("h"))
    stage.screen.feed("^C")
    stage.tick(at: .seconds(1))
    #expect(stage.screen.text == ["⠋ h  1.0 s  Copy files"])
    stage.screen.feed("^C" + stage.view.erase(stage.size))
    #expect(stage.screen.text == [])
  }

  @Test("At the bottom of the screen plain lines scroll up whole")
  func scrolling() {
    var stage = Stage(rows: 8)
    let task = Samples.task()
    for number in 1...30 { stage.take(Samples.started("h\(number)", task)) }
    for number in 1...30 {
      stage.take(Samples.finished("h\(number)", task), at: .seconds(number))
      stage.tick(at: .milliseconds(number * 1000 + 100))
    }
    #expect(stage.screen.text == (1...30).map { "ok: [h\($0)]" })
  }

  @Test("A window made narrower leaves nothing behind either")
  func resized() {
    var stage = Stage(columns: 80)
    stage.take(Samples.started("h", Samples.task(1, String(repeating: "long ", count: 10))))
    // The terminal breaks the line of 62 columns in two.
    var screen = Screen(columns: 40, rows: 24)
    screen.feed("plain\n" + String(repeating: "x", count: 62) + "\n")
    screen.feed(stage.view.erase(LiveView.Size(columns: 40)))
    #expect(screen.text == ["plain"])
  }

  @Test("Without a terminal a line tells every 30 seconds that a long task still runs")
  func heartbeat() {
    var beat = Heartbeat()
    let task = Samples.task(1, "Install packages")
    for host in ["a", "b", "c", "d", "e"] {
      beat.take(Samples.started(host, task), isShown: false, at: .seconds(1))
    }
    #expect(beat.line(at: .seconds(29)) == nil)
    #expect(
      beat.line(at: .seconds(31))
        == "still running for 30.0 s: Install packages on a, b, c and 2 more\n")
    #expect(beat.line(at: .seconds(60)) == nil)
    beat.take(Samples.finished("a", task), isShown: true, at: .seconds(60))
    #expect(beat.line(at: .seconds(89)) == nil)
    #expect(
      beat.line(at: .seconds(90))
        == "still running for 1:29 min: Install packages on b, c, d and 1 more\n")
    beat.take(.runFinished(Recap(hosts: [], exitCode: 0)), isShown: true, at: .seconds(100))
    #expect(beat.line(at: .seconds(200)) == nil)
  }
}
