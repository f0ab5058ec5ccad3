@preconcurrency import Glibc

/// A folder beneath `/tmp` for one test, readable by all users, removed with its owner.
///
/// Where `/tmp` takes no files no test has anything to say: the run of the tests ends.
package final class ScratchFolder: Sendable {
  package let path: String

  package init() {
    _ = Self.mask
    var template = Array("/tmp/omtd-test-XXXXXX".utf8CString)
    // Tests without a folder would pass by doing nothing: their run ends.
    guard mkdtemp(&template) != nil else { fatalError("no scratch folder in /tmp") }  // as above
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(path, 0o755)
  }

  private static let mask = umask(0o022)

  deinit { Files.remove(path) }

  /// Writes a file, and makes the folders above it.
  package func write(_ name: String, _ text: String, mode: mode_t = 0o644) {
    let file = path + "/" + name
    Files.makeFolders(above: file)
    do { try Files.write(text, to: file) } catch { fatalError("\(error)") }  // as in `init`
    chmod(file, mode)
  }
}
