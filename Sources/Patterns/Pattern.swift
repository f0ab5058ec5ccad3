import CPCRE2
import Synchronization

/// A compiled regular expression with the syntax and the meaning of Python's `re`.
///
/// Owns a PCRE2 code block, which is not written to after `compile` and so may be used by any
/// number of threads at once.
package final class Pattern: Sendable {
  package let text: String
  package let flags: PatternFlags
  /// Capturing groups, without group 0.
  package let groupCount: Int
  /// The named groups in the order of their numbers.
  package let groupNames: [(name: String, group: Int)]
  nonisolated(unsafe) let code: OpaquePointer  // compiled once, constant from then on

  private init(_ text: String, _ translation: Translation) throws(PatternError) {
    self.text = text
    flags = translation.flags
    groupCount = translation.groupCount
    groupNames = translation.names
    guard let context = pcre2_compile_context_create_8(nil) else {
      throw PatternError(.limit, "out of memory")
    }
    defer { pcre2_compile_context_free_8(context) }
    pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_LF))
    var number: Int32 = 0
    var offset = 0
    let source = translation.source.isEmpty ? Array("(?:)".utf8) : translation.source
    let compiled = source.withUnsafeBufferPointer {
      pcre2_compile_8(
        $0.baseAddress, $0.count, Pattern.options(translation.flags), &number, &offset, context)
    }
    guard let compiled else {
      throw PatternError(.pattern, Pattern.message(of: number))
    }
    code = compiled
    // Without a compiler for this machine, matching goes on by interpretation.
    _ = pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
  }

  deinit { pcre2_code_free_8(code) }

  /// Compiles a pattern, or takes it from the cache.
  ///
  /// - Throws: `PatternError` of kind `pattern` for what Python's `re.compile` refuses, and for
  ///   `\N{...}` and repetitions above 65535, which PCRE2 lacks.
  package static func compile(
    _ text: String, flags: PatternFlags = []
  ) throws(PatternError) -> Pattern {
    let key = PatternCache.Key(text: Array(text.utf8), flags: flags)
    if let known = PatternCache.shared.pattern(for: key) { return known }
    let pattern = try Pattern(text, Translator.translate(text, flags))
    PatternCache.shared.store(pattern, for: key)
    return pattern
  }

  /// Compiles a pattern for bytes from bytes; see `PatternFlags.bytes`.
  package static func compile(
    bytes: [UInt8], flags: PatternFlags = []
  ) throws(PatternError) -> Pattern {
    let key = PatternCache.Key(text: bytes, flags: flags.union(.bytes))
    if let known = PatternCache.shared.pattern(for: key) { return known }
    let pattern = try Pattern(
      String(decoding: bytes, as: UTF8.self), Translator.translate(bytes: bytes, flags))
    PatternCache.shared.store(pattern, for: key)
    return pattern
  }

  /// The number of a named group.
  package func group(named name: String) -> Int? {
    groupNames.first { $0.name.utf8.elementsEqual(name.utf8) }?.group
  }

  private static func options(_ flags: PatternFlags) -> UInt32 {
    // Python's `^` in multiline mode also matches behind a final newline.
    var options = UInt32(PCRE2_ALT_CIRCUMFLEX)
    if !flags.contains(.bytes) {
      options |= UInt32(PCRE2_UTF)
      if !flags.contains(.ascii) { options |= UInt32(PCRE2_UCP) }
    }
    if flags.contains(.ignoreCase) { options |= UInt32(PCRE2_CASELESS) }
    if flags.contains(.multiline) { options |= UInt32(PCRE2_MULTILINE) }
    if flags.contains(.dotAll) { options |= UInt32(PCRE2_DOTALL) }
    return options
  }

  /// PCRE2's own words for an error number.
  static func message(of number: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = buffer.withUnsafeMutableBufferPointer {
      pcre2_get_error_message_8(number, $0.baseAddress, $0.count)
    }
    guard count > 0 else { return "pcre2 error \(number)" }
    return String(decoding: buffer.prefix(Int(count)), as: UTF8.self)
  }
}

/// The patterns compiled last; emptied as a whole when full.
private final class PatternCache: Sendable {
  struct Key: Hashable, Sendable {
    var text: [UInt8]
    var flags: PatternFlags
  }

  static let shared = PatternCache()
  private static let capacity = 512
  private let patterns = Mutex<[Key: Pattern]>([:])

  func pattern(for key: Key) -> Pattern? { patterns.withLock { $0[key] } }

  func store(_ pattern: Pattern, for key: Key) {
    patterns.withLock {
      if $0.count >= PatternCache.capacity { $0.removeAll(keepingCapacity: true) }
      $0[key] = pattern
    }
  }
}
