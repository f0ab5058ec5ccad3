import Diagnostics
@preconcurrency import Glibc
import Synchronization

// The terminal while a person types there, and programs that have it to themselves.

extension Platform {
  /// A line of the terminal, not echoed. A signal that ends this program brings the echo back first.
  static func readSecret(_ prompt: String) -> String? {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    var before = termios()
    tcgetattr(terminal, &before)
    var quiet = before
    quiet.c_lflag &= ~tcflag_t(ECHO)
    echoing = (terminal, before)
    return handling([SIGINT, SIGQUIT, SIGTERM, SIGHUP], by: endWithEcho) {
      tcsetattr(terminal, TCSANOW, &quiet)
      defer {
        tcsetattr(terminal, TCSANOW, &before)
        write("\n", to: terminal)
      }
      write(prompt, to: terminal)
      return line(from: terminal)
    }
  }

  /// A line of standard input; nil at its end.
  static func readAnswer(_ prompt: String) -> String? {
    write(prompt, to: 2)
    return line(from: 0)
  }

  /// Asks whether to go on; only `yes` says so. An interrupt says no, and the terminal's line is
  /// ended behind it.
  static func agrees(_ prompt: String) -> Bool {
    write(prompt, to: 2)
    lastSignal.store(0, ordering: .relaxed)
    return handling([SIGINT], by: noteSignal) {
      // Any thread may get the signal: the one that reads must look.
      var waiting = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      while lastSignal.load(ordering: .relaxed) == 0 {
        if poll(&waiting, 1, 100) > 0 { return line(from: 0) == "yes" }
      }
      write("\nnote: interrupted: nothing is changed\n", to: 2)
      return false
    }
  }

  private static func line(from descriptor: Int32) -> String? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1 {
      if byte == 10 { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// Runs a program that has the terminal to itself, as an editor does, until it ends.
  ///
  /// What is typed to interrupt means that program, as with `system` of the C library; what is sent
  /// to end this one ends both, and this one goes on to clean up.
  ///
  /// - Returns: its exit status, or 128 and the number of the signal that ended it.
  static func runInForeground(_ words: [String]) throws(Diagnostic) -> Int32 {
    let typed = [SIGINT, SIGQUIT]
    let before = typed.map { signal($0, SIG_IGN) }
    defer { for (number, action) in zip(typed, before) { signal(number, action) } }
    let defaults = zip(typed, before).filter { $0.1 == nil }.map(\.0) + [SIGPIPE]
    lastSignal.store(0, ordering: .relaxed)
    return try handling([SIGTERM, SIGHUP], by: noteSignal) { () throws(Diagnostic) in
      let child = try spawn(words, output: nil, defaults: defaults).get()
      var status: Int32 = 0
      var wasTold = false
      while waitpid(child, &status, WNOHANG) == 0 {
        let number = lastSignal.load(ordering: .relaxed)
        if number != 0, !wasTold {
          kill(child, number)
          wasTold = true
        }
        usleep(20_000)
      }
      return exitStatus(status)
    }
  }

  /// Runs `body` with a handler for those of the signals that mean the usual.
  private static func handling<Answer, Failure>(
    _ signals: [Int32], by handler: @escaping @convention(c) (Int32) -> Void,
    _ body: () throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    var handled: [Int32] = []
    for number in signals {
      let before = signal(number, handler)
      if before == nil { handled.append(number) } else { signal(number, before) }
    }
    defer { for number in handled { signal(number, SIG_DFL) } }
    return try body()
  }
}

private let lastSignal = Atomic<Int32>(0)

private func noteSignal(_ number: Int32) { lastSignal.store(number, ordering: .relaxed) }

/// Where a secret is asked for, and what that terminal was set to.
private nonisolated(unsafe) var echoing = (terminal: Int32(-1), settings: termios())  // set first

private func endWithEcho(_ number: Int32) {
  tcsetattr(echoing.terminal, TCSANOW, &echoing.settings)
  signal(number, SIG_DFL)
  raise(number)
}
