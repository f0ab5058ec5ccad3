import CCurl

/// One request on its way: a handle of libcurl with the memory that it writes to.
///
/// Only the transport's queue touches it.
final class Transfer {
  let handle: UnsafeMutableRawPointer
  private let library: CurlLibrary
  private let request: HTTPRequest
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var headers: [HTTPHeader] = []
  private var headerSize = 0
  private var body: [UInt8] = []
  private var isTooLarge = false

  /// For all headers together, in bytes.
  private static let headerLimit = 256 << 10

  /// - Throws: where libcurl does not take the request.
  init(
    _ request: HTTPRequest, trust: CurlTransport.Trust, library: CurlLibrary
  ) throws(CloudError) {
    guard let handle = library.functions.easy_init() else {
      words.deallocate()
      throw .answering(request, nil, kind: .transport(.resolve, reason: "out of memory"))
    }
    self.handle = handle
    self.library = library
    self.request = request
    words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    var options = CurlOptions(library, handle)
    fill(&options)
    trust.fill(&options)
    let refused = options.refused
    if refused != CURLE_OK {
      let reason = "libcurl refuses an option: \(library.words(refused))"
      throw .answering(request, nil, kind: .transport(.resolve, reason: reason))
    }
  }

  deinit {
    library.functions.easy_cleanup(handle)
    library.functions.slist_free_all(headerList)
    words.deallocate()
  }

  private func fill(_ options: inout CurlOptions) {
    options.set(CURLOPT_NOSIGNAL, 1)
    options.set(CURLOPT_PROTOCOLS_STR, "http,https")
    options.set(CURLOPT_URL, request.url)
    options.set(CURLOPT_FOLLOWLOCATION, 0)
    options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    options.set(CURLOPT_USERAGENT, "omtd-setup")
    options.set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(words))
    if WebAddress(request.url)?.isLoopback == true { options.set(CURLOPT_NOPROXY, "*") }

    options.set(CURLOPT_CONNECTTIMEOUT_MS, CurlTransport.connectTimeout)
    options.set(CURLOPT_TIMEOUT_MS, request.deadline.milliseconds)
    options.set(CURLOPT_LOW_SPEED_LIMIT, CurlTransport.lowSpeed)
    options.set(CURLOPT_LOW_SPEED_TIME, CurlTransport.lowSpeedTime)
    options.set(CURLOPT_TCP_KEEPALIVE, 1)

    switch request.method {
    case .get: options.set(CURLOPT_HTTPGET, 1)
    case .head: options.set(CURLOPT_NOBODY, 1)
    case .post:
      options.set(CURLOPT_POST, 1)
      // On a kept connection that breaks before a reply libcurl would send the request again.
      options.set(CURLOPT_FRESH_CONNECT, 1)
    case .put, .delete: options.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }
    if request.body != nil || request.method == .post {
      let content = request.body ?? []
      options.set(CURLOPT_POSTFIELDSIZE_LARGE, size: content.count)
      content.withUnsafeBytes { bytes in
        // libcurl copies as many bytes as were announced; of none it wants an address all the same.
        var none: UInt8 = 0
        withUnsafeMutablePointer(to: &none) { empty in
          let start = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
          options.set(CURLOPT_COPYPOSTFIELDS, start ?? UnsafeMutableRawPointer(empty))
        }
      }
    }

