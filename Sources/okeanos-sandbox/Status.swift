import ArgumentParser
import Sandbox

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Whether a sandbox runs, and where.")

  @OptionGroup var state: StateOption

  @Flag(help: "One JSON object.")
  var json = false

  func run() throws {
    guard let running = Running(state.directory),
      let reply = try? running.client.send("GET", "/sandbox/status")
    else {
      let starting = state.directory.server
      let place = state.directory.path
      let words = starting.map { "a sandbox starts in \(place), process \($0)" }
      print(
        json
          ? #"{"running":false,"starting":\#(starting != nil)}"#
          : words ?? "no sandbox runs in \(place)")
      throw ExitCode(1)
    }
    let status = reply.json
    guard json else {
      print("sandbox (\(running.announcement.kind.rawValue)), process \(running.announcement.pid)")
      print("  \(running.announcement.authURL)")
      print("  \(status["machines"]?.int ?? 0) machines, \(status["running"]?.int ?? 0) active")
      return
    }
    let pairs: [(String, Wire)] = [
      ("running", true), ("auth_url", .text(running.announcement.authURL)),
      ("token", .text(running.announcement.token)),
      ("kind", .text(running.announcement.kind.rawValue)),
      ("pid", .int(Int(running.announcement.pid))), ("port", .int(Int(running.announcement.port))),
      ("machines", status["machines"] ?? 0), ("active", status["running"] ?? 0),
      ("errors", status["errors"] ?? 0), ("jobs", status["jobs"] ?? 0),
      ("requests", status["requests"] ?? 0),
    ]
    print(String(decoding: Wire.object(pairs).bytes, as: UTF8.self))
  }
}
