import ModuleKit
import Modules
import TestKit
import Testing
import Values

@Suite struct StatModuleTests {
  @Test(arguments: ScratchShell.shells)
  func tellsFilesLinksAndWhatIsNotThere(shell name: String) throws {
    let shell = ScratchShell(name)
    let root = shell.root
    shell.run(
      "cd \(root); printf abc >'a b'; chmod 4640 'a b'; ln -s 'a b' link; ln -s none broken; touch -d @1000000000 'a b'"
    )
    func stat(_ path: String, _ more: ValueMap = [:]) throws -> Value? {
      let arguments = more.merging(["path": .string("\(root)/\(path)")]) { $1 }
      let run = try ModuleRun(StatModule.self, arguments, on: shell)
      #expect(run.rounds == 2)
      return run.result?.values["stat"]
    }
    let file = try stat("a b")
    #expect(file?["mode"] == "4640")
    #expect(file?["isuid"] == true)
    #expect(file?["isreg"] == true)
    #expect(file?["xoth"] == false)
    #expect(file?["size"] == 3)
    #expect(file?["mtime"] == .double(1_000_000_000))
    #expect(file?["checksum"] == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(file?["pw_name"] == "root")
    #expect(file?["readable"] == true)
    let link = try stat("link")
    #expect(link?["islnk"] == true)
    #expect(link?["lnk_target"] == "a b")
    #expect(link?["lnk_source"] == .string("\(root)/a b"))
    #expect(link?["checksum"] == nil)
    #expect(try stat("link", ["follow": true])?["isreg"] == true)
    #expect(try stat("broken", ["follow": true]) == ["exists": false])
    #expect(try stat("nothing") == ["exists": false])
    #expect(
      try stat("a b", ["checksum_algorithm": "md5"])?["checksum"]
        == "900150983cd24fb0d6963f7d28e17f72")
    let bare = try stat("a b", ["get_checksum": false, "get_mime": false, "get_attributes": false])
    #expect(bare?["checksum"] == nil)
    #expect(bare?["mimetype"] == nil)
    #expect(bare?["attr_flags"] == nil)
  }

  @Test func aFileOfThePlanIsKnownInPart() throws {
    var overlay = Overlay()
    overlay.imagine(
      .write(
        FileWrite(path: "/new", payload: Payload("x"), attributes: FileAttributes(mode: 0o600))))
    let module = try StatModule(
      Arguments(["path": "/new", "checksum_algorithm": "sha1", "get_checksum": true]))
    guard case .done(let result) = try module.plan(HostView(table: FactTable(), overlay: overlay)),
      let stat = result.values["stat"]
    else {
      Issue.record("it asked for more")
      return
    }
    #expect(stat["exists"] == true)
    #expect(stat["mode"] == "0600")
    guard case .partial = stat else {
      Issue.record("other keys must be unknown")
      return
    }
  }
}
