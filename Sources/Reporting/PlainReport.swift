import Diagnostics
import ModuleKit
import Running
import Values

/// A run as lines, in the form that a reader of Ansible knows: for pipes, CI and the lines above
/// the live view.
package struct PlainReport {
  package var width: Int
  package var verbosity: Int
  package var showsDiffs: Bool
  package var style: Style
  /// The folder that paths without a slash in front are in.
  package var directory: String
  /// Whether plays are told, or one module's results.
  package var form = Form.play
  /// False hides skipped hosts, and tasks that only skipped.
  package var showsSkipped = true
  /// The heading of a task that has shown nothing yet.
  private var heading = ""
  let renderer: Renderer
  private var isFirstHeader = true

  package init(
    width: Int = 79, verbosity: Int = 0, showsDiffs: Bool = false, style: Style = Style(),
    directory: String = "", renderer: Renderer
  ) {
    self.width = width
    self.verbosity = verbosity
    self.showsDiffs = showsDiffs
    self.style = style
    self.directory = directory
    self.renderer = renderer
  }

  package enum Form: Sendable { case play, adHoc, oneLine }

  package struct Output {
    package var out = ""
    package var err = ""

    package init() {}
  }

  package mutating func text(of event: Event) -> Output {
    guard form == .play else { return adHocText(of: event) }
    var output = plainText(of: event)
    guard !showsSkipped else { return output }
    switch event {
    case .taskStarted:
      heading = output.out
      output.out = ""
    case .itemFinished(_, _, let item) where item.status == .skipped: output.out = ""
    case .taskFinished(_, _, let result) where result.status == .skipped: output.out = ""
    case .playStarted, .playSkipped, .runFinished, .noMoreHosts: heading = ""
    default: break
    }
    if !output.out.isEmpty {
      output.out = heading + output.out
      heading = ""
    }
    return output
  }

  private func plainText(of event: Event) -> Output {
    var output = Output()
    switch event {
    case .runStarted, .hostStarted: break
    case .playStarted(let play):
      output.out = "\n" + banner("PLAY [\(TerminalText.name(play.name))]") + "\n"
    case .playSkipped(let play):
      output.out =
        "\n" + banner("PLAY [\(TerminalText.name(play.name))]") + "\nskipping: no hosts matched\n"
    case .taskStarted(let task):
      let kind = task.isHandler ? "RUNNING HANDLER" : "TASK"
      output.out = "\n" + banner("\(kind) [\(TerminalText.name(task.name))]") + "\n"
      if verbosity >= 2 { output.out += "task path: \(TerminalText.name("\(task.location)"))\n" }
    case .itemFinished(let host, let task, let item): output.out = line(host, task, item)
    case .retrying(let host, let task, let left, _):
      let (host, name) = (TerminalText.name(host), TerminalText.name(task.name))
      output.out = style.paint(
        "FAILED - RETRYING: [\(host)]: \(name) (\(left) retries left).\n", .warning)
    case .taskFinished(let host, let task, let result):
      output = finished(host, task, result)
    case .included(let included, _): output.out = style.paint(told(included), .skipped)
    case .machine: break
    case .notice(let text): output.err = "note: \(text)\n"
    case .diagnostic(let diagnostic): output.err = renderer.render(diagnostic)
    case .noMoreHosts: output.out = "\n" + banner("NO MORE HOSTS LEFT") + "\n"
    case .runFinished(let recap): output.out = self.recap(recap)
    }
    return output
  }

  private func banner(_ text: String) -> String {
    let stars = max(3, width - text.unicodeScalars.count)
    return text + " " + String(repeating: "*", count: stars)
  }

  private func told(_ included: Included) -> String {
    let path = included.path
    let place = path.hasPrefix("/") || directory.isEmpty ? path : "\(directory)/\(path)"
    var text = "included: \(TerminalText.name(included.role ?? place)) for "
    text += included.hosts.map(TerminalText.name).joined(separator: ", ")
    if included.isHidden {
      text += " => (item=(hidden: no_log))"
    } else if let label = included.label {
      text += " => (item=\(ItemText.text(of: label)))"
    }
    return text + "\n"
  }

  // MARK: - Results

  private func finished(_ host: String, _ task: TaskHeader, _ result: TaskResult) -> Output {
    var output = Output()
    if !result.isHidden {
      for warning in result.warnings {
        output.err += "warning: \(DiffText.sanitized(warning))\n"
      }
    }
    if let diagnostic = result.diagnostic, !result.isHidden {
      output.err +=
        renderer.render(TaskFailure.diagnostic(diagnostic, host, task, result.status)) + "\n"
    }
    let name = label(host, result.delegate)
    if result.items != nil {
      switch result.status {
      case .failed where result.values["results"]?.elements?.isEmpty ?? true:
        output.out = line(
          .failed, "fatal: [\(name)]: FAILED!", result.value, hidden: result.isHidden)
      case .skipped: output.out += style.paint("skipping: [\(name)]\n", .skipped)
      case .ignored: output.out = style.paint("...ignoring\n", .skipped)
      default: break
      }
      return output
    }
    output.out = diffs(result.rows, result.isHidden)
    switch result.status {
    case .ok, .changed:
      let isUnknown = result.rows.contains { $0.kind == .conditional }
      let word = isUnknown ? "unknown" : result.status == .changed ? "changed" : "ok"
      let text = "\(word): [\(name)]"
      let shows = isShown(task, isQuiet: result.isQuiet)
      output.out +=
        shows
        ? line(result.status, text, shown(task, result.values), hidden: result.isHidden)
        : style.paint(
          text + (isUnknown ? " (known after apply)" : "") + "\n", result.status.paint)
    case .skipped: output.out += style.paint("skipping: [\(name)]\n", .skipped)
    case .failed:
      output.out += line(
        .failed, "fatal: [\(name)]: FAILED!", result.value, hidden: result.isHidden)
    case .ignored:
      let word = result.values["unreachable"] == true ? "UNREACHABLE!" : "FAILED!"
      output.out += line(
        .failed, "fatal: [\(name)]: \(word)", result.value, hidden: result.isHidden)
      output.out += style.paint("...ignoring\n", .skipped)
    case .unreachable:
      output.out += line(
        .unreachable, "fatal: [\(name)]: UNREACHABLE!", result.value, hidden: result.isHidden)
    }
    return output
  }

  /// A loop's item; its label stands in for the item.
  private func line(_ host: String, _ task: TaskHeader, _ item: ItemResult) -> String {
    let name = label(host, item.delegate)
    let shownItem =
      item.isHidden ? "(hidden: no_log)" : item.label.map(ItemText.text(of:)) ?? "None"
    var out = diffs(item.rows, item.isHidden)
    switch item.status {
    case .ok, .changed:
      let head = "\(item.status == .changed ? "changed" : "ok"): [\(name)] => (item=\(shownItem))"
      let shows = isShown(task, isQuiet: item.isQuiet)
      out +=
        shows
        ? line(item.status, head, shown(task, item.values), hidden: item.isHidden)
        : style.paint(head + "\n", item.status.paint)
    case .skipped: out += style.paint("skipping: [\(name)] => (item=\(shownItem)) \n", .skipped)
    case .failed, .ignored:
      out += line(
        .failed, "failed: [\(name)] (item=\(shownItem))", item.value, hidden: item.isHidden)
    case .unreachable:
      out += line(
        .unreachable, "fatal: [\(name)]: UNREACHABLE!", item.value, hidden: item.isHidden)
    }
    return out
  }

  /// Whether the values of a task that is well are shown.
  private func isShown(_ task: TaskHeader, isQuiet: Bool) -> Bool {
    verbosity > 0 || task.module == "debug" || (task.module == "assert" && !isQuiet)
  }

  private func label(_ host: String, _ delegate: Delegate?) -> String {
    TerminalText.name(words(host, delegate))
  }

  private func words(_ host: String, _ delegate: Delegate?) -> String {
    guard let delegate, delegate.name != host else { return host }
    guard let address = delegate.address, address != delegate.name else {
      return "\(host) -> \(delegate.name)"
    }
    return "\(host) -> \(delegate.name)(\(address))"
  }

  private func line(_ status: Status, _ head: String, _ value: Value, hidden: Bool) -> String {
    var body = value
    if var kept = value.map, status == .failed, verbosity < 3 {
      for key in ["failed", "exception"] { kept[.string(key)] = nil }
      body = .map(kept)
    }
    if hidden {
      var kept: ValueMap = [
        "censored":
          "hidden: the task has `no_log`"
      ]
      if case .bool(let isChanged)? = value["changed"] { kept["changed"] = .bool(isChanged) }
      body = .map(kept)
    }
    let isWide = status == .ok || status == .changed
    let text =
      isWide
      ? JSON.text(body, style: Self.lines)
      : JSON.text(body, style: Self.oneLine)
    return style.paint("\(head) => \(DiffText.sanitized(text))\n", status.paint)
  }

  private static let lines = JSONStyle(indent: 4, sortKeys: true, ensureASCII: false)
  private static let oneLine = JSONStyle(sortKeys: true, ensureASCII: false)

  /// Of `debug` only what it is asked to show.
  private func shown(_ task: TaskHeader, _ values: ValueMap) -> Value {
    guard verbosity == 0 else { return .map(values) }
    var kept = values
    for key in ["failed", "skipped"] { kept[.string(key)] = nil }
    if task.module == "debug" { kept["changed"] = nil }
    if task.module == "debug", let message = values["msg"] { kept = ["msg": message] }
    return .map(kept)
  }

  func diffs(_ rows: [ChangeRow], _ isHidden: Bool) -> String {
    guard showsDiffs, !isHidden else { return "" }
    var out = ""
    for row in rows {
      for diff in row.diffs {
        for line in DiffText.lines(diff) { out += style.diffLine(line) + "\n" }
        out += "\n"
      }
    }
    return out
  }

  // MARK: - Recap

  private func recap(_ recap: Recap) -> String {
    var out = "\n" + banner("PLAY RECAP") + "\n"
    for (name, stats) in recap.hosts {
      let host = TerminalText.name(name)
      let pad = String(repeating: " ", count: max(0, 26 - host.unicodeScalars.count))
      let counts: [(String, Int, Int)] = [
        ("ok", stats.ok, 4), ("changed", stats.changed, 4), ("unreachable", stats.unreachable, 4),
        ("failed", stats.failed, 4), ("skipped", stats.skipped, 4), ("rescued", stats.rescued, 4),
        ("ignored", stats.ignored, 4),
      ]
      let text = counts.map { name, number, width in
        let digits = String(number)
        return "\(name)=\(digits)" + String(repeating: " ", count: max(0, width - digits.count))
      }.joined(separator: " ")
      out += style.recapHost(host, stats) + pad + " : " + text + "\n"
    }
    return out + "\n"
  }
}

extension Status {
  var paint: Style.Paint {
    switch self {
    case .ok: .ok
    case .changed: .changed
    case .skipped, .ignored: .skipped
    case .failed, .unreachable: .failed
    }
  }
}
