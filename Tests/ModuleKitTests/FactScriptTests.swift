import ModuleKit
import Patterns
import TestKit
import Testing
import Values

@Suite struct FactScriptTests {
  private func read<F: Fact>(_ facts: [F], _ shell: ScratchShell) -> [F.Reading] {
    let lines = shell.run(F.script(facts)).split(separator: "\n", omittingEmptySubsequences: false)
    return zip(facts, lines).map { $0.parse($1) }
  }

  @Test(arguments: ScratchShell.shells)
  func readsFilesLinksDirectoriesAndWhatIsNotThere(shell name: String) throws {
    let shell = ScratchShell(name)
    let root = shell.root
    shell.run(
      """
      cd \(root); printf abc >file; chmod 640 file; mkdir -m 1777 dir; ln -s file link
      ln -s nowhere broken; printf x >"it's a \\\\ name"; : >empty; mkfifo pipe
      """)
    let names = [
      "missing", "file", "link", "dir", "broken", "it's a \\ name", "empty", "pipe", "gone/too",
    ]
    let readings = read(names.map { FileFact("\(root)/\($0)") }, shell)
    let files = readings.map { reading -> RemoteFile? in
      if case .present(let file) = reading { file } else { nil }
    }
    #expect(readings.count == names.count)
    #expect(
      files.map { $0?.kind } == [nil, .file, .link, .directory, .link, .file, .file, .fifo, nil])
    #expect(files[1]?.mode == 0o640)
    #expect(files[1]?.size == 3)
    #expect(files[1]?.owner == "root")
    #expect(files[1]?.sha256 == Digest.sha256(Array("abc".utf8)))
    #expect(files[2]?.target == "file")
    #expect(files[3]?.mode == 0o1777)
    #expect(files[4]?.target == "nowhere")
    #expect(files[5]?.sha256 == Digest.sha256(Array("x".utf8)))
    #expect(files[6]?.sha256 == Digest.sha256([]))
    let followed = read(
      ["link", "broken", "file"].map { FollowedFileFact("\(root)/\($0)") }, shell)
    guard case .present(let end) = followed[0] else { throw Missing() }
    #expect(end.kind == .file)
    #expect(end.resolvedPath == "\(root)/file")
    #expect(followed[1] == .absent)
    guard case .present(let plain) = followed[2] else { throw Missing() }
    #expect(plain.resolvedPath == "\(root)/file")
    #expect(read([FileFact("\(root)/no")], shell) == [.absent])
  }

  @Test(arguments: ScratchShell.shells)
  func readsContentsDigestsAndAccounts(shell name: String) {
    let shell = ScratchShell(name)
    let root = shell.root
    let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    shell.write(bytes, to: root + "/binary")
    shell.run("cd \(root); : >empty; ln -s binary link")
    let contents = read(
      ["binary", "link", "empty", "none", "."].map { ContentFact("\(root)/\($0)") }, shell)
    #expect(
      contents == [
        .bytes(bytes), .bytes(bytes), .bytes([]), .absent, .unreadable("is a directory"),
      ])
    #expect(
      read([DigestFact(root + "/binary", .sha1), DigestFact(root + "/none", .md5)], shell)
        == [Digest.sha1(bytes), nil])
    let users = read([UserFact("root"), UserFact("nobody-here"), UserFact("0")], shell)
    #expect(users.map { $0?.name } == ["root", nil, "root"])
    #expect(read([GroupFact("root")], shell).first??.gid == 0)
  }

  @Test(arguments: ScratchShell.shells)
  func writesAtomicallyWithAttributesBackupAndValidation(shell name: String) throws {
    let shell = ScratchShell(name)
    let path = shell.root + "/it's"
    func apply(_ write: FileWrite) -> String {
      let step = StepScript(.write(write))
      return shell.run(step.script + "; echo $?", input: step.input)
    }
    let first = FileWrite(
      path: path, payload: Payload([0, 255, 10, 39]), attributes: FileAttributes(mode: 0o604))
    #expect(apply(first) == "0\n")
    #expect(read([ContentFact(path)], shell) == [.bytes([0, 255, 10, 39])])
    var second = first
    second.payload = Payload("new\n")
    second.backsUp = true
    second.validate = "grep -q new %s"
    let copy = try backup(in: apply(second), of: path)
    #expect(read([ContentFact(copy)], shell) == [.bytes([0, 255, 10, 39])])
    var refused = second
    refused.payload = Payload("other\n")
    refused.validate = "false %s"
    #expect(apply(refused) == "1\n")
    #expect(read([ContentFact(path)], shell) == [.bytes(Array("new\n".utf8))])
    #expect(shell.run("ls -A \(shell.root) | grep -c omtd") == "0\n")
    #expect(shell.run("ls \(shell.root)") == "it's\n" + RemotePath.name(of: copy) + "\n")
    guard case .present(let file) = read([FileFact(path)], shell)[0] else { throw Missing() }
    #expect(file.mode == 0o604)
  }

  /// The name of the copy at the end of a step's output, which must have the form that
  /// `backup_local` of ansible-core gives it.
  private func backup(in output: String, of path: String) throws -> String {
    let known = StepOutput.Known(status: 0, stdout: Array(output.utf8.dropLast(2)))
    let name = try #require(known.backup?.string)
    let form = try Pattern.compile(
      #"\.\d+\.20\d\d-[01]\d-[0-3]\d@[0-2]\d:[0-5]\d:[0-5]\d~"#)
    #expect(name.hasPrefix(path))
    #expect(try form.fullMatch(String(name.dropFirst(path.count))) != nil, "\(name)")
    return name
  }

  @Test(arguments: ScratchShell.shells)
  func copiesOfTheSameSecondKeepEachOther(shell name: String) throws {
    let shell = ScratchShell(name)
    let path = shell.root + "/file"
    shell.write(Array("0".utf8), to: path)
    // One script, and so one process number, within a second or two.
    let writes = (1...3).map {
      StepScript(
        .write(
          FileWrite(
            path: path, payload: Payload("\($0)"), attributes: FileAttributes(), backsUp: true)))
    }
    let script = writes.map(\.script).reduce("") { $0 + $1 + "\n" }
    shell.run(script, input: writes.flatMap(\.input))
    let copies = shell.run("cat \(path) \(shell.root)/*~ | fold -w1 | sort | tr -d '\\n'")
    #expect(copies == "0123")
  }

  private struct Missing: Error {}
}
