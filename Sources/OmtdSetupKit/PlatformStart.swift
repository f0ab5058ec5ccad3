import Diagnostics
@preconcurrency import Glibc

extension Platform {
  /// Open files that this program needs even for one host.
  private static let leastFiles: rlim_t = 24
  /// What the limit is raised to where it may be: enough for two thousand hosts. Higher ones make
  /// some programs slow, which close all they could have open.
  private static let wantedFiles: rlim_t = 8192

  /// Puts right what the program was started with: standard streams that are closed, whose numbers
  /// the next file or connection would get, and a low limit of open files.
  ///
  /// - Throws: where the limit allows no run.
  static func prepare() throws(Diagnostic) {
    for stream: Int32 in 0...2 where fcntl(stream, F_GETFD) == -1 {
      _ = open("/dev/null", O_RDWR)
    }
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    let wanted = min(limit.rlim_max, wantedFiles)
    if limit.rlim_cur < wanted {
      limit.rlim_cur = wanted
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    guard limit.rlim_cur >= leastFiles else {
      throw .error(
        "\(limit.rlim_cur) open files are allowed, which is too few", hint: "raise `ulimit -n`")
    }
  }
}
