import ModuleKit
import Modules
import Testing

@Suite struct RegistryTests {
  @Test func namesAreInOrderAndEachOnce() {
    let names = Registry.modules.map { $0.specification.name }
    #expect(Set(names).count == names.count)
  }
}
