import TestKit
import Testing

@Suite struct RegistryTests {
  @Test("The registry holds all modules: `make generate` would change nothing")
  func isFresh() async throws {
    let scratch = ScratchFolder()
    let fresh = scratch.path + "/Registry.swift"
    let result = try await Command(
      words: ["/bin/sh", Files.package + "/scripts/generate", fresh], folder: Files.package
    ).run()
    #expect(result.status == 0, "\(result.stderr)")
    let committed = try Files.text(Files.package + "/Sources/Modules/Registry.swift")
    #expect(try Files.text(fresh) == committed, "stale: run `make generate`")
  }
}
