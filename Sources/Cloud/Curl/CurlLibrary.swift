import CCurl
@preconcurrency import Glibc

/// libcurl, loaded and initialised once for the process.
struct CurlLibrary: @unchecked Sendable {  // function pointers that never change
  let functions: omtd_curl

  struct Missing: Error { var reason: String }

  static let shared: Result<CurlLibrary, Missing> = {
    var functions = omtd_curl()
    guard omtd_curl_load(&functions) == 1 else {
      return .failure(Missing(reason: dlerror().map { String(cString: $0) } ?? "libcurl is old"))
    }
    // A peer that goes away must be an error, not a signal.
    signal(SIGPIPE, SIG_IGN)
    guard functions.global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK else {
      return .failure(Missing(reason: "libcurl does not start"))
    }
    return .success(CurlLibrary(functions: functions))
  }()

  func words(_ code: CURLcode) -> String {
    functions.easy_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
  }
}

/// The options of one handle; the first that libcurl refuses ends the list.
struct CurlOptions: ~Copyable {
  let library: CurlLibrary
  let handle: UnsafeMutableRawPointer
  private(set) var refused: CURLcode = CURLE_OK

  init(_ library: CurlLibrary, _ handle: UnsafeMutableRawPointer) {
    self.library = library
    self.handle = handle
  }

  mutating func set(_ option: CURLoption, _ text: String) {
    check { omtd_curl_set_text(&$0, $1, option, text) }
  }
  mutating func set(_ option: CURLoption, _ number: Int) {
    check { omtd_curl_set_long(&$0, $1, option, number) }
  }
  mutating func set(_ option: CURLoption, size: Int) {
    check { omtd_curl_set_size(&$0, $1, option, curl_off_t(size)) }
  }
  mutating func set(_ option: CURLoption, _ pointer: UnsafeMutableRawPointer?) {
    check { omtd_curl_set_pointer(&$0, $1, option, pointer) }
  }
  mutating func set(_ option: CURLoption, _ receiver: omtd_curl_receiver) {
    check { omtd_curl_set_receiver(&$0, $1, option, receiver) }
  }

  private mutating func check(_ call: (inout omtd_curl, UnsafeMutableRawPointer) -> CURLcode) {
    guard refused == CURLE_OK else { return }
    var functions = library.functions
    refused = call(&functions, handle)
  }
}
