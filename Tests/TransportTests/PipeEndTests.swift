import CLinux
@preconcurrency import Glibc
import Testing

@testable import Transport

/// Pipe ends tell of their descriptors while they are watched, and never after.
@Suite struct PipeEndTests {
  @Test("An end tells of bytes while it is resumed, again and again, and of the end of the stream")
  func tells() async throws {
    let pipe = try Ends()
    let heard = await onQueue { confirm in
      let end = PipeEnd(pipe.reading, isInput: true)
      var heard: [Int] = []
      end.handler = {
        var byte: UInt8 = 0
        heard.append(read(end.file, &byte, 1))
        if heard.last == 0 {
          end.close()
          confirm(heard)
        }
      }
      end.resume()
      pipe.put(3)
      close(pipe.writing)
    }
    #expect(heard == [1, 1, 1, 0])
  }

  @Test("A suspended end is told nothing, not even that the other side is gone")
  func suspended() async throws {
    let pipe = try Ends()
    let told = await onQueue { confirm in
      let end = PipeEnd(pipe.reading, isInput: true)
      let told = Confined(Count())
      end.handler = { told.value.number += 1 }
      end.resume()
      end.suspend()
      pipe.put(1)
      close(pipe.writing)
      IOQueue.after(.milliseconds(60)) { [end = Confined(end)] in
        end.value.close()
        confirm(told.value.number)
      }
    }
    #expect(told == 0)
  }

  @Test("An end that closes another in the same turn keeps it from being told")
  func closedMeanwhile() async throws {
    let (one, two) = (try Ends(), try Ends())
    let told = await onQueue { confirm in
      let ends = [one, two].map { PipeEnd($0.reading, isInput: true) }
      let told = Confined(Count())
      for end in ends {
        end.handler = {
          told.value.number += 1
          for end in ends { end.close() }
        }
        end.resume()
      }
      one.put(1)
      two.put(1)
      IOQueue.after(.milliseconds(60)) { confirm(told.value.number) }
    }
    #expect(told == 1)
    close(one.writing)
    close(two.writing)
  }

  @Test("The descriptor's next owner hears nothing of what the closed end was resumed for")
  func numberGivenOutAgain() async throws {
    let (one, two) = (try Ends(), try Ends())
    let told = await onQueue { confirm in
      let first = PipeEnd(one.reading, isInput: true, released: {})
      var told: [String] = []
      first.handler = { told.append("first") }
      first.resume()
      first.close()
      // The same number, for another pipe.
      dup2(two.reading, one.reading)
      let second = PipeEnd(one.reading, isInput: true)
      second.handler = {
        told.append("second")
        second.close()
        confirm(told)
      }
      second.resume()
      two.put(1)
    }
    #expect(told == ["second"])
    for file in [one.writing, two.reading, two.writing] { close(file) }
  }

  @Test("A closed end closes its descriptor, after the handlers of this turn")
  func closes() async throws {
    let pipe = try Ends()
    signal(SIGPIPE, SIG_IGN)
    let written = await onQueue { confirm in
      let end = PipeEnd(pipe.reading, isInput: true)
      end.resume()
      end.close()
      confirm(pipe.put(1))
    }
    #expect(written == 1)
    // A child that another test has just forked may have it open until it runs its program.
    var isRead = true
    for _ in 0..<200 where isRead {
      isRead = pipe.put(1) == 1
      if isRead { try await Task.sleep(for: .milliseconds(10)) }
    }
    #expect(!isRead)
    close(pipe.writing)
  }

  @Test("A writing end is told of room, and of a reader that went away")
  func writing() async throws {
    let pipe = try Ends()
    signal(SIGPIPE, SIG_IGN)
    let written = await onQueue { confirm in
      let end = PipeEnd(pipe.writing, isInput: false)
      var written: [Int] = []
      end.handler = {
        var byte: UInt8 = 1
        written.append(write(end.file, &byte, 1))
        if written.count == 1 { close(pipe.reading) }
        if written.last == -1 {
          end.close()
          confirm(written)
        }
      }
      end.resume()
    }
    #expect(written == [1, -1])
  }

  @Test("What the system does not watch, such as a file, is asked again and again")
  func unwatched() async throws {
    var name = Array("/tmp/omtd-test-XXXXXX".utf8CString)
    let file = mkstemp(&name)
    unlink(name)
    let told = await onQueue { confirm in
      let end = PipeEnd(file, isInput: true)
      var told = 0
      end.handler = {
        told += 1
        if told == 3 {
          end.close()
          confirm(told)
        }
      }
      end.resume()
    }
    #expect(told == 3)
  }
}

private final class Count {
  var number = 0
}

/// The two descriptors of a pipe.
private struct Ends {
  var reading: Int32
  var writing: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe2(&ends, O_CLOEXEC) == 0)
    (reading, writing) = (ends[0], ends[1])
  }

  @discardableResult
  func put(_ count: Int) -> Int {
    let bytes = [UInt8](repeating: 7, count: count)
    return write(writing, bytes, count)
  }
}

/// Runs `work` on the I/O queue and gives what it confirms.
private func onQueue<Answer: Sendable>(
  _ work: @escaping @Sendable (_ confirm: @escaping @Sendable (Answer) -> Void) -> Void
) async -> Answer {
  await withCheckedContinuation { continuation in
    IOQueue.async { work { continuation.resume(returning: $0) } }
  }
}
