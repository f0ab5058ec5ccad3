import Diagnostics
import ModuleKit
import Reporting
import Running
import Values

/// Events as a run makes them.
enum Samples {
  static let place = SourceLocation(file: "site.yaml", line: 5, column: 7)

  static func task(_ id: Int = 1, _ name: String = "Copy files", module: String = "copy")
    -> TaskHeader
  {
    TaskHeader(
      id: id, name: name, action: module, module: module, play: "all", location: place,
      isHandler: false)
  }

  static func started(_ host: String, _ task: TaskHeader = task()) -> Event {
    .hostStarted(host: host, task)
  }

  static func finished(
    _ host: String, _ task: TaskHeader = task(), _ status: Status = .ok
  ) -> Event {
    .taskFinished(
      host: host, task, TaskResult(status: status, values: ["changed": .bool(status == .changed)]))
  }

  static func recap(_ hosts: [(host: String, stats: HostStats)], code: Int32 = 0) -> Event {
    .runFinished(Recap(hosts: hosts, exitCode: code))
  }

  static var renderer: Renderer { Renderer { _ in nil } }

  static func text(_ events: [Event], _ report: PlainReport = PlainReport(renderer: renderer))
    -> String
  {
    var report = report
    return events.map { report.text(of: $0).out }.joined()
  }
}
