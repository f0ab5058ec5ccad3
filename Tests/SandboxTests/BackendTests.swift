import GRDB
import LocalHosts
import Sandbox
import Testing

/// What the cloud asks of the machines behind it, and what it makes of their answers.
@Suite struct BackendTests {
  @Test("A create request becomes an order: cards, files, keys for each user, a password")
  func order() async throws {
    let backend = ScriptedBackend()
    try await TestCloud.run(backend: backend) { cloud in
      _ = try await cloud.call(
        "POST", "/compute/v2.0/os-keypairs",
        #"{"keypair": {"name": "k", "public_key": "ssh-ed25519 AAAA k"}}"#)
      let lan = try await cloud.lan()
      let (_, address) = try await cloud.reserve()
      let created = try await cloud.create(
        "web", networks: #"[{"uuid": "$pool", "fixed_ip": "\#(address)"}, {"uuid": "\#(lan)"}]"#,
        flavor: 3,
        #""SNF:key_names": ["k"], "personality": [{"path": "/root/f", "contents": "aGk=", "mode": 384}]"#
      )
      try await cloud.advance(10)
      let orders = await backend.orders
      let order = try #require(orders.first)
      let id = created.word("server.id")
      #expect(order.id == "snf-\(id)" && order.hostname == "snf-\(id)")
      #expect(order.image == .debian12)
      #expect(order.cpus == 2 && order.memory == 2048)
      #expect(order.keys == [LocalKeys(user: "root", lines: ["ssh-ed25519 AAAA k"])])
      #expect(
        order.files == [
          LocalFile(
            path: "/root/f", contents: Array("hi".utf8), owner: "root", group: "root", mode: 0o600)
        ])
      #expect(order.password == created.word("server.adminPass"))
      #expect(order.interfaces.map(\.network) == [.public, .private(lan)])
      #expect(order.interfaces.map(\.address) == [address + "/24", "192.168.10.2/24"])
      #expect(order.interfaces.map(\.gateway) == ["198.51.100.1", "192.168.10.1"])
      let shown = try await cloud.server(id)
      #expect(shown.at("server.attachments.0.mac_address") == "'\(order.interfaces[0].mac)'")
      #expect(order.sshDelay == 0)
    }
  }

