/// Lets a number of tasks through at once, the others wait in order.
package actor Gate {
  package static let programs = Gate(4)
  /// Simulated clouds, each with the programs of its test.
  package static let clouds = Gate(5)
  /// The booted hosts h3 and h4 belong to one example at a time.
  package static let hosts = Gate(1)

  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  package init(_ places: Int) { free = places }

  package func enter() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  package func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
