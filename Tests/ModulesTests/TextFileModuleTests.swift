import ModuleKit
import Modules
import Testing
import Values

/// `lineinfile`, `blockinfile` and `cron` against what the real modules made of the same files.
@Suite struct TextFileModuleTests {
  private func check<M: Module>(
    _ type: M.Type, _ cases: String, path key: Value, keys: [String], shell name: String
  ) throws {
    let rows = Cases.rows(cases)
    #expect(rows.count > 50)
    let shell = ScratchShell(name)
    let path = shell.root + "/file"
    for (index, row) in rows.enumerated() {
      shell.run("rm -f \(path)")
      if let before = row["before"]?.string { shell.write(Array(before.utf8), to: path) }
      var arguments = row["args"]?.map ?? [:]
      arguments[key] = .string(path)
      let plan = try ModuleRun(type, arguments, on: shell, isPlan: true)
      let run = try ModuleRun(type, arguments, on: shell)
      let after = shell.run("[ -e \(path) ] && cat \(path); echo .")
      let id: Comment = "row \(index): \(JSON.text(row))"
      #expect((row["after"]?.string ?? "") + ".\n" == after, id)
      if row["failed"] == true {
        #expect(run.failure != nil, id)
        continue
      }
      #expect(run.failure == nil, id)
      #expect(.bool(run.result?.isChanged ?? false) == row["changed"], id)
      #expect(plan.result?.isChanged == run.result?.isChanged, id)
      for key in keys {
        #expect(run.result?.values[.string(key)] == row[key], id)
      }
      if run.result?.isChanged == false { #expect(run.asks <= 1, id) }
    }
  }

  @Test(arguments: ["dash", "busybox sh"])
  func linesAreAsTheRealModuleLeavesThem(shell: String) throws {
    try check(
      LineInFileModule.self, "lineinfile.json", path: "path", keys: ["msg", "found"], shell: shell)
  }

  @Test(arguments: ["dash", "busybox sh"])
  func blocksAreAsTheRealModuleLeavesThem(shell: String) throws {
    try check(BlockInFileModule.self, "blockinfile.json", path: "path", keys: ["msg"], shell: shell)
  }

  @Test(arguments: ["dash", "busybox sh"])
  func cronFilesAreAsTheRealModuleLeavesThem(shell: String) throws {
    try check(
      CronModule.self, "cron.json", path: "cron_file", keys: ["jobs", "envs"], shell: shell)
  }

  @Test(arguments: ScratchShell.shells)
  func attributesAndBackupsGoWithTheText(shell name: String) throws {
    let shell = ScratchShell(name)
    let path = shell.root + "/it's"
    shell.write(Array("a\n".utf8), to: path)
    let arguments: ValueMap = [
      "path": .string(path), "line": "b", "backup": true, "mode": "0604",
      "validate": "grep -q b %s",
    ]
    let run = try ModuleRun(LineInFileModule.self, arguments, on: shell)
    let copy = run.result?.values["backup"]?.string ?? ""
    #expect(shell.run("stat -c %a \(path); cat \(path) \(copy)") == "604\na\nb\na\n")
    let second = try ModuleRun(LineInFileModule.self, arguments, on: shell)
    #expect(second.result?.isChanged == false)
    #expect(second.rounds == 2)
    let deep: ValueMap = [
      "path": .string(shell.root + "/x/y/z"), "line": "b", "create": true,
    ]
    #expect(try ModuleRun(LineInFileModule.self, deep, on: shell).result?.isChanged == true)
    #expect(shell.run("cat \(shell.root)/x/y/z") == "b\n")
    let refused = try ModuleRun(
      LineInFileModule.self, ["path": .string(path), "line": "c", "validate": "false %s"],
      on: shell)
    #expect(shell.run("cat \(path)") == "a\nb\n")
    _ = refused
  }
}
