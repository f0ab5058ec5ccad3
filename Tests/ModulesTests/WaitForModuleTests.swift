import Dispatch
@preconcurrency import Glibc
import ModuleKit
import Modules
import Testing
import Values

@Suite struct WaitForModuleTests {
  @Test(arguments: Trial.shells)
  func waitsForFilesTextsAndPorts(shell: String) throws {
    let trial = Trial(command: shell)
    let root = trial.execute("mktemp -d").text.filter { !$0.isWhitespace }
    defer { _ = trial.execute("rm -rf -- \(root)") }
    let path = Value.string(root + "/file")
    let missing = try trial.run("wait_for", ["path": path, "timeout": 1])
    #expect(missing.failure != nil)
    #expect((missing.failure?.values["elapsed"]?.int ?? 0) >= 1)
    let gone = try trial.run("wait_for", ["path": path, "state": "absent"])
    #expect(gone.result?.values["elapsed"] == 0)
    _ = trial.execute("(sleep 1; echo 'ready at port 8080' >\(root)/file) >/dev/null 2>&1 &")
    let found = try trial.run(
      "wait_for",
      ["path": path, "search_regex": "port (?P<number>\\d+)$", "timeout": 20])
    #expect(
      found.result?.values["match_groups"] == ["8080"], "\(String(describing: found.failure))")
    #expect(found.result?.values["match_groupdict"] == .map(["number": "8080"]))
    #expect(found.result?.isChanged == false)
    let closed = try trial.run("wait_for", ["port": 1, "state": "stopped"])
    #expect(closed.result != nil)
    let silent = try trial.run("wait_for", ["port": 1, "timeout": 1, "msg": "nobody"])
    #expect(silent.failure?.message == "nobody")
    let other = try trial.run("wait_for", ["host": "127.0.0.2", "port": 1, "timeout": 1])
    #expect(other.failure != nil)
    let drained = try trial.run("wait_for", ["port": 1, "state": "drained"])
    #expect(drained.result != nil)
    #expect(throws: (any Error).self) { try trial.run("wait_for", ["state": "drained"]) }
  }

  /// A socket that listens on 127.0.0.1, and its port.
  private func listening() throws -> (socket: Int32, port: Int, address: sockaddr_in) {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let size = length
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(server, $0, size) == 0 && listen(server, 4) == 0
          && getsockname(server, $0, &length) == 0
      }
    }
    try #require(isBound)
    return (server, Int(UInt16(bigEndian: address.sin_port)), address)
  }

  @Test(arguments: Trial.shells)
  func drainedCountsConnectionsOfTheAddressOnly(shell: String) throws {
    var (server, port, address) = try listening()
    defer { close(server) }
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    try #require(isConnected)
    let trial = Trial(command: shell)
    for (host, isDrained) in [
      ("127.0.0.1", false), ("0.0.0.0", false), ("127.0.0.2", true), ("::1", true),
      ("2001:db8:1:2:3:4:5:6", true),
    ] {
      let ending = try trial.run(
        "wait_for",
        ["port": .int(port), "host": .string(host), "state": "drained", "timeout": 1])
      #expect((ending.result != nil) == isDrained, "\(host)")
      if !isDrained {
        #expect(
          ending.failure?.message == "\(host):\(port) did not lose its connections within 1 s")
      }
    }
  }

  @Test func textOfAPortIsFoundBeforeItsLineOrConnectionEnds() throws {
    let (server, port, _) = try listening()
    defer { close(server) }
    DispatchQueue.global().async {
      let peer = accept(server, nil, nil)
      let text = Array("220 OpenSSH_9.2 ready".utf8)
      _ = write(peer, text, text.count)
      sleep(4)
      close(peer)
    }
    let ending = try Trial(command: Trial.shells[0]).run(
      "wait_for", ["port": .int(port), "search_regex": "SSH_(\\d)"])
    #expect((ending.result?.values["elapsed"]?.int ?? 99) <= 2)
    #expect(ending.result?.values["match_groups"] == ["9"])
  }
}
