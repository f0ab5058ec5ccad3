/// What keeps a test from being run at all.
package struct TestProblem: Error, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}
