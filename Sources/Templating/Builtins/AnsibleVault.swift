import Values

/// Text encrypted with a password of its own, inside a template.
enum AnsibleVault {
  static let filters: [Filter] = [
    Filter("vault", "secret, salt=None, vault_id='filter_default', wrap_object=False") { call in
      let password = try password(call)
      let salt: String
      if let given = call.optional("salt") {
        salt = given.string ?? given.pythonText
      } else {
        salt = try AnsibleRandom.salt(32, call)
      }
      let label = call.text("vault_id")
      return .string(
        try VaultText.encrypt(
          Array(try call.stringValue().utf8), password: password, salt: Array(salt.utf8),
          label: label == "default" ? nil : label))
    },
    Filter("unvault", "secret, vault_id='filter_default'") { call in
      let password = try password(call)
      let text = try call.stringValue()
      guard VaultText.isEncrypted(text) else { return .string(text) }
      let plain = try VaultText.decrypt(text, password: password)
      return .secret(Secret(.string(String(decoding: plain, as: UTF8.self))))
    },
  ]

  private static func password(_ call: DataCall) throws -> [UInt8] {
    guard let password = call["secret"].string else {
      throw Failure(
        "the password must be a string, not a value of type `\(call["secret"].typeName)`")
    }
    return Array(password.utf8)
  }
}
