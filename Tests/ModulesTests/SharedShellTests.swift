import ModuleKit
import Modules
import TestKit
import Testing
import Values

/// Facts of modules that are read in the shell of a request, and not in one of their own.
@Suite struct ModuleFactShellTests {
  /// What a shell has besides variables of ours.
  private static let state: ShellScript =
    #"printf '%s|%s|%s|' "$-" "$IFS" "$PATH"; umask; pwd; env | grep -v '^_=' | sort"#

  private func expectContained<F: Fact>(_ fact: F, _ shell: ScratchShell) {
    #expect(F.isContained)
    let before = shell.run(Self.state)
    let behind =
      ShellScript(verbatim: "{ \(F.script([fact]).text)\n} </dev/null >/dev/null 2>&1\n")
      + Self.state
    #expect(shell.run(behind) == before, "\(F.self)")
  }

  @Test("A fact leaves the shell that it is read in as it was", arguments: ScratchShell.shells)
  func leavesTheShell(name: String) {
    let shell = ScratchShell(name)
    expectContained(SystemFact(factPath: "/none", timeout: 2), shell)
    expectContained(HostNameFact(), shell)
    expectContained(AccountFact("root"), shell)
    expectContained(UnitFact("omtd-a"), shell)
    expectContained(UnitFact("omtd-a", scope: .user), shell)
  }

  @Test(
    "The full name is found among comments in /etc/hosts, and the shell goes on",
    arguments: ScratchShell.shells)
  func readsHosts(name: String) {
    let shell = ScratchShell(name)
    let own = shell.run("uname -n").split(separator: "\n").joined()
    for (hosts, full) in [
      (
        "#127.0.1.1 \(own)\n# 127.0.1.1 \(own) x.example\n127.0.1.1 \(own).example \(own)\n",
        ".example"
      ),
      (
        "127.0.0.1 localhost # \(own).no\n127.0.1.1\t\(own).example\t\(own) # \(own).no\n",
        ".example"
      ),
      ("\n127.0.1.1 \(own) \(own).example\n", ".example"),
    ] {
      shell.run("printf %s \(hosts) >\(shell.root + "/hosts")")
      let script = HostNameFact.script([HostNameFact()]).text
        .replacingAll("/etc/hosts", with: shell.root + "/hosts")
      let said = shell.run(ShellScript(verbatim: script + "\necho goes on\n"))
      let lines = said.split(separator: "\n")
      #expect(lines.last == "goes on", "\(hosts): \(said)")
      #expect(lines.first?.hasSuffix("|\(own)\(full)") ?? false, "\(hosts): \(said)")
    }
  }
}
