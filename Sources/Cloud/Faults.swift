import Values

extension CloudError {
  /// The error of an answer with a status from 300 on: Synnefo's fault object if the body is one,
  /// else the start of whatever it is.
  init(_ request: HTTPRequest, _ response: HTTPResponse) {
    let fault = Fault(response.body)
    let kind = CloudError.kind(response, fault)
    self = .answering(request, response, kind: kind, fault: fault)
  }

  /// An error about a request, and about its answer where one came.
  static func answering(
    _ request: HTTPRequest, _ response: HTTPResponse?, kind: Kind, fault: Fault? = nil
  ) -> CloudError {
    let address = WebAddress(request.url)
    var error = CloudError(
      kind, method: request.method, origin: address?.origin ?? "", path: address?.path ?? "",
      status: response?.status)
    func shown(_ text: String) -> String? {
      let clean = request.token?.redacted(from: text) ?? text
      return clean.isEmpty ? nil : CloudError.shortened(clean)
    }
    if let fault {
      error.fault = fault.name
      error.message = shown(fault.message)
      error.details = shown(fault.details)
    } else if let response, !response.body.isEmpty {
      error.excerpt =
        request.isAnswerSecret && response.status < 300
        ? "(withheld, since it may hold a password)"
        : shown(String(decoding: response.body.prefix(4 * excerptLimit + 4096), as: UTF8.self))
    }
    return error
  }

  /// In scalars.
  private static let excerptLimit = 300

  /// Control characters become spaces, since the text is for a terminal.
  private static func shortened(_ text: String) -> String {
    var short = String.UnicodeScalarView()
    var count = 0
    for scalar in text.unicodeScalars {
      guard count < excerptLimit else {
        short.append("…")
        break
      }
      short.append(scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? " " : scalar)
      count += 1
    }
    return String(short)
  }

  private static func kind(_ response: HTTPResponse, _ fault: Fault?) -> Kind {
    switch response.status {
    case 401: return .unauthorized
    case 403: return .forbidden
    case 404: return .notFound
    case 409: return fault?.name == "buildInProgress" ? .buildInProgress : .conflict
    case 413: return .overLimit
    case 400 where fault?.message.contains("while there is a pending") == true:
      return .buildInProgress
    case 429, 503: return .unavailable(retryAfter: RetryAfter.delay(of: response))
    case 400..<500: return .badRequest
    case 500...: return .server(response.status)
    default: return .badAnswer(reason: "status \(response.status)")
    }
  }
}

/// Synnefo's error body: one member, named after the fault.
struct Fault: Sendable {
  var name: String
  var message: String
  var details: String

  /// nil where the body is something else.
  init?(_ body: [UInt8]) {
    guard let text = String(validating: body, as: UTF8.self),
      let value = try? JSON.parse(text), let map = value.map, map.count == 1,
      let (key, content) = map.elements.first, let name = key.string, content.map != nil
    else { return nil }
    self.name = name
    message = content["message"]?.string ?? ""
    details = content["details"]?.string ?? ""
  }
}
