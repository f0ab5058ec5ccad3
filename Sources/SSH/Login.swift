import CSSH2
@preconcurrency import Glibc
import Transport

/// From an open socket to a session that may run commands: handshake, host key, authentication.
/// Lives on the I/O queue; keeps itself until it is over.
final class Login {
  enum Outcome {
    case done(Session)
    case failed(ConnectionFailure)
  }

  struct Settings: Sendable {
    var host: String
    var port: Int
    var user: String
    var timeouts: Endpoint.Timeouts
    var checking: Endpoint.HostKeyChecking
    var policy: HostKeyPolicy
    var knownHostsFiles: [String]
    var credentials: Credentials
  }

  private let settings: Settings
  private let notice: @Sendable (String) -> Void
  private let done: (Outcome) -> Void
  private let alarm = Alarm()
  private var session: Session?
  private var offers: ArraySlice<Credentials.Offer>
  private var refused: [String] = []
  private var isOver = false

  init(
    _ settings: Settings, notice: @escaping @Sendable (String) -> Void,
    done: @escaping (Outcome) -> Void
  ) {
    self.settings = settings
    self.notice = notice
    self.done = done
    offers = settings.credentials.offers[...]
  }

  func start(socket: Int32) {
    guard let session = Session(socket: socket, host: settings.host) else {
      return fail(ConnectionFailure(.handshake, .unsupported, "libssh2 does not start"))
    }
    self.session = session
    session.onDeath = { [self] in fail($0) }
    guard prefer(session) else {
      return fail(
        ConnectionFailure(
          .handshake, .unsupported, "libssh2 has none of the host's known kinds of key"))
    }
    limit(settings.timeouts.handshake, .handshake, "no SSH handshake")
    session.add { [self] in
      let code = libssh2_session_handshake(session.handle, socket)
      if code == LIBSSH2_ERROR_EAGAIN { return .again }
      if code == 0 { checkHostKey(session) } else { failHandshake(code, session) }
      return .finished
    }
  }

  /// Sets the order of algorithms, and asks for the kinds of host key by which it is known.
  private func prefer(_ session: Session) -> Bool {
    let handle = session.handle
    func set(_ method: Int32, _ names: [String]) -> Bool {
      let supported = Set(Library.supported(handle, method))
      let usable = names.filter(supported.contains)
      guard !usable.isEmpty else { return false }
      return libssh2_session_method_pref(handle, method, usable.joined(separator: ",")) == 0
    }
    guard set(LIBSSH2_METHOD_KEX, Library.keyExchange),
      set(LIBSSH2_METHOD_CRYPT_CS, Library.ciphers), set(LIBSSH2_METHOD_CRYPT_SC, Library.ciphers),
      set(LIBSSH2_METHOD_MAC_CS, Library.authentication),
      set(LIBSSH2_METHOD_MAC_SC, Library.authentication)
    else { return false }
    let known = settings.policy.knownTypes.flatMap {
      $0 == "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [$0]
    }
    let names = known.isEmpty || settings.checking == .off ? Library.hostKeys : known
    return set(LIBSSH2_METHOD_HOSTKEY, names)
  }

  private func failHandshake(_ code: Int32, _ session: Session) {
    let words = Library.message(session.handle)
    switch code {
    case LIBSSH2_ERROR_KEX_FAILURE, LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE,
      LIBSSH2_ERROR_HOSTKEY_INIT, LIBSSH2_ERROR_HOSTKEY_SIGN, LIBSSH2_ERROR_METHOD_NONE,
      LIBSSH2_ERROR_METHOD_NOT_SUPPORTED:
      fail(
        ConnectionFailure(
          .handshake, .unsupported, "libssh2 and `\(settings.host)` have no algorithm in common",
          detail: words))
    default:
      fail(
        ConnectionFailure(
          .handshake, .lost, "the SSH handshake with `\(settings.host)` broke off", detail: words))
    }
  }

  // MARK: Host key

  private func checkHostKey(_ session: Session) {
    var length = 0
    var type: Int32 = 0
    guard let raw = libssh2_session_hostkey(session.handle, &length, &type), length > 0 else {
      return fail(ConnectionFailure(.hostKey, .lost, "`\(settings.host)` shows no host key"))
    }
    let key = PublicKey(
      blob: raw.withMemoryRebound(to: UInt8.self, capacity: length) {
        Array(UnsafeBufferPointer(start: $0, count: length))
      })
    let name = KnownHosts.name(host: settings.host, port: settings.port)
    switch settings.policy.judge(key) {
    case .accepted: break
    case .new:
      if let words = KnownHostsFiles.remember(key, name: name, in: settings.knownHostsFiles) {
        notice("cannot keep the host key of `\(name)`: \(words)")
      } else {
        notice("new host key of `\(name)`: \(key.type) \(key.fingerprint)")
      }
    case .changedUnchecked(let words):
      notice("the host key of `\(name)` has changed, and is not checked: \(words)")
    case .refused(let failure): return fail(failure)
    }
    limit(settings.timeouts.authenticate, .authenticate, "no login")
    offerNext(session)
  }

  // MARK: Authentication

