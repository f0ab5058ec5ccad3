/// The services of a Synnefo cloud, by their type in the catalog.
package enum ServiceKind: String, CaseIterable, Hashable, Sendable {
  case identity, account, compute, network, volume, image
  case objectStore = "object-store"

  /// The version that is meant where an endpoint is published without one (since Synnefo 0.19).
  var defaultVersion: String {
    switch self {
    case .identity, .compute, .network, .volume: "v2.0"
    case .account, .image: "v1.0"
    case .objectStore: "v1"
    }
  }

  /// How kamaki's file calls the service in `<name>_url` and `<name>_token`, where it can.
  var nameInKamakirc: String? {
    switch self {
    case .identity, .account: nil
    case .compute: "cyclades"
    case .network: "network"
    case .volume: "volume"
    case .image: "plankton"
    case .objectStore: "pithos"
    }
  }

  /// `url` without slashes at its end and with a version as its last segment.
  package func versioned(_ url: String) -> String {
    var end = url[...]
    while end.hasSuffix("/") { end = end.dropLast() }
    let last = end.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last
    return last.map(ServiceKind.isVersion) == true ? String(end) : "\(end)/\(defaultVersion)"
  }

  /// `v` with a number, and at most one more behind a point.
  private static func isVersion(_ segment: Substring.UTF8View.SubSequence) -> Bool {
    guard segment.first == UInt8(ascii: "v") else { return false }
    let numbers = segment.dropFirst().split(
      separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return (1...2).contains(numbers.count)
      && numbers.allSatisfy { number in
        !number.isEmpty
          && number.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      }
  }
}
