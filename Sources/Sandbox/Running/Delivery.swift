/// How a reply leaves the server.
enum Delivery: Sendable {
  case whole(Reply)
  /// The connection ends without a byte.
  case nothing
  /// The head and half of the body, then the end.
  case half(Reply)
  case slow(Reply, bytesPerSecond: Double)
  /// The head, then bytes until the client has had enough.
  case endless(Reply)
}

extension Reply {
  /// What a front end says when nothing is behind it.
  static func page(_ status: Int) -> Reply {
    let text = "<html><head><title>\(status)</title></head><body><h1>\(status)</h1></body></html>"
    return Reply(status, headers: [("Content-Type", "text/html")], bytes: Array(text.utf8))
  }

  /// The same keys with values of other types.
  var wronglyTyped: Reply {
    guard let body = try? Wire.parse(body), let pairs = body.pairs else { return self }
    var copy = self
    copy.body =
      Wire.object(
        pairs.map { pair -> (String, Wire) in
          switch pair.1 {
          case .list: (pair.0, "unexpected")
          case .object: (pair.0, [1, 2])
          default: (pair.0, ["unexpected": true])
          }
        }
      ).bytes
    return copy
  }

  /// Servers in a state that no client knows.
  func withStatus(_ status: String) -> Reply {
    guard let body = try? Wire.parse(body) else { return self }
    var copy = self
    copy.body = Self.replace(body, status).bytes
    return copy
  }

  private static func replace(_ wire: Wire, _ status: String) -> Wire {
    switch wire {
    case .list(let items): return .list(items.map { replace($0, status) })
    case .object(let pairs):
      let isServer = pairs.contains { $0.0 == "SNF:task_state" }
      return .object(
        pairs.map {
          isServer && $0.0 == "status"
            ? ($0.0, .text(status)) : ($0.0, replace($0.1, status))
        })
    default: return wire
    }
  }
}
