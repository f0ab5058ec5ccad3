import Cloud
import Testing

@Suite struct CurlTransportTests {
  let transport = CurlTransport()

  private func failure(_ request: HTTPRequest) async -> CloudError? {
    do throws(CloudError) {
      _ = try await transport.send(request)
      return nil
    } catch { return error }
  }

  @Test func aRequestArrivesAsItWasMadeAndItsAnswerComesBack() async throws {
    let server = try LoopbackServer { _ in .answer(201, ["X-Thing": " a b "], "héllo") }
    defer { server.stop() }
    let response = try await transport.send(
      HTTPRequest(
        .put, server.url + "/v1/a%20b?x=1", headers: [HTTPHeader("Content-Type", "text/plain")],
        token: Token("T0K3N"), body: Array("body".utf8)))
    #expect(response.status == 201)
    #expect(response.header("x-thing") == "a b")
    #expect(String(decoding: response.body, as: UTF8.self) == "héllo")
    let received = try #require(server.received.first)
    #expect(received.method == "PUT")
    #expect(received.target == "/v1/a%20b?x=1")
    #expect(received.body == "body")
    #expect(received.headers["content-type"] == "text/plain")
    #expect(received.headers["x-auth-token"] == "T0K3N")
    #expect(received.headers["expect"] == nil)
    #expect(received.headers["accept-encoding"] == nil)
  }

  @Test func aLargeBodyIsSentWithoutAskingFirst() async throws {
    let server = try LoopbackServer { .answer(201, [:], "\($0.body.utf8.count)") }
    defer { server.stop() }
    let response = try await transport.send(
      HTTPRequest(.put, server.url, body: [UInt8](repeating: 97, count: 3 << 20)))
    #expect(String(decoding: response.body, as: UTF8.self) == "\(3 << 20)")
    #expect(server.received.first?.headers["expect"] == nil)
  }

  @Test(arguments: [HTTPMethod.get, .head, .post, .delete])
  func everyMethodWorksWithoutABody(_ method: HTTPMethod) async throws {
    let server = try LoopbackServer { _ in .answer(200, [:], "x") }
    defer { server.stop() }
    let response = try await transport.send(HTTPRequest(method, server.url))
    #expect(response.status == 200)
    #expect(response.body.count == (method == .head ? 0 : 1))
    #expect(server.received.map(\.method) == [method.rawValue])
  }

  @Test func requestsShareConnectionsAndRunSideBySide() async throws {
    let server = try LoopbackServer { .answer(200, [:], $0.target) }
    defer { server.stop() }
    for number in 0..<5 {
      _ = try await transport.send(HTTPRequest(.get, server.url + "/\(number)"))
    }
    #expect(Set(server.received.map(\.connection)).count == 1)
    let url = server.url
    let bodies = await withTaskGroup(of: String.self) { [transport] group in
      for number in 0..<40 {
        group.addTask {
          let response = try? await transport.send(HTTPRequest(.get, "\(url)/p\(number)"))
          return String(decoding: response?.body ?? [], as: UTF8.self)
        }
      }
      return await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(bodies == Set((0..<40).map { "/p\($0)" }))
  }

  @Test func bytesThatTrickleInDoNotOutliveTheTotalDeadline() async throws {
    let server = try LoopbackServer { _ in
      .endless(
        start: "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", text: "x",
        every: .milliseconds(20))
    }
    defer { server.stop() }
    let start = ContinuousClock.now
    let error = await failure(HTTPRequest(.get, server.url, deadline: .milliseconds(400)))
    #expect(error?.kind == .deadline(.receive))
    #expect(start.duration(to: .now) < .seconds(5))
  }

  @Test func aServerThatNeverAnswersMeetsTheDeadline() async throws {
    let server = try LoopbackServer { _ in .silence }
    defer { server.stop() }
    let error = await failure(HTTPRequest(.post, server.url, deadline: .milliseconds(300)))
    #expect(error?.kind == .deadline(.receive))
    #expect(error?.isReplyLost == true)
  }

  @Test func aBodyWithoutEndIsCutOff() async throws {
    let server = try LoopbackServer { _ in
      .endless(
        start: "HTTP/1.1 200 OK\r\n\r\n", text: String(repeating: "x", count: 65536),
        every: .zero)
    }
    defer { server.stop() }
    let error = await failure(HTTPRequest(.get, server.url, answerLimit: 1 << 20))
    #expect(error?.kind == .tooLarge(limit: 1 << 20))
  }

  @Test func headersWithoutEndAreCutOff() async throws {
    let server = try LoopbackServer { _ in
      .endless(
        start: "HTTP/1.1 200 OK\r\n", text: String(repeating: "X-A: b\r\n", count: 1000),
        every: .zero)
    }
    defer { server.stop() }
    let error = await failure(HTTPRequest(.get, server.url))
    #expect(error?.kind == .tooLarge(limit: HTTPRequest.usualAnswerLimit))
  }

  @Test func aReplyThatIsCutOffIsLostAndAConnectionThatIsRefusedIsNot() async throws {
    let server = try LoopbackServer { _ in
      .raw("HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n\r\n{\"ser")
    }
    let cut = await failure(HTTPRequest(.post, server.url))
    #expect(cut?.isReplyLost == true)
    server.stop()
    let gone = try LoopbackServer { _ in .close }
    let lost = await failure(HTTPRequest(.post, gone.url))
    #expect(lost?.isReplyLost == true)
    gone.stop()
    let refused = await failure(HTTPRequest(.post, "http://127.0.0.1:1"))
    guard case .transport(.connect, _) = refused?.kind else {
      Issue.record("\(String(describing: refused))")
      return
    }
    #expect(refused?.isReplyLost == false)
  }

  /// libcurl repeats a request by itself where a kept connection breaks before the first byte of
  /// the reply; for a POST that could make a second machine.
  @Test func aPostIsSentOnceEvenWhereAKeptConnectionBreaks() async throws {
    let server = try LoopbackServer { $0.method == "POST" ? .close : .answer(200) }
    defer { server.stop() }
    _ = try await transport.send(HTTPRequest(.get, server.url))
    let error = await failure(HTTPRequest(.post, server.url, body: Array("{}".utf8)))
    #expect(error?.isReplyLost == true)
    #expect(server.received.map(\.method) == ["GET", "POST"])
  }

  @Test func aNameThatDoesNotResolveSaysSo() async {
    let error = await failure(HTTPRequest(.get, "http://no-such-host.invalid/"))
    guard case .transport(.resolve, _) = error?.kind else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func otherSchemesAreRefused() async {
    let error = await failure(HTTPRequest(.get, "file:///etc/passwd"))
    #expect(error != nil)
  }

  @Test func aRequestOfACancelledTaskEnds() async throws {
    let server = try LoopbackServer { _ in .silence }
    defer { server.stop() }
    let url = server.url
    let task = Task { [transport] () -> CloudError? in
      do throws(CloudError) {
        _ = try await transport.send(HTTPRequest(.post, url))
        return nil
      } catch { return error }
    }
    while server.received.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    let error = await task.value
    #expect(error?.kind == .cancelled(.receive))
    #expect(error?.isReplyLost == true)
  }

  @Test func aTokenCannotStartAnotherHeader() async throws {
    let server = try LoopbackServer { _ in .answer(200) }
    defer { server.stop() }
    let error = await failure(
      HTTPRequest(.get, server.url, token: Token("abc\r\nX-Evil: 1")))
    #expect(error != nil)
    #expect(server.received.isEmpty)
  }
}
