import Cloud
import Synchronization
import Testing

@Suite struct RetryTests {
  private static let empty = #"{"servers": []}"#

  @Test(
    arguments: [
      ("7", [.seconds(7)]), ("3600", [.seconds(60)]), ("0", []), ("-5", []), ("soon", []),
      ("Sun, 06 Nov 1994 08:49:49 GMT", [.seconds(12)]),
      ("Sun, 06 Nov 1994 08:49:07 GMT", []),
    ] as [(String, [Duration])])
  func theServersPauseIsObeyedUpToAMinute(header: String, pauses: [Duration]) async throws {
    let transport = ScriptedTransport { (_, number) throws(CloudError) in
      number > 0
        ? HTTPResponse(200, Self.empty)
        : HTTPResponse(
          429, "",
          headers: [
            HTTPHeader("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), HTTPHeader("Retry-After", header),
          ])
    }
    let clock = ManualClock()
    _ = try await CloudClient(transport, clock: clock).servers()
    #expect(clock.sleeps.reduce(.zero, +) == pauses.reduce(.zero, +) + backOff(pauses))
    #expect(transport.requests.count == 2)
  }

  /// The back-off counts towards the pause.
  private func backOff(_ pauses: [Duration]) -> Duration {
    pauses.isEmpty ? .milliseconds(500) : .zero
  }

  @Test func thePauseHoldsBackEveryOtherRequestOfTheClientAndAPostIsNotRepeated() async throws {
    let transport = ScriptedTransport { (request, _) throws(CloudError) in
      request.method == .post
        ? HTTPResponse(429, "", headers: [HTTPHeader("Retry-After", "9")])
        : HTTPResponse(200, Self.empty)
    }
    let clock = ManualClock()
    let client = CloudClient(transport, clock: clock)
    let error = await failure { () async throws(CloudError) in
      try await client.perform(.start, on: "1")
    }
    #expect(error?.kind == .unavailable(retryAfter: .seconds(9)))
    #expect(error?.isReplyLost == false)
    #expect(clock.sleeps == [])
    let copy = client
    _ = try await copy.servers()
    #expect(clock.sleeps == [.seconds(9)])
    #expect(transport.requests.map(\.method) == [.post, .get])
  }

  @Test func aRepeatedDeleteThatFindsNothingHasDoneItsWork() async throws {
    let transport = ScriptedTransport { (request, number) throws(CloudError) in
      if number == 0 {
        throw CloudError(
          .transport(.receive, reason: "gone"), method: .delete, origin: "", path: "")
      }
      return HTTPResponse(404)
    }
    try await CloudClient(transport).deletePort("7")
    #expect(transport.requests.count == 2)
    let never = CloudClient(ScriptedTransport(404))
    let error = await failure { () async throws(CloudError) in try await never.deletePort("7") }
    #expect(error?.kind == .notFound)
  }

  @Test(
    arguments: [
      .transport(.tls, reason: "certificate"), .deadline(.receive), .tooLarge(limit: 1),
      .cancelled(.receive),
    ] as [CloudError.Kind])
  func whatWillNotPassIsNotTriedAgain(_ kind: CloudError.Kind) async {
    let transport = ScriptedTransport { (_, _) throws(CloudError) in
      throw CloudError(kind, method: .get, origin: "", path: "")
    }
    let client = CloudClient(transport)
    let error = await failure { () async throws(CloudError) in try await client.servers() }
    #expect(error?.kind == kind)
    #expect(transport.requests.count == 1)
  }

  @Test func tryingEndsWithTheTotalTime() async {
    let transport = ScriptedTransport { (_, _) throws(CloudError) in
      HTTPResponse(503, "", headers: [HTTPHeader("Retry-After", "600")])
    }
    let clock = ManualClock()
    let client = CloudClient(transport, clock: clock)
    let error = await failure { () async throws(CloudError) in try await client.servers() }
    #expect(error?.kind == .unavailable(retryAfter: .seconds(600)))
    #expect(transport.requests.count == 4)
    #expect(clock.sleeps.reduce(.zero, +) == .seconds(180))
  }

  @Test func manyCallersShareOneSession() async throws {
    let server = try LoopbackServer { request in
      request.path.hasSuffix("/tokens")
        ? .answer(200, [:], ScriptedTransport.session(at: "http://" + request.headers["host"]!))
        : .answer(200, [:], Self.empty)
    }
    defer { server.stop() }
    let client = CloudClient(
      settings: CloudSettings(
        name: "t", authURL: server.url + "/identity", tokens: [Token("T0K3N")]))
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 { group.addTask { (try? await client.servers()) != nil } }
      for await isDone in group { #expect(isDone) }
    }
    #expect(server.received("/identity/v2.0/tokens").count == 1)
  }

  @Test func whoGivesUpDoesNotWaitForTheSessionAndDoesNotEndItForOthers() async throws {
    let count = Counter()
    let server = try LoopbackServer { request in
      guard request.path.hasSuffix("/tokens") else { return .answer(200, [:], Self.empty) }
      return count.next() == 1
        ? .silence
        : .answer(200, [:], ScriptedTransport.session(at: "http://" + request.headers["host"]!))
    }
    defer { server.stop() }
    let client = CloudClient(
      settings: CloudSettings(
        name: "t", authURL: server.url + "/identity", tokens: [Token("T0K3N")]))
    let impatient = Task {
      await failure { () async throws(CloudError) in try await client.servers() }
    }
    while server.received.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    let patient = Task {
      await failure { () async throws(CloudError) in try await client.servers() }
    }
    try await Task.sleep(for: .milliseconds(50))
    let start = ContinuousClock.now
    impatient.cancel()
    #expect(await impatient.value?.kind == .cancelled(.receive))
    #expect(await patient.value == nil)
    #expect(start.duration(to: .now) < .seconds(20))
  }

  private final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
      count.withLock { count in
        count += 1
        return count
      }
    }
  }
}
