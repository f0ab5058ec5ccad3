import Synchronization
import Transport

/// Lets one task at a time change the files of a machine, so that nothing comes between a guard
/// and its steps. One for each machine, however many names of an inventory lead to it.
final class StepGate: Sendable {
  private struct State {
    var isTaken = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func enter() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.isTaken else {
          state.isTaken = true
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  func leave() {
    let next = state.withLock { state in
      if state.waiting.isEmpty {
        state.isTaken = false
        return CheckedContinuation<Void, Never>?.none
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}

extension Endpoint {
  /// What is one machine for us, whatever its names: the address and the port.
  struct Machine: Hashable, Sendable {
    var kind: Kind
    var host: String
    var port: Int?
  }

  var machine: Machine {
    kind == .local
      ? Machine(kind: .local, host: "") : Machine(kind: .ssh, host: host.lowercased(), port: port)
  }
}
