import TestKit
import Testing

/// The order of the targets in Package.swift is the order of the layers: an import may point to
/// what stands above, never below.
@Suite struct LayerTests {
  private static let cases = Result { try Layers() }

  @Test("No source file imports a target that stands below its own, or one it does not name")
  func imports() throws {
    let layers = try Self.cases.get()
    for file in layers.files {
      for name in file.imports {
        if layers.order.contains(name) {
          #expect(
            layers.isAbove(name, file.target),
            "\(file.path) imports \(name), which is not above \(file.target)")
          #expect(
            layers.dependencies[file.target]?.contains(name) ?? false,
            "\(file.path) imports \(name): Package.swift does not name it for \(file.target)")
        }
      }
    }
    #expect(layers.files.count > 200)
  }

  @Test("Package.swift lists each target behind those that it depends on")
  func order() throws {
    let layers = try Self.cases.get()
    #expect(layers.order.count >= 19)
    for (target, names) in layers.dependencies {
      for name in names where layers.order.contains(name) {
        #expect(layers.isAbove(name, target), "\(target) depends on \(name)")
      }
    }
  }

  @Test("No source file imports all of Foundation")
  func foundation() throws {
    for file in try Self.cases.get().files {
      let whole: Set = ["Foundation", "FoundationNetworking", "FoundationXML"]
      #expect(whole.isDisjoint(with: file.imports), "\(file.path) imports Foundation")
    }
  }

  @Test("Modules see neither the transport nor files nor the C library")
  func modules() throws {
    let allowed: Set = ["Diagnostics", "Values", "Patterns", "ModuleKit"]
    for file in try Self.cases.get().files where file.target == "Modules" {
      #expect(Set(file.imports).subtracting(allowed).sorted() == [], "\(file.path)")
    }
  }

  @Test("What tests share is in no program")
  func testKit() throws {
    #expect(try Self.cases.get().order.last == "TestKit")
  }

  @Test("Every folder of Sources is a target of Package.swift")
  func folders() throws {
    let folders = Files.names(Files.package + "/Sources").filter { !$0.hasPrefix(".") }
    let layers = try Self.cases.get()
    #expect(folders == (layers.order + layers.programs).sorted())
  }
}

/// The targets as Package.swift has them, and the imports of all source files.
private struct Layers {
  struct File {
    var path: String
    var target: String
    var imports: [String]
  }

  /// All but the programs.
  private(set) var order: [String] = []
  private(set) var programs: [String] = []
  private(set) var dependencies: [String: Set<String>] = [:]
  private(set) var files: [File] = []

  init() throws {
    try readPackage()
    for target in Files.names(Files.package + "/Sources") { try readFolder(target, target) }
  }

  func isAbove(_ name: String, _ target: String) -> Bool {
    guard let upper = order.firstIndex(of: name) else { return false }
    return upper < (order.firstIndex(of: target) ?? order.count)
  }

  /// Each entry of `let libraries` begins with two spaces; its first text in quotes is its name,
  /// those behind it are what a layer depends on.
  private mutating func readPackage() throws {
    let lines = try Files.lines(Files.package + "/Package.swift")
    let body = lines.drop { !$0.hasPrefix("let libraries") }.dropFirst().prefix { $0 != "]" }
    var entries: [String] = []
    for line in body {
      let isFirst = line.hasPrefix("  layer(") || line.hasPrefix("  .")
      if isFirst { entries.append(line) } else { entries[entries.count - 1] += line }
    }
    for entry in entries {
      let names = Self.quoted(entry)
      guard let name = names.first else { continue }
      let isLayer = !entry.contains(".systemLibrary")
      dependencies[name] = isLayer ? Set(names.dropFirst()) : []
      if entry.contains(".executableTarget") {
        programs.append(name)
      } else {
        order.append(name)
      }
    }
  }

  private static func quoted(_ line: String) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  private mutating func readFolder(_ folder: String, _ target: String) throws {
    let place = "\(Files.package)/Sources/\(folder)"
    for name in Files.names(place) {
      if Files.kind("\(place)/\(name)")?.kind == .directory {
        try readFolder("\(folder)/\(name)", target)
      } else if name.hasSuffix(".swift") {
        files.append(
          File(
            path: "\(folder)/\(name)", target: target, imports: try Self.imports("\(place)/\(name)")
          ))
      }
    }
  }

  /// The modules of its import lines, whatever stands before `import` and behind the module.
  private static func imports(_ path: String) throws -> [String] {
    var found: [String] = []
    for line in try Files.lines(path) where line.utf8.count < 120 {
      let words = line.split(separator: " ")
      guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
        words[..<at].allSatisfy({ $0.hasPrefix("@") || Self.access.contains($0) })
      else { continue }
      let kinds: Set<Substring> = [
        "struct", "class", "enum", "func", "protocol", "var", "typealias",
      ]
      let name =
        kinds.contains(words[at + 1]) && at + 2 < words.count ? words[at + 2] : words[at + 1]
      if let module = name.split(separator: ".").first { found.append(String(module)) }
    }
    return found
  }

  private static let access: Set<Substring> = [
    "public", "package", "internal", "private", "fileprivate",
  ]
}
