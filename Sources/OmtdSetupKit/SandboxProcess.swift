import Cloud
import Diagnostics
import Reporting
import Values

/// The local cloud that `okeanos_cloud: sandbox` means: `okeanos-sandbox` beside this program.
enum SandboxProcess {
  static var folder: String {
    if let path = Platform.variable("OMTD_SANDBOX_DIR"), !path.isEmpty { return path }
    let state = Platform.variable("XDG_STATE_HOME").flatMap { $0.isEmpty ? nil : $0 }
    return (state ?? (Platform.variable("HOME") ?? "/tmp") + "/.local/state")
      + "/omtd-setup/sandbox"
  }

  static var program: String {
    let own = Platform.ownPath ?? "omtd-setup"
    return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
      separator: "/")
      + "/okeanos-sandbox"
  }

  /// What `sandbox.json` says, where its process lives.
  static func running() -> CloudSettings? {
    guard let text = try? Platform.readText(folder + "/sandbox.json"),
      let value = try? JSON.parse(text), let url = value["auth_url"]?.string,
      let token = value["token"]?.string, let process = value["pid"]?.int, Platform.lives(process)
    else { return nil }
    return CloudSettings(name: "sandbox", authURL: url, tokens: [Token(token)])
  }

  /// Removes what `start` wrote, and the folder if nothing else is in it.
  static func forget() {
    for name in ["/serve.log", "/serve.news"] { Platform.remove(folder + name) }
    Platform.removeFolder(folder)
  }

  static func settings() async throws -> CloudSettings {
    if let running = running() { return running }
    return try await start([])
  }

  /// Starts one and waits until it says where it is, as long as it lives and tells what it does: the
  /// first one builds the image of its machines.
  ///
  /// - Throws: where it ends, or says nothing for longer than any of its steps may take.
  static func start(_ words: [String]) async throws -> CloudSettings {
    guard Platform.kind(program) == .file else {
      throw Diagnostic.error("there is no `\(program)`", hint: "install it beside omtd-setup")
    }
    let folder = Platform.absolute(folder)
    var news = StartNews(path: folder + "/serve.news")
    let command = ["env", "OMTD_HOSTS_NEWS=\(news.path)", program, "serve", "--state", folder]
    guard let child = Platform.startDetached(command + words, log: folder) else {
      throw Diagnostic.error("cannot start `\(program)`")
    }
    while !Platform.hasEnded(child) {
      if let running = running() {
        news.end()
        return running
      }
      guard news.tell() < patience else {
        throw Diagnostic.error(
          "the sandbox has said nothing for \(patience.components.seconds) s",
          evidence: log(folder),
          hint: "it is still at work: `omtd-setup sandbox status` tells whether it has come up")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    news.end()
    throw Diagnostic.error("the sandbox ended while it started", evidence: log(folder))
  }

  private static var patience: Duration {
    .seconds(Platform.variable("OMTD_SANDBOX_PATIENCE").flatMap { Int($0) } ?? 900)
  }

  private static func log(_ folder: String) -> [Diagnostic.Evidence] {
    let log = (try? Platform.readText(folder + "/serve.log")) ?? ""
    return log.split(separator: "\n").suffix(5).map { .init("log", String($0)) }
  }
}

/// What a sandbox that starts tells of its work, passed on to standard error.
private struct StartNews {
  let path: String
  private let start = ContinuousClock.now
  private var last = ContinuousClock.now
  private var spoke = ContinuousClock.now
  private var lines = 0

  init(path: String) {
    self.path = path
    Platform.remove(path)
  }

  /// Shows what is new, or every ten seconds that it goes on.
  ///
  /// - Returns: for how long there was nothing new.
  mutating func tell() -> Duration {
    let all = ((try? Platform.readText(path)) ?? "").split(separator: "\n")
    let now = ContinuousClock.now
    for line in all.dropFirst(lines) {
      say(DiffText.sanitized(String(line)))
      (last, spoke) = (now, now)
    }
    lines = all.count
    if now - spoke >= .seconds(10) {
      say("still starting [\((now - start).components.seconds)s elapsed]")
      spoke = now
    }
    return now - last
  }

  mutating func end() {
    _ = tell()
    Platform.remove(path)
  }

  private func say(_ text: String) { Platform.write("sandbox: \(text)\n", to: 2) }
}
