@preconcurrency import Glibc

/// A folder of files for one test, removed with its owner.
final class ScratchFolder {
  let path: String

  init() {
    var template = Array("/tmp/omtd-inventory-XXXXXX".utf8CString)
    path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
  }

  deinit {
    for (path, isFolder) in written.reversed() { if isFolder { rmdir(path) } else { unlink(path) } }
    rmdir(path)
  }

  private var written: [(String, Bool)] = []

  func write(_ name: String, _ text: String, mode: mode_t = 0o644) {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/" + part
      if mkdir(folder, 0o755) == 0 { written.append((folder, true)) }
    }
    let file = path + "/" + name
    let descriptor = open(file, O_CREAT | O_WRONLY | O_TRUNC, mode)
    let bytes = Array(text.utf8)
    _ = Glibc.write(descriptor, bytes, bytes.count)
    close(descriptor)
    written.append((file, false))
  }
}
