import Values

/// All that is known of one host at one moment, as one task sees it.
package struct HostView {
  package let table: FactTable
  /// Imagined effects of earlier tasks; empty in `apply`.
  package let overlay: Overlay
  /// What those steps of this task that have run gave, in order, all rounds together.
  package let outputs: [StepOutput]
  /// True once steps of this task have run (or, in a plan, were imagined).
  package var hasStepped: Bool { !outputs.isEmpty }
  private let reads: Reads

  /// Which facts a plan was made on: what the guard of its steps checks.
  package final class Reads {
    package private(set) var facts: [any Fact] = []
    /// Those that the overlay told instead of the host.
    package private(set) var imagined: [any Fact] = []
    package init() {}
    fileprivate func noteImagined(_ fact: any Fact) { imagined.append(fact) }
    fileprivate func note(_ fact: any Fact) { facts.append(fact) }
  }

  package init(
    table: FactTable, overlay: Overlay = Overlay(), outputs: [StepOutput] = [],
    reads: Reads = Reads()
  ) {
    self.table = table
    self.overlay = overlay
    self.outputs = outputs
    self.reads = reads
  }

  /// The readings of facts of any types; all that miss are reported together.
  package func require<each F: Fact>(
    _ facts: repeat each F
  ) throws(Interruption) -> (repeat (each F).Reading) {
    var missing: [any Fact] = []
    repeat note(missing: each facts, in: &missing)
    guard missing.isEmpty else { throw .needs(missing) }
    return (repeat try reading(of: each facts))
  }

  /// The readings of many facts of one type.
  package func require<F: Fact>(all facts: [F]) throws(Interruption) -> [F.Reading] {
    var missing: [any Fact] = []
    for fact in facts { note(missing: fact, in: &missing) }
    guard missing.isEmpty else { throw .needs(missing) }
    var readings: [F.Reading] = []
    for fact in facts { readings.append(try reading(of: fact)) }
    return readings
  }

  package subscript<F: Fact>(fact: F) -> F.Reading {
    get throws(Interruption) { try require(fact) }
  }

  /// The output of the n-th step that ran, nil if there were fewer; unknown in a plan.
  package func output(_ index: Int) throws(Interruption) -> StepOutput.Known? {
    guard outputs.indices.contains(index) else { return nil }
    switch outputs[index] {
    case .known(let known): return known
    case .unknown(let reason): throw .unknown(reason)
    }
  }

  /// The name of the copy that a step of this task made first, if one did; unknown in a plan.
  package var backup: Value? {
    for case .known(let output) in outputs { if let name = output.backup { return name } }
    return Optional.none
  }

  private func note<F: Fact>(missing fact: F, in list: inout [any Fact]) {
    guard fact.imagined(in: overlay) == nil, table.cell(fact) == nil else { return }
    switch fact.told(in: self) {
    case .nothing: list.append(fact)
    case .needs(let other): list.append(other)
    case .reading: break
    }
  }

  /// What is known already, imagined or read; nil where the host must be asked, or cannot tell.
  package func known<F: Fact>(_ fact: F) -> F.Reading? {
    switch fact.imagined(in: overlay) {
    case .known(let reading): return reading
    case .unknown: return nil
    case nil: break
    }
    guard case .known(let reading, _)? = table.cell(fact) else { return nil }
    return overlay.isEmpty ? reading : fact.adjusted(reading, by: overlay)
  }

  private func reading<F: Fact>(of fact: F) throws(Interruption) -> F.Reading {
    switch fact.imagined(in: overlay) {
    case .known(let reading):
      reads.noteImagined(fact)
      return reading
    case .unknown(let reason): throw .unknown(reason)
    case nil: break
    }
    switch table.cell(fact) {
    case .known(let reading, _):
      reads.note(fact)
      return overlay.isEmpty ? reading : fact.adjusted(reading, by: overlay)
    case .unknown(let reason): throw .unknown(reason)
    case .unreadable:
      throw .failed("the host did not tell \(F.self) in the expected form")
    case nil: break
    }
    switch fact.told(in: self) {
    case .reading(let reading, let other):
      reads.note(other)
      return reading
    case .needs(let other): throw .needs([other])
    case .nothing: throw .needs([fact])
    }
  }
}
