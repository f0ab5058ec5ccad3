import TestKit
import Testing

/// `sandbox` as a process: with the built cloud, and with one that takes its time.
@Suite struct SandboxCommandTests {
  /// The program beside a sandbox of a test's own; nil for the built one.
  private func run(
    _ words: [String], in scratch: ScratchFolder, program: String? = nil, patience: Int = 20
  ) async throws -> Command.Result {
    var binary = Files.binary
    if let program {
      binary = scratch.path + "/bin/omtd-setup"
      scratch.write("bin/okeanos-sandbox", program, mode: 0o755)
      let copied = try await Command(
        words: ["cp", "-f", Files.binary, binary], folder: scratch.path
      ).run()
      guard copied.status == 0 else { throw TestProblem(copied.stderr) }
    }
    return try await Command(
      words: [
        "env", "OMTD_SANDBOX_DIR=\(scratch.path)/sandbox", "OMTD_SANDBOX_PATIENCE=\(patience)",
        binary, "sandbox",
      ] + words, folder: scratch.path
    ).run()
  }

  @Test("destroy ends the sandbox and leaves nothing of it")
  func destroys() async throws {
    let scratch = ScratchFolder()
    let started = try await run(["start", "--simulated"], in: scratch)
    #expect(started.status == 0 && started.stderr == "", "\(started.stderr)")
    #expect(try await run(["status"], in: scratch).status == 0)
    let destroyed = try await run(["destroy"], in: scratch)
    #expect(destroyed.status == 0, "\(destroyed.stdout)\(destroyed.stderr)")
    #expect(destroyed.stdout.hasSuffix("destroyed\n"))
    #expect(!Files.exists(scratch.path + "/sandbox"))
    #expect(try await run(["status"], in: scratch).status == 1)
  }

