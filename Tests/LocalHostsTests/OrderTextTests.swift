import Testing

@testable import LocalHosts

@Suite struct OrderTextTests {
  private static let order = LocalMachineOrder(
    id: "snf-12", image: .debian12Python, hostname: "snf-12",
    interfaces: [
      LocalInterface(
        network: .public, mac: "02:0C:f5:00:00:01", address: "198.18.0.10/24",
        gateway: "198.18.0.1"),
      LocalInterface(network: .private("17"), mac: "02:0c:f5:00:00:02", address: nil),
    ],
    keys: [LocalKeys(user: "root", lines: ["k1", "k2"])],
    files: [
      LocalFile(path: "/a b", contents: [0, 10, 255], owner: "daemon", group: "adm", mode: 0o640),
      LocalFile(path: "/e", contents: [], mode: 0o600),
    ],
    password: "pw", cpus: 2, memory: 2048, sshDelay: 1.5)

  @Test("An order is a line for each thing, with bytes in hexadecimal digits")
  func text() throws {
    #expect(
      try Self.order.text() == """
        image debian-12-python
        hostname snf-12
        limits 2 2048
        delay 1.5
        nic public 02:0c:f5:00:00:01 198.18.0.10/24 198.18.0.1
        nic 17 02:0c:f5:00:00:02 - -
        keys 726f6f74 6b310a6b320a
        password 726f6f74 7077
        file 640 6461656d6f6e 61646d 2f612062 000aff
        file 600 726f6f74 726f6f74 2f65 -

        """)
  }

  struct Bad: Sendable {
    var id: String
    var message: String
    var change: @Sendable (inout LocalMachineOrder) -> Void
  }

  static let refused: [Bad] = [
    Bad(id: "path in id", message: "`../x-1` is no id of a machine") { $0.id = "../x-1" },
    Bad(id: "no suffix", message: "`snf-` is no id of a machine") { $0.id = "snf-" },
    Bad(id: "long suffix", message: "`snf-1234567` is no id of a machine") {
      $0.id = "snf-1234567"
    },
    Bad(id: "line feed in hostname", message: "`a\nb` is no name for a machine") {
      $0.hostname = "a\nb"
    },
    Bad(id: "relative path", message: "`etc/x` is not an absolute path") {
      $0.files[0].path = "etc/x"
    },
    Bad(id: "address", message: "`10.0.0.1; x` is no address") {
      $0.interfaces[0].address = "10.0.0.1; x"
    },
    Bad(id: "group address", message: "`01:00:5e:00:00:01` is no hardware address") {
      $0.interfaces[0].mac = "01:00:5e:00:00:01"
    },
    Bad(id: "network", message: "`no/net` is no id of a network") {
      $0.interfaces[1].network = .private("no/net")
    },
    Bad(id: "two-line password", message: "a password has one line") { $0.password = "a\nb" },
    Bad(id: "interfaces", message: "a machine has 8 interfaces at most, not 9") { order in
      order.interfaces = (1...9).map {
        LocalInterface(network: .public, mac: "02:00:00:00:00:0\($0)", address: nil)
      }
    },
  ]

  @Test("An order that would be read as another one is refused", arguments: refused.indices)
  func refusal(index: Int) throws {
    let bad = Self.refused[index]
    var order = Self.order
    bad.change(&order)
    #expect(throws: LocalMachineProblem(bad.message)) { try order.text() }
  }

  @Test(
    "A state directory is an absolute path of plain characters", arguments: ["x", "/a b", "/a:b"])
  func directories(path: String) {
    #expect(
      throws: LocalMachineProblem("`\(path)` is no absolute path of letters, digits and `._/-`")
    ) {
      _ = try LocalMachines(stateDirectory: path)
    }
  }
}
