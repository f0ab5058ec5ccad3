import Diagnostics
import ModuleKit
import Playbooks
import Templating
import Values

/// A project in memory.
struct Project: Sendable {
  var texts: [String: String]
  var extraVars: [String: Variable] = [:]
  var isStrict = false

  init(_ texts: [String: String]) { self.texts = texts }

  /// A project of one playbook, `site.yaml`.
  init(_ playbook: String) { texts = ["site.yaml": playbook] }

  var files: ControllerFiles {
    let texts = texts
    return ControllerFiles(
      read: { (path) throws(Diagnostic) in
        guard let text = texts[path] else { throw .error("cannot read `\(path)`") }
        return text
      },
      kind: { path in
        if texts[path] != nil { return .file }
        return texts.keys.contains { $0.hasPrefix(path + "/") } || path == "."
          ? .directory : nil
      },
      list: { folder in
        let prefix = folder == "." ? "" : folder + "/"
        let names = texts.keys.filter { $0.hasPrefix(prefix) }
          .compactMap { $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init) }
        return Set(names).sorted()
      })
  }

  var loader: Loader {
    var settings = LoaderSettings()
    settings.isStrict = isStrict
    return Loader(
      catalogue: .sample, environment: .ansible, settings: settings, files: files,
      extraVars: extraVars)
  }

  /// All that is reported of `site.yaml`, as text.
  func report() -> String {
    let loader = loader
    let texts = texts
    let renderer = Renderer { texts[$0] }
    do throws(Diagnostics) {
      _ = try loader.load(playbooks: ["site.yaml"])
      return loader.warnings.map(renderer.render).joined(separator: "\n")
    } catch {
      return error.all.map(renderer.render).joined(separator: "\n")
    }
  }

  /// The only playbook's plays.
  func plays() throws(Diagnostics) -> [Play] {
    try loader.load(playbooks: ["site.yaml"]).flatMap(\.plays)
  }
}

extension ModuleCatalogue {
  /// A few modules with parameters of every type.
  static let sample = ModuleCatalogue([
    Specification(
      "copy", summary: "",
      parameters: [
        Parameter("src", .source), Parameter("dest", .path, isRequired: true),
        Parameter("content", .content), Parameter("mode", .mode), Parameter("owner"),
        Parameter("remote_src", .bool, default: false), Parameter("backup", .bool),
      ], rules: [.mutuallyExclusive(["src", "content"]), .requiredOneOf(["src", "content"])],
      lacking: ["local_follow"]),
    Specification(
      "template", summary: "",
      parameters: [
        Parameter("src", .template, isRequired: true), Parameter("dest", .path, isRequired: true),
        Parameter("mode", .mode),
      ]),
    Specification(
      "file", summary: "",
      parameters: [
        Parameter("path", .path, aliases: ["dest", "name"], isRequired: true),
        Parameter(
          "state",
          choices: ["absent", "directory", "file", "hard", "link", "touch"]),
        Parameter("src", .path), Parameter("owner"), Parameter("group"), Parameter("mode", .mode),
        Parameter("recurse", .bool, default: false),
      ],
      rules: [.requiredIf("state", equals: "link", needs: ["src"], anyIsEnough: false)]),
    Specification(
      "apt", summary: "",
      parameters: [
        Parameter("name", .list(of: .string), aliases: ["pkg", "package"]),
        Parameter("state", default: "present", choices: ["absent", "latest", "present"]),
        Parameter("update_cache", .bool), Parameter("cache_valid_time", .int, default: 0),
      ]),
    Specification(
      "command", summary: "",
      parameters: [
        Parameter("cmd"), Parameter("argv", .list(of: .string)), Parameter("chdir", .path),
        Parameter("creates", .path), Parameter("removes", .path),
      ], takesFreeForm: true, effect: .opaque),
    Specification(
      "shell", summary: "", parameters: [Parameter("cmd"), Parameter("chdir", .path)],
      takesFreeForm: true, effect: .opaque),
    Specification(
      "debug", summary: "",
      parameters: [Parameter("msg"), Parameter("var"), Parameter("verbosity", .int)],
      rules: [.mutuallyExclusive(["msg", "var"])], effect: .engine),
    Specification("ping", summary: "", parameters: [Parameter("data", default: "pong")]),
    Specification(
      "assert", summary: "",
      parameters: [Parameter("that", .list(of: .string), isRequired: true), Parameter("fail_msg")],
      effect: .engine),
    Specification("set_fact", summary: "", parameters: [], effect: .engine),
    Specification(
      "validate_argument_spec", summary: "",
      parameters: [
        Parameter("argument_spec", .dictionary), Parameter("provided_arguments", .dictionary),
        Parameter("validate_args_context", .dictionary),
      ], effect: .engine),
    Specification(
      "service", summary: "",
      parameters: [
        Parameter("name", isRequired: true),
        Parameter("state", choices: ["reloaded", "restarted", "started", "stopped"]),
        Parameter("enabled", .bool),
      ]),
  ])
}
