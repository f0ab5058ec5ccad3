import Diagnostics
import ModuleKit
import Values

/// `template`: a template of the controller, rendered for the host, in a file of the host.
package struct TemplateModule: Module {
  package static let specification = Specification(
    "template", summary: "Renders a template to a file of the host",
    parameters: [
      Parameter("src", .template, isRequired: true), Parameter("dest", .path, isRequired: true),
      Parameter("backup", .bool, default: false), Parameter("force", .bool, default: true),
      Parameter("validate"), Parameter("follow", .bool, default: false),
      // These reach the engine, which renders; see `TemplateOptions.set`.
      Parameter("newline_sequence", default: "\n", choices: ["\n", "\r", "\r\n"]),
      Parameter("block_start_string"), Parameter("block_end_string"),
      Parameter("variable_start_string"), Parameter("variable_end_string"),
      Parameter("comment_start_string"), Parameter("comment_end_string"),
      Parameter("trim_blocks", .bool, default: true),
      Parameter("lstrip_blocks", .bool, default: false),
    ] + AttributesRequest.parameters,
    lacking: AttributesRequest.lacking + ["output_encoding"])

  private let file: FilePlacement
  private let source: Resolved

  package init(_ arguments: Arguments) throws(Diagnostic) {
    file = try FilePlacement(arguments)
    source = arguments.resolved["src"] ?? .unknown(Unknown("the template"))
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    switch source {
    case .file(let payload): return try file.plan(payload, host)
    case .tree: throw .failed("the source of a template must be a file")
    case .unknown(let reason):
      try file.lookAhead(host)
      throw .unknown(reason)
    }
  }
}
