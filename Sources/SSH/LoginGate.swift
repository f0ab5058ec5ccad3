/// Lets a few logins at a time onto one server, below the ten at which `MaxStartups` begins to
/// drop connections.
actor LoginGate {
  static let shared = LoginGate()

  private var inside: [String: Int] = [:]
  private var queues: [String: [CheckedContinuation<Void, Never>]] = [:]

  private static let limit = 8

  func enter(_ server: String) async {
    if inside[server, default: 0] < Self.limit {
      inside[server, default: 0] += 1
      return
    }
    await withCheckedContinuation { queues[server, default: []].append($0) }
  }

  func leave(_ server: String) {
    if var queue = queues[server], !queue.isEmpty {
      // The place goes on to the next in line.
      queue.removeFirst().resume()
      queues[server] = queue.isEmpty ? nil : queue
    } else {
      let count = inside[server, default: 1] - 1
      inside[server] = count > 0 ? count : nil
    }
  }
}
