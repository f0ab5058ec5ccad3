/// Which lines of two texts differ: Myers' algorithm from both ends, then runs of changes moved to
/// where `diff` of GNU diffutils shows them. Lines are numbers, equal for equal lines.
struct LineMatching {
  private(set) var removed: [Bool]
  private(set) var added: [Bool]
  private let old: [Int]
  private let new: [Int]

  init(_ old: [Int], _ new: [Int]) {
    self.old = old
    self.new = new
    removed = Array(repeating: false, count: old.count)
    added = Array(repeating: false, count: new.count)
    // Lines without a partner are no part of the search.
    let (inOld, inNew) = (Set(old), Set(new))
    for index in old.indices where !inNew.contains(old[index]) { removed[index] = true }
    for index in new.indices where !inOld.contains(new[index]) { added[index] = true }
    var search = Search(
      x: old.indices.filter { !removed[$0] }.map { ($0, old[$0]) },
      y: new.indices.filter { !added[$0] }.map { ($0, new[$0]) })
    search.compare()
    for index in search.removed { removed[index] = true }
    for index in search.added { added[index] = true }
    Self.shift(old, &removed, added)
    Self.shift(new, &added, removed)
  }

  /// The search for a shortest script, divided at the middle of the way.
  private struct Search {
    /// Positions and numbers of the lines.
    let x: [(place: Int, line: Int)]
    let y: [(place: Int, line: Int)]
    var removed: [Int] = []
    var added: [Int] = []

    init(x: [(place: Int, line: Int)], y: [(place: Int, line: Int)]) {
      self.x = x
      self.y = y
    }

    mutating func compare() {
      var parts = [(x.indices, y.indices)]
      while let (across, down) = parts.popLast() {
        var (low, high, left, right) = (
          across.lowerBound, across.upperBound, down.lowerBound, down.upperBound
        )
        while low < high, left < right, x[low].line == y[left].line {
          (low, left) = (low + 1, left + 1)
        }
        while low < high, left < right, x[high - 1].line == y[right - 1].line {
          (high, right) = (high - 1, right - 1)
        }
        if low == high || left == right {
          removed += (low..<high).map { x[$0].place }
          added += (left..<right).map { y[$0].place }
        } else {
          let (xMiddle, yMiddle) = middle(low..<high, left..<right)
          parts.append((xMiddle..<high, yMiddle..<right))
          parts.append((low..<xMiddle, left..<yMiddle))
        }
      }
    }

    /// A point on a shortest way, where the ways from both ends meet. Diagonals are `x - y`.
    private func middle(_ across: Range<Int>, _ down: Range<Int>) -> (Int, Int) {
      let (least, most) = (across.lowerBound - down.upperBound, across.upperBound - down.lowerBound)
      let (top, bottom) = (
        across.lowerBound - down.lowerBound, across.upperBound - down.upperBound
      )
      var forward = [Int](repeating: -1, count: most - least + 3)
      var backward = [Int](repeating: .max, count: most - least + 3)
      let zero = 1 - least
      var (fLow, fHigh, bLow, bHigh) = (top, top, bottom, bottom)
      let isOdd = (top - bottom) & 1 != 0
      forward[zero + top] = across.lowerBound
      backward[zero + bottom] = across.upperBound
      while true {
        widen(&fLow, &fHigh, least, most) { forward[zero + $0] = -1 }
        for d in stride(from: fHigh, through: fLow, by: -2) {
          let (below, above) = (forward[zero + d - 1], forward[zero + d + 1])
          var i = below < above ? above : below + 1
          while i < across.upperBound, i - d < down.upperBound, x[i].line == y[i - d].line {
            i += 1
          }
          forward[zero + d] = i
          if isOdd, bLow <= d, d <= bHigh, backward[zero + d] <= i { return (i, i - d) }
        }
        widen(&bLow, &bHigh, least, most) { backward[zero + $0] = .max }
        for d in stride(from: bHigh, through: bLow, by: -2) {
          let (below, above) = (backward[zero + d - 1], backward[zero + d + 1])
          var i = below < above ? below : above - 1
          while across.lowerBound < i, down.lowerBound < i - d, x[i - 1].line == y[i - d - 1].line {
            i -= 1
          }
          backward[zero + d] = i
          if !isOdd, fLow <= d, d <= fHigh, i <= forward[zero + d] { return (i, i - d) }
        }
      }
    }

    private func widen(
      _ low: inout Int, _ high: inout Int, _ least: Int, _ most: Int, _ clear: (Int) -> Void
    ) {
      if low > least {
        low -= 1
        clear(low - 1)
      } else {
        low += 1
      }
      if high < most {
        high += 1
        clear(high + 1)
      } else {
        high -= 1
      }
    }
  }

  /// Moves each run of changes as far down as equal lines allow, unless further up it stands beside
  /// a change of the other text; runs that meet become one.
  private static func shift(_ lines: [Int], _ changed: inout [Bool], _ other: [Bool]) {
    let end = lines.count
    func isOther(_ index: Int) -> Bool { other.indices.contains(index) && other[index] }
    func isChanged(_ index: Int) -> Bool { changed.indices.contains(index) && changed[index] }
    var (i, j) = (0, 0)
    while true {
      while i < end, !changed[i] {
        while isOther(j) { j += 1 }
        j += 1
        i += 1
      }
      guard i < end else { return }
      var start = i
      while isChanged(i) { i += 1 }
      while isOther(j) { j += 1 }
      var length: Int
      var beside: Int
      repeat {
        length = i - start
        while start > 0, lines[start - 1] == lines[i - 1] {
          start -= 1
          i -= 1
          changed[start] = true
          changed[i] = false
          while isChanged(start - 1) { start -= 1 }
          repeat { j -= 1 } while isOther(j)
        }
        beside = isOther(j - 1) ? i : end
        while i < end, lines[start] == lines[i] {
          changed[start] = false
          changed[i] = true
          start += 1
          i += 1
          while isChanged(i) { i += 1 }
          j += 1
          while isOther(j) {
            beside = i
            j += 1
          }
        }
      } while length != i - start
      while beside < i {
        start -= 1
        i -= 1
        changed[start] = true
        changed[i] = false
        repeat { j -= 1 } while isOther(j)
      }
    }
  }
}
