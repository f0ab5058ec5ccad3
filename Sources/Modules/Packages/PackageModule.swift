import Diagnostics
import ModuleKit
import Values

/// `package`: packages by whatever the host has; so far that is apt.
package struct PackageModule: Module {
  package static let specification = Specification(
    "package", summary: "Packages by the host's own package manager",
    parameters: AptRequest.parameters + [
      Parameter("name", .list(of: .string), aliases: ["pkg"], isRequired: true),
      Parameter("state", isRequired: true), Parameter("use", default: "auto"),
    ])

  private let apt: AptModule

  package init(_ arguments: Arguments) throws(Diagnostic) {
    if let use = arguments.text("use"), !["auto", "apt", "ansible.builtin.apt"].contains(use) {
      throw .error("`use: \(use)` is not supported", at: arguments.location(of: "use"))
    }
    let states = ["absent", "build-dep", "fixed", "installed", "latest", "present", "removed"]
    guard let state = arguments.text("state"), states.contains(state) else {
      throw .error(
        "`state` must be one of `present`, `absent`, `latest`",
        at: arguments.location(of: "state"))
    }
    apt = try AptModule(arguments)
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    guard try host[ToolFact("apt-get")] else {
      throw .failed("the host has no package manager that is supported: only apt is")
    }
    return try apt.plan(host)
  }
}

/// Whether a program is on the host's path.
package struct ToolFact: Fact {
  package let name: String

  package init(_ name: String) { self.name = name }

  package static func script(_ batch: [ToolFact]) -> ShellScript {
    """
    for omtd_x in \(words: batch.map(\.name)); do
     if command -v "$omtd_x" >/dev/null 2>&1; then echo yes; else echo no; fi
    done
    """
  }

  package func parse(_ line: Substring) -> Bool { line == "yes" }
}