    // Without `Expect`, since the front-end would let a larger body wait for a second.
    var lines = ["Accept: application/json", "Expect:"]
    lines += request.headers.map { "\($0.name): \($0.value)" }
    if let token = request.token { lines.append("X-Auth-Token: \(token.open())") }
    for line in lines {
      headerList = library.functions.slist_append(headerList, line) ?? headerList
    }
    options.set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(headerList))

    let context = Unmanaged.passUnretained(self).toOpaque()
    options.set(CURLOPT_WRITEDATA, context)
    options.set(CURLOPT_WRITEFUNCTION, receiveBody)
    options.set(CURLOPT_HEADERDATA, context)
    options.set(CURLOPT_HEADERFUNCTION, receiveHeader)
  }

  /// - Returns: How many bytes were taken; fewer end the transfer.
  fileprivate func received(_ part: UnsafeRawBufferPointer) -> Int {
    guard part.count <= request.answerLimit - body.count else {
      isTooLarge = true
      return 0
    }
    body.append(contentsOf: part)
    return part.count
  }

  fileprivate func receivedHeader(_ part: UnsafeRawBufferPointer) -> Int {
    headerSize += part.count
    guard headerSize <= Transfer.headerLimit else {
      isTooLarge = true
      return 0
    }
    let line = String(decoding: part, as: UTF8.self)
    // Every answer starts anew: those of 1xx come before the one that counts.
    if line.hasPrefix("HTTP/") { headers = [] }
    if let colon = line.firstIndex(of: ":") {
      headers.append(
        HTTPHeader(String(line[..<colon]), trimmed(line[line.index(after: colon)...])))
    }
    return part.count
  }

  /// What came of it, once libcurl says that it has ended.
  func result(_ code: CURLcode) -> Result<HTTPResponse, CloudError> {
    guard code == CURLE_OK else { return .failure(failure(kind(code))) }
    var status = 0
    var functions = library.functions
    omtd_curl_get_long(&functions, handle, CURLINFO_RESPONSE_CODE, &status)
    return .success(HTTPResponse(status: status, headers: headers, body: body))
  }

  func cancelled() -> Result<HTTPResponse, CloudError> { .failure(failure(.cancelled(phase))) }

  private func failure(_ kind: CloudError.Kind) -> CloudError {
    .answering(request, nil, kind: kind)
  }

  private func kind(_ code: CURLcode) -> CloudError.Kind {
    if isTooLarge { return .tooLarge(limit: request.answerLimit) }
    let text = String(cString: words)
    let reason = text.isEmpty ? library.words(code) : text
    return switch code {
    case CURLE_OPERATION_TIMEDOUT: .deadline(phase)
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      .transport(.resolve, reason: reason)
    case CURLE_COULDNT_CONNECT, CURLE_PROXY: .transport(.connect, reason: reason)
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED:
      .transport(.tls, reason: reason)
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL:
      phase.mayHaveArrived ? .badAnswer(reason: reason) : .transport(phase, reason: reason)
    case CURLE_SEND_ERROR: .transport(.send, reason: reason)
    default: .transport(phase, reason: reason)
    }
  }

  /// How far the transfer came, by the times that libcurl noted.
  private var phase: CloudError.Phase {
    if hasPassed(CURLINFO_PRETRANSFER_TIME_T) { return .receive }
    if hasPassed(CURLINFO_CONNECT_TIME_T) {
      return WebAddress(request.url)?.isSecure == true ? .tls : .connect
    }
    return hasPassed(CURLINFO_NAMELOOKUP_TIME_T) ? .connect : .resolve
  }

  private func hasPassed(_ info: CURLINFO) -> Bool {
    var time: curl_off_t = 0
    var functions = library.functions
    return omtd_curl_get_size(&functions, handle, info, &time) == CURLE_OK && time > 0
  }
}

private let receiveBody: omtd_curl_receiver = { data, size, count, context in
  guard let data, let context else { return 0 }
  return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    .received(UnsafeRawBufferPointer(start: data, count: size * count))
}

private let receiveHeader: omtd_curl_receiver = { data, size, count, context in
  guard let data, let context else { return 0 }
  return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    .receivedHeader(UnsafeRawBufferPointer(start: data, count: size * count))
}

extension Duration {
  /// At least one, at most what a signed 32-bit number holds.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    guard seconds >= 0 else { return 1 }
    guard seconds < 2_000_000 else { return 2_000_000_000 }
    return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
  }
}
