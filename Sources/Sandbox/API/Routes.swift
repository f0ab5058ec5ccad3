/// What a handler gets: the request, who asks, and the parts of the path that vary.
struct Call: Sendable {
  var request: Request
  var session: Session
  var arguments: [String]

  /// - Throws: 404 where the part is no number: no such thing can be.
  func id(_ index: Int = 0) throws(APIFault) -> Int {
    guard let id = Int(arguments[index]) else { throw .notFound("Not found: \(arguments[index])") }
    return id
  }

  func text(_ index: Int = 0) -> String { arguments[index] }
}

typealias Handler = @Sendable (inout World, Call) throws(APIFault) -> Reply

/// One path of the API and what may be done there.
struct Route: Sendable {
  struct Verb: Sendable {
    var method: String
    /// The name in records and rules.
    var operation: String
    var handler: Handler
  }

  /// `*` stands for a part that varies.
  var path: [String]
  var verbs: [Verb]
  var isOpen = false
  /// The first version of the API that has it.
  var since = "0.0"

  init(
    _ path: String, since: String = "0.0", isOpen: Bool = false,
    _ verbs: (String, String, Handler)...
  ) {
    self.path = path.split(separator: "/").map(String.init)
    self.verbs = verbs.map { Verb(method: $0.0, operation: $0.1, handler: $0.2) }
    self.isOpen = isOpen
    self.since = since
  }

  /// The varying parts, or nil where the path is another.
  func arguments(_ path: [String]) -> [String]? {
    guard path.count == self.path.count else { return nil }
    var found: [String] = []
    for (mine, theirs) in zip(self.path, path) {
      if mine == "*" { found.append(theirs) } else if mine != theirs { return nil }
    }
    return found
  }
}

/// A request whose path and method are known.
struct Destination: Sendable {
  var operation: String
  var isOpen: Bool
  var arguments: [String]
  var handler: Handler
}

extension Route {
  /// - Throws: 400 for a path that is not there, 405 with `Allow` for a method that is not.
  static func find(_ request: Request, _ settings: Settings) throws(APIFault) -> Destination {
    if request.path.prefix(2) == ["object-store", "v1"] { return try pithos(request) }
    let path = withVersion(request.path)
    for route in all {
      guard settings.has(route.since), let arguments = route.arguments(path) else { continue }
      guard let verb = route.verbs.first(where: { $0.method == request.method }) else {
        var fault = APIFault.notAllowed(route.verbs.map(\.method))
        fault.hasBody = path.first != "volume"
        throw fault
      }
      return Destination(
        operation: verb.operation, isOpen: route.isOpen, arguments: arguments,
        handler: verb.handler)
    }
    throw .unknownPath
  }

  /// `/volume/v2/…` serves as well.
  private static func withVersion(_ path: [String]) -> [String] {
    path.prefix(2) == ["volume", "v2"] ? ["volume", "v2.0"] + path.dropFirst(2) : path
  }

  static let all: [Route] =
    identity + compute + network + volume + image + control
}
