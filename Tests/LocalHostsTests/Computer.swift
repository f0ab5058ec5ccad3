@preconcurrency import Glibc
import LocalHosts
import Subprocess

/// A set of machines of one test, with a key that opens them. Nothing of it outlives `close`.
struct Computer {
  let machines: LocalMachines
  let state: String
  let trees: String
  let network: LocalPublicNetwork
  /// The line for `authorized_keys`.
  let publicKey: String
  private let folder: String

  /// Machines boot, or the test fails: one that is passed over proves nothing.
  init(_ name: String) async throws {
    state = "/var/tmp/omtd-local-\(name)-\(getpid())"
    folder = state + "-keys"
    let given = getenv("OMTD_HOSTS_TREES") ?? getenv("OMTD_HOSTS_DIR")
    trees = given.map { String(cString: $0) } ?? "/var/tmp/omtd-hosts"
    machines = try LocalMachines(stateDirectory: state, treesDirectory: trees)
    network = try await machines.prepare()
    _ = try await Self.shell(
      "mkdir -p \"$1\" && ssh-keygen -q -t ed25519 -N '' -f \"$1/key\"", [folder])
    publicKey = try await Self.shell("cat \"$1/key.pub\"", [folder])
  }

  func close() async throws {
    try await machines.removeAll()
    _ = try await Self.shell("rm -rf \"$1\"", [folder])
  }

  /// With a public address of its own for each `number`, and one in the private network `17`.
  func order(_ number: Int) -> LocalMachineOrder {
    LocalMachineOrder(
      id: "snf-\(number)", hostname: "guest\(number)",
      interfaces: [
        LocalInterface(
          network: .public, mac: "02:0c:f5:00:00:0\(number)",
          address: "\(network.prefix).\(10 + number)/24", gateway: network.gateway),
        LocalInterface(
          network: .private("17"), mac: "02:0c:f5:00:01:0\(number)", address: "10.5.5.\(number)/24"),
      ], keys: [LocalKeys(user: "root", lines: [publicKey])])
  }

  func address(_ number: Int) -> String { "\(network.prefix).\(10 + number)" }

  /// What a command prints on a machine; waits for its sshd, 60 s at most.
  ///
  /// - Parameter knownKey: type and key that the machine has to show; nil: any.
  func ssh(
    _ number: Int, _ command: String, user: String = "root", knownKey: String? = nil
  ) async throws -> String {
    let known = "\(folder)/known"
    _ = try await Self.shell(
      "echo \"$2\" >\"$1\"", [known, knownKey.map { "\(address(number)) \($0)" } ?? ""])
    return try await Self.shell(
      """
      for i in {1..60}; do
        (exec 3<>"/dev/tcp/${3#*@}/22" && read -r -t 5 banner <&3) 2>/dev/null && break; sleep 1
      done
      for i in {1..10}; do # those who log in before the boot is over are turned away
        timeout 30 ssh -n -F none -i "$1" -o BatchMode=yes -o ConnectTimeout=10 -o LogLevel=ERROR \\
          -o UserKnownHostsFile="$2" -o StrictHostKeyChecking="$5" "$3" "$4"
        status=$?
        ((status == 255)) || exit "$status"
        sleep 1
      done
      exit 255
      """,
      [
        "\(folder)/key", knownKey == nil ? "/dev/null" : known, "\(user)@\(address(number))",
        command, knownKey == nil ? "no" : "yes",
      ])
  }

  /// What machines may leave behind on this computer; nothing of other sets, which work meanwhile.
  func traces() async throws -> String {
    try await Self.shell(
      """
      tag=$(printf %s "$1" | sha256sum | cut -c1-5)
      pgrep -fa -- "$1/|o$tag-" | grep -vw "$$" | grep -v pgrep | sed 's/^/process /'
      grep -F "$1/" /proc/self/mounts | sed 's/^/mount /'
      grep -lF "$1/" /proc/[0-9]*/mounts 2>/dev/null | sed 's/^/namespace of /'
      ip -o link | grep -F "$tag" | cut -d: -f2 | sed 's/^/link /'
      iptables-save 2>/dev/null | grep -F "$tag" | sed 's/^/rule /'
      find /sys/fs/cgroup -type d -name "*$tag*" 2>/dev/null | sed 's/^/group /'
      find "$1" 2>/dev/null | sed 's/^/file /' | head
      exit 0
      """, [state])
  }

  /// The output of a piece of bash, without the last line feed.
  static func shell(_ script: String, _ arguments: [String] = []) async throws -> String {
    let result = try await run(
      .name("timeout"), arguments: Arguments(["200", "bash", "-c", script, "bash"] + arguments),
      input: .none, output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    guard result.terminationStatus.isSuccess else {
      throw LocalMachineProblem(
        "\(result.terminationStatus)", evidence: result.standardOutput + result.standardError)
    }
    let output = result.standardOutput
    return output.hasSuffix("\n") ? String(output.dropLast()) : output
  }
}
