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

  /// What `sandbox.json` says, where a sandbox runs: the file of one that was killed stays, and its
  /// process id comes back.
  private static func running() -> Start? {
    guard isServed, let text = try? Platform.readText(folder + "/sandbox.json"),
      let value = try? JSON.parse(text), let url = value["auth_url"]?.string,
      let token = value["token"]?.string, let process = value["pid"]?.int, Platform.lives(process)
    else { return nil }
    return Start(
      settings: CloudSettings(name: "sandbox", authURL: url, tokens: [Token(token)]),
      isSimulated: value["kind"]?.string == "simulated")
  }

  /// A sandbox is at work in the folder: one that runs, that comes up, or that is taken away.
  private static var isServed: Bool { Platform.isLocked(folder + "/lock") }

  /// Removes what `start` wrote, and the folder if nothing else is in it.
  static func forget() {
    for name in ["/serve.log", "/serve.news", "/start.lock"] { Platform.remove(folder + name) }
    Platform.removeFolder(folder)
  }

  static func settings() async throws -> CloudSettings { try await start([]).settings }

  /// A sandbox that runs, and whether this call has started it.
  struct Start {
    var settings: CloudSettings
    var isSimulated: Bool
    var isOurs = false
  }

  /// The sandbox that runs, or that somebody else is starting, or a new one, once it says where it is.
  /// It is waited for as long as it lives and tells what it does: the first one builds the image of its
  /// machines.
  ///
  /// - Parameter words: options of `okeanos-sandbox serve`, for a new one.
  /// - Throws: where it ends, or says nothing for longer than any of its steps may take.
  static func start(_ words: [String]) async throws -> Start {
    let folder = Platform.absolute(folder)
    var news = StartNews(path: folder + "/serve.news")
    while true {
      if let running = running() { return running }
      guard Platform.kind(program) == .file else {
        throw Diagnostic.error("there is no `\(program)`", hint: "install it beside omtd-setup")
      }
      Platform.makeFolders(folder)
      // Held until the new one says where it is: one start at a time writes its log and its news.
      if !isServed, let turn = try Platform.lock(folder + "/start.lock") {
        defer { Platform.unlock(turn) }
        if let start = try await launch(words, folder) { return start }
      }
      try await news.wait(patience, log(folder))
    }
  }

  /// Starts a sandbox in the folder.
  ///
  /// - Returns: nil where another one has come before it.
  private static func launch(_ words: [String], _ folder: String) async throws -> Start? {
    if let running = running() { return running }
    var news = StartNews(path: folder + "/serve.news")
    news.clear()
    let command = ["env", "OMTD_HOSTS_NEWS=\(news.path)", program, "serve", "--state", folder]
    guard let child = Platform.startDetached(command + words, log: folder) else {
      throw Diagnostic.error("cannot start `\(program)`")
    }
    while !Platform.hasEnded(child) {
      if var running = running() {
        _ = news.tell()
        news.clear()
        running.isOurs = true
        return running
      }
      try await news.wait(patience, log(folder))
    }
    guard !isServed else { return nil }
    _ = news.tell()
    news.clear()
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

  init(path: String) { self.path = path }

  /// Tells what is new, and lets a tenth of a second pass.
  ///
  /// - Throws: where there was nothing new for longer than `patience`.
  mutating func wait(
    _ patience: Duration, _ log: @autoclosure () -> [Diagnostic.Evidence]
  ) async throws {
    guard tell() < patience else {
      throw Diagnostic.error(
        "the sandbox has said nothing for \(patience.components.seconds) s", evidence: log(),
        hint: "it is still at work: `omtd-setup sandbox status` tells whether it has come up")
    }
    try await Task.sleep(for: .milliseconds(100))
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

  func clear() { Platform.remove(path) }

  private func say(_ text: String) { Platform.write("sandbox: \(text)\n", to: 2) }
}
