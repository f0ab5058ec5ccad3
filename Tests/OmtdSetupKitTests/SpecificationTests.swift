import ModuleKit
import Modules
import Running
import TestKit
import Testing
import Values

/// What our modules take against what Ansible's documentation says that they take.
@Suite struct SpecificationTests {
  private static let exceptionsPath = Files.cases + "/specification-exceptions.txt"

  @Test("Parameters are those of Ansible: names, aliases, types, defaults, choices, required ones")
  func parameters() throws {
    let recorded = try JSON.parse(Files.text(Files.cases + "/ansible-doc.json"))
    let found = Set(
      (Registry.modules.map { $0.specification } + EngineActions.specifications)
        .flatMap { Self.differences($0, recorded) })
    // `module: what differs  # why`
    var excused: Set<String> = []
    for line in try Files.lines(Self.exceptionsPath) where !line.isEmpty && !line.hasPrefix("#") {
      let parts = line.split(separator: "#", maxSplits: 1)
      let text = parts[0].reversed().drop { $0 == " " }.reversed()
      excused.insert(String(text))
      #expect(parts.count == 2, "an exception without a reason: \(line)")
    }
    for line in found.subtracting(excused).sorted() { Issue.record("\(line)") }
    for line in excused.subtracting(found).sorted() {
      Issue.record("not so any more, take it out of specification-exceptions.txt: \(line)")
    }
  }

  private static func differences(_ ours: Specification, _ recorded: Value) -> [String] {
    guard let theirs = recorded["\(ours.collection).\(ours.name)"]?.map else {
      return ["\(ours.collection).\(ours.name): not recorded"]
    }
    return compare(
      ours.name, ours.parameters, theirs, lacking: ours.lacking, isFreeForm: ours.takesFreeForm)
  }

  private static func compare(
    _ place: String, _ ours: [Parameter], _ theirs: ValueMap, lacking: [String] = [],
    isFreeForm: Bool = false
  ) -> [String] {
    var lines: [String] = []
    var missing = theirs
    for one in ours {
      if isFreeForm, one.name == "_raw_params" { continue }
      guard let doc = missing.removeValue(forKey: .string(one.name)) else {
        lines.append("\(place).\(one.name): unknown to Ansible")
        continue
      }
      lines += compare("\(place).\(one.name)", one, doc)
    }
    for (name, doc) in missing {
      let text = name.string ?? ""
      let names = [text] + (doc["aliases"]?.elements ?? []).compactMap(\.string)
      if isFreeForm, text == "free_form" || text == "free-form" { continue }
      if names.allSatisfy({ !lacking.contains($0) }) { lines.append("\(place).\(text): missing") }
    }
    for name in lacking where ours.contains(where: { $0.name == name }) {
      lines.append("\(place).\(name): both there and lacking")
    }
    return lines
  }

  private static func compare(_ place: String, _ one: Parameter, _ doc: Value) -> [String] {
    var lines: [String] = []
    func same(_ what: String, _ ours: String, _ theirs: String) {
      if ours != theirs { lines.append("\(place): \(what) \(ours), Ansible's \(theirs)") }
    }
    func list(_ texts: [String]) -> String { "[" + texts.sorted().joined(separator: ", ") + "]" }
    func text(_ value: Value) -> String { JSON.text(value, style: JSONStyle(sortKeys: true)) }

    same("aliases", list(one.aliases), list((doc["aliases"]?.elements ?? []).compactMap(\.string)))
    let isBool = doc["type"]?.string == "bool"
    if !isBool {
      same("choices", list(one.choices.map(text)), list((doc["choices"]?.elements ?? []).map(text)))
    }
    same("required", "\(one.isRequired)", "\(doc["required"]?.bool ?? false)")
    same("default", text(one.default), text(coerced(doc["default"] ?? .null, one.type)))
    let type = doc["type"]?.string ?? "str"
    if !names(one.type).contains(type) { same("type", names(one.type)[0], type) }
    if case .list(let element) = one.type, let wanted = doc["elements"]?.string,
      !names(element).contains(wanted)
    {
      same("elements", names(element)[0], wanted)
    }
    if let inner = doc["options"]?.map, !one.entries.isEmpty {
      lines += compare(place, one.entries, inner)
    }
    return lines
  }

  /// A default as the documentation writes it, in the parameter's type: `yes` is true, one
  /// element may stand for a list.
  private static func coerced(_ value: Value, _ type: ParameterType) -> Value {
    switch (type, value) {
    case (.bool, "yes"), (.bool, "true"): true
    case (.bool, "no"), (.bool, "false"): false
    case (.list, .string), (.list, .int): .list([value])
    default: value
    }
  }

  /// The names that Ansible's documentation has for our types.
  private static func names(_ type: ParameterType) -> [String] {
    switch type {
    case .string: ["str"]
    case .bool: ["bool"]
    case .int: ["int"]
    case .float: ["float"]
    case .dictionary: ["dict"]
    case .path: ["path"]
    case .raw: ["raw", "any", "json", "jsonarg"]
    case .list: ["list"]
    case .mode: ["raw", "str", "any"]
    case .source, .template: ["path", "str"]
    case .content: ["str", "raw"]
    }
  }
}
