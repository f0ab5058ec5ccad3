import ModuleKit
import TestKit
import Testing
import Values

/// Fragments of facts one behind the other in the shell of one request, and commands in it.
@Suite struct SharedShellTests {
  private let names =
    ["missing", "a file", "[*]", "line\nfeed", "link", "odd", "deep", "dir", "-n", "$(id)", "\\"]
    + (1...12).map { "n\($0)" }

  private func make(_ shell: ScratchShell) -> [String] {
    shell.run(
      """
      cd \(shell.root); printf 'one\\n' >'a file'; printf 2 >'[*]'; printf 3 >'line
      feed'; ln -s 'a file' link; ln -s 'two
      lines' odd; ln -s /proc/self/nothing deep; mkdir dir; printf 4 >./-n; printf 5 >'$(id)'
      printf 6 >'\\'; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do printf $i >n$i; done
      """)
    return names.map { shell.root + "/" + $0 }
  }

  private func file(_ reading: FileReading) -> RemoteFile? {
    if case .present(let file) = reading { file } else { nil }
  }

  @Test(arguments: ScratchShell.shells)
  func manyPathsAnswerInOrderWhateverTheirNames(shell name: String) {
    let shell = ScratchShell(name)
    let facts = make(shell).map { FileFact($0) }
    let answers = FileFact.answers(in: shell.run(FileFact.script(facts)))
    let files = zip(facts, answers).map { file($0.parse($1)) }
    #expect(files.count == names.count)
    let kinds: [RemoteFile.Kind?] =
      [nil, .file, .file, .file, .link, .link, .link, .directory]
      + Array(repeating: .file, count: 15)
    #expect(files.map { $0?.kind } == kinds)
    #expect(files[4]?.target == "a file")
    // A target of two lines cannot be told in one.
    #expect(files[5]?.target == "")
    #expect(files[6]?.target == "/proc/self/nothing")
    let texts = ["one\n", "2", "3", nil, nil, nil, nil, "4", "5", "6"] + (1...12).map { "\($0)" }
    #expect(
      files.dropFirst().map { $0?.sha256 }
        == texts.map { $0.map { Digest.sha256(Array($0.utf8)) } })
  }

  @Test(arguments: ScratchShell.shells)
  func factsBehindEachOtherAnswerAsEachAlone(shell name: String) {
    let shell = ScratchShell(name)
    let paths = make(shell)
    let groups = batches(
      paths.map { FileFact($0) } + paths.map { ContentFact($0) }
        + paths.map { FollowedFileFact($0) } + paths.map { DigestFact($0, .sha1) }
        + ["root", "nobody-here", "0", "daemon"].map { UserFact($0) }
        + ["daemon", "none-such"].map { GroupFact($0) }
        + ["omtd-a", "omtd-b"].map { UnitFact($0) })
    let areContained = groups.allSatisfy(\.isContained)
    #expect(areContained)
    let alone = groups.map { shell.run($0.script) }.joined()
    let together = groups.map { "{ \($0.script.text)\n} </dev/null 2>/dev/null\n" }.joined()
    #expect(shell.run(ShellScript(verbatim: together)) == alone)
    // What a shell has besides variables stays as it was.
    let state = #"printf '%s|%s|%s|' "$-" "$IFS" "$PATH"; umask; pwd; echo *"#
    let before = shell.run("cd \(shell.root)\n" + ShellScript(verbatim: state))
    let quiet = "{ \(together)} >/dev/null\n"
    #expect(
      shell.run("cd \(shell.root)\n" + ShellScript(verbatim: quiet + state)) == before)
  }

  /// A guard hashes what a fragment prints, and compares it with the answers that were kept.
  @Test(arguments: ScratchShell.shells)
  func answersAndTheirLineFeedsAreAllThatIsPrinted(shell name: String) {
    let shell = ScratchShell(name)
    let paths = make(shell)
    func expect<F: Fact>(_ facts: [F]) {
      let output = shell.run(F.script(facts))
      let answers = F.answers(in: output)
      #expect(answers.count == facts.count)
      #expect(answers.map { $0 + "\n" }.joined() == output)
    }
    expect(paths.map { FileFact($0) })
    expect(paths.map { FollowedFileFact($0) })
    expect(paths.map { ContentFact($0) })
    expect(["root", "nobody-here"].map { UserFact($0) })
    expect(["omtd-a", "omtd-b"].map { UnitFact($0) })
  }

  @Test func unitsAreParted() {
    let output = "Id=a.service\nDescription=A\n\n! Failed to connect\n\nId=b.timer\n\n"
    let answers = UnitFact.answers(in: output)
    #expect(answers == ["Id=a.service\nDescription=A\n", "! Failed to connect\n", "Id=b.timer\n"])
    guard case .unit(let unit) = UnitFact("a").parse(answers[0]) else {
      Issue.record("no unit")
      return
    }
    #expect(unit["Description"] == "A")
    #expect(UnitFact("x").parse(answers[1]) == .unreadable("Failed to connect"))
  }

  @Test(arguments: ScratchShell.shells, ["/nonexistent", "/proc", nil])
  func outputOfCommandsIsKeptApartWhereverFilesCanBe(shell name: String, folder: String?) {
    let shell = ScratchShell(name)
    let folder = folder ?? shell.root
    let command = ShellScript(
      verbatim:
        #"umask; ls -la "$TMPDIR" 2>/dev/null | grep -c -e '^-rw-------.*omtd'; echo err >&2; exit 3"#
    )
    var run = Run("x", command, effect: .opaque)
    run.isUserCommand = true
    let step = StepScript(.run(run)).script
    let output = shell.run(
      "umask 027; TMPDIR=\(folder); export TMPDIR; { \(script: step)\n} 2>\(shell.root)/said; echo \"$? $(umask)\""
    )
    #expect(output == "0027\n\(folder == shell.root ? 2 : 0)\n3 0027\n")
    #expect(
      shell.run("cat \(shell.root)/said; ls -A \(shell.root) | grep -c omtd") == "err\n0\n")
  }
}
