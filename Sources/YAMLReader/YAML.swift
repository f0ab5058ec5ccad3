import Diagnostics
import Values

/// One document as read, with what a user should know about it.
package struct YAMLDocument: Sendable {
  package var root: SourceValue
  /// Duplicate keys, each at its last place.
  package var warnings: [Diagnostic]

  package init(root: SourceValue, warnings: [Diagnostic] = []) {
    self.root = root
    self.warnings = warnings
  }
}

/// YAML 1.1 as Ansible reads it, every value with its place.
///
/// A set becomes the list of its keys; an ordered map a list of lists of two. Nesting, the number
/// of values behind aliases and the length of integers are limited.
package enum YAML {
  /// Reads a text of one document; an empty text is null.
  ///
  /// - Throws: a diagnostic at the first fault, or at the start of a second document.
  package static func load(
    _ text: String, file: String, ansibleTags: Bool = true
  ) throws(Diagnostic) -> YAMLDocument {
    var composer = Composer(EventParser(text, file: file))
    let origin = SourceLocation(file: file, line: 1, column: 1)
    guard let root = try composer.document() else {
      return YAMLDocument(root: SourceValue(.scalar(.null), at: origin))
    }
    if let second = try composer.nextDocumentStart() {
      throw .error(
        "expected one YAML document, found a second one",
        at: SourceLocation(file: file, line: second.line + 1, column: second.column + 1))
    }
    var constructor = Constructor(file: file, knowsAnsibleTags: ansibleTags)
    let value = try constructor.document(root, nodeCount: composer.nodeCount)
    return YAMLDocument(root: value, warnings: constructor.warnings)
  }

  /// Reads all documents of a text.
  package static func loadAll(
    _ text: String, file: String, ansibleTags: Bool = true
  ) throws(Diagnostic) -> [YAMLDocument] {
    var composer = Composer(EventParser(text, file: file))
    var documents: [YAMLDocument] = []
    while let root = try composer.document() {
      var constructor = Constructor(file: file, knowsAnsibleTags: ansibleTags)
      let value = try constructor.document(root, nodeCount: composer.nodeCount)
      documents.append(YAMLDocument(root: value, warnings: constructor.warnings))
    }
    return documents
  }

  /// Reads a whole file as Ansible does: as JSON, and where it is none as YAML.
  package static func loadFile(
    _ text: String, file: String
  ) throws(Diagnostic) -> YAMLDocument {
    if let root = try? JSON.parseLocated(text, file: file) { return YAMLDocument(root: root) }
    return try load(text, file: file)
  }
}
