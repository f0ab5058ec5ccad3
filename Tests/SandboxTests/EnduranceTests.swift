@preconcurrency import Glibc
import Sandbox
import Testing

/// The program itself: its files, its end by force, where it listens, and how much it bears.
@Suite struct EnduranceTests {
  @Test("After kill -9 the next start has the same port, token, servers, jobs and records")
  func kill9() async throws {
    let program = try Program()
    defer { program.remove() }
    let arguments = ["--simulated", "--build-seconds", "2"]
    var pid = try program.start(arguments)
    let first = try await program.announced(pid)
    let client = LoopbackClient(port: first.port, token: first.token)
    let images = try client.send("GET", "/compute/v2.0/images").json
    let image = try #require(images["images"]?[0]?["id"]?.text)
    func create(_ name: String) throws -> Int? {
      let body =
        #"{"server": {"name": "\#(name)", "flavorRef": 1, "imageRef": "\#(image)", "networks": []}}"#
      return try client.send(
        "POST", "/compute/v2.0/servers", body: Array(body.utf8), headers: TestCloud.json
      ).json["server"]?["id"]?.int
    }
    let done = try #require(try create("done"))
    try await Task.sleep(for: .seconds(3))
    let building = try #require(try create("building"))
    program.kill(pid)

    pid = try program.start(arguments)
    let second = try await program.announced(pid)
    #expect(second.port == first.port && second.token == first.token)
    #expect(second.authURL == first.authURL && second.pid == pid)
    func status(_ id: Int) throws -> String? {
      try client.send("GET", "/compute/v2.0/servers/\(id)").json["server"]?["status"]?.text
    }
    #expect(try status(done) == "ACTIVE")
    let deadline = Platform.now() + 20
    while try status(building) == "BUILD", Platform.now() < deadline {
      try await Task.sleep(for: .milliseconds(100))
    }
    #expect(try status(building) == "ACTIVE")
    #expect(try create("third") == building + 1)
    let records = try client.send("GET", "/sandbox/records").json
    let made = records["records"]?.items?.filter { $0["kind"]?.text == "server" }
    #expect(made?.compactMap { $0["id"]?.int } == [done, building, building + 1])
    #expect(records["requests"]?["server.create"]?.int == 3)
    // Without `networks` it is the public one, where an address has to be reserved first.
    let bare = #"{"server": {"name": "bare", "flavorRef": 1, "imageRef": "\#(image)"}}"#
    let refused = try client.send(
      "POST", "/compute/v2.0/servers", body: Array(bare.utf8), headers: TestCloud.json)
    #expect(refused.status == 409)
    _ = try client.send("POST", "/sandbox/stop")
    #expect(program.wait(pid) == 0)
    #expect(program.directory.announced() == nil)
  }

  @Test("The files are for their owner only, and a second sandbox in the directory is refused")
  func files() async throws {
    let program = try Program()
    defer { program.remove() }
    let pid = try program.start(["--simulated"])
    let found = try await program.announced(pid)
    for (name, mode) in [("", 0o700), ("/sandbox.json", 0o600), ("/identity.json", 0o600)] {
      var info = stat()
      #expect(stat(program.directory.path + name, &info) == 0)
      #expect(info.st_mode & 0o777 == mode, "\(name)")
    }
    let second = try program.start(["--simulated"])
    #expect(program.wait(second) == 1)
    #expect(found.kind == .simulated)
    program.kill(pid)
  }

  @Test("A sandbox of simulated machines is served, reset and destroyed under any name")
  func names() async throws {
    let program = try Program()
    let folder = program.directory.path
    try #require(mkdir(folder, 0o700) == 0)
    defer { rmdir(folder) }
    for name in ["a b", "sand", folder + "/ö:1"] {
      let place = StateDirectory(name.hasPrefix("/") ? name : folder + "/" + name)
      let pid = try program.start(["--simulated"], in: folder, state: name)
      _ = try await program.announced(pid, in: place)
      let stop = try program.run(["stop"], in: folder, state: name)
      #expect(program.wait(pid) == 0)
      #expect(program.wait(stop) == 0, "\(name)")
      #expect(program.wait(try program.run(["reset"], in: folder, state: name)) == 0, "\(name)")
      #expect(place.exists)
      #expect(program.wait(try program.run(["destroy"], in: folder, state: name)) == 0, "\(name)")
      #expect(!place.exists)
    }
  }

