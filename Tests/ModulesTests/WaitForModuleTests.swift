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
}
