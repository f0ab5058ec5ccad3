/// As much of a terminal as the live view uses: text, line breaks, cursor up, erase to the end of
/// the line and of the screen; accents above the last character are let go. Anything else is noted as unknown.
struct Screen {
  let columns: Int
  let rows: Int
  private var lines: [[Character]] = [[]]
  private var row = 0
  private var column = 0
  /// A line was longer than the terminal is wide.
  private(set) var hasWrapped = false
  private(set) var unknown: [String] = []

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }

  /// All lines, those scrolled off the top as well, without blanks at their ends.
  var text: [String] {
    var all = lines.map { line in
      String(String(line).reversed().drop { $0 == " " }.reversed())
    }
    while all.last == "" { all.removeLast() }
    return all
  }

  mutating func feed(_ text: String) {
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\r": column = 0
      case "\n": lineBreak()
      case "\u{1B}":
        guard rest.popFirst() == "[" else {
          unknown.append("ESC")
          continue
        }
        var number = ""
        while let digit = rest.first, ("0"..."9").contains(digit) {
          number.unicodeScalars.append(digit)
          rest.removeFirst()
        }
        control(rest.popFirst() ?? " ", Int(number))
      case "\u{300}"..."\u{36F}": continue
      default: put(Character(scalar))
      }
    }
  }

  private mutating func control(_ letter: Unicode.Scalar, _ number: Int?) {
    switch letter {
    // The cursor does not leave the screen, whatever was scrolled off.
    case "A": row = max(max(0, lines.count - rows), row - (number ?? 1))
    case "K" where number ?? 0 == 0: lines[row] = Array(lines[row].prefix(column))
    case "J" where number ?? 0 == 0:
      lines[row] = Array(lines[row].prefix(column))
      lines.removeSubrange((row + 1)...)
    default: unknown.append("CSI \(number.map(String.init) ?? "")\(letter)")
    }
  }

  private mutating func lineBreak() {
    row += 1
    column = 0
    if row == lines.count { lines.append([]) }
  }

  /// A wide character takes its column and an empty one behind it.
  private mutating func put(_ character: Character) {
    let isWide = ("\u{3041}"..."\u{9FFF}").contains(character.unicodeScalars.first ?? " ")
    for cell in isWide ? [character, "\u{0}"] : [character] {
      if column == columns {
        hasWrapped = true
        lineBreak()
      }
      while lines[row].count <= column { lines[row].append(" ") }
      lines[row][column] = cell
      column += 1
    }
  }
}