  @Test("It listens on 127.0.0.1 and on no other address")
  func loopback() async throws {
    try await TestCloud.run { cloud in
      let hex = String(cloud.client.port, radix: 16, uppercase: true)
      let port = String(repeating: "0", count: 4 - hex.utf8.count) + hex
      var places: [String] = []
      for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        guard let text = Files.text(file) else { continue }
        for line in text.split(separator: "\n") {
          let words = line.split(separator: " ")
          // State 0A is LISTEN.
          if words.count > 3, words[3] == "0A", words[1].hasSuffix(":" + port) {
            places.append(String(words[1]))
          }
        }
      }
      #expect(places == ["0100007F:" + port])
    }
  }

  @Test("3,000 machines are made and listed, and none is lost")
  func load() async throws {
    try await TestCloud.run(room: 4000) { cloud in
      let started = Platform.now()
      for number in 0..<3000 {
        #expect(try await cloud.create("m\(number)").status == 202)
      }
      let made = Platform.now()
      try await cloud.advance(10)
      let built = Platform.now()
      let first = try await cloud.call("GET", "/compute/v2.0/servers/detail")
      let listed = Platform.now()
      let second = try await cloud.call("GET", "/compute/v2.0/servers/detail")
      let again = Platform.now()
      let servers = try #require(second.json["servers"]?.items)
      #expect(servers.count == 3000)
      #expect(servers.allSatisfy { $0["status"]?.text == "ACTIVE" })
      #expect(servers.compactMap { $0["id"]?.int } == Array(1001...4000))
      #expect(first.text == second.text)
      #expect(try await cloud.usage("cyclades.vm") == "3000/0")
      func text(_ seconds: Double) -> String { "\(Int(seconds * 1000)) ms" }
      print(
        "3,000 machines: made in \(text(made - started)), built in \(text(built - made)),",
        "listed in \(text(listed - built)), listed again in \(text(again - listed))")
    }
  }

  @Test("Reset empties the cloud; token, address and user stay, and no number comes again")
  func reset() async throws {
    try await TestCloud.run { cloud in
      let server = try await cloud.active()
      let access = #"{"auth":{"token":{"id":"\#(cloud.client.token ?? "")"}}}"#
      let token = cloud.client.token
      #expect(try await cloud.call("POST", "/sandbox/reset").status == 204)
      let status = try await cloud.call("GET", "/sandbox/status")
      #expect(status.at("machines") == "0" && status.at("kind") == "'simulated'")
      #expect(try await cloud.call("GET", "/compute/v2.0/servers").at("servers") == "[]")
      #expect(try await cloud.call("GET", "/sandbox/records").at("records") == "[]")
      #expect(cloud.client.token == token)
      let user = try await cloud.call("POST", "/identity/v2.0/tokens", access)
      #expect(user.word("access.user.id") == cloud.user)
      let image = try await cloud.call("GET", "/compute/v2.0/images/detail").word("images.0.id")
      let fresh = try await cloud.call(
        "POST", "/compute/v2.0/servers",
        #"{"server": {"name": "n", "flavorRef": 1, "imageRef": "\#(image)", "networks": []}}"#)
      #expect(Int(fresh.word("server.id")) == (Int(server) ?? 0) + 1, "\(fresh.text)")
    }
  }
}

/// The built program in a state directory of its own.
private struct Program {
  let directory = StateDirectory("/tmp/omtd-sandbox-test-\(Platform.randomText(12))")
  private let path: String

  init() throws {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    path = "/\(package)/.build/debug/okeanos-sandbox"
    try #require(access(path, X_OK) == 0, "the program is not built: \(path)")
  }

  /// `serve`, from a folder, with a state directory as it is written there.
  func start(
    _ arguments: [String], in folder: String = "/", state: String? = nil
  ) throws -> Int32 {
    try run(["serve"] + arguments, in: folder, state: state ?? directory.path)
  }

  func run(_ arguments: [String], in folder: String, state: String) throws -> Int32 {
    var pid: pid_t = 0
    let words =
      ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder, path] + arguments + ["--state", state]
    var pointers = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    let status = posix_spawn(&pid, "/bin/sh", nil, nil, &pointers, environ)
    try #require(status == 0)
    return pid
  }

  /// What `sandbox.json` says once it is from this process.
  func announced(
    _ pid: Int32, in place: StateDirectory? = nil
  ) async throws -> StateDirectory.Announcement {
    let deadline = Platform.now() + 30
    while Platform.now() < deadline {
      if let found = (place ?? directory).announced(), found.pid == pid { return found }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw MachineFailure("the sandbox does not start")
  }

  func kill(_ pid: Int32) {
    Glibc.kill(pid, SIGKILL)
    _ = wait(pid)
  }

  /// The exit status; -1 for an end by a signal.
  func wait(_ pid: Int32) -> Int32 {
    var status: Int32 = 0
    guard waitpid(pid, &status, 0) == pid else { return -2 }
    return status & 0x7f == 0 ? status >> 8 & 0xff : -1
  }

  func remove() {
    directory.remove()
  }
}

enum Files {
  /// nil where it cannot be read.
  static func text(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&part, 1, part.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += part.prefix(count)
    }
  }
}
