/// A reply that says no: a status and an object with one key, the fault's name.
package struct APIFault: Error, Sendable {
  package var name: String
  package var code: Int
  package var message: String
  package var details: String
  /// Header fields that go with it (`Allow`).
  package var headers: [(String, String)] = []
  /// False for the few refusals that are a status only.
  package var hasBody = true

  init(_ name: String, _ code: Int, _ message: String, _ details: String = "") {
    self.name = name
    self.code = code
    self.message = message
    self.details = details
  }

  static func badRequest(_ message: String) -> APIFault { APIFault("badRequest", 400, message) }
  static func unauthorized(_ message: String) -> APIFault {
    APIFault("unauthorized", 401, message)
  }
  static func forbidden(_ message: String) -> APIFault { APIFault("forbidden", 403, message) }
  static func notFound(_ message: String) -> APIFault { APIFault("itemNotFound", 404, message) }
  static func conflict(_ message: String) -> APIFault { APIFault("conflict", 409, message) }
  static func building(_ message: String = "Server is being built") -> APIFault {
    APIFault("buildInProgress", 409, message)
  }
  static func overLimit(_ message: String, _ details: String = "") -> APIFault {
    APIFault("overLimit", 413, message, details)
  }
  static func unavailable(_ message: String) -> APIFault {
    APIFault("serviceUnavailable", 503, message)
  }
  static func notImplemented(_ message: String) -> APIFault {
    APIFault("notImplemented", 501, message)
  }
  /// What the real server answers where its own code fails on the request.
  static let unexpected = APIFault("internalServerError", 500, "Unexpected error")
  static let unknownPath = badRequest("API endpoint not found")

  static func notAllowed(_ methods: [String]) -> APIFault {
    var fault = APIFault("notAllowed", 405, "Method not allowed")
    fault.headers = [("Allow", methods.joined(separator: ", "))]
    return fault
  }

  package var body: Wire {
    [name: ["code": .int(code), "message": .text(message), "details": .text(details)]]
  }
}