  @Test("The backend hears the verbs in order; what fails there shows in the diagnostics")
  func verbs() async throws {
    let backend = ScriptedBackend()
    try await TestCloud.run(backend: backend) { cloud in
      let lan = try await cloud.lan()
      let id = try await cloud.active()
      _ = try await cloud.call(
        "POST", "/network/v2.0/ports",
        #"{"port": {"network_id": "\#(lan)", "device_id": "\#(id)"}}"#)
      try await cloud.advance(2)
      for body in [
        #"{"shutdown": {}}"#, #"{"reboot": {"type": "SOFT"}}"#, #"{"reboot": {"type": "HARD"}}"#,
      ] {
        #expect(try await cloud.act(id, body).status == 202, "\(body)")
        try await cloud.advance(2)
      }
      #expect(
        await backend.calls == [
          "create snf-\(id)", "attach snf-\(id)", "stop snf-\(id)", "start snf-\(id)",
          "reset snf-\(id)",
        ])
      await backend.fail("stop", "the guest does not listen")
      _ = try await cloud.act(id, #"{"shutdown": {}}"#)
      try await cloud.advance(2)
      let shown = try await cloud.server(id)
      #expect(shown.at("server.status") == "'ACTIVE'")
      #expect(shown.at("server.diagnostics.0.message") == "'the guest does not listen'")
      await backend.fail("create", "no room on this computer")
      let broken = try await cloud.create("broken").word("server.id")
      try await cloud.advance(10)
      let failed = try await cloud.server(broken)
      #expect(failed.at("server.status") == "'ERROR'")
      #expect(failed.at("server.diagnostics.0.message") == "'no room on this computer'")
    }
  }

  @Test("A fault never reaches the backend, but for the late SSH server")
  func faults() async throws {
    let backend = ScriptedBackend()
    try await TestCloud.run(backend: backend) { cloud in
      try await cloud.fault(#"{"do": "build-error"}"#)
      _ = try await cloud.create("a")
      try await cloud.advance(10)
      #expect(await backend.calls == [])
      try await cloud.fault(#"{"match": {"server": "b"}, "do": {"ssh-late": 9}}"#)
      _ = try await cloud.create("b")
      try await cloud.advance(10)
      #expect(await backend.orders.map(\.sshDelay) == [9])
      try await cloud.fault(#"{"do": "stop-machine", "server": "b"}"#)
      try await cloud.advance(1)
      #expect(await backend.calls.last?.hasPrefix("stop ") == true)
    }
  }

  @Test("Four machines boot at a time; the others wait in BUILD")
  func boots() async throws {
    let backend = ScriptedBackend(bootTime: .milliseconds(100))
    try await TestCloud.run(backend: backend) { cloud in
      for number in 0..<10 { #expect(try await cloud.create("m\(number)").status == 202) }
      try await cloud.advance(10)
      #expect(await backend.orders.count == 10)
      #expect(await backend.mostAtOnce == 4)
    }
  }

  @Test("A deletion during the boot waits for its end, and the machine goes")
  func deletionDuringBoot() async throws {
    let backend = ScriptedBackend(bootTime: .milliseconds(200))
    try await TestCloud.run(backend: backend) { cloud in
      let id = try await cloud.create().word("server.id")
      #expect(try await cloud.call("DELETE", "/compute/v2.0/servers/\(id)").status == 204)
      try await cloud.advance(10)
      #expect(await backend.calls == ["create snf-\(id)", "destroy snf-\(id)"])
      #expect(try await cloud.server(id).at("server.status") == "'DELETED'")
    }
  }

  @Test("After a restart: stopped machines are STOPPED without cpu, lost ones ERROR")
  func adoption() async throws {
    let backend = ScriptedBackend()
    let place = StateDirectory("/tmp/omtd-sandbox-test-\(Platform.randomText(12))")
    defer { place.remove() }
    var ids: [String] = []
    try await TestCloud.run(backend: backend, in: place) { cloud in
      for name in ["runs", "stopped", "lost"] { ids.append(try await cloud.active(name)) }
    }
    await backend.set("snf-\(ids[1])", .stopped)
    await backend.set("snf-\(ids[2])", .absent)
    try await TestCloud.run(backend: backend, in: place) { cloud in
      var states: [String] = []
      for id in ids { states.append(try await cloud.server(id).word("server.status")) }
      #expect(states == ["ACTIVE", "STOPPED", "ERROR"])
      #expect(try await cloud.usage("cyclades.vm") == "3/0")
      #expect(try await cloud.usage("cyclades.cpu") == "2/0")
      #expect(await backend.known == Set(ids.map { "snf-\($0)" }))
    }
    // The machines are real, so a sandbox of simulated ones does not take the directory over.
    let other = Serving(
      directory: place, port: 0, machines: 1, backend: SimulatedBackend()
    ) { _ in }
    await #expect(throws: MachineFailure.self) { try await other.run() }
  }

  @Test("A machine under a STOPPED server is stopped: before the next start, and after a restart")
  func halts() async throws {
    let backend = ScriptedBackend()
    let place = StateDirectory("/tmp/omtd-sandbox-test-\(Platform.randomText(12))")
    defer { place.remove() }
    var id = ""
    try await TestCloud.run(backend: backend, in: place) { cloud in
      id = try await cloud.active("web")
      try await cloud.fault(#"{"do": "stop-machine", "server": "web"}"#)
      #expect(try await cloud.act(id, #"{"start": {}}"#).status == 202)
      try await cloud.advance(2)
      #expect(await backend.calls == ["create snf-\(id)", "stop snf-\(id)", "start snf-\(id)"])
      #expect(try await cloud.server(id).word("server.status") == "ACTIVE")
      await backend.fail("stop", "the guest does not listen")
      try await cloud.fault(#"{"do": "stop-machine", "server": "web"}"#)
      try await cloud.advance(1)
      let shown = try await cloud.server(id)
      #expect(shown.word("server.status") == "STOPPED")
      #expect(shown.at("server.diagnostics.0.message") == "'the guest does not listen'")
      #expect(await backend.running == ["snf-\(id)"])
    }
    try await TestCloud.run(backend: backend, in: place) { cloud in
      try await cloud.advance(1)
      #expect(await backend.running == [])
      #expect(try await cloud.server(id).word("server.status") == "STOPPED")
    }
  }

  @Test("What could not be written down has not happened")
  func unwritten() async throws {
    let backend = ScriptedBackend()
    let place = StateDirectory("/tmp/omtd-sandbox-test-\(Platform.randomText(12))")
    defer { place.remove() }
    try await TestCloud.run(backend: backend, in: place) { cloud in
      let id = try await cloud.active("web")
      let file = try DatabaseQueue(path: place.database)
      try await file.write { try $0.execute(sql: "ALTER TABLE rows RENAME TO hidden") }
      #expect(try await cloud.create("lost").fault == "500 internalServerError")
      let stop = #"{"do": "stop-machine", "server": "web"}"#
      #expect(try await cloud.call("POST", "/sandbox/faults", stop).status == 500)
      try await file.write { try $0.execute(sql: "ALTER TABLE hidden RENAME TO rows") }
      try file.close()
      let list = try await cloud.call("GET", "/compute/v2.0/servers")
      #expect(list.json["servers"]?.items?.compactMap { $0["name"]?.text } == ["web"])
      #expect(try await cloud.server(id).word("server.status") == "ACTIVE")
      #expect(await backend.calls == ["create snf-\(id)"])
      #expect(try await cloud.usage("cyclades.vm") == "1/0")
      #expect(try await cloud.create("next").status == 202)
    }
  }

  @Test("During a reset nothing else begins; machines of the new cloud have names of their own")
  func reset() async throws {
    let backend = ScriptedBackend(bootTime: .milliseconds(400))
    try await TestCloud.run(backend: backend) { cloud in
      let first = try await cloud.active("first")
      let building = try await cloud.create("building").word("server.id")
      await backend.fail("destroy", "the disk is busy")
      let refused = try await cloud.call("POST", "/sandbox/reset")
      #expect(refused.status == 500 && refused.text.contains("the disk is busy"))
      #expect(await backend.running.count == 1)
      try await cloud.advance(10)
      // One of the two is gone, whichever came second: also the one that was not ACTIVE yet.
      let left = Set(await backend.running)
      for id in [first, building] {
        let isLeft = left.contains("snf-\(id)")
        #expect(try await cloud.server(id).word("server.status") == (isLeft ? "ACTIVE" : "ERROR"))
      }

      let last = try await cloud.create("last").word("server.id")
      let reset = Task { try await cloud.call("POST", "/sandbox/reset") }
      let deadline = Platform.now() + 10
      while try await cloud.call("GET", "/compute/v2.0/servers").status == 200 {
        try #require(Platform.now() < deadline, "the reset does not begin")
      }
      #expect(try await cloud.create("meanwhile").fault == "503 serviceUnavailable")
      let second = try await cloud.call("POST", "/sandbox/reset")
      #expect(second.fault == "503 serviceUnavailable")
      #expect(try await cloud.call("GET", "/sandbox/status").status == 200)
      #expect(try await reset.value.status == 204)
      #expect(await backend.running == [])

      #expect(try await cloud.call("GET", "/compute/v2.0/servers").at("servers") == "[]")
      let image = try await cloud.call("GET", "/compute/v2.0/images").word("images.0.id")
      let server =
        #""name": "new", "flavorRef": 1, "imageRef": "\#(image)""#
      let path = "/compute/v2.0/servers"
      // The network of new servers is that of the new cloud, which has no address for them yet.
      #expect(
        try await cloud.call("POST", path, "{\"server\": {\(server)}}").fault == "409 conflict")
      let made = try await cloud.call(
        "POST", path, "{\"server\": {\(server), \"networks\": []}}")
      #expect(try #require(Int(made.word("server.id"))) > (try #require(Int(last))))
      try await cloud.advance(10)
      #expect(await backend.running == ["snf-\(made.word("server.id"))"])
    }
  }
}

/// A backend that writes down what it is asked, and fails where a test says so.
private actor ScriptedBackend: MachineBackend {
  nonisolated var kind: MachineKind { .real }
  private(set) var orders: [LocalMachineOrder] = []
  private(set) var calls: [String] = []
  private(set) var known: Set<String> = []
  private var states: [String: MachineState] = [:]
  private var failures: [String: String] = [:]
  private let bootTime: Duration
  private var booting = 0
  private(set) var mostAtOnce = 0

  init(bootTime: Duration = .zero) { self.bootTime = bootTime }

  var running: [String] { states.filter { $0.value == .running }.keys.sorted() }

  func fail(_ verb: String, _ message: String) { failures[verb] = message }
  func set(_ id: String, _ state: MachineState) { states[id] = state }

  private func note(_ verb: String, _ id: String, _ state: MachineState?) throws {
    if let message = failures.removeValue(forKey: verb) { throw MachineFailure(message) }
    calls.append("\(verb) \(id)")
    if let state { states[id] = state }
  }

  func publicNetwork() async throws -> PublicNetwork {
    PublicNetwork(
      cidr: "198.51.100.0/24", gateway: "198.51.100.1", first: "198.51.100.10",
      last: "198.51.100.250")
  }

  func create(_ order: LocalMachineOrder) async throws {
    booting += 1
    mostAtOnce = max(mostAtOnce, booting)
    try await Task.sleep(for: bootTime)
    booting -= 1
    try note("create", order.id, .running)
    orders.append(order)
  }

  func start(_ id: String) async throws { try note("start", id, .running) }
  func stop(_ id: String) async throws { try note("stop", id, .stopped) }
  func reboot(_ id: String, isHard: Bool) async throws {
    try note(isHard ? "reset" : "reboot", id, .running)
  }
  func destroy(_ id: String) async throws { try note("destroy", id, .absent) }
  func attach(_ interface: LocalInterface, to id: String) async throws {
    try note("attach", id, nil)
  }
  func detach(mac: String, from id: String) async throws { try note("detach", id, nil) }
  func adopt(known: Set<String>) async throws -> [String: MachineState] {
    self.known = known
    try await Task.sleep(for: bootTime)
    var failure: (any Error)?
    for (id, state) in states where state != .absent && !known.contains(id) {
      do { try note("destroy", id, .absent) } catch { failure = error }
    }
    if let failure { throw failure }
    return states.filter { known.contains($0.key) && $0.value != .absent }
  }
}