  private func offerNext(_ session: Session) {
    guard let offer = offers.popFirst() else { return failAuthentication() }
    let user = settings.user
    let count = UInt32(user.utf8.count)
    let handle = session.handle
    switch offer {
    case .file(let file):
      let call = {
        libssh2_userauth_publickey_fromfile_ex(handle, user, count, nil, file.path, nil)
      }
      attempt(offer, session, call)
    case .agent(let agent, let key):
      let signer = Unmanaged.passRetained(Signer(agent: agent, key: key))
      var pointer: UnsafeMutableRawPointer? = signer.toOpaque()
      let call = {
        libssh2_userauth_publickey(
          handle, user, key.blob, key.blob.count, signWithAgent, &pointer)
      }
      attempt(offer, session, call) { signer.release() }
    case .password(let password):
      let call = {
        let text = password.open()
        return libssh2_userauth_password_ex(
          handle, user, count, text, UInt32(text.utf8.count), nil)
      }
      attempt(offer, session, call)
    case .keyboard(let password):
      let answer = Unmanaged.passRetained(Answer(password))
      libssh2_session_abstract(handle)?.pointee = answer.toOpaque()
      let call = {
        libssh2_userauth_keyboard_interactive_ex(handle, user, count, answerPrompts)
      }
      attempt(offer, session, call) {
        libssh2_session_abstract(handle)?.pointee = nil
        answer.release()
      }
    }
  }

  private func attempt(
    _ offer: Credentials.Offer, _ session: Session, _ call: @escaping () -> Int32,
    after: @escaping () -> Void = {}
  ) {
    session.add { [self] in
      if isOver {
        after()
        return .finished
      }
      let code = call()
      if code == LIBSSH2_ERROR_EAGAIN { return .again }
      after()
      let words = Library.message(session.handle)
      switch code {
      case 0: succeed(session)
      case LIBSSH2_ERROR_PASSWORD_EXPIRED:
        fail(
          ConnectionFailure(
            .authenticate, .refused,
            "the password of `\(settings.user)` on `\(settings.host)` has expired", detail: words))
      case LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV,
        LIBSSH2_ERROR_SOCKET_SEND, LIBSSH2_ERROR_SOCKET_NONE:
        refused.append("\(offer.name): \(words)")
        failAuthentication(isCut: true)
      default:
        refused.append("\(offer.name): \(words)")
        // The library gives a reply that never came the code of a refusal, and its own words.
        if words.hasPrefix("Waiting for ") || session.isAtEnd {
          failAuthentication(isCut: true)
        } else {
          offerNext(session)
        }
      }
      return .finished
    }
  }

  private func succeed(_ session: Session) {
    alarm.clear()
    isOver = true
    session.onDeath = nil
    session.keepAlive(every: settings.timeouts.keepAlive)
    self.session = nil
    done(.done(session))
  }

  private func failAuthentication(isCut: Bool = false) {
    let credentials = settings.credentials
    let words = refused + credentials.missing
    let isOutOfReach = !credentials.onlyOpenSSH.isEmpty
    fail(
      ConnectionFailure(
        .authenticate, isOutOfReach ? .unsupported : .refused,
        isCut
          ? "`\(settings.host)` ended the login of `\(settings.user)` (too many keys?)"
          : refused.isEmpty
            ? "no key or password for `\(settings.user)` on `\(settings.host)`"
            : "`\(settings.host)` lets `\(settings.user)` not in",
        detail: words.isEmpty ? nil : words.joined(separator: "; ")))
  }

  // MARK: End

  private func limit(_ time: Duration, _ phase: ConnectionFailure.Phase, _ what: String) {
    alarm.set(after: time) { [self] in
      fail(
        ConnectionFailure(
          phase, .deadline, "\(what) with `\(settings.host)` within \(time.inWords)"))
    }
  }

  private func fail(_ failure: ConnectionFailure) {
    guard !isOver else { return }
    isOver = true
    alarm.clear()
    session?.onDeath = nil
    session?.die(failure)
    session = nil
    done(.failed(failure))
  }
}

/// What the signing callback needs.
private final class Signer {
  let agent: Agent
  let key: PublicKey
  init(agent: Agent, key: PublicKey) {
    self.agent = agent
    self.key = key
  }
}

private final class Answer {
  let password: Password
  /// A server that asks again did not like the first answer.
  var isGiven = false
  init(_ password: Password) { self.password = password }
}

/// `LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC`; the library frees the signature.
private func signWithAgent(
  _ session: OpaquePointer?, _ signature: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
  _ length: UnsafeMutablePointer<Int>?, _ data: UnsafePointer<UInt8>?, _ count: Int,
  _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  guard let pointer = abstract?.pointee, let data, let signature, let length else { return -1 }
  let signer = Unmanaged<Signer>.fromOpaque(pointer).takeUnretainedValue()
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  guard let signed = signer.agent.sign(bytes, with: signer.key), !signed.isEmpty,
    let copy = malloc(signed.count)
  else { return -1 }
  let target = copy.assumingMemoryBound(to: UInt8.self)
  for (index, byte) in signed.enumerated() { target[index] = byte }
  signature.pointee = target
  length.pointee = signed.count
  return 0
}

/// `LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC`; the library frees the answers.
private func answerPrompts(
  _ name: UnsafePointer<CChar>?, _ nameLength: Int32, _ instruction: UnsafePointer<CChar>?,
  _ instructionLength: Int32, _ count: Int32,
  _ prompts: UnsafePointer<LIBSSH2_USERAUTH_KBDINT_PROMPT>?,
  _ responses: UnsafeMutablePointer<LIBSSH2_USERAUTH_KBDINT_RESPONSE>?,
  _ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) {
  guard let pointer = abstract?.pointee, let responses, count > 0 else { return }
  let answer = Unmanaged<Answer>.fromOpaque(pointer).takeUnretainedValue()
  for index in 0..<Int(count) {
    let isSecret = prompts?[index].echo == 0
    let text = isSecret && !answer.isGiven ? answer.password.open() : ""
    if isSecret { answer.isGiven = true }
    responses[index].text = strdup(text)
    responses[index].length = UInt32(text.utf8.count)
  }
}
