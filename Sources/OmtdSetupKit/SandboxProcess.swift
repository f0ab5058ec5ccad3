import Cloud
import Diagnostics
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

  static func settings() async throws -> CloudSettings {
    if let running = running() { return running }
    return try await start([])
  }

  /// Starts one and waits until it says where it is.
  static func start(_ words: [String]) async throws -> CloudSettings {
    guard Platform.kind(program) == .file else {
      throw Diagnostic.error("there is no `\(program)`", hint: "install it beside omtd-setup")
    }
    guard Platform.startDetached([program, "serve", "--state", folder] + words, log: folder) else {
      throw Diagnostic.error("cannot start `\(program)`")
    }
    let start = ContinuousClock.now
    while ContinuousClock.now - start < .seconds(60) {
      if let running = running() { return running }
      try await Task.sleep(for: .milliseconds(100))
    }
    let log = (try? Platform.readText(folder + "/serve.log")) ?? ""
    throw Diagnostic.error(
      "the sandbox does not come up in 60 s",
      evidence: log.split(separator: "\n").suffix(5).map { .init("log", String($0)) })
  }
}
