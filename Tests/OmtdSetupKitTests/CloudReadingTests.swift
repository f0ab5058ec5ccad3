import TestKit
import Testing
import Values

/// What commands on machines make of inventories, options and names.
@Suite struct CloudReadingTests {
  @Test("A wrong description stops what makes machines, and nothing that looks or takes away")
  func lenience() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      #expect(try await cloud.run(["apply", "--yes", "--machines-only"]).status == 0)
      try cloud.write("#!/bin/sh\necho logged in\n", to: "bin/ssh", isProgram: true)
      try cloud.describe(2, "okeanos_ssh_keys=/nowhere/key.pub\nokeanos_expires={{ unknown }}")
      let refused = try await cloud.apply()
      #expect(refused.status != 0)
      #expect(refused.stderr.contains("error: cannot read the key"), "\(refused.stderr)")
      for words in [
        ["status"], ["ssh", "web-1"], ["gc", "--yes"], ["recover"], ["quota"], ["images"],
        ["flavors"], ["destroy", "--yes"],
      ] {
        let said = try await cloud.run(
          words, environment: ["PATH=\(cloud.folder)/bin:/usr/bin:/bin"])
        #expect(said.status == 0, "\(words) \(said.stdout)\(said.stderr)")
        #expect(said.stderr.contains("warning: cannot read the key"), "\(words) \(said.stderr)")
        #expect(said.stderr.contains("warning: "), "\(words) \(said.stderr)")
      }
      #expect(try await cloud.living()["server", default: []] == [])
    }
  }

  struct Clouds: Sendable, CustomTestStringConvertible {
    var id: String
    var lines: [String]
    var problem: String?

    var testDescription: String { id }
  }

  static let clouds: [Clouds] = [
    Clouds(
      id: "two names", lines: ["web-1 okeanos_cloud=one", "web-2 okeanos_cloud=two"],
      problem: "  host:   web-2: `\"two\"`\n  others: `one`\n"),
    Clouds(
      id: "a name and none", lines: ["web-1", "web-2 okeanos_cloud=one"],
      problem: "  host:   web-1: no `okeanos_cloud`\n  others: `one`\n"),
    Clouds(id: "none", lines: ["web-1", "web-2"]),
  ]

  @Test("All machines of an inventory go to one cloud, or to none", arguments: clouds)
  func oneCloud(_ row: Clouds) async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      try cloud.write(
        try cloud.inventory.replacingAll("web-[1:2]", with: row.lines.joined(separator: "\n")))
      for words in [["plan", "site.yaml"], ["destroy", "--yes"]] {
        let said = try await cloud.run(words)
        #expect((said.status == 0) == (row.problem == nil), "\(said.stdout)\(said.stderr)")
        guard let problem = row.problem else { continue }
        #expect(
          said.stderr.hasPrefix(
            "error: the machines of one inventory are in one cloud\n" + problem), "\(said.stderr)")
      }
    }
  }

  @Test("A limit is kept where hosts are meant, and refused where more is meant")
  func limits() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(2)
      #expect(
        try await cloud.run(["apply", "--yes", "--machines-only", "-l", "web-2"]).status == 0)
      let status = try JSON.parse(
        try await cloud.run(["status", "--json", "-l", "web-2"]).stdout)
      #expect(status["machines"]?.elements?.map { $0["name"] } == ["web-2"])
      #expect(status["missing"]?.elements == [])
      let other = try JSON.parse(try await cloud.run(["status", "--json", "-l", "web-1"]).stdout)
      #expect(other["machines"]?.elements == [])
      #expect(other["missing"]?.elements == ["web-1"])
      for words in [
        ["gc", "--yes"], ["recover"], ["quota"], ["images"], ["flavors"], ["destroy", "--yes"],
      ] {
        let said = try await cloud.run(words + ["-l", "web-1"])
        #expect(said.status == 1, "\(words) \(said.stdout)")
        #expect(said.stderr.contains("option: --limit"), "\(words) \(said.stderr)")
      }
      #expect(try await cloud.living()["server"] == ["web-2"])
    }
  }

  @Test("Names in the cloud are shown without what a terminal would obey")
  func names() async throws {
    try await SimulatedCloud.with { cloud in
      try cloud.describe(1)
      #expect(try await cloud.run(["apply", "--yes", "--machines-only"]).status == 0)
      let status = try JSON.parse(try await cloud.run(["status", "--json"]).stdout)
      let id = status["machines"]?.elements?.first?["id"]?.string ?? "?"
      _ = try await cloud.request(
        "POST", "/compute/v2.0/servers/\(id)/metadata",
        #"{"metadata": {"omtd-name": "a\u001b]0;title\u0007b\nc"}}"#)
      for words in [["status"], ["plan", "site.yaml"], ["destroy", "--yes"]] {
        let said = try await cloud.run(words)
        #expect(said.stdout.contains(#"a\x1b]0;title\x07b"#), "\(words) \(said.stdout)")
        #expect(!(said.stdout + said.stderr).contains("\u{1B}"), "\(words)")
        if words == ["status"] { #expect(said.stdout.contains(#"title\x07b c"#)) }
      }
    }
  }
}
