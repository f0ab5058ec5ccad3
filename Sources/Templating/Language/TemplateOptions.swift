/// How the text of a template is read.
package struct TemplateOptions: Hashable, Sendable {
  package var trimBlocks = false
  package var lstripBlocks = false
  package var keepTrailingNewline = false
  package var newlineSequence = "\n"
  /// What it was before a first line `#jinja2:`; nil without such a line. Line breaks that are put
  /// back at the end are of this sequence.
  package var newlineBeforeHeader: String?
  package var autoescape = false
  /// The extensions `do` and `loopcontrols` of Jinja2.
  package var allowsDo = false
  package var allowsLoopControls = false
  /// Backslashes in string constants stand for themselves, as in Ansible's task arguments.
  package var literalBackslashes = false
  /// Constants may be templates themselves, as in Ansible's conditions.
  package var embedsTemplates = false
  package var blockStart = "{%"
  package var blockEnd = "%}"
  package var variableStart = "{{"
  package var variableEnd = "}}"
  package var commentStart = "{#"
  package var commentEnd = "#}"
  package var lineStatementPrefix: String?
  package var lineCommentPrefix: String?

  package init() {}

  /// Plain Jinja2's defaults.
  package static let jinja = TemplateOptions()

  /// Ansible's task arguments and variables.
  package static let task: TemplateOptions = {
    var options = TemplateOptions.file
    options.literalBackslashes = true
    return options
  }()

  /// Ansible's conditions.
  package static let condition: TemplateOptions = {
    var options = TemplateOptions.file
    options.embedsTemplates = true
    return options
  }()

  /// The template module's defaults.
  package static let file: TemplateOptions = {
    var options = TemplateOptions()
    options.trimBlocks = true
    options.keepTrailingNewline = true
    options.allowsDo = true
    options.allowsLoopControls = true
    return options
  }()
}
