import CCurl
import Dispatch
import Synchronization

/// HTTP over libcurl: one multi handle, and so one pool of connections, for all requests.
///
/// The handle lives on a serial queue, where it is pumped as long as there are requests.
package final class CurlTransport: HTTPTransport {
  /// Whose certificates are accepted.
  package enum Trust: Hashable, Sendable {
    case system
    case file(String)
    case anything
  }

  /// Milliseconds until a connection must stand, TLS included.
  static let connectTimeout = 15_000
  /// Fewer bytes a second than this, for `lowSpeedTime` seconds, end a transfer.
  static let lowSpeed = 20
  static let lowSpeedTime = 60
  /// How many requests are on their way at once; the rest wait, without their deadlines running.
  static let transferLimit = 16

  private let trust: Trust
  private let queue = DispatchQueue(label: "cloud", qos: .userInitiated)
  private let state = Mutex(State())
  private let library: Result<CurlLibrary, CurlLibrary.Missing>
  /// For `multi_wakeup` alone may it be used off the queue.
  private nonisolated(unsafe) let multi: UnsafeMutableRawPointer?  // else on the queue alone

  private struct State {
    var waiting: [Order] = []
    var cancelled: Set<UInt64> = []
    var lastID: UInt64 = 0
    var isPumping = false

    /// The requests to start now: so many, and those that only have to be told of their end.
    mutating func takeWaiting(_ count: Int) -> [Order] {
      let next = Array(waiting.prefix(count))
      let rest = waiting.dropFirst(count)
      waiting = rest.filter { !cancelled.contains($0.id) }
      return next + rest.filter { cancelled.contains($0.id) }
    }
  }

  private struct Order: Sendable {
    var id: UInt64
    var request: HTTPRequest
    var answer: CheckedContinuation<Result<HTTPResponse, CloudError>, Never>
  }

  package init(trust: Trust = .system) {
    self.trust = trust
    library = CurlLibrary.shared
    multi = (try? library.get())?.functions.multi_init()
    guard let multi, var functions = (try? library.get())?.functions else { return }
    omtd_curl_multi_set_long(
      &functions, multi, CURLMOPT_MAXCONNECTS, CurlTransport.transferLimit)
  }

  /// No request is left, since each holds the transport.
  deinit {
    if let multi, let library = try? library.get() { _ = library.functions.multi_cleanup(multi) }
  }

  package func send(_ request: HTTPRequest) async throws(CloudError) -> HTTPResponse {
    switch library {
    case .failure(let missing):
      throw .unsent(request, missing.reason)
    case .success: break
    }
    guard WebAddress(request.url) != nil else {
      throw .unsent(request, "the address is not an http or https URL")
    }
    guard request.isClean else {
      throw .unsent(request, "a control character in the token or in a header")
    }
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        submit(Order(id: id, request: request, answer: continuation))
      }
    } onCancel: {
      change { $0.cancelled.insert(id) }
    }
    state.withLock { _ = $0.cancelled.remove(id) }
    return try result.get()
  }

  private func submit(_ order: Order) { change { $0.waiting.append(order) } }

  /// Changes what the pump is to do, and starts or wakes it.
  private func change(_ edit: (inout State) -> Void) {
    let mustStart = state.withLock { state in
      edit(&state)
      defer { state.isPumping = true }
      return !state.isPumping
    }
    if mustStart {
      queue.async { @Sendable in self.pump() }
    } else if let multi, let library = try? library.get() {
      _ = library.functions.multi_wakeup(multi)
    }
  }

  /// Moves bytes until no request is left.
  private func pump() {
    guard let multi, let library = try? library.get() else { return abandon() }
    let functions = library.functions
    var active: [UInt64: (transfer: Transfer, order: Order)] = [:]
    while true {
      let (started, cancelled) = state.withLock { state in
        let cancelled = state.cancelled
        let free = max(0, CurlTransport.transferLimit - active.count)
        let started = state.takeWaiting(free)
        if active.isEmpty, started.isEmpty { state.isPumping = false }
        return (started, cancelled)
      }
      if active.isEmpty, started.isEmpty { return }
      for order in started {
        do throws(CloudError) {
          let transfer = try Transfer(order.request, trust: trust, library: library)
          _ = functions.multi_add_handle(multi, transfer.handle)
          active[order.id] = (transfer, order)
        } catch { order.answer.resume(returning: .failure(error)) }
      }
      for id in cancelled {
        guard let (transfer, order) = active.removeValue(forKey: id) else { continue }
        _ = functions.multi_remove_handle(multi, transfer.handle)
        order.answer.resume(returning: transfer.cancelled())
      }
      var running: Int32 = 0
      _ = functions.multi_perform(multi, &running)
      var left: Int32 = 0
      while let message = functions.multi_info_read(multi, &left) {
        var code = CURLE_OK
        guard let handle = omtd_curl_ended(message, &code),
          let (id, entry) = active.first(where: { $0.value.transfer.handle == handle })
        else { continue }
        active[id] = nil
        _ = functions.multi_remove_handle(multi, handle)
        entry.order.answer.resume(returning: entry.transfer.result(code))
      }
      if !active.isEmpty { _ = functions.multi_poll(multi, nil, 0, 1000, nil) }
    }
  }

  /// Ends every request where there is no multi handle to carry it.
  private func abandon() {
    let waiting = state.withLock { state in
      defer {
        state.waiting = []
        state.isPumping = false
      }
      return state.waiting
    }
    for order in waiting {
      order.answer.resume(
        returning: .failure(.unsent(order.request, "out of memory")))
    }
  }
}

extension CurlTransport.Trust {
  func fill(_ options: inout CurlOptions) {
    switch self {
    case .system: break
    case .file(let path): options.set(CURLOPT_CAINFO, path)
    case .anything:
      options.set(CURLOPT_SSL_VERIFYPEER, 0)
      options.set(CURLOPT_SSL_VERIFYHOST, 0)
    }
  }
}

extension HTTPRequest {
  /// False where a header would end early and start another.
  fileprivate var isClean: Bool {
    let texts = headers.flatMap { [$0.name, $0.value] } + (token.map { [$0.open()] } ?? [])
    return texts.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
  }
}
