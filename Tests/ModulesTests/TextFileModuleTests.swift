import ModuleKit
import Modules
import TestKit
import Testing
import Values

/// `lineinfile`, `blockinfile` and `cron` against what the real modules made of the same files.
@Suite struct TextFileModuleTests {
  private func check<M: Module>(
    _ type: M.Type, _ cases: String, path key: Value, keys: [String]
  ) throws {
    let rows = try Cases.rows(cases)
    #expect(rows.count > 50)
    for (index, row) in rows.enumerated() {
      let id: Comment = "row \(index): \(JSON.text(row))"
      var arguments = row["args"]?.map ?? [:]
      arguments[key] = "/file"
      let module = try? M(
        Arguments.check(
          arguments.map { ($0.key.string ?? "", $0.value, nil) }, for: M.specification, at: nil))
      guard let module else {
        #expect(row["failed"] == true, id)
        continue
      }
      var content = row["before"]?.string.map { Array($0.utf8) }
      var outputs: [StepOutput] = []
      var outcome = Result { try module.plan(view(content, outputs)) }
      if case .success(.steps(let steps, _)) = outcome {
        #expect(steps.count == 1, id)
        var note = ""
        switch steps.first {
        case .write(let write)?: (content, note) = (write.payload.bytes, write.note)
        case .remove?: content = nil
        default: Issue.record(id)
        }
        outputs = [.known(.init(status: 0, stdout: Array(note.utf8)))]
        outcome = Result { try module.plan(view(content, outputs)) }
      }
      #expect(row["after"]?.string.map { Array($0.utf8) } == content, id)
      guard case .success(.done(let result)) = outcome else {
        #expect(row["failed"] == true, id)
        continue
      }
      #expect(row["failed"] != true, id)
      #expect(.bool(result.isChanged) == row["changed"], id)
      for key in keys where row[key] != nil {
        #expect(result.values[.string(key)] == row[key], id)
      }
    }
  }

  /// A host that has the one file, or none.
  private func view(_ content: [UInt8]?, _ outputs: [StepOutput]) -> HostView {
    var table = FactTable()
    let line = content == nil ? "-" : "81a4 0 0 0 0 1 1 1 root root -"
    table.set(
      .known(FollowedFileFact("/file").parse(Substring(line)), line: ""),
      for: FollowedFileFact("/file"))
    table.set(
      .known(content.map { .bytes($0) } ?? .absent, line: ""), for: ContentFact("/file"))
    return HostView(table: table, outputs: outputs)
  }

  @Test func linesAreAsTheRealModuleLeavesThem() throws {
    try check(LineInFileModule.self, "lineinfile.json", path: "path", keys: ["msg", "found"])
  }

  @Test func blocksAreAsTheRealModuleLeavesThem() throws {
    try check(BlockInFileModule.self, "blockinfile.json", path: "path", keys: ["msg"])
  }

  @Test func modesAreAsTheRealModuleReadsThem() throws {
    let rows = try Cases.rows("modes.json")
    #expect(rows.count > 500)
    for row in rows {
      guard let cells = row.elements, cells.count == 4, let text = cells[0].string,
        let isDirectory = cells[1].bool, let before = UInt16(cells[2].string ?? "", radix: 8)
      else {
        Issue.record("\(JSON.text(row))")
        continue
      }
      let after = ModeChange(text)?.applied(to: before, isDirectory: isDirectory)
      #expect(after?.octal == cells[3].string, "\(JSON.text(row))")
    }
    #expect(ModeChange("0o750") == .bits(0o750))
  }

  @Test func cronFilesAreAsTheRealModuleLeavesThem() throws {
    try check(CronModule.self, "cron.json", path: "cron_file", keys: ["jobs", "envs"])
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
    let planned = try ModuleRun(LineInFileModule.self, arguments, on: shell, isPlan: true)
    #expect(planned.result?.values["msg"] == "line added")
    #expect(planned.result?.values["backup"]?.containsUnknown == true)
    let run = try ModuleRun(LineInFileModule.self, arguments, on: shell)
    #expect(run.result?.values["msg"] == "line added")
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
    #expect(refused.result?.isChanged != false)
    #expect(shell.run("cat \(path)") == "a\nb\n")
  }
}
