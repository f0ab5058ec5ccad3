/// A place in a file: path as the user would write it, line and column counted from 1, columns in
/// Unicode scalars.
package struct SourceLocation: Hashable, Sendable {
  package var file: String
  package var line: Int
  package var column: Int

  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// `file:line:column`, as editors and compilers read it.
  package var description: String { "\(file):\(line):\(column)" }
}

extension SourceLocation: CustomStringConvertible {}

extension SourceLocation: Comparable {
  package static func < (a: SourceLocation, b: SourceLocation) -> Bool {
    (a.file, a.line, a.column) < (b.file, b.line, b.column)
  }
}
