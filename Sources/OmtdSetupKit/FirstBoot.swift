import Diagnostics
import Fleet
import Reporting
import Synchronization
import Transport

/// The first login to machines that this run has made: what cloud-init still does there is waited
/// for, and what went wrong is told.
final class FirstBoot: Sendable {
  private let met = Mutex<Set<String>>([])
  private let notice: @Sendable (String) -> Void
  private let warn: @Sendable (Diagnostic) -> Void

  init(
    notice: @escaping @Sendable (String) -> Void, warn: @escaping @Sendable (Diagnostic) -> Void
  ) {
    self.notice = notice
    self.warn = warn
  }

  /// Looks once, by the first connection to the machine. A connection that fails meanwhile is for
  /// the task to meet.
  func watch(_ machine: ReachableMachines.Machine, _ connection: any Connection) async {
    guard machine.isNew, met.withLock({ $0.insert(machine.name).inserted }) else { return }
    let start = ContinuousClock.now
    let request = ShellRequest(
      script: CloudInit.script(), deadline: .seconds(30), outputLimit: 1 << 20)
    var isTold = false
    while !Task.isCancelled, let reply = try? await connection.run(request) {
      switch CloudInit.outcome(String(decoding: reply.stdout, as: UTF8.self)) {
      case .absent, .ended: return
      case .failed(let errors):
        return warn(
          .warning(
            "cloud-init on machine `\(machine.name)` ended with errors",
            evidence: errors.prefix(5).map { .init("error", DiffText.sanitized($0)) },
            hint: "the whole of it is in /var/log/cloud-init-output.log there"))
      case .running:
        if !isTold {
          isTold = true
          notice("machine `\(machine.name)` answers; its first boot is waited for: cloud-init runs")
        }
        guard ContinuousClock.now - start < .seconds(machine.patience) else {
          return warn(
            .warning(
              "cloud-init on machine `\(machine.name)` has not ended after \(machine.patience) s",
              hint: "what it still does may meet with what tasks do; `okeanos_timeout` waits longer"
            ))
        }
        try? await Task.sleep(for: .seconds(2))
      }
    }
  }
}
