// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Targets in the order of ARCHITECTURE.md: an arrow may go to any target above, never below.
// A test reads the imports of every source file and holds them to this list.

let collections = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")
let bigInt = Target.Dependency.product(name: "BigInt", package: "BigInt")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let httpServer = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let httpSockets = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let settings: [SwiftSetting] =
  [.swiftLanguageMode(.v6)]
  + (Context.environment["OMTD_WERROR"] == nil ? [] : [.treatAllWarnings(as: .error)])

// The shell program of local machines goes into the binary, so an installed one needs no sources.
let machineProgram = ["trees", "network", "machines", "orders", "machine"]
  .map { Resource.embedInCode("Scripts/\($0).sh") }

func layer(
  _ name: String, _ dependencies: [Target.Dependency], _ resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let libraries: [Target] = [
  .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
  .systemLibrary(name: "CSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
  // Headers only: the library itself is loaded when a cloud is called.
  .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
  .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
  // Of the C library: what its Swift module leaves out.
  .systemLibrary(name: "CLinux"),
  .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
  layer("Diagnostics", []),
  layer("Values", ["Diagnostics", collections, bigInt]),
  layer("YAMLReader", ["Diagnostics", "Values", "CYAML"]),
  layer("Patterns", ["Diagnostics", "CPCRE2"]),
  layer("Templating", ["Diagnostics", "Values", "YAMLReader", "Patterns", "CCrypto"]),
  layer("Inventories", ["Diagnostics", "Values", "YAMLReader", "Patterns"]),
  layer("Configuration", ["Diagnostics", "Values", "Inventories"]),
  layer("ModuleKit", ["Diagnostics", "Values", "Patterns", "CCrypto"]),
  layer("Playbooks", ["Diagnostics", "Values", "YAMLReader", "Templating", "ModuleKit"]),
  layer("Modules", ["Diagnostics", "Values", "Patterns", "ModuleKit"]),
  layer("Transport", ["Diagnostics", "Values", "ModuleKit", "CLinux"]),
  layer("SSH", ["Diagnostics", "Transport", "CSSH2", "CCrypto"]),
  layer("Cloud", ["Diagnostics", "Values", "CCurl", collections]),
  layer("Fleet", ["Diagnostics", "Values", "Cloud", "CCrypto"]),
  layer("LocalHosts", [subprocess], machineProgram),
  layer("SandboxOptions", [argumentParser]),
  layer(
    "Running",
    [
      "Diagnostics", "Values", "YAMLReader", "Patterns", "Templating", "Inventories",
      "Configuration", "Playbooks", "ModuleKit", "Transport",
    ]),
  layer("Reporting", ["Diagnostics", "Values", "ModuleKit", "Running"]),
  layer(
    "OmtdSetupKit",
    [
      "Diagnostics", "Values", "YAMLReader", "Templating", "Inventories", "Configuration",
      "Playbooks", "ModuleKit", "Modules", "Transport", "SSH", "Cloud", "Fleet", "LocalHosts",
      "SandboxOptions", "Running", "Reporting", argumentParser,
    ]),
  layer(
    "Sandbox",
    ["Diagnostics", "Values", "LocalHosts", "CCrypto", httpServer, httpSockets, sqlite]),
  .executableTarget(
    name: "omtd-setup", dependencies: ["OmtdSetupKit"], swiftSettings: settings),
  .executableTarget(
    name: "okeanos-sandbox", dependencies: ["Sandbox", "SandboxOptions", argumentParser],
    swiftSettings: settings),
  // What tests share; last, so that no layer may use it.
  layer("TestKit", ["Values", "ModuleKit"]),
]

/// What tests use beyond their layer: the client proves the sandbox, and the sandbox the client.
let beyond: [String: [Target.Dependency]] = [
  "SandboxTests": ["Cloud"], "FleetTests": ["YAMLReader"],
]

// `OMTD_TESTS=A,B` builds only those test targets: a quick round while working on one layer.
let wanted = Context.environment["OMTD_TESTS"].map { $0.split(separator: ",").map(String.init) }
let testsFolder = Context.packageDirectory + "/Tests"
let tests = ((try? FileManager.default.contentsOfDirectory(atPath: testsFolder)) ?? [])
  .filter { $0.hasSuffix("Tests") && wanted?.contains($0) ?? true }
  .sorted()
  .map { name -> Target in
    let subject = String(name.dropLast("Tests".count))
    let library = libraries.first { $0.name == subject }
    let seen = library.map { [.target(name: subject)] + $0.dependencies }
    // Recorded data is no source; recorded tables in Swift are.
    let folder = testsFolder + "/\(name)/Cases"
    let data = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { !$0.hasSuffix(".swift") }
    return .testTarget(
      name: name,
      dependencies: (seen ?? [.target(name: "OmtdSetupKit")]) + ["TestKit"]
        + (beyond[name] ?? []),
      exclude: data.map { "Cases/" + $0 }, swiftSettings: settings)
  }

let package = Package(
  name: "omtd-setup",
  products: [
    .executable(name: "omtd-setup", targets: ["omtd-setup"]),
    .executable(name: "okeanos-sandbox", targets: ["okeanos-sandbox"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(url: "https://github.com/attaswift/BigInt", exact: "6.0.1"),
    // Without its trait for Foundation, which would bring ICU into every start.
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
    .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  targets: libraries + tests
)