  @Test("Starts at the same time have one sandbox between them")
  func startsTogether() async throws {
    let scratch = ScratchFolder()
    let said = try await withThrowingTaskGroup(of: Command.Result.self) { group in
      for _ in 0..<4 { group.addTask { try await run(["start", "--simulated"], in: scratch) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(said.map(\.stdout)).count == 1)
    for one in said { #expect(one.status == 0 && one.stderr == "", "\(one.stderr)") }
    #expect(try Files.text(scratch.path + "/sandbox/serve.log") == "")
    #expect(try await run(["destroy"], in: scratch).status == 0)
    #expect(!Files.exists(scratch.path + "/sandbox"))
  }

  @Test("What a sandbox that was killed left behind is none that runs")
  func leftBehind() async throws {
    let scratch = ScratchFolder()
    // Process 1 lives, and is no sandbox.
    scratch.write(
      "sandbox/sandbox.json",
      #"{"auth_url":"http://127.0.0.1:1/identity/v2.0","token":"x","kind":"simulated","pid":1,"port":1}"#
    )
    let started = try await run(["start", "--simulated"], in: scratch)
    #expect(started.status == 0, "\(started.stderr)")
    #expect(started.stdout.hasPrefix("the sandbox runs at http://127.0.0.1:"))
    #expect(!started.stdout.contains("127.0.0.1:1/"))
    let status = try await run(["status"], in: scratch)
    #expect(status.status == 0, "\(status.stdout)")
    #expect(try await run(["destroy"], in: scratch).status == 0)
  }

  @Test("A simulated sandbox that was killed is started again as one, whoever needs it")
  func killed() async throws {
    let scratch = ScratchFolder()
    let started = try await run(["start", "--simulated"], in: scratch)
    #expect(started.status == 0, "\(started.stderr)")
    let state = try Files.text(scratch.path + "/sandbox/sandbox.json")
    let pid = try #require(state.split(separator: #""pid":"#).last?.prefix { $0.isNumber })
    scratch.write("pid", String(pid))
    try Loopback.signal(Loopback.kill, file: scratch.path + "/pid")
    scratch.write("hosts", "[all:vars]\nokeanos_cloud=sandbox\n")
    let asked = try await Command(
      words: [
        "env", "OMTD_SANDBOX_DIR=\(scratch.path)/sandbox", Files.binary, "quota", "-i", "hosts",
      ], folder: scratch.path
    ).run()
    #expect(asked.status == 0 && asked.stdout.contains("cyclades.vm"), "\(asked.stderr)")
    let again = try await run(["start"], in: scratch)
    #expect(again.stdout.dropLast() == started.stdout.dropLast() + " (simulated machines)")
    #expect(try await run(["destroy"], in: scratch).status == 0)
  }

  @Test("A start in a folder that cannot be is told at once")
  func noFolder() async throws {
    let scratch = ScratchFolder()
    scratch.write("sandbox", "a file")
    let said = try await run(["start", "--simulated"], in: scratch)
    let lock = scratch.path + "/sandbox/start.lock"
    #expect(said.stderr == "error: cannot write `\(lock)`: Not a directory\n")
    #expect(said.status == 1)
  }

  @Test("Options for a sandbox that runs already are not dropped without a word")
  func optionsTooLate() async throws {
    let scratch = ScratchFolder()
    #expect(try await run(["start", "--simulated"], in: scratch).status == 0)
    let again = try await run(["start", "--room", "8"], in: scratch)
    #expect(
      again.stderr == """
        warning: a sandbox runs already, and `--room=8` has no effect on it

        hint: `omtd-setup sandbox stop` ends it

        """)
    #expect(again.status == 0)
    for words in [["start"], ["start", "--simulated"]] {
      #expect(try await run(words, in: scratch).stderr == "")
    }
    #expect(try await run(["destroy"], in: scratch).status == 0)
  }

  @Test("start tells its options, takes no other ones, and says what serve says of wrong values")
  func options() async throws {
    let scratch = ScratchFolder()
    let help = try await run(["start", "--help"], in: scratch)
    #expect(help.status == 0 && help.stdout.contains("USAGE: omtd-setup sandbox start"))
    for option in ["--simulated", "--trees", "--port", "--room", "--api-version"] {
      #expect(help.stdout.contains("  \(option)"), "\(help.stdout)")
    }
    let wrong = try await run(["start", "--simulatedd"], in: scratch)
    #expect(wrong.status == 64)
    #expect(wrong.stderr.hasPrefix("Error: Unknown option '--simulatedd'"), "\(wrong.stderr)")
    let room = try await run(["start", "--room", "0"], in: scratch)
    #expect(room.status == 64 && room.stderr.hasPrefix("Error: room is 1 to 100000"))
    #expect(!Files.exists(scratch.path + "/sandbox"))
  }

  @Test("What start is told reaches the sandbox")
  func optionsReach() async throws {
    let scratch = ScratchFolder()
    let started = try await run(
      [
        "start", "--simulated", "--room", "7", "--build-seconds", "0.5", "--api-version=0.16",
        "--action-seconds", "2", "--delete-seconds", "1e-05", "--versioned-endpoints", "--trees=-x",
      ], in: scratch)
    #expect(started.status == 0, "\(started.stderr)")
    let port = Int(started.stdout.split(separator: ":").last?.prefix { $0 != "/" } ?? "") ?? 0
    let said = try Files.text(scratch.path + "/sandbox/sandbox.json")
    let parts = said.split(separator: "\"", omittingEmptySubsequences: false)
    let token = try #require(parts.firstIndex(of: "token").map { parts[$0 + 2] })
    let settings = try await Loopback.exchange(
      "GET /sandbox/settings HTTP/1.1\r\nConnection: close\r\nX-Auth-Token: \(token)\r\n\r\n",
      port: port)
    for part in [
      #""buildSeconds":0.5"#, #""actionSeconds":2"#, #""deleteSeconds":1e-05"#,
      #""apiVersion":"0.16""#, #""versionedEndpoints":true"#,
    ] {
      #expect(settings.contains(part), "\(settings)")
    }
    #expect(try await run(["destroy"], in: scratch).status == 0)
  }

  @Test("A sandbox that still starts is told of and can be stopped, with all that it has started")
  func stopsStarting() async throws {
    let scratch = ScratchFolder()
    // Somebody else builds images in the same place, so it has to wait. Needs root, as machines do.
    let said = try await Command(
      words: [
        "sh", "-c",
        """
        [ "$(id -u)" = 0 ] || { echo 'needs root'; exit; }
        export OMTD_SANDBOX_DIR=$PWD/sandbox
        mkdir trees; exec 5<trees; flock 5
        "$0" sandbox start --trees "$PWD/trees" 5<&- >start.log 2>&1 & start=$!
        for i in $(seq 200); do
          [ "$(pgrep -fc "machine.sh $PWD/sandbox/machines prepare")" = 0 ] || break; sleep 0.1
        done
        "$0" sandbox status 5<&- | sed "s|$PWD|HERE|; s/process .*/process N/"
        "$0" sandbox status --json 5<&-
        "$0" sandbox stop 5<&-; echo "status $?"
        wait $start; echo "status $?"; cat start.log
        pgrep -fa "$PWD/sandbox" | grep -v pgrep
        "$0" sandbox destroy 5<&-; ls sandbox 2>&1
        """, Files.binary,
      ], folder: scratch.path
    ).run()
    #expect(
      said.stdout == """
        a sandbox starts in HERE/sandbox, process N
        {"running":false,"starting":true}
        stopped
        status 0
        status 1
        error: the sandbox ended while it started
          log: error: it was stopped while it started
        destroyed
        ls: cannot access 'sandbox': No such file or directory

        """ || said.stdout == "needs root\n", "\(said.stdout)\(said.stderr)")
  }

  /// Three steps of a second each, then an address; its own process is the one that lives.
  private static let slow = """
    #!/bin/sh
    exec 9>"$3/lock" && flock -n 9 || exit 1
    for step in one two three; do echo "step $step" >>"$OMTD_HOSTS_NEWS"; sleep 0.9; done
    cat >"$3/new" <<END
    {"auth_url": "http://127.0.0.1:9/identity", "token": "t", "pid": $$}
    END
    mv "$3/new" "$3/sandbox.json"
    sleep 3
    """

  @Test("A start is waited for as long as it tells what it does, which is shown")
  func waits() async throws {
    let scratch = ScratchFolder()
    let said = try await run(["start"], in: scratch, program: Self.slow, patience: 2)
    #expect(said.status == 0, "\(said.stderr)")
    #expect(said.stdout == "the sandbox runs at http://127.0.0.1:9/identity\n")
    #expect(said.stderr == "sandbox: step one\nsandbox: step two\nsandbox: step three\n")
  }

  @Test("A start that says nothing is given up; one that ends is told at once with its log")
  func givesUp() async throws {
    let silent = try await run(
      ["start"], in: ScratchFolder(), program: "#!/bin/sh\nsleep 4\n", patience: 1)
    #expect(silent.status == 1)
    #expect(silent.stderr.contains("the sandbox has said nothing for 1 s"), "\(silent.stderr)")
    let ended = try await run(
      ["start"], in: ScratchFolder(), program: "#!/bin/sh\necho no room here >&2\nexit 1\n",
      patience: 900)
    #expect(ended.status == 1)
    #expect(ended.stderr.contains("the sandbox ended while it started"), "\(ended.stderr)")
    #expect(ended.stderr.contains("no room here"))
  }
}
