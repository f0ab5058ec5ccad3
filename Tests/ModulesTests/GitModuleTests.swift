import ModuleKit
import Modules
import Testing
import Values

@Suite struct GitModuleTests {
  /// A repository with a branch `main` of two commits, a branch `dev` and a tag `v1` on the first.
  private func repository(_ trial: Trial) -> String {
    let output = trial.execute(
      """
      d=$(mktemp -d); cd "$d"; exec 2>/dev/null
      export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
      git init -q -b main src; cd src; echo one >f; git add f; git commit -qm one; git tag -a -m t v1
      git branch dev; echo two >f; git commit -qam two; printf %s "$d"
      """)
    return output.text
  }

  @Test(arguments: Trial.shells)
  func clonesUpdatesAndLeavesAlone(shell: String) throws {
    let trial = Trial(command: shell)
    let root = repository(trial)
    defer { _ = trial.execute("rm -rf -- \(root)") }
    let (repo, dest) = ("\(root)/src", "\(root)/out/here")
    func go(_ trial: Trial, _ version: String) throws -> Trial.Ending {
      try trial.run(
        "git", ["repo": .string(repo), "dest": .string(dest), "version": .string(version)])
    }
    let imagined = try go(trial.imagining, "HEAD")
    #expect(imagined.isChanged, "\(String(describing: imagined.failure))")
    let first = try go(trial, "HEAD")
    #expect(first.isChanged, "\(String(describing: first.failure))")
    #expect(first.result?.values["before"] == .null)
    let second = try go(trial, "main")
    #expect(second.result?.isChanged == false)
    #expect(second.asked <= 2)
    let tag = try go(trial, "v1")
    #expect(tag.result?.values["before"] == first.result?.values["after"])
    #expect(tag.result?.values["after"] != tag.result?.values["before"])
    #expect(try go(trial, "v1").result?.isChanged == false)
    #expect(try go(trial, "dev").result?.values["after"] == tag.result?.values["after"])
    let commit = first.result?.values["after"]?.string ?? ""
    #expect(try go(trial, commit).result?.values["after"]?.string == commit)
    #expect(try go(trial, "nothing").failure != nil)
    _ = trial.execute("echo mine >\(dest)/f")
    #expect(try go(trial, "main").failure != nil)
    let forced = try trial.run(
      "git", ["repo": .string(repo), "dest": .string(dest), "force": true])
    #expect(forced.isChanged)
    let refused = try trial.run("git", ["repo": .string("\(root)/no"), "dest": "/tmp/never-made"])
    #expect(refused.failure != nil)
    let shallow = try trial.run(
      "git",
      [
        "repo": .string("file://\(repo)"), "dest": .string("\(root)/flat"), "depth": 1,
        "version": "dev",
      ])
    #expect(shallow.isChanged, "\(String(describing: shallow.failure))")
  }
}
